"""Questions about images, film and sound, answered by tiny models through the shipped cards."""

from pathlib import Path

import pytest
from local_orders import LocalOrder, OpenLocal, Told, silent

from modelatlas.tools.actions.requests import Understand
from modelatlas.tools.backends.backend import Order, RunFailed, Stopped
from modelatlas.tools.backends.local_answering import answer_in

pytest.importorskip("torch", reason="local models need the local extra")
pytest.importorskip("transformers", reason="local models need the local extra")
pytest_plugins = ("tiny_models.checkpoints", "local_running")
pytestmark = pytest.mark.usefixtures("closed_network", "one_thread")

QUESTION = "what is in this picture?"
MEDGEMMA = "medgemma-1.5-4b.transformers"
QWEN = "qwen2.5-vl-7b.transformers"
OMNI = "humanomniv2.transformers"


def asked(local_order: LocalOrder, *images: Path, **more: object) -> Order:
    request = Understand.model_validate(
        {"question": QUESTION, "max_tokens": 12, **more, "images": [path.name for path in images]}
    )
    return local_order("understand", request, images=list(images))


def test_another_picture_changes_the_answer(
    tiny_gemma3: Path, open_local: OpenLocal, local_order: LocalOrder, local_samples: Path
) -> None:
    model = open_local(MEDGEMMA, tiny_gemma3)
    red = model.run(asked(local_order, local_samples / "red.png"), silent)
    again = model.run(asked(local_order, local_samples / "red.png"), silent)
    noise = model.run(asked(local_order, local_samples / "noise.png"), silent)
    assert red.data["text"] == again.data["text"] != noise.data["text"]
    assert red.data["text"]
    assert red.device == "cpu"
    assert red.peak_vram_gb is None


def test_a_second_picture_changes_the_answer(
    tiny_gemma3: Path, open_local: OpenLocal, local_order: LocalOrder, local_samples: Path
) -> None:
    model = open_local(MEDGEMMA, tiny_gemma3)
    red, noise = local_samples / "red.png", local_samples / "noise.png"
    texts = {
        str(model.run(asked(local_order, *pictures, temperature=1.5), silent).data["text"])
        for pictures in ([red], [red, noise], [noise, red])
    }
    assert len(texts) == 3


def test_a_warm_answer_depends_on_the_seed_alone(
    tiny_gemma3: Path, open_local: OpenLocal, local_order: LocalOrder, local_samples: Path
) -> None:
    model = open_local(MEDGEMMA, tiny_gemma3)
    texts = [
        model.run(asked(local_order, local_samples / "red.png", temperature=1.5, seed=seed), silent).data["text"]
        for seed in (1, 1, 2)
    ]
    assert texts[0] == texts[1] != texts[2]


def test_the_marks_of_the_template_in_a_question_are_words(
    tiny_gemma3: Path, open_local: OpenLocal, local_order: LocalOrder, local_samples: Path
) -> None:
    model = open_local(MEDGEMMA, tiny_gemma3)
    order = asked(local_order, local_samples / "red.png", question="what does <start_of_image><end_of_turn> mean?")
    assert model.run(order, silent).data["text"]


def test_an_answer_that_was_cut_off_says_so(
    tiny_gemma3: Path, open_local: OpenLocal, local_order: LocalOrder, local_samples: Path
) -> None:
    made = open_local(MEDGEMMA, tiny_gemma3).run(asked(local_order, local_samples / "red.png", max_tokens=3), silent)
    assert made.used["tokens"] == 3
    assert made.warnings == ("the answer was cut off at 3 tokens: ask for more with max_tokens",)


def test_each_token_is_told_and_an_answer_can_be_stopped_in_the_middle(
    tiny_gemma3: Path, open_local: OpenLocal, local_order: LocalOrder, local_samples: Path
) -> None:
    model = open_local(MEDGEMMA, tiny_gemma3)
    told = Told()
    whole = model.run(asked(local_order, local_samples / "red.png"), told)
    assert told.of("answering") == [(done, 12) for done in range(13)]

    def stops(part: str, done: int, total: int | None) -> None:
        if part == "answering" and done == 4:
            raise Stopped

    with pytest.raises(Stopped):
        model.run(asked(local_order, local_samples / "red.png"), stops)
    assert model.run(asked(local_order, local_samples / "red.png"), silent).data == whole.data


def test_another_order_of_frames_changes_the_answer(
    tiny_qwen_vl: Path, open_local: OpenLocal, local_order: LocalOrder, local_samples: Path
) -> None:
    model = open_local(QWEN, tiny_qwen_vl)
    texts = []
    for name in ("brighter.mp4", "darker.mp4"):
        request = Understand(question="describe the video", video=name, max_tokens=12)
        made = model.run(local_order("understand", request, video=local_samples / name), silent)
        assert made.used["frames"] == 6
        texts.append(made.data["text"])
    assert texts[0] != texts[1]


def test_as_many_frames_are_looked_at_as_are_asked_for(
    tiny_qwen_vl: Path, open_local: OpenLocal, local_order: LocalOrder, local_samples: Path
) -> None:
    model = open_local(QWEN, tiny_qwen_vl)
    request = Understand(question="describe the video", video="v", max_tokens=4, extra={"frames": 3})
    assert (
        model.run(local_order("understand", request, video=local_samples / "brighter.mp4"), silent).used["frames"] == 3
    )


def test_another_sound_changes_the_answer(
    tiny_omni: Path, open_local: OpenLocal, local_order: LocalOrder, local_samples: Path
) -> None:
    model = open_local(OMNI, tiny_omni)
    texts = []
    for name in ("low.wav", "high.wav"):
        request = Understand(question="what do you hear?", video="v", audio=name, max_tokens=12)
        order = local_order("understand", request, video=local_samples / "brighter.mp4", audio=local_samples / name)
        texts.append(model.run(order, silent).data["text"])
    assert texts[0] != texts[1]


def test_a_model_that_thinks_aloud_gets_the_room_its_card_names(
    tiny_omni: Path, open_local: OpenLocal, local_order: LocalOrder, local_samples: Path
) -> None:
    order = local_order("understand", Understand(question=QUESTION, images=("x",)), images=[local_samples / "red.png"])
    shown = open_local(OMNI, tiny_omni).preview(order)
    assert shown["call"]["generate"]["max_new_tokens"] == 2048
    assert shown["call"]["messages"][0]["role"] == "system"
    assert shown["call"]["messages"][1]["content"][0] == {"type": "image", "path": str(local_samples / "red.png")}


def test_a_model_without_eyes_for_film_refuses_it(
    tiny_gemma3: Path, open_local: OpenLocal, local_order: LocalOrder, local_samples: Path
) -> None:
    order = local_order("understand", Understand(question=QUESTION, video="v"), video=local_samples / "brighter.mp4")
    with pytest.raises(RunFailed, match=r"takes no video but text, image: leave video out\.$"):
        open_local(MEDGEMMA, tiny_gemma3).run(order, silent)


@pytest.mark.parametrize("extra", [{"custom_generate": "someone/code"}, {"trust_remote_code": True}, {"top_p": "x"}])
def test_only_known_settings_of_plain_kinds_reach_the_model(
    extra: dict[str, object], tiny_gemma3: Path, open_local: OpenLocal, local_order: LocalOrder, local_samples: Path
) -> None:
    with pytest.raises(RunFailed, match=r"extra may name frames, max_denoising_steps, .*top_p\.$"):
        open_local(MEDGEMMA, tiny_gemma3).run(asked(local_order, local_samples / "red.png", extra=extra), silent)


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ("a fox", "a fox"),
        ("<think>it is red</think> a fox", "a fox"),
        ("<context>a hill</context><think>red</think><answer>a fox</answer>", "a fox"),
        ("<answer>no</answer> wait <answer>a fox", "a fox"),
        ("<think>only this</think>", "<think>only this</think>"),
    ],
)
def test_the_answer_is_what_the_model_marks_as_such(said: str, answer: str) -> None:
    assert answer_in(said) == answer
