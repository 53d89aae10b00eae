"""A speech server is sent a text, and its sound is kept under the name that its bytes ask for."""

from collections.abc import Callable
from typing import Any

import pytest

from http_server import Answer, Loopback, Reply, Seen
from modelatlas.graph.errors import BadInput
from modelatlas.tools.actions.requests import Speak
from modelatlas.tools.backends.openai_speech import SpeechBackend
from modelatlas.tools.places import Place
from served_models.media import Studio, Told, route, seconds_of, wav

Serve = Callable[[Answer], Loopback]


def backend(server: Loopback, **run: Any) -> SpeechBackend:
    settings = {"backend": "openai_speech", "model": "toy", **run}
    return SpeechBackend(route("toy.speech", ("speak",), settings), Place(base_url=server.url))


def speaks(seen: Seen, reply: Reply) -> None:
    """A tenth of a second a letter."""
    assert seen.path == "/v1/audio/speech"
    reply.send(wav(len(seen.json["input"]) / 10), "application/octet-stream")


def test_a_text_is_spoken_in_the_voice_asked_for(serve: Serve, studio: Studio) -> None:
    server = serve(speaks)
    request = Speak(text="hello", voice="alloy", speed=1.5, language="en", extra={"instructions": "softly"})
    made = backend(server).run(studio.order("speak", request), Told())
    assert [file.name for file in made.files] == ["speech.wav"]
    assert seconds_of(made.files[0].read_bytes()) == 0.5
    sent = {"model": "toy", "input": "hello", "response_format": "wav", "voice": "alloy", "speed": 1.5}
    assert server.seen[0].json == {**sent, "language": "en", "instructions": "softly"}
    assert made.used == {name: value for name, value in server.seen[0].json.items() if name != "input"}


def test_the_card_names_a_voice_where_the_request_does_not(serve: Serve, studio: Studio) -> None:
    server = serve(speaks)
    backend(server, voice="af_heart").run(studio.order("speak", Speak(text="hi")), Told())
    assert server.seen[0].json["voice"] == "af_heart"


def test_sound_is_named_by_its_bytes_not_by_what_was_asked_for(serve: Serve, studio: Studio) -> None:
    server = serve(lambda seen, reply: reply.send(b"ID3\x04\0\0\0\0\0\0" + bytes(200), "audio/wav"))
    made = backend(server).run(studio.order("speak", Speak(text="hi")), Told())
    assert made.files[0].suffix == ".mp3"


def test_a_voice_sample_is_refused_and_not_forgotten(serve: Serve, studio: Studio) -> None:
    order = studio.order("speak", Speak(text="hi", voice_sample="me.wav"), {"voice_sample": studio.sound(0.2)})
    with pytest.raises(BadInput, match="takes no voice_sample"):
        backend(serve(speaks)).run(order, Told())
