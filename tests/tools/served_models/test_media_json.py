"""Xinference and LocalAI are asked each in its own shape, and hold the connection until the film is there."""

import base64
import json
import threading
from collections.abc import Callable
from typing import Any

import pytest

from http_server import Answer, Loopback, Reply, Seen
from modelatlas.graph.errors import BadInput
from modelatlas.tools.actions.requests import Avatar, GenerateVideo
from modelatlas.tools.backends import served_call
from modelatlas.tools.backends.backend import CannotRun, NoOutput, RunFailed, Stopped, TimedOut
from modelatlas.tools.backends.media_json import MediaBackend
from modelatlas.tools.media.measures import MeasuredVideo
from modelatlas.tools.media.measuring import measure
from modelatlas.tools.places import Place
from served_models.media import Studio, Told, mp4, route, seconds_of, size_of

Serve = Callable[[Answer], Loopback]


def backend(server: Loopback, kind: str, path: str = "", timeout_s: float | None = None, **run: Any) -> MediaBackend:
    settings = {"backend": "media_json", "model": "toy", "server": kind, **run}
    place = Place(base_url=f"{server.url}{path}", timeout_s=timeout_s)
    return MediaBackend(route("toy.media", ("generate_video", "avatar"), settings), place)


def film(frames: int, fps: int, width: int, height: int) -> dict[str, Any]:
    return {"created": 1, "data": [{"b64_json": base64.b64encode(mp4(frames, fps, width, height)).decode()}]}


def data_of(uri: str) -> bytes:
    return base64.b64decode(uri.partition(",")[2], validate=True)


def localai(seen: Seen, reply: Reply) -> None:
    """A film as large as the start image; as many frames as the speech has tenths of a second."""
    if seen.path == "/v1/models":
        return reply.json({"data": []})
    assert (seen.method, seen.path) == ("POST", "/video")
    told = seen.json
    width, height = size_of(data_of(told["start_image"])) if "start_image" in told else (told["width"], told["height"])
    frames = round(seconds_of(data_of(told["audio"])) * 10) if "audio" in told else told["num_frames"]
    return reply.json(film(frames, 10, width, height))


def xinference(seen: Seen, reply: Reply) -> None:
    """A film as large as the first picture, and with as many frames as the arguments say."""
    told = seen.json if seen.headers["content-type"] == "application/json" else seen.fields
    arguments = json.loads(told["kwargs"])
    frames = arguments.get("num_frames", 5)
    match seen.path:
        case "/v1/video/generations":
            return reply.json(film(frames, 8, arguments["width"], arguments["height"]))
        case "/v1/video/generations/image":
            return reply.json(film(frames, 8, *size_of(seen.files["image"].body)))
        case "/v1/video/generations/flf":
            first, last = (size_of(seen.files[name].body) for name in ("first_frame", "last_frame"))
            return reply.json(film(frames, 8, first[0], last[1]))
    return reply.json({"detail": "Not Found"}, 404)


def measured(path: Any) -> tuple[int, int, int]:
    found = measure(path)
    assert isinstance(found, MeasuredVideo)
    return found.width, found.height, found.frames


def test_localai_makes_a_portrait_speak(serve: Serve, studio: Studio) -> None:
    server, told = serve(localai), Told()
    inputs = {"image": studio.image(320, 480), "audio": studio.sound(0.6)}
    request = Avatar(image="a", audio="b", prompt="on stage", steps=8, extra={"num_segments": 2, "mode": "ai2v"})
    made_by = backend(server, "localai", "/v1", fps=25.0)
    made_by.load(told)
    made = made_by.run(studio.order("avatar", request, inputs), told)
    assert measured(made.files[0]) == (320, 480, 6)
    sent = server.calls("POST", "/video")[0].json
    assert (sent["prompt"], sent["step"], sent["fps"], sent["response_format"]) == ("on stage", 8, 25, "b64_json")
    assert (sent["width"], sent["height"]) == (512, 768)
    assert sent["params"] == {"num_segments": "2", "mode": "ai2v"}, "the server takes texts only there"
    assert not {"start_image", "audio"} & set(made.used)


def test_localai_makes_a_film_between_two_images(serve: Serve, studio: Studio) -> None:
    server = serve(localai)
    inputs = {"image": studio.image(64, 32), "last_image": studio.image(32, 64, "last.png")}
    request = GenerateVideo(prompt="it turns", image="a", last_image="b", seconds=1, guidance=2.5)
    made = backend(server, "localai", fps=9, defaults={"cfg_scale": 9.0, "params": {}}).run(
        studio.order("generate_video", request, inputs), Told()
    )
    assert measured(made.files[0]) == (64, 32, 9)
    sent = server.seen[0].json
    assert size_of(data_of(sent["end_image"])) == (32, 64)
    assert sent["cfg_scale"] == 2.5


def test_xinference_makes_a_film_from_words(serve: Serve, studio: Studio) -> None:
    server = serve(xinference)
    request = GenerateVideo(prompt="a lake", negative_prompt="fog", width=48, height=32, frames=9, extra={"shift": 3})
    made = backend(server, "xinference", defaults={"shift": 1, "cpu_offload": True}).run(
        studio.order("generate_video", request), Told()
    )
    assert measured(made.files[0]) == (48, 32, 9)
    sent = server.seen[0].json
    assert (sent["model"], sent["prompt"], sent["n"]) == ("toy", "a lake", 1)
    arguments = {"height": 32, "width": 48, "num_frames": 9, "seed": 42, "negative_prompt": "fog"}
    assert json.loads(sent["kwargs"]) == {"shift": 3, "cpu_offload": True, **arguments}


def test_xinference_gets_an_image_or_two_as_files(serve: Serve, studio: Studio) -> None:
    server = serve(xinference)
    inputs = {"image": studio.image(64, 32)}
    request = GenerateVideo(prompt="it moves", image="a", negative_prompt="fog")
    made = backend(server, "xinference").run(studio.order("generate_video", request, inputs), Told())
    assert measured(made.files[0]) == (64, 32, 5)
    assert server.seen[0].fields["negative_prompt"] == "fog"
    inputs["last_image"] = studio.image(32, 96, "last.png")
    request = GenerateVideo(prompt="it moves", image="a", last_image="b")
    made = backend(server, "xinference").run(studio.order("generate_video", request, inputs), Told())
    assert measured(made.files[0]) == (64, 96, 5)


def test_xinference_makes_no_portrait_speak(serve: Serve, studio: Studio) -> None:
    inputs = {"image": studio.image(64, 64), "audio": studio.sound(0.2)}
    with pytest.raises(CannotRun, match="makes no avatar through Xinference"):
        backend(serve(xinference), "xinference").run(
            studio.order("avatar", Avatar(image="a", audio="b"), inputs), Told()
        )


def test_a_portrait_needs_its_speech_as_sound(serve: Serve, studio: Studio) -> None:
    order = studio.order("avatar", Avatar(image="a", text="hello"), {"image": studio.image(64, 64)})
    with pytest.raises(BadInput, match="speak the text first"):
        backend(serve(localai), "localai").run(order, Told())


def test_a_film_that_is_named_by_its_address_is_fetched_there(serve: Serve, studio: Studio) -> None:
    def answer(seen: Seen, reply: Reply) -> None:
        if seen.method == "GET":
            return reply.send(mp4(5, 8, 32, 32), "video/mp4")
        return reply.json({"id": "x", "created": 1, "data": [{"url": f"{server.url}/generated-videos/x.mp4"}]})

    server = serve(answer)
    made = backend(server, "localai").run(studio.order("generate_video", GenerateVideo(prompt="a")), Told())
    assert measured(made.files[0]) == (32, 32, 5)


@pytest.mark.parametrize("url", ["http://169.254.169.254/latest/meta-data", "file:///etc/passwd"])
def test_a_film_that_is_elsewhere_is_not_fetched(serve: Serve, studio: Studio, url: str) -> None:
    server = serve(lambda seen, reply: reply.json({"data": [{"url": url}]}))
    with pytest.raises(RunFailed, match="another origin"):
        backend(server, "localai").run(studio.order("generate_video", GenerateVideo(prompt="a")), Told())


def test_a_path_on_the_machine_of_the_server_is_no_file_of_ours(serve: Serve, studio: Studio) -> None:
    def answer(seen: Seen, reply: Reply) -> None:
        if seen.method == "GET":
            return reply.json({"detail": "Not Found"}, 404)
        return reply.json({"data": [{"url": "/srv/.xinference/video/1.mp4"}]})

    order = studio.order("generate_video", GenerateVideo(prompt="a"))
    with pytest.raises(CannotRun, match=r"knows no GET /srv/\.xinference/video/1\.mp4"):
        backend(serve(answer), "xinference").run(order, Told())


def test_to_cancel_closes_the_connection_that_waits(serve: Serve, studio: Studio) -> None:
    waiting, gone = threading.Event(), threading.Event()

    def waits(seen: Seen, reply: Reply) -> None:
        waiting.set()
        if reply.until_gone():
            gone.set()

    with pytest.raises(Stopped):
        backend(serve(waits), "localai").run(
            studio.order("generate_video", GenerateVideo(prompt="a")), Told(stop_at=waiting.is_set)
        )
    assert gone.wait(10)


def test_a_film_that_takes_longer_than_the_person_allows_is_given_up(serve: Serve, studio: Studio) -> None:
    server = serve(lambda seen, reply: reply.until_gone())
    with pytest.raises(TimedOut, match=r"did not end within 0\.5 s"):
        backend(server, "xinference", timeout_s=0.5).run(
            studio.order("generate_video", GenerateVideo(prompt="a")), Told()
        )
    assert len(server.seen) == 1


def test_an_answer_cut_in_the_middle_is_told_and_not_asked_for_again(serve: Serve, studio: Studio) -> None:
    def cut(seen: Seen, reply: Reply) -> None:
        body = json.dumps(film(5, 8, 32, 32)).encode()
        reply.begin("application/json", Content_Length=str(len(body)))
        reply.write(body[:-50])

    server = serve(cut)
    with pytest.raises(RunFailed, match="broke off in the middle"):
        backend(server, "localai").run(studio.order("generate_video", GenerateVideo(prompt="a")), Told())
    assert len(server.seen) == 1


def test_a_picture_in_the_place_of_a_film_is_told(serve: Serve, studio: Studio) -> None:
    picture = base64.b64encode(studio.image(20, 20).path.read_bytes()).decode()
    server = serve(lambda seen, reply: reply.json({"data": [{"b64_json": picture}]}))
    with pytest.raises(NoOutput, match="image/png in the place of the video"):
        backend(server, "localai").run(studio.order("generate_video", GenerateVideo(prompt="a")), Told())


def test_a_file_larger_than_servers_take_is_not_sent(
    serve: Serve, studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(served_call, "MAX_FILE_SENT", 100)
    server = serve(localai)
    order = studio.order("generate_video", GenerateVideo(prompt="a", image="b"), {"image": studio.image(64, 64)})
    with pytest.raises(BadInput, match="give a smaller or shorter file"):
        backend(server, "localai").run(order, Told())
    assert server.seen == []


def test_a_preview_shows_media_by_their_size(serve: Serve, studio: Studio) -> None:
    server, image = serve(localai), studio.image(64, 64)
    order = studio.order("generate_video", GenerateVideo(prompt="a", image="b"), {"image": image})
    shown = backend(server, "localai").preview(order)
    assert shown["url"] == f"{server.url}/video"
    assert shown["json"]["start_image"] == {"file": "image.png", "bytes": image.path.stat().st_size}
    assert server.seen == []
