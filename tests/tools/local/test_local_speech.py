"""Text said by tiny VITS models through the shipped card."""

import wave
from pathlib import Path
from typing import Any

import pytest
from local_orders import LocalOrder, OpenLocal, Told, contents, silent

from modelatlas.tools.actions.requests import Speak
from modelatlas.tools.backends.backend import Made, NoOutput, RunFailed
from modelatlas.tools.backends.local_speaking import pieces
from modelatlas.tools.media.measures import MeasuredAudio
from modelatlas.tools.media.measuring import measure

pytest.importorskip("torch", reason="local models need the local extra")
pytest.importorskip("transformers", reason="local models need the local extra")
pytest_plugins = ("tiny_models.checkpoints", "local_running")
pytestmark = pytest.mark.usefixtures("closed_network", "one_thread")

ROUTE = "mms-tts.eng"


def said(open_local: OpenLocal, weights: Path, local_order: LocalOrder, **request: Any) -> Made:
    return open_local(ROUTE, weights).run(local_order("speak", Speak.model_validate(request)), silent)


def test_a_text_becomes_sound_of_16_bits_at_the_rate_of_the_model(
    tiny_vits_letters: Path, open_local: OpenLocal, local_order: LocalOrder
) -> None:
    made = said(open_local, tiny_vits_letters, local_order, text="hello there")
    heard = measure(made.files[0])
    assert isinstance(heard, MeasuredAudio)
    assert (heard.codec, heard.sample_rate, heard.channels) == ("pcm_s16le", 16_000, 1)
    assert heard.peak == pytest.approx(0.5, abs=0.001)
    with wave.open(str(made.files[0])) as file:
        assert file.getnframes() / 16_000 == pytest.approx(heard.duration_s, abs=0.001)
    assert made.warnings == ()


def test_the_same_seed_gives_the_same_bytes_and_another_seed_or_text_others(
    tiny_vits_letters: Path, open_local: OpenLocal, local_order: LocalOrder
) -> None:
    made = [
        contents(said(open_local, tiny_vits_letters, local_order, text=text, seed=seed))
        for text, seed in (("hello", 1), ("hello", 1), ("hello", 2), ("bello", 1))
    ]
    assert made[0] == made[1]
    assert made[0] != made[2] != made[3] != made[0]


def test_weights_without_an_alphabet_make_sound_and_say_that_it_has_no_words(
    tiny_vits: Path, open_local: OpenLocal, local_order: LocalOrder
) -> None:
    made = said(open_local, tiny_vits, local_order, text="hello")
    assert isinstance(measure(made.files[0]), MeasuredAudio)
    assert made.warnings == ("the weights have no alphabet, so this is sound without words",)


def test_letters_that_the_weights_lack_are_named(
    tiny_vits_letters: Path, open_local: OpenLocal, local_order: LocalOrder
) -> None:
    made = said(open_local, tiny_vits_letters, local_order, text="Grüße, world!")
    assert made.warnings == ("not said, because the weights lack them: ü",)


def test_a_text_in_a_script_that_the_weights_lack_is_refused(
    tiny_vits_letters: Path, open_local: OpenLocal, local_order: LocalOrder
) -> None:
    with pytest.raises(RunFailed, match=r"knows none of the letters in '你好': take the weights of the language"):
        said(open_local, tiny_vits_letters, local_order, text="你好")


def test_slower_speech_is_longer(tiny_vits_letters: Path, open_local: OpenLocal, local_order: LocalOrder) -> None:
    lengths = []
    for speed in (0.5, 2.0):
        heard = measure(said(open_local, tiny_vits_letters, local_order, text="hello there", speed=speed).files[0])
        assert isinstance(heard, MeasuredAudio)
        lengths.append(heard.duration_s)
    assert lengths[0] > lengths[1]


def test_a_voice_that_the_model_does_not_have_is_refused(
    tiny_vits_letters: Path, open_local: OpenLocal, local_order: LocalOrder, local_samples: Path
) -> None:
    with pytest.raises(RunFailed, match="has one voice only: leave voice out"):
        said(open_local, tiny_vits_letters, local_order, text="hello", voice="Anna")
    order = local_order("speak", Speak(text="hello", voice_sample="s"), voice_sample=local_samples / "low.wav")
    with pytest.raises(RunFailed, match="cannot take a voice from a recording"):
        open_local(ROUTE, tiny_vits_letters).run(order, silent)


def test_another_language_than_that_of_the_weights_is_warned_of(
    tiny_vits_letters: Path, open_local: OpenLocal, local_order: LocalOrder
) -> None:
    made = said(open_local, tiny_vits_letters, local_order, text="bonjour", language="fr")
    assert made.warnings == ("the weights speak eng, not fr: take those of the other language",)


def test_every_piece_of_a_long_text_is_told(
    tiny_vits_letters: Path, open_local: OpenLocal, local_order: LocalOrder
) -> None:
    told = Told()
    order = local_order("speak", Speak(text="one. two! three?"))
    open_local(ROUTE, tiny_vits_letters).run(order, told)
    assert told.of("speaking") == [(0, 3), (1, 3), (2, 3)]


def test_a_text_is_cut_after_its_sentences_and_loses_no_word() -> None:
    assert pieces("One two.  Three! 四五。六") == ["One two.", "Three!", "四五。", "六"]
    long = "word " * 300
    assert all(len(piece) <= 400 for piece in pieces(long))
    assert " ".join(pieces(long)).split() == long.split()
    assert "".join(pieces("x" * 1000)) == "x" * 1000


@pytest.mark.parametrize(("value", "outcome"), [("nan", "samples were no numbers"), ("zero", None)])
def test_samples_that_are_no_numbers_are_silenced_and_silence_is_refused(
    value: str,
    outcome: str | None,
    tiny_vits_letters: Path,
    open_local: OpenLocal,
    local_order: LocalOrder,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import torch
    from transformers.models.vits.modeling_vits import VitsHifiGan

    whole = VitsHifiGan.forward

    def spoiled(self: Any, *args: Any, **more: Any) -> Any:
        wave_form = whole(self, *args, **more)
        if value == "zero":
            return torch.zeros_like(wave_form)
        wave_form[..., :7] = torch.nan
        return wave_form

    monkeypatch.setattr(VitsHifiGan, "forward", spoiled)
    if outcome is None:
        with pytest.raises(NoOutput, match="made only silence"):
            said(open_local, tiny_vits_letters, local_order, text="hello")
    else:
        made = said(open_local, tiny_vits_letters, local_order, text="hello")
        assert made.warnings[0].startswith("7 of ")
        assert outcome in made.warnings[0]
