"""Models that answer in words what they are asked about images, film and sound."""

import re
from typing import Any, cast

from modelatlas.tools.actions.requests import Understand
from modelatlas.tools.backends.backend import Json, Made, Order, Progress, RunFailed
from modelatlas.tools.backends.local_device import precision
from modelatlas.tools.backends.local_faults import running
from modelatlas.tools.backends.local_media import film_of, image, sampled, sound
from modelatlas.tools.backends.local_task import Given, only
from modelatlas.tools.backends.local_weights import loading, whole
from modelatlas.tools.cards.card import Route
from modelatlas.tools.cards.local_settings import TransformersSettings

_NUMBER = (int, float)
_SAMPLING: dict[str, tuple[type, ...]] = {
    "top_k": (int,),
    "top_p": _NUMBER,
    "min_p": _NUMBER,
    "repetition_penalty": _NUMBER,
    "no_repeat_ngram_size": (int,),
    "min_new_tokens": (int,),
    "max_denoising_steps": (int,),
    "frames": (int,),
}
_ANSWER = re.compile(r"<answer>(.*?)(?:</answer>|\Z)", re.DOTALL)
_THOUGHT = re.compile(r"\A\s*<think>.*?</think>", re.DOTALL)
_FEWEST_FRAMES, _MOST_FRAMES, _FRAMES_A_SECOND = 4, 32, 2
_LESS = "ask about fewer or smaller images, or fewer frames"


class Answering:
    """A model with a processor that has a chat template."""

    def __init__(self, given: Given) -> None:
        self._given = given
        with loading(given.route, given.weights):
            import transformers

            kind = (
                transformers.AutoModelForMultimodalLM
                if given.settings.task == "any-to-text"
                else transformers.AutoModelForImageTextToText
            )
            where = {"local_files_only": True, "trust_remote_code": given.settings.trust_remote_code}
            self._processor: Any = transformers.AutoProcessor.from_pretrained(given.weights.folder, **where)
            loaded, told = kind.from_pretrained(
                given.weights.folder,
                dtype=precision(given.settings.dtype, given.device),
                output_loading_info=True,
                **where,
            )
            whole(given.route, given.weights, told)
            self._model: Any = loaded.to(given.device).eval()

    @staticmethod
    def call(route: Route, settings: TransformersSettings, order: Order) -> Json:
        """The messages, and the arguments of generate."""
        media = [{"type": given.measured.kind, "path": str(given.path)} for _, given in _in_order(route, order)]
        question = {"type": "text", "text": _request(order).question}
        return {
            "messages": [*_told(settings), {"role": "user", "content": [*media, question]}],
            "frames": _frames(settings, order) if "video" in order.inputs else None,
            "generate": _sampling(route, settings, order),
        }

    def run(self, order: Order, progress: Progress) -> Made:
        """Ask the question; the answer is the part that the model marks as such, else all it says."""
        import torch

        given = self._given
        progress("reading", 0, None)
        frames = _frames(given.settings, order) if "video" in order.inputs else None
        sampling = {
            name: value
            for name, value in _sampling(given.route, given.settings, order).items()
            if hasattr(self._model.generation_config, name)
        }
        most = int(sampling["max_new_tokens"])
        with running(given.route.id, given.device, _LESS), torch.inference_mode():
            inputs = self._asked(order, frames)
            made = self._model.generate(**inputs, **sampling, streamer=_Listener(progress, most))
        tokens = getattr(made, "sequences", made)[0][inputs["input_ids"].shape[1] :]
        tokenizer = self._processor.tokenizer
        said = str(tokenizer.decode(tokens, skip_special_tokens=True)).strip()
        answer = answer_in(said)
        warnings = []
        if len(tokens) >= most and not self._ended(tokens):
            warnings.append(f"the answer was cut off at {most} tokens: ask for more with max_tokens")
        used = {**sampling, **({"frames": frames} if frames else {}), "tokens": len(tokens)}
        return Made(
            data={"text": answer} if answer == said else {"text": answer, "said": said},
            used=used,
            warnings=tuple(warnings),
        )

    def _ended(self, tokens: Any) -> bool:
        ends = self._model.generation_config.eos_token_id
        return int(tokens[-1]) in (ends if isinstance(ends, list) else [ends])

    def _asked(self, order: Order, frames: int | None) -> Any:
        """The question with its media, as tensors; no word in it is read as a mark of the template."""
        content: list[Json] = []
        more: Json = {}
        for name, medium in _in_order(self._given.route, order):
            if name == "video":
                film = sampled(medium, frames or _FEWEST_FRAMES)
                content.append({"type": "video", "video": film.frames})
                more["videos_kwargs"] = _placed(film.indices, film.film)
            elif name == "audio":
                content.append({"type": "audio", "audio": sound(medium.path, self._rate())})
            else:
                content.append({"type": "image", "image": image(medium.path)})
        content.append({"type": "text", "text": _request(order).question})
        inputs = self._processor.apply_chat_template(
            [*_told(self._given.settings), {"role": "user", "content": content}],
            add_generation_prompt=True,
            tokenize=True,
            return_dict=True,
            return_tensors="pt",
            sanitize_control_tokens=True,
            processor_kwargs=more,
        )
        return inputs.to(self._given.device, dtype=self._model.dtype)

    def _rate(self) -> int:
        ears = getattr(self._processor, "feature_extractor", None)
        if ears is None:
            raise RunFailed(f"{self._given.route.id} cannot hear: ask a model that takes audio.")
        return int(ears.sampling_rate)


class _Listener:
    """Told every token, or every draft of a model that writes by diffusion; the first thing told is the question."""

    def __init__(self, progress: Progress, most: int) -> None:
        self._progress = progress
        self._most = most
        self._told = -1
        self._drafts = 0

    def put(self, value: Any) -> None:
        """More of the answer is there."""
        self._told = 0 if self._told < 0 else self._told + value.numel()
        self._progress("answering", min(self._told, self._most), self._most)

    def put_draft(self, value: Any) -> None:
        """A draft is better than the last."""
        self._drafts += 1
        self._progress("drafting", self._drafts, None)

    def end(self) -> None:
        """The answer is whole."""


def answer_in(said: str) -> str:
    """What a model gives as its answer, without what it thought before."""
    if marked := _ANSWER.findall(said):
        return str(marked[-1]).strip()
    return _THOUGHT.sub("", said, count=1).strip() or said


def _request(order: Order) -> Understand:
    return cast(Understand, order.request)


def _told(settings: TransformersSettings) -> list[Json]:
    if settings.system is None:
        return []
    return [{"role": "system", "content": [{"type": "text", "text": settings.system}]}]


def _in_order(route: Route, order: Order) -> list[tuple[str, Any]]:
    """The media in the order of the request. Raises RunFailed for a kind that the model does not take."""
    names = [f"images[{at}]" for at in range(len(_request(order).images))] + ["video", "audio"]
    found = [(name, order.inputs[name]) for name in names if name in order.inputs]
    for name, _ in found:
        kind = "image" if name.startswith("images") else name
        if kind not in route.inputs:
            raise RunFailed(f"{route.id} takes no {kind} but {', '.join(route.inputs)}: leave {name} out.")
    return found


def _frames(settings: TransformersSettings, order: Order) -> int:
    """How many frames of the video to show."""
    film = film_of(order.inputs["video"])
    asked = order.request.extra.get("frames") or settings.frames
    natural = min(_MOST_FRAMES, max(_FEWEST_FRAMES, round(film.duration_s * _FRAMES_A_SECOND)))
    return min(int(asked or natural), film.frames)


def _sampling(route: Route, settings: TransformersSettings, order: Order) -> Json:
    """The arguments of generate."""
    request = _request(order)
    extra = only(request.extra, _SAMPLING, route)
    extra.pop("frames", None)
    warm: Json = (
        {"do_sample": True, "temperature": request.temperature} if request.temperature else {"do_sample": False}
    )
    return {**settings.defaults, "max_new_tokens": _most(request, settings), **warm, **extra}


def _most(request: Understand, settings: TransformersSettings) -> int:
    """How long the answer may be: as the card says for a model that thinks aloud, unless the request says otherwise."""
    usual = Understand.model_fields["max_tokens"].default
    return int(settings.defaults.get("max_new_tokens", usual)) if request.max_tokens == usual else request.max_tokens


def _placed(indices: tuple[int, ...], film: Any) -> Json:
    """Where in the film the frames stood, which the model counts in seconds."""
    rate = film.fps * len(indices) / film.frames
    return {
        "do_sample_frames": False,
        "fps": rate,
        "video_metadata": [
            {
                "total_num_frames": film.frames,
                "fps": film.fps,
                "duration": film.duration_s,
                "width": film.width,
                "height": film.height,
                "frames_indices": list(indices),
                "video_backend": "pyav",
            }
        ],
    }
