"""A videos server makes a job, is asked how far it is, and gives the film; a job given up is deleted there."""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from http_server import Answer, Loopback, Reply, Seen
from modelatlas.graph.errors import BadInput
from modelatlas.tools.actions.requests import Avatar, GenerateVideo
from modelatlas.tools.backends.backend import NoOutput, RunFailed, Stopped, TimedOut
from modelatlas.tools.backends.openai_videos import VideosBackend
from modelatlas.tools.media.measures import MeasuredVideo
from modelatlas.tools.media.measuring import measure
from modelatlas.tools.places import Place
from served_models.media import Studio, Told, mp4, route, seconds_of, size_of

Serve = Callable[[Answer], Loopback]


def backend(server: Loopback, body: str = "form", timeout_s: float | None = None, **run: Any) -> VideosBackend:
    settings = {"backend": "openai_videos", "model": "toy", "body": body, **run}
    place = Place(base_url=f"{server.url}/v1", timeout_s=timeout_s)
    return VideosBackend(route("toy.videos", ("generate_video", "avatar"), settings), place)


@dataclass
class Cinema:
    """Jobs that need three looks; the film is as large as the image that came, or as the size asked for."""

    film: bytes = b""
    looks: int = 0
    deleted: threading.Event = field(default_factory=threading.Event)
    begun: threading.Event = field(default_factory=threading.Event)
    endless: bool = False

    def __call__(self, seen: Seen, reply: Reply) -> None:
        match seen.method, seen.path:
            case "POST", "/v1/videos":
                told = seen.json if "json" in seen.headers["content-type"] else seen.fields
                width, height = map(int, told.get("size", "64x48").split("x"))
                if "json" not in seen.headers["content-type"] and "input_reference" in seen.files:
                    width, height = size_of(seen.files["input_reference"].body)
                self.film = mp4(int(told.get("num_frames", 5)), int(told.get("fps", 8)), width, height)
                reply.json({"id": "video_1", "object": "video", "status": "queued", "progress": 0})
            case "GET", "/v1/videos/video_1":
                self.looks += 1
                self.begun.set()
                if self.looks > 2 and not self.endless:
                    reply.json({"id": "video_1", "status": "completed", "progress": 100})
                else:
                    reply.json({"id": "video_1", "status": "in_progress", "progress": 30 * self.looks})
            case "GET", "/v1/videos/video_1/content":
                reply.send(self.film, "video/mp4")
            case "DELETE", "/v1/videos/video_1":
                self.deleted.set()
                reply.json({"id": "video_1", "deleted": True})
            case _:
                reply.json({"detail": "Not Found"}, 404)


def measured(path: Any) -> MeasuredVideo:
    found = measure(path)
    assert isinstance(found, MeasuredVideo)
    return found


def test_a_film_from_words_by_a_form(serve: Serve, studio: Studio) -> None:
    cinema, told = Cinema(), Told()
    server = serve(cinema)
    request = GenerateVideo(
        prompt="a lake", width=96, height=64, frames=9, fps=16, steps=3, guidance=5, extra={"flow_shift": 3.0}
    )
    made = backend(server, extra_params={"cache": "dit"}).run(studio.order("generate_video", request), told)
    film = measured(made.files[0])
    assert (film.width, film.height, film.frames, film.fps) == (96, 64, 9, 16)
    form = server.calls("POST", "/v1/videos")[0].fields
    assert (form["prompt"], form["fps"], form["num_inference_steps"], form["seed"]) == ("a lake", "16", "3", "42")
    assert (form["guidance_scale"], form["flow_shift"]) == ("5.0", "3.0")
    assert json.loads(form["extra_params"]) == {"cache": "dit"}
    assert ("in_progress", 30, 100) in told.told
    assert ("in_progress", 60, 100) in told.told
    assert made.used["num_frames"] == 9
    assert not cinema.deleted.is_set()


def test_an_image_goes_along_as_a_file(serve: Serve, studio: Studio) -> None:
    request = GenerateVideo(prompt="it moves", image="a", seconds=0.5)
    order = studio.order("generate_video", request, {"image": studio.image(80, 32)})
    made = backend(serve(Cinema()), fps=16).run(order, Told())
    film = measured(made.files[0])
    assert (film.width, film.height, film.frames) == (80, 32, 8)


def test_seconds_are_sent_as_such_where_no_rate_is_known(serve: Serve, studio: Studio) -> None:
    server = serve(Cinema())
    backend(server).run(studio.order("generate_video", GenerateVideo(prompt="a", seconds=4)), Told())
    form = server.calls("POST", "/v1/videos")[0].fields
    assert form["seconds"] == "4"
    assert "num_frames" not in form


def test_a_film_from_words_by_json(serve: Serve, studio: Studio) -> None:
    server = serve(Cinema())
    request = GenerateVideo(prompt="a lake", width=32, height=32, frames=5)
    backend(server, "json", extra_params={"generator_device": "cpu"}).run(
        studio.order("generate_video", request), Told()
    )
    sent = server.calls("POST", "/v1/videos")[0].json
    assert (sent["size"], sent["num_frames"], sent["generator_device"]) == ("32x32", 5, "cpu")


def test_a_server_of_json_gets_an_image_by_a_form(serve: Serve, studio: Studio) -> None:
    server = serve(Cinema())
    request = GenerateVideo(prompt="it moves", image="a", frames=5, steps=2)
    order = studio.order("generate_video", request, {"image": studio.image(48, 64)})
    assert measured(backend(server, "json").run(order, Told()).files[0]).width == 48
    form = server.calls("POST", "/v1/videos")[0].fields
    assert json.loads(form["extra_body"]) == {"num_inference_steps": 2, "seed": 42}


def test_a_portrait_is_sent_with_its_speech(serve: Serve, studio: Studio) -> None:
    server = serve(Cinema())
    inputs = {"image": studio.image(300, 600), "audio": studio.sound(0.7)}
    request = Avatar(image="a", audio="b", text_guidance=4.5, audio_guidance=4)
    made = backend(server, fps=16.0).run(studio.order("avatar", request, inputs), Told())
    sent = server.calls("POST", "/v1/videos")[0]
    head, _, speech = json.loads(sent.fields["audio_reference"])["audio_url"].partition(",")
    import base64

    assert (head, seconds_of(base64.b64decode(speech))) == ("data:audio/wav;base64", 0.7)
    assert sent.fields["prompt"], "a server makes up nothing where a prompt is missing"
    assert sent.fields["size"] == "448x896"
    assert (sent.fields["guidance_scale"], sent.fields["fps"]) == ("4.5", "16")
    assert measured(made.files[0]).height == 600
    assert made.warnings == ("audio_guidance was left out: this server takes no such setting.",)
    assert "audio_reference" not in made.used


def test_a_portrait_needs_its_speech_as_sound(serve: Serve, studio: Studio) -> None:
    order = studio.order("avatar", Avatar(image="a", text="hello"), {"image": studio.image(64, 64)})
    with pytest.raises(BadInput, match="speak the text first"):
        backend(serve(Cinema())).run(order, Told())


def test_media_that_the_server_does_not_take_is_refused(serve: Serve, studio: Studio) -> None:
    inputs = {"image": studio.image(64, 64), "last_image": studio.image(64, 64, "last.png")}
    order = studio.order("generate_video", GenerateVideo(prompt="a", image="a", last_image="b"), inputs)
    with pytest.raises(BadInput, match="takes no last_image"):
        backend(serve(Cinema())).run(order, Told())


def test_to_cancel_deletes_the_job(serve: Serve, studio: Studio) -> None:
    cinema = Cinema(endless=True)
    told = Told(stop_at=cinema.begun.is_set)
    with pytest.raises(Stopped):
        backend(serve(cinema)).run(studio.order("generate_video", GenerateVideo(prompt="a")), told)
    assert cinema.deleted.is_set()


def test_to_cancel_while_the_job_is_being_made_deletes_it_too(serve: Serve, studio: Studio) -> None:
    cinema, asked = Cinema(), threading.Event()

    def slow(seen: Seen, reply: Reply) -> None:
        if seen.method == "POST":
            asked.set()
            stopped.wait(10)
        cinema(seen, reply)

    stopped = threading.Event()

    def stop() -> bool:
        if asked.is_set():
            stopped.set()
        return asked.is_set()

    with pytest.raises(Stopped):
        backend(serve(slow)).run(studio.order("generate_video", GenerateVideo(prompt="a")), Told(stop_at=stop))
    assert cinema.deleted.is_set()


def test_a_job_that_takes_too_long_is_deleted(serve: Serve, studio: Studio) -> None:
    cinema = Cinema(endless=True)
    with pytest.raises(TimedOut, match=r"did not end within 0\.6 s"):
        backend(serve(cinema), timeout_s=0.6).run(studio.order("generate_video", GenerateVideo(prompt="a")), Told())
    assert cinema.deleted.is_set()


@pytest.mark.parametrize("error", [{"code": "oom", "message": "CUDA out of memory"}, "CUDA out of memory"])
def test_a_failed_job_is_told_in_the_words_of_the_server(serve: Serve, studio: Studio, error: object) -> None:
    job = {"id": "video_1", "status": "failed", "error": error}
    with pytest.raises(RunFailed, match="did not make the video: CUDA out of memory"):
        backend(serve(lambda seen, reply: reply.json(job))).run(
            studio.order("generate_video", GenerateVideo(prompt="a")), Told()
        )


@pytest.mark.parametrize("job", [{"status": "queued"}, {"id": "../../etc", "status": "queued"}, ["video_1"]])
def test_a_job_that_cannot_be_asked_after_is_told(serve: Serve, studio: Studio, job: object) -> None:
    server = serve(lambda seen, reply: reply.json(job))
    with pytest.raises(NoOutput, match="made no job"):
        backend(server).run(studio.order("generate_video", GenerateVideo(prompt="a")), Told())
    assert len(server.calls("POST", "/v1/videos")) == 1


def test_a_gateway_that_restarts_between_two_looks_does_not_lose_the_job(serve: Serve, studio: Studio) -> None:
    cinema = Cinema()

    def restarts(seen: Seen, reply: Reply) -> None:
        if seen.path == "/v1/videos/video_1" and len(server.seen) in {2, 3}:
            return reply.send(b"<html>Bad Gateway</html>", "text/html", 502)
        return cinema(seen, reply)

    server = serve(restarts)
    made = backend(server).run(studio.order("generate_video", GenerateVideo(prompt="a")), Told())
    assert measured(made.files[0]).frames == 5


def test_a_film_that_breaks_off_on_its_way_is_fetched_again(serve: Serve, studio: Studio) -> None:
    cinema = Cinema()

    def breaks_off(seen: Seen, reply: Reply) -> None:
        if seen.path.endswith("/content") and len(server.calls("GET", seen.path)) == 1:
            reply.begin("video/mp4", Content_Length=str(len(cinema.film)))
            return reply.write(cinema.film[:100])
        return cinema(seen, reply)

    server = serve(breaks_off)
    made = backend(server).run(studio.order("generate_video", GenerateVideo(prompt="a")), Told())
    assert made.files[0].read_bytes() == cinema.film
    assert len(server.calls("POST", "/v1/videos")) == 1


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"<!DOCTYPE html><html><body>Session expired</body></html>", "an HTML page .*Session expired"),
        (b'{"detail": "Generation is still in-progress"}', "JSON .*still in-progress"),
    ],
)
def test_a_page_in_the_place_of_a_film_is_told(serve: Serve, studio: Studio, body: bytes, said: str) -> None:
    cinema = Cinema()

    def lies(seen: Seen, reply: Reply) -> None:
        return reply.send(body, "video/mp4") if seen.path.endswith("/content") else cinema(seen, reply)

    with pytest.raises(NoOutput, match=said):
        backend(serve(lies)).run(studio.order("generate_video", GenerateVideo(prompt="a")), Told())


def test_a_film_that_lacks_its_end_is_told(serve: Serve, studio: Studio) -> None:
    cinema = Cinema()

    def cuts(seen: Seen, reply: Reply) -> None:
        if seen.path.endswith("/content"):
            return reply.send(cinema.film[: len(cinema.film) * 2 // 3], "video/mp4")
        return cinema(seen, reply)

    with pytest.raises(NoOutput, match="breaks off before its end"):
        backend(serve(cuts)).run(studio.order("generate_video", GenerateVideo(prompt="a")), Told())


def test_a_status_without_end_is_not_read_to_its_end(serve: Serve, studio: Studio) -> None:
    def endless(seen: Seen, reply: Reply) -> None:
        reply.begin("application/json")
        while True:
            reply.write(b" " * 2**20)

    with pytest.raises(NoOutput, match="larger than 16 MiB"):
        backend(serve(endless)).run(studio.order("generate_video", GenerateVideo(prompt="a")), Told())


def test_a_preview_shows_the_form_with_the_speech_by_its_size(serve: Serve, studio: Studio) -> None:
    server, image, speech = serve(Cinema()), studio.image(64, 64), studio.sound(0.5)
    order = studio.order("avatar", Avatar(image="a", audio="b"), {"image": image, "audio": speech})
    shown = backend(server).preview(order)
    about = {"file": "audio.wav", "bytes": speech.path.stat().st_size}
    assert shown["form"]["audio_reference"] == {"audio_url": about}
    assert shown["form"]["input_reference"]["file"] == "image.png"
    assert server.seen == []
