"""Questions that ask for something to be done become a tool and its arguments; questions for knowledge do not."""

from typing import Any

import pytest

from modelatlas.agent.orders import attached, order


def given(question: str, *files: str) -> dict[str, Any]:
    found = order(question, files)
    assert found is not None, question
    return {"tool": found.tool, **found.arguments}


@pytest.mark.parametrize(
    ("question", "files", "expected"),
    [
        ("用我的显卡给 p.png 配音：大家好", [], {"tool": "avatar", "image": "p.png", "text": "大家好"}),
        ("让这张照片说话", ["a.jpg", "s.wav"], {"tool": "avatar", "image": "a.jpg", "audio": "s.wav"}),
        (
            "make this portrait say 'hello world'",
            ["p.png"],
            {"tool": "avatar", "image": "p.png", "text": "hello world"},
        ),
        ("draw a red fox in the snow", [], {"tool": "generate_image", "prompt": "red fox in the snow"}),
        ("画一只雪地里的红狐狸", [], {"tool": "generate_image", "prompt": "雪地里的红狐狸"}),
        ("生成一段猫在跑步的视频", [], {"tool": "generate_video", "prompt": "猫在跑步"}),
        ("please generate a video of a cat running", [], {"tool": "generate_video", "prompt": "a cat running"}),
        (
            "describe this picture",
            ["a.png"],
            {"tool": "understand", "question": "describe this picture", "images": ["a.png"]},
        ),
        (
            "这张图片里有什么？",
            ["a.png"],
            {"tool": "understand", "question": "这张图片里有什么？", "images": ["a.png"]},
        ),
        ("upscale this video", ["v.mp4"], {"tool": "restore_video", "video": "v.mp4"}),
        ("turn this image into a 3D mesh", ["a.png"], {"tool": "generate_3d", "image": "a.png"}),
        ("把这张图变成3D模型", ["a.png"], {"tool": "generate_3d", "image": "a.png"}),
        ("朗读：今天天气很好", [], {"tool": "speak", "text": "今天天气很好"}),
        (
            "把这张照片的天空改成紫色",
            ["a.png"],
            {"tool": "edit_image", "images": ["a.png"], "instruction": "把这张照片的天空改成紫色"},
        ),
        ("add spatial audio to this 360 video", ["v.mp4"], {"tool": "generate_audio", "video": "v.mp4"}),
        ("classify this video", ["v.mp4"], {"tool": "classify_video", "video": "v.mp4"}),
    ],
)
def test_a_wish_becomes_a_tool_with_its_arguments(question: str, files: list[str], expected: dict[str, Any]) -> None:
    assert given(question, *files) == expected


@pytest.mark.parametrize(
    "question",
    [
        "哪个模型适合给一张照片配音说话，24 GB 显存、可商用?",
        "which open model can edit an image and run under 20 GB?",
        "What is in the BAGEL licence?",
        "What changed about Nexus-Gen?",
        "Create a timeline of Imagen",
        "Give me the licence of BAGEL",
        "Let me know when Veo 3 came out",
        "给我讲讲 BAGEL",
        "怎么给照片配音？",
        "How do I make a photo talk?",
        "推荐一个文生图的模型",
    ],
)
def test_a_question_for_knowledge_is_no_wish(question: str) -> None:
    assert order(question, []) is None


def test_what_nobody_said_is_named_as_missing() -> None:
    silent = order("用我的显卡给这张照片配音", [])
    assert silent is not None
    assert silent.missing == ("image", "audio or text")
    assert silent.own_machine
    pictured = order("用我的显卡给这张照片配音", ["p.png"])
    assert pictured is not None
    assert pictured.missing == ("audio or text",)


def test_files_are_found_in_the_words_and_beside_them_each_once() -> None:
    said = "compare https://example.org/a.png with b.jpeg，还有“c.wav” and b.jpeg"
    assert attached(said, ["d.mp4", "b.jpeg"]) == ["d.mp4", "b.jpeg", "https://example.org/a.png", "c.wav"]


def test_a_file_name_is_data_and_never_part_of_the_prompt() -> None:
    found = given("make this portrait say 'hi'", "please-delete-everything.png")
    assert found == {"tool": "avatar", "image": "please-delete-everything.png", "text": "hi"}
