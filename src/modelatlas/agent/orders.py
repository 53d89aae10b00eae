"""Questions that ask for something to be done: which tool, and what of its request the words and files already say.

Rules, as everything the offline planner does. What is attached counts by its kind; a text in quotes or after a colon
is what shall be said, drawn or answered; the rest of the sentence, without the words of the command, is the prompt.
"""

import re
from collections.abc import Sequence
from typing import Any

from modelatlas.graph.dates import Value
from modelatlas.graph.text import folded
from modelatlas.graph.vocabulary import mentioned_modalities, mentioned_tasks
from modelatlas.tools.actions.action import action_for

Json = dict[str, Any]

_KINDS = {
    "image": ("png", "jpg", "jpeg", "webp", "bmp", "gif", "tif", "tiff"),
    "video": ("mp4", "mov", "webm", "mkv", "avi", "m4v"),
    "audio": ("wav", "mp3", "flac", "m4a", "ogg", "opus", "aac"),
}
_ENDINGS = "|".join(ending for endings in _KINDS.values() for ending in endings)
_FILE = re.compile(
    rf"(?:https?://[^\s，。、？！]+|[^\s\"'“”‘’「」，。、？！：:]+?\.(?:{_ENDINGS}))(?![A-Za-z0-9])", re.IGNORECASE
)
_QUOTED = re.compile(r"\"([^\"]+)\"|(?<![A-Za-z])'([^']+)'(?![A-Za-z])|“([^”]+)”|‘([^’]+)’|「([^」]+)」")
_AFTER_COLON = re.compile(r"[：:]\s*(\S.*)$")
_LEAD = (
    r"^(?:please |can you |could you |would you |i (?:want|need|would like) (?:you )?to |let'?s |now "
    r"|use (?:it )?to |请你?|帮我|帮忙|麻烦你?|我想要?|我要|现在"
    r"|用我的(?:显卡|gpu|电脑|机器)|用 ?(?=[画生做制合创朗念给把让]))*"
)
_COMMAND = re.compile(
    _LEAD + r"(?:(?:with|using|on) my (?:own )?(?:gpu|graphics card|card|machine|computer)[, ]*)?"
    r"(?:(?:make|generate|draw|paint|create|render|animate|dub|voice|speak|say|read|restore|upscale|enhance|describe"
    r"|caption|edit|change|turn|convert|classify|embed|explore|walk|give|add|let|bring|transform|replace|remove)\b"
    r"|把|给|让|画|生成|做[一个段张]|制作|合成|念|读|朗读|修复|放大|编辑|描述|配音|将|为这|替"
    r"|用.{0,24}?(?:给|把|让|生成|画|做|为|朗读|念|修复))"
)
_ABOUT_MODELS = re.compile(
    r"\bwhich\b|\btimeline\b|\bhistory\b|\blist\b|\btable\b|\brecommend|\bsuggest"
    r"|\bbest\b|\bmodels?\b|\bcan i\b|\bhow (?:do|can|to)\b|\bwhy\b|\bwhen\b"
    r"|哪个|哪些|哪款|推荐|适合|有没有|什么模型|(?<!3d)(?<!3d )(?<!三维)模型|怎么|如何|为什么|什么时候|能不能|是否"
)
_OWN_MACHINE = re.compile(
    r"\bmy (?:own )?(?:gpu|graphics card|card|machine|computer)\b|\blocal(?:ly)?\b"
    r"|我的(?:显卡|gpu|电脑|机器)|本地|本机"
)
_SPEECH = re.compile(r"\bsays?\b|\bspeak|\btalk|\bdub|\bvoice|\bnarrat|配音|说话|开口|说[：:“\"「]|讲话|口播")
_PORTRAIT = re.compile(r"\bportrait|\bphoto|\bpicture|\bimage|\bface\b|照片|图片|头像|肖像|人像|这张")
_EDIT = re.compile(
    r"\bmake the\b|\bchange\b|\breplace\b|\bremove\b|\bedit\b|\bturn the\b|\bbackground\b"
    r"|改成|换成|变成|去掉|删掉|编辑|修改|加上|背景"
)
_SEEN = re.compile(
    r"\bwhat\b|\bwho\b|\bwhere\b|\bdescribe\b|\bcaption\b|\bhow many\b|\bread the\b"
    r"|什么|描述|多少|几[个只人]|哪里|是谁|内容"
)
_PICTURE = re.compile(r"\bimage|\bpicture|\bphoto|\bdrawing|\bpainting|\bposter|\blogo|图片|图像|照片|图|画")
_OPENING = re.compile(
    r"^(?:make|generate|draw|paint|create|render|give me|say|read(?: aloud)?|speak)\s*"
    r"(?:me |us )?(?:(?:an?|the|one|some) )?(?:short )?"
    r"(?:(?:video|clip|image|picture|photo|film|painting|drawing) (?:of|with|showing|where) )?",
    re.IGNORECASE,
)
_OPENING_ZH = re.compile(r"^(?:画|生成|制作|做|合成|创作|给我|朗读|念|读)(?:出|一下)?(?:一?[段张个幅条只份])?(?=\S)")
_CLOSING_ZH = re.compile(r"的?(?:视频|短片|图片|图像|照片|画|动画)$")


class Order(Value):
    """Something to be done: the tool, the task it is a case of, and the arguments that the words give.

    `missing` names what the tool cannot do without and nobody said; `own_machine` says that it shall run here.
    """

    tool: str
    task: str
    arguments: dict[str, Any]
    missing: tuple[str, ...]
    own_machine: bool


def attached(text: str, beside: Sequence[str] = ()) -> list[str]:
    """The files and addresses that are named beside a question and in it, in that order, each once."""
    return list(dict.fromkeys([*beside, *_FILE.findall(text)]))


def order(question: str, beside: Sequence[str]) -> Order | None:
    """What a question asks to have done; None where it asks for knowledge."""
    files = attached(question, beside)
    bare = " ".join(_FILE.sub(" ", question).split())
    plain = folded(_QUOTED.sub(" ", bare))
    commands = bool(_COMMAND.search(plain))
    if _ABOUT_MODELS.search(plain) or not (commands or files):
        return None
    by_kind = {kind: [it for it in files if _kind(it) == kind] for kind in _KINDS}
    tool, task = _tool(plain, by_kind, commands)
    if tool is None or task is None:
        return None
    arguments, missing = _ARGUMENTS[tool](question if tool == "understand" else bare, by_kind)
    given = {name: value for name, value in arguments.items() if value}
    return Order(
        tool=tool, task=task, arguments=given, missing=tuple(missing), own_machine=bool(_OWN_MACHINE.search(plain))
    )


def _kind(file: str) -> str | None:
    ending = file.split("?")[0].rpartition(".")[2].lower()
    mime = file[5:].partition("/")[0] if file.startswith("data:") else None
    return mime if mime in _KINDS else next((kind for kind, endings in _KINDS.items() if ending in endings), None)


def _tool(plain: str, files: dict[str, list[str]], commands: bool) -> tuple[str | None, str | None]:
    """The tool and the task; the kinds of the files decide where the words leave it open."""
    portrait = bool(files["image"]) or (_PORTRAIT.search(plain) is not None and not files["video"])
    if _SPEECH.search(plain) and portrait:
        return "avatar", "audio_driven_avatar"
    named = mentioned_tasks(plain)
    if files["image"] and not files["video"] and _EDIT.search(plain) and "image_to_3d" not in named:
        return "edit_image", "image_edit"
    for task in named:
        tool = action_for(task)
        if tool is not None and (commands or tool.name in ("understand", "classify_video")):
            if tool.name == "generate_image" and (files["image"] or files["video"]):
                continue
            return tool.name, task
    if any(files.values()) and _SEEN.search(plain):
        kind = next(kind for kind, them in files.items() if them)
        return "understand", {"image": "understand_image", "video": "understand_video"}.get(
            kind, "audio_visual_reasoning"
        )
    if not commands:
        return None, None
    wanted = mentioned_modalities(plain)
    if "video" in wanted:
        return "generate_video", "image_to_video" if files["image"] else "text_to_video"
    if files["image"]:
        return "edit_image", "image_edit"
    if _PICTURE.search(plain):
        return "generate_image", "text_to_image"
    return None, None


def _said(text: str) -> str | None:
    """What stands in quotes or after a colon."""
    if match := _QUOTED.search(text):
        return next(it for it in match.groups() if it)
    match = _AFTER_COLON.search(text)
    return match.group(1).strip() if match else None


def _wish(text: str) -> str:
    """The sentence without the words of the command."""
    bare = re.sub(_LEAD, "", text, flags=re.IGNORECASE).strip()
    bare = re.sub(
        r"^(?:with|using|on) my (?:own )?(?:gpu|graphics card|card|machine|computer)[, ]*",
        "",
        bare,
        flags=re.IGNORECASE,
    )
    bare = re.sub(r"\s*(?:\b(?:with|using|by)|用|使用)$", "", bare.rstrip("。.!！ "))
    shorter = _CLOSING_ZH.sub("", _OPENING_ZH.sub("", _OPENING.sub("", bare)))
    return shorter.strip(" ，,：:") or bare


_Found = tuple[Json, list[str]]


def _first(files: Sequence[str]) -> str | None:
    return files[0] if files else None


def _need(arguments: Json, *names: str) -> _Found:
    return arguments, [name for name in names if not arguments.get(name)]


def _understand(text: str, files: dict[str, list[str]]) -> _Found:
    found: Json = {
        "question": text,
        "images": files["image"],
        "video": _first(files["video"]),
        "audio": _first(files["audio"]),
    }
    return found, [] if any(files.values()) else ["images, video or audio"]


def _generate_image(text: str, files: dict[str, list[str]]) -> _Found:
    return _need({"prompt": _said(text) or _wish(text)}, "prompt")


def _edit_image(text: str, files: dict[str, list[str]]) -> _Found:
    return _need({"images": files["image"], "instruction": _said(text) or text}, "images")


def _generate_video(text: str, files: dict[str, list[str]]) -> _Found:
    image, video = _first(files["image"]), _first(files["video"])
    found: Json = {"prompt": _said(text) or _wish(text), "image": image, "references": files["image"][2:]}
    found["last_image"] = files["image"][1] if len(files["image"]) > 1 else None
    found["driving_video" if image else "video"] = video
    return _need(found, "prompt")


def _restore_video(text: str, files: dict[str, list[str]]) -> _Found:
    video = _first(files["video"])
    return {"video": video, "image": None if video else _first(files["image"])}, [] if any(files.values()) else [
        "video"
    ]


def _generate_3d(text: str, files: dict[str, list[str]]) -> _Found:
    return _need({"image": _first(files["image"])}, "image")


def _generate_audio(text: str, files: dict[str, list[str]]) -> _Found:
    return _need({"video": _first(files["video"]), "prompt": _said(text)}, "video")


def _speak(text: str, files: dict[str, list[str]]) -> _Found:
    return _need({"text": _said(text), "voice_sample": _first(files["audio"])}, "text")


def _edit_speech(text: str, files: dict[str, list[str]]) -> _Found:
    quoted = [next(part for part in match if part) for match in _QUOTED.findall(text)]
    said, wanted = quoted if len(quoted) == 2 else (None, None)
    return _need({"audio": _first(files["audio"]), "said": said, "wanted": wanted}, "audio", "said", "wanted")


def _avatar(text: str, files: dict[str, list[str]]) -> _Found:
    audio = _first(files["audio"])
    found: Json = {"image": _first(files["image"]), "audio": audio, "text": None if audio else _said(text)}
    missing = [] if found["image"] else ["image"]
    return found, missing if audio or found["text"] else [*missing, "audio or text"]


def _of_video(text: str, files: dict[str, list[str]]) -> _Found:
    return _need({"video": _first(files["video"])}, "video")


def _explore_world(text: str, files: dict[str, list[str]]) -> _Found:
    return _need({"image": _first(files["image"]), "prompt": _said(text)}, "image")


_ARGUMENTS = {
    "understand": _understand,
    "generate_image": _generate_image,
    "edit_image": _edit_image,
    "generate_video": _generate_video,
    "restore_video": _restore_video,
    "generate_3d": _generate_3d,
    "generate_audio": _generate_audio,
    "speak": _speak,
    "edit_speech": _edit_speech,
    "avatar": _avatar,
    "classify_video": _of_video,
    "embed_video": _of_video,
    "explore_world": _explore_world,
}
