"""Whatever goes wrong between us and a server ends in one sentence that says what to do, and is never done twice."""

import json
import logging
import socket
import threading
from collections.abc import Callable
from typing import Any

import pytest

from http_server import Answer, Loopback, Reply, Seen
from modelatlas.tools.actions.requests import Speak
from modelatlas.tools.backends.backend import CannotRun, Made, NoOutput, RunFailed, Stopped
from modelatlas.tools.backends.openai_speech import SpeechBackend
from modelatlas.tools.places import Place
from served_models.media import Studio, Told, route, wav

Serve = Callable[[Answer], Loopback]
SPEECH = "/v1/audio/speech"


def backend(url: str, **more: Any) -> SpeechBackend:
    run = {"backend": "openai_speech", "model": "toy"}
    return SpeechBackend(route("toy.speech", ("speak",), run), Place.model_validate({"base_url": url, **more}))


def spoken(server: Loopback, studio: Studio, told: Told | None = None, **more: Any) -> Made:
    order = studio.order("speak", Speak(text="hello"))
    return backend(f"{server.url}/v1", **more).run(order, told or Told())


def speaks(reply: Reply) -> None:
    reply.send(wav(0.1), "audio/wav")


def test_a_server_that_is_not_there_is_told_with_how_to_start_it(studio: Studio) -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{held.getsockname()[1]}/v1"
        with pytest.raises(CannotRun, match=r"No server answers at .* start it \(toy-server --model toy\)"):
            backend(url).load(Told())


@pytest.mark.parametrize("url", ["models.example:8000", "ftp://models.example/v1", "http://", "http://a b/v1"])
def test_an_address_that_is_none_is_told_as_such(url: str) -> None:
    with pytest.raises(CannotRun, match="no http address"):
        backend(url).load(Told())


def test_a_password_in_the_address_is_sent_to_its_own_setting(studio: Studio) -> None:
    with pytest.raises(CannotRun) as error:
        backend("http://me:hunter2@models.example/v1").load(Told())
    assert "api_key" in str(error.value)
    assert "hunter2" not in str(error.value)


def test_a_missing_key_names_the_setting(serve: Serve, studio: Studio) -> None:
    server = serve(lambda seen, reply: reply.json({"error": {"message": "No API key provided."}}, 401))
    with pytest.raises(
        CannotRun, match=r"wants a key \(401: No API key provided\).*\[routes\.\"toy\.speech\"\] api_key_variable"
    ):
        backend(f"{server.url}/v1").load(Told())
    with pytest.raises(CannotRun, match="wants a key"):
        spoken(server, studio)


def test_a_wrong_key_is_never_repeated(serve: Serve, studio: Studio, caplog: pytest.LogCaptureFixture) -> None:
    def echoes(seen: Seen, reply: Reply) -> None:
        reply.json({"error": {"message": f"bad key {seen.headers['authorization']}"}}, 401)

    caplog.set_level(logging.DEBUG)
    with pytest.raises(CannotRun, match=r"does not take the key .*\[the key\]") as error:
        spoken(serve(echoes), studio, api_key="sk-very-secret")
    assert "sk-very-secret" not in str(error.value)
    assert "sk-very-secret" not in caplog.text


def test_the_key_goes_in_the_authorization_header_only(serve: Serve, studio: Studio) -> None:
    server = serve(lambda seen, reply: speaks(reply))
    spoken(server, studio, api_key="sk-very-secret")
    seen = server.seen[0]
    assert seen.headers["authorization"] == "Bearer sk-very-secret"
    others = [value for name, value in seen.headers.items() if name != "authorization"]
    assert "sk-very-secret" not in f"{others} {seen.path} {seen.query} {seen.body!r}"


def test_an_unknown_model_lists_those_that_the_server_has(serve: Serve, studio: Studio) -> None:
    def answer(seen: Seen, reply: Reply) -> None:
        if seen.path == "/v1/models":
            return reply.json({"data": [{"id": "kokoro"}, {"id": "cosyvoice"}]})
        return reply.json({"error": "model not found"}, 404)

    with pytest.raises(CannotRun, match=r"no model 'toy', but kokoro, cosyvoice.*model = \"kokoro\""):
        spoken(serve(answer), studio)


def test_a_path_that_is_not_there_asks_after_the_address(serve: Serve, studio: Studio) -> None:
    server = serve(lambda seen, reply: reply.json({"detail": "Not Found"}, 404))
    with pytest.raises(CannotRun, match=r"knows no POST /v1/audio/speech \(404: Not Found\): is base_url"):
        spoken(server, studio)
    backend(f"{server.url}/v1").load(Told())


def test_a_busy_server_is_asked_again_when_it_says(serve: Serve, studio: Studio) -> None:
    def answer(seen: Seen, reply: Reply) -> None:
        if len(server.seen) < 3:
            return reply.json({"error": "slow down"}, 429, Retry_After="0")
        return speaks(reply)

    server = serve(answer)
    assert len(spoken(server, studio).files) == 1
    assert len(server.seen) == 3


def test_a_server_that_says_when_it_is_back_is_asked_again(serve: Serve, studio: Studio) -> None:
    def answer(seen: Seen, reply: Reply) -> None:
        if len(server.seen) == 1:
            return reply.json({"error": "loading"}, 503, Retry_After="Mon, 01 Jan 2024 00:00:00 GMT")
        return speaks(reply)

    server = serve(answer)
    assert len(spoken(server, studio).files) == 1
    assert len(server.seen) == 2


def test_a_server_that_comes_up_a_moment_later_is_found(studio: Studio) -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
    running: list[Loopback] = []

    def start() -> None:
        if not running:
            running.append(Loopback(lambda seen, reply: speaks(reply), port))

    told = Told(stop_at=start)
    try:
        order = studio.order("speak", Speak(text="hello"))
        assert len(backend(f"http://127.0.0.1:{port}").run(order, told).files) == 1
        assert len(running[0].seen) == 1
    finally:
        for server in running:
            server.close()


def test_a_server_that_asks_for_an_hour_is_not_waited_for(serve: Serve, studio: Studio) -> None:
    server = serve(lambda seen, reply: reply.json({"error": "quota"}, 429, Retry_After="3600"))
    with pytest.raises(RunFailed, match=r"asks to wait 3600 s.*quota"):
        spoken(server, studio)
    assert len(server.seen) == 1


def test_a_server_that_stays_busy_is_given_up(serve: Serve, studio: Studio) -> None:
    server = serve(lambda seen, reply: reply.json({"error": "slow down"}, 429, Retry_After="0"))
    with pytest.raises(RunFailed, match=r"too busy \(429: slow down\)"):
        spoken(server, studio)
    assert len(server.seen) == 5


def test_waiting_for_a_busy_server_can_be_cancelled(serve: Serve, studio: Studio) -> None:
    asked = threading.Event()

    def answer(seen: Seen, reply: Reply) -> None:
        reply.json({}, 429, Retry_After="50")
        asked.set()

    with pytest.raises(Stopped):
        spoken(serve(answer), studio, Told(stop_at=asked.is_set))


@pytest.mark.parametrize("status", [500, 502, 504])
def test_work_that_may_have_begun_is_not_sent_again(serve: Serve, studio: Studio, status: int) -> None:
    server = serve(lambda seen, reply: reply.json({"error": "upstream"}, status))
    with pytest.raises(RunFailed, match=f"{status}: upstream"):
        spoken(server, studio)
    assert len(server.calls("POST", SPEECH)) == 1


def test_a_connection_that_ends_without_an_answer_is_not_tried_again(serve: Serve, studio: Studio) -> None:
    server = serve(lambda seen, reply: None)
    with pytest.raises(RunFailed, match="may have begun"):
        spoken(server, studio)
    assert len(server.seen) == 1


def test_looking_for_a_server_goes_on_through_a_restart_of_its_gateway(serve: Serve) -> None:
    def answer(seen: Seen, reply: Reply) -> None:
        reply.json({"data": []}, 200 if len(server.seen) == 3 else 502)

    server = serve(answer)
    backend(f"{server.url}/v1").load(Told())
    assert len(server.seen) == 3


def test_a_server_that_cannot_list_its_models_may_still_be_used(serve: Serve) -> None:
    server = serve(lambda seen, reply: reply.json({"detail": "no cache folder"}, 500))
    backend(f"{server.url}/v1").load(Told())
    assert server.seen[0].path == "/v1/models"


def test_a_long_error_page_becomes_one_short_sentence(serve: Serve, studio: Studio) -> None:
    page = "<!doctype html><html><head><style>p{}</style></head><body><h1>Oops</h1>" + "<p>why\n so</p>" * 9000
    server = serve(lambda seen, reply: reply.send(page.encode(), "text/html", 500))
    with pytest.raises(RunFailed) as error:
        spoken(server, studio)
    text = str(error.value)
    assert "Oops why so" in text
    assert len(text) < 500
    assert not {"<", "\n", "{"} & set(text)


def test_a_body_cut_short_is_not_kept(serve: Serve, studio: Studio) -> None:
    def cut(seen: Seen, reply: Reply) -> None:
        body = wav(1)
        reply.begin("audio/wav", Content_Length=str(len(body)))
        reply.write(body[: len(body) // 2])

    with pytest.raises(RunFailed, match="broke off in the middle"):
        spoken(serve(cut), studio)


def test_a_file_cut_short_without_a_length_is_found_by_its_own(serve: Serve, studio: Studio) -> None:
    def cut(seen: Seen, reply: Reply) -> None:
        reply.begin("audio/wav")
        reply.write(wav(1)[:4000])

    with pytest.raises(NoOutput, match="breaks off before its end"):
        spoken(serve(cut), studio)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"<html><body>Sign in first</body></html>", "an HTML page in the place of the audio: Sign in first"),
        (b'{"error": {"message": "voice unknown"}}', "JSON in the place of the audio: voice unknown"),
        (b"", "an empty file"),
        (bytes(range(256)), "unknown data in the place of the audio"),
    ],
)
def test_something_else_under_the_name_of_sound_is_told(serve: Serve, studio: Studio, body: bytes, said: str) -> None:
    server = serve(lambda seen, reply: reply.send(body, "audio/wav"))
    with pytest.raises(NoOutput, match=said):
        spoken(server, studio)


def test_a_picture_under_the_name_of_sound_is_told(serve: Serve, studio: Studio) -> None:
    picture = studio.image(20, 20).path.read_bytes()
    server = serve(lambda seen, reply: reply.send(picture, "audio/wav"))
    with pytest.raises(NoOutput, match="image/png in the place of the audio"):
        spoken(server, studio)


def test_a_file_larger_than_allowed_is_not_even_begun(serve: Serve, studio: Studio) -> None:
    server = serve(lambda seen, reply: reply.begin("audio/wav", Content_Length=str(10**13)))
    with pytest.raises(NoOutput, match="larger than 2048 MiB"):
        spoken(server, studio)


def test_a_way_to_another_origin_is_not_followed(serve: Serve, studio: Studio) -> None:
    other = serve(lambda seen, reply: speaks(reply))
    server = serve(lambda seen, reply: reply.send(b"", "text/plain", 307, Location=f"{other.url}{SPEECH}"))
    with pytest.raises(RunFailed, match="another origin"):
        spoken(server, studio, api_key="sk-very-secret")
    assert other.seen == []


def test_a_way_within_the_same_origin_is_followed_with_its_body(serve: Serve, studio: Studio) -> None:
    def answer(seen: Seen, reply: Reply) -> None:
        if seen.path == SPEECH:
            return reply.send(b"", "text/plain", 307, Location="/moved")
        assert seen.json["input"] == "hello"
        return speaks(reply)

    assert len(spoken(serve(answer), studio).files) == 1


def test_a_way_in_a_circle_ends(serve: Serve, studio: Studio) -> None:
    server = serve(lambda seen, reply: reply.send(b"", "text/plain", 307, Location=SPEECH))
    with pytest.raises(RunFailed, match="from one address to the next"):
        spoken(server, studio)
    assert len(server.seen) == 3


def test_a_refusal_of_a_field_names_it(serve: Serve, studio: Studio) -> None:
    detail = [{"loc": ["body", "speed"], "msg": "Input should be less than 4", "type": "less_than"}]
    server = serve(lambda seen, reply: reply.json({"detail": detail}, 422))
    with pytest.raises(RunFailed, match=r"refused .*422: speed: Input should be less than 4"):
        spoken(server, studio)


def test_json_deeper_than_python_reads_is_no_crash(serve: Serve, studio: Studio) -> None:
    server = serve(lambda seen, reply: reply.send(b"[" * 60_000, "application/json", 400))
    with pytest.raises(RunFailed, match="refused"):
        spoken(server, studio)
    assert json.loads(server.seen[0].body)["model"] == "toy"
