"""Fixtures: the folder of each tiny checkpoint, made once a session; taken with `pytest_plugins`.

A test module that takes them begins with `pytest.importorskip("torch")`, for they need the `local` extra.
"""

from collections.abc import Callable
from pathlib import Path

import pytest

from tiny_models import answering, drawing, filming, speaking, watching

Builder = Callable[[Path], Path]


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Builder], Path]:
    """The folder that a builder filled; each is built once."""
    built: dict[Builder, Path] = {}

    def of(builder: Builder) -> Path:
        if builder not in built:
            pytest.importorskip("torch", reason="tiny checkpoints need the local extra")
            pytest.importorskip("diffusers", reason="tiny checkpoints need the local extra")
            built[builder] = builder(tmp_path_factory.mktemp(builder.__name__))
        return built[builder]

    return of


Tiny = Callable[[Builder], Path]


@pytest.fixture(scope="session")
def tiny_gemma3(tiny: Tiny) -> Path:
    """A model that answers about images."""
    return tiny(answering.gemma3)


@pytest.fixture(scope="session")
def tiny_qwen_vl(tiny: Tiny) -> Path:
    """A model that answers about images and video."""
    return tiny(answering.qwen2_5_vl)


@pytest.fixture(scope="session")
def tiny_omni(tiny: Tiny) -> Path:
    """A model that answers about images, video and sound."""
    return tiny(answering.omni)


@pytest.fixture(scope="session")
def tiny_vjepa2(tiny: Tiny) -> Path:
    """A model that sorts videos into three classes."""
    return tiny(watching.vjepa2)


@pytest.fixture(scope="session")
def tiny_vjepa2_encoder(tiny: Tiny) -> Path:
    """The same without a head: features only."""
    return tiny(watching.vjepa2_encoder)


@pytest.fixture(scope="session")
def tiny_sd(tiny: Tiny) -> Path:
    """A pipeline from text to image."""
    return tiny(drawing.stable_diffusion)


@pytest.fixture(scope="session")
def tiny_ip2p(tiny: Tiny) -> Path:
    """A pipeline that edits an image."""
    return tiny(drawing.instruct_pix2pix)


@pytest.fixture(scope="session")
def tiny_wan_t2v(tiny: Tiny) -> Path:
    """A pipeline from text to video."""
    return tiny(filming.wan_t2v)


@pytest.fixture(scope="session")
def tiny_wan_i2v(tiny: Tiny) -> Path:
    """A pipeline from an image to video."""
    return tiny(filming.wan_i2v)


@pytest.fixture(scope="session")
def tiny_wan_flf2v(tiny: Tiny) -> Path:
    """A pipeline from a first and a last image to video."""
    return tiny(filming.wan_flf2v)


@pytest.fixture(scope="session")
def tiny_wan_ti2v(tiny: Tiny) -> Path:
    """A pipeline from text to video that also begins with an image."""
    return tiny(filming.wan_ti2v)


@pytest.fixture(scope="session")
def tiny_wan_modular(tiny: Tiny) -> Path:
    """A modular pipeline from text to video."""
    return tiny(filming.wan_modular)


@pytest.fixture(scope="session")
def tiny_wan_vace(tiny: Tiny) -> Path:
    """A pipeline that edits video."""
    return tiny(filming.wan_vace)


@pytest.fixture(scope="session")
def tiny_vits(tiny: Tiny) -> Path:
    """A model that speaks, without a tokenizer."""
    return tiny(speaking.vits)


@pytest.fixture(scope="session")
def tiny_vits_letters(tiny: Tiny) -> Path:
    """A model that speaks, with a tokenizer of letters."""
    return tiny(speaking.vits_with_letters)
