"""Where a server stands: addresses as people write them, and what is called there."""

import pytest
from pydantic import SecretStr

from modelatlas.tools.backends.backend import CannotRun
from modelatlas.tools.backends.served_address import Address, server_of
from modelatlas.tools.cards.served_settings import SpeechSettings
from modelatlas.tools.places import Place
from served_models.media import route


def server(told: str | None, root: str = "/v1", card: str | None = None, **place: object) -> Address:
    settings = SpeechSettings(backend="openai_speech", model="toy", base_url=card)
    told_of = Place.model_validate({"base_url": told, **place})
    toy = route("toy.speech", ("speak",), settings.model_dump())
    return server_of(toy, told_of, settings, model="toy", root=root, example="http://127.0.0.1:1/v1", total_s=9)


@pytest.mark.parametrize(
    ("told", "root", "called"),
    [
        ("http://gpu:8000", "/v1", "http://gpu:8000/v1/models"),
        ("http://gpu:8000/", "/v1", "http://gpu:8000/v1/models"),
        (" http://gpu:8000/v1/ ", "/v1", "http://gpu:8000/v1/models"),
        ("https://ark.example/api/v3", "/v1", "https://ark.example/api/v3/models"),
        ("http://[::1]:8000", "/v1", "http://[::1]:8000/v1/models"),
        ("http://gpu:8080/v1", "", "http://gpu:8080/models"),
        ("http://gpu/localai/v1", "", "http://gpu/localai/models"),
    ],
)
def test_an_address_may_be_written_with_and_without_its_root(told: str, root: str, called: str) -> None:
    assert server(told, root).url("models") == called


@pytest.mark.parametrize(
    ("told", "near"),
    [
        ("http://localhost:1", True),
        ("http://127.0.0.1:1", True),
        ("http://[::1]:1", True),
        ("http://192.168.1.7", True),
        ("http://gpu", True),
        ("https://ark.example", False),
        ("http://8.8.8.8", False),
    ],
)
def test_a_server_nearby_is_called_without_a_proxy(told: str, near: bool) -> None:
    assert server(told).near is near


def test_origins_are_compared_with_their_ports() -> None:
    assert server("https://ark.example").origin == "https://ark.example:443"
    assert server("http://ARK.example:80/v1").origin == "http://ark.example:80"


def test_a_person_names_another_server_model_key_and_time_than_the_card() -> None:
    found = server("http://gpu:1", card="https://ark.example", model="other", api_key="k", timeout_s=3)
    assert (found.base, found.model, found.total_s) == ("http://gpu:1/v1", "other", 3)
    assert found.headers() == {"Authorization": "Bearer k"}
    assert found.key == SecretStr("k")
    assert "k" not in repr(found.key)
    assert server(None, card="https://ark.example").base == "https://ark.example/v1"


def test_a_service_of_others_is_not_told_to_be_started() -> None:
    assert "online" in server(None, card="https://ark.example").mend
    assert "toy-server --model toy" in server("http://gpu:1", card="https://ark.example").mend


def test_a_route_without_an_address_says_what_to_write() -> None:
    with pytest.raises(CannotRun) as error:
        server(None)
    assert '[routes."toy.speech"] base_url = "http://127.0.0.1:1/v1"' in str(error.value)
