"""How the tests of bringing media in ask for it, and read what it is refused with."""

import base64
from pathlib import Path

import pytest

from modelatlas.tools.actions.requests import (
    Generate3D,
    Request,
)
from modelatlas.tools.media.hosts import Resolver, system_addresses
from modelatlas.tools.media.inputs import bring_in
from modelatlas.tools.media.measures import UnreadableMedia
from modelatlas.tools.media.policy import Policy

POLICY = Policy()
LOCAL = Policy(allowed_hosts=("127.0.0.1", "localhost"), private_hosts=("127.0.0.1", "localhost"), fetch_seconds=10)


def refusal(request: Request, folder: Path, policy: Policy = POLICY, resolve: Resolver = system_addresses) -> str:
    """The sentence with which a request is refused; one, and nothing of it is left behind."""
    with pytest.raises(UnreadableMedia) as refused:
        bring_in(request, folder, policy, resolve)
    assert list(folder.iterdir()) == []
    sentence = str(refused.value)
    assert sentence.endswith(".")
    assert ". " not in sentence
    assert "\n" not in sentence
    return sentence


def of_image(text: str) -> Generate3D:
    """A request with one picture."""
    return Generate3D(image=text)


def data_uri(content: bytes, type: str = "image/png") -> str:
    """The content in base64."""
    return f"data:{type};base64,{base64.b64encode(content).decode()}"
