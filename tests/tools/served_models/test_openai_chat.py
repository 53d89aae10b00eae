"""A chat server is asked in its own way about pictures, films and sound, and its words are taken as they stream."""

import base64
import io
import json
import threading
from collections.abc import Callable
from typing import Any

import pytest

from http_server import Answer, Loopback, Reply, Seen
from modelatlas.graph.errors import BadInput
from modelatlas.tools.actions.requests import Understand
from modelatlas.tools.backends.backend import CannotRun, NoOutput, RunFailed, Stopped, TimedOut
from modelatlas.tools.backends.openai_chat import ChatBackend
from modelatlas.tools.cards.card import Route
from modelatlas.tools.places import Place
from served_models.media import Studio, Told, route, seconds_of, size_of

Serve = Callable[[Answer], Loopback]


def chat(video: str = "none", **more: Any) -> Route:
    run = {"backend": "openai_chat", "model": "toy", "video": video, **more}
    return route("toy.chat", ("understand", "generate_image", "edit_image"), run)


def at(server: Loopback, **more: Any) -> Place:
    return Place.model_validate({"base_url": f"{server.url}/v1", **more})


def chunk(text: str, ended_by: str | None = None) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": ended_by}]}


def said(reply: Reply, text: str, ended_by: str = "stop") -> None:
    reply.begin("text/event-stream")
    for word in text.split(" "):
        reply.event(chunk(f"{word} "))
    reply.event(chunk("", ended_by))
    reply.event("[DONE]")


def data_of(uri: str) -> tuple[str, bytes]:
    head, _, encoded = uri.partition(",")
    return head, base64.b64decode(encoded, validate=True)


def looks(seen: Seen, reply: Reply) -> None:
    """Says how large the pictures are that it was sent."""
    if seen.path == "/v1/models":
        return reply.json({"data": [{"id": "toy"}]})
    content = seen.json["messages"][0]["content"]
    pictures = [data_of(part["image_url"]["url"])[1] for part in content if part["type"] == "image_url"]
    return said(reply, "sizes: " + " ".join("x".join(map(str, size_of(it))) for it in pictures))


def test_a_question_about_two_images_sends_both_in_their_order(serve: Serve, studio: Studio) -> None:
    server, told = serve(looks), Told()
    request = Understand(question="How large?", images=("a", "b"), max_tokens=77, temperature=0.5, seed=7)
    inputs = {"images[0]": studio.image(40, 20), "images[1]": studio.image(30, 50, "other.png")}
    backend = ChatBackend(chat(prompt_suffix=" /no_think", extra_body={"thinking": {"type": "disabled"}}), at(server))
    backend.load(told)
    made = backend.run(studio.order("understand", request, inputs), told)
    backend.close()
    assert made.data == {"text": "sizes: 40x20 30x50"}
    sent = server.calls("POST", "/v1/chat/completions")[0].json
    assert sent["messages"][0]["content"][-1] == {"type": "text", "text": "How large? /no_think"}
    assert (sent["model"], sent["max_tokens"], sent["temperature"], sent["seed"]) == ("toy", 77, 0.5, 7)
    assert sent["thinking"] == {"type": "disabled"}
    assert made.used["max_tokens"] == 77
    assert "messages" not in made.used
    assert ("answering", 3, None) in told.told


def test_settings_of_one_model_go_along_and_replace_those_of_the_card(serve: Serve, studio: Studio) -> None:
    server = serve(looks)
    backend = ChatBackend(chat(extra_body={"top_k": 1, "thinking": True}), at(server, model="other"))
    backend.run(studio.order("understand", Understand(question="?", extra={"top_k": 5})), Told())
    sent = server.seen[0].json
    assert (sent["top_k"], sent["thinking"], sent["model"]) == (5, True, "other")


def test_extra_replaces_nothing_that_the_request_says_itself(serve: Serve, studio: Studio) -> None:
    backend = ChatBackend(chat(), at(serve(looks)))
    with pytest.raises(BadInput, match="'messages'"):
        backend.run(studio.order("understand", Understand(question="?", extra={"messages": []})), Told())


def test_a_film_goes_whole_where_the_server_reads_films(serve: Serve, studio: Studio) -> None:
    film = studio.film(20, 10)

    def watches(seen: Seen, reply: Reply) -> None:
        head, body = data_of(seen.json["messages"][0]["content"][0]["video_url"]["url"])
        said(reply, f"{head} {body == film.path.read_bytes()}")

    server = serve(watches)
    order = studio.order("understand", Understand(question="?", video="v"), {"video": film})
    made = ChatBackend(chat("video_url"), at(server)).run(order, Told())
    assert made.data == {"text": "data:video/mp4;base64 True"}
    assert "mm_processor_kwargs" not in server.seen[0].json


def test_a_film_goes_as_frames_joined_by_commas(serve: Serve, studio: Studio) -> None:
    def watches(seen: Seen, reply: Reply) -> None:
        url = seen.json["messages"][0]["content"][0]["video_url"]["url"]
        head, *frames = url.split(",")
        greys = [brightness(base64.b64decode(frame)) for frame in frames]
        said(reply, json.dumps([head, greys == sorted(greys), len(frames), seen.json["mm_processor_kwargs"]]))

    order = studio.order("understand", Understand(question="?", video="v"), {"video": studio.film(30, 10)})
    made = ChatBackend(chat("jpeg_frames", fps=2.0), at(serve(watches))).run(order, Told())
    assert json.loads(made.data["text"]) == ["data:video/jpeg;base64", True, 6, {"fps": 2.0}]


def test_a_film_goes_as_single_frames_each_after_its_time(serve: Serve, studio: Studio) -> None:
    def watches(seen: Seen, reply: Reply) -> None:
        *parts, question = seen.json["messages"][0]["content"]
        times = [part["text"] for part in parts[::2]]
        greys = [brightness(data_of(part["image_url"]["url"])[1]) for part in parts[1::2]]
        reply.json({"choices": [{"message": {"content": json.dumps([times, greys])}, "finish_reason": "stop"}]})
        assert question["text"] == "What happens?"

    order = studio.order("understand", Understand(question="What happens?", video="v"), {"video": studio.film(40, 10)})
    made = ChatBackend(chat("timed_frames"), at(serve(watches))).run(order, Told())
    times, greys = json.loads(made.data["text"])
    assert times[:3] == ["[0.0 second]", "[0.2 second]", "[0.5 second]"]
    assert len(times) == len(greys) == 16, "one a second would be four, and sixteen is the least"
    assert greys == sorted(greys)
    assert greys[0] < 10 < 200 < greys[-1]


def test_a_film_is_refused_where_the_route_takes_none(serve: Serve, studio: Studio) -> None:
    order = studio.order("understand", Understand(question="?", video="v"), {"video": studio.film(8, 8)})
    with pytest.raises(BadInput, match="takes no video"):
        ChatBackend(chat("none"), at(serve(looks))).run(order, Told())


def test_sound_goes_as_wav_whatever_it_was(serve: Serve, studio: Studio) -> None:
    def listens(seen: Seen, reply: Reply) -> None:
        sound = seen.json["messages"][0]["content"][0]["input_audio"]
        said(reply, f"{sound['format']} {seconds_of(base64.b64decode(sound['data'])):.1f}")

    backend = ChatBackend(chat(), at(serve(listens)))
    wav = studio.sound(0.5)
    order = studio.order("understand", Understand(question="?", audio="a"), {"audio": wav})
    assert backend.run(order, Told()).data == {"text": "wav 0.5"}
    order = studio.order("understand", Understand(question="?", audio="a"), {"audio": as_flac(studio, wav.path)})
    assert backend.run(order, Told()).data == {"text": "wav 0.5"}


def test_a_server_that_does_not_stream_is_understood_too(serve: Serve, studio: Studio) -> None:
    def whole(seen: Seen, reply: Reply) -> None:
        answer = {
            "choices": [{"message": {"content": " forty two "}, "finish_reason": "stop"}],
            "usage": {"total_tokens": 9},
        }
        reply.json(answer)

    made = ChatBackend(chat(), at(serve(whole))).run(studio.order("understand", Understand(question="?")), Told())
    assert made.data == {"text": "forty two"}
    assert made.used["total_tokens"] == 9


def test_an_answer_cut_at_the_limit_is_said_to_be_cut(serve: Serve, studio: Studio) -> None:
    server = serve(lambda seen, reply: said(reply, "and then", "length"))
    made = ChatBackend(chat(), at(server)).run(studio.order("understand", Understand(question="?")), Told())
    assert made.warnings == ("the answer was cut at 512 tokens",)


def test_an_answer_without_words_is_no_answer(serve: Serve, studio: Studio) -> None:
    server = serve(lambda seen, reply: said(reply, "", "content_filter"))
    with pytest.raises(NoOutput, match=r"no words .*content_filter"):
        ChatBackend(chat(), at(server)).run(studio.order("understand", Understand(question="?")), Told())


def test_a_stream_that_breaks_off_is_not_taken_for_an_answer(serve: Serve, studio: Studio) -> None:
    def breaks_off(seen: Seen, reply: Reply) -> None:
        reply.begin("text/event-stream")
        reply.event(chunk("The answer is"))

    server = serve(breaks_off)
    with pytest.raises(RunFailed, match="broke off"):
        ChatBackend(chat(), at(server)).run(studio.order("understand", Understand(question="?")), Told())
    assert len(server.seen) == 1, "what may have been paid for is not asked a second time"


def test_an_error_within_the_stream_is_told_in_the_words_of_the_server(serve: Serve, studio: Studio) -> None:
    def fails(seen: Seen, reply: Reply) -> None:
        reply.begin("text/event-stream")
        reply.event(chunk("The"))
        reply.event({"error": {"message": "CUDA out of memory.", "code": 500}})

    with pytest.raises(RunFailed, match="failed: CUDA out of memory"):
        ChatBackend(chat(), at(serve(fails))).run(studio.order("understand", Understand(question="?")), Told())


def test_a_page_in_the_place_of_an_answer_is_told_in_short(serve: Serve, studio: Studio) -> None:
    server = serve(lambda seen, reply: reply.send(b"<html><body>Please log in</body></html>", "text/html"))
    with pytest.raises(NoOutput, match="no JSON: Please log in"):
        ChatBackend(chat(), at(server)).run(studio.order("understand", Understand(question="?")), Told())


def test_an_endless_answer_is_not_read_to_its_end(serve: Serve, studio: Studio) -> None:
    def talks(seen: Seen, reply: Reply) -> None:
        reply.begin("text/event-stream")
        piece = "word " * 50_000
        while True:
            reply.event(chunk(piece))

    with pytest.raises(NoOutput, match="larger than 16 MiB"):
        ChatBackend(chat(), at(serve(talks))).run(studio.order("understand", Understand(question="?")), Told())


def test_to_cancel_while_a_film_is_read_asks_nobody(serve: Serve, studio: Studio) -> None:
    server, told = serve(looks), Told()
    told.stop_at = lambda: len(told.told) == 3
    order = studio.order("understand", Understand(question="?", video="v"), {"video": studio.film(40, 10)})
    with pytest.raises(Stopped):
        ChatBackend(chat("timed_frames"), at(server)).run(order, told)
    assert told.told[-1] == ("reading the video", 3, 16)
    assert server.seen == []


def test_to_cancel_closes_the_connection(serve: Serve, studio: Studio) -> None:
    talking, gone = threading.Event(), threading.Event()

    def talks(seen: Seen, reply: Reply) -> None:
        reply.begin("text/event-stream")
        reply.event(chunk("Well"))
        talking.set()
        if reply.until_gone():
            gone.set()

    server = serve(talks)
    with pytest.raises(Stopped):
        ChatBackend(chat(), at(server)).run(
            studio.order("understand", Understand(question="?")), Told(stop_at=talking.is_set)
        )
    assert gone.wait(10)


def test_a_server_that_stays_silent_is_given_up_in_time(serve: Serve, studio: Studio) -> None:
    server = serve(lambda seen, reply: reply.until_gone())
    with pytest.raises(TimedOut, match=r"did not end within 0.5 s .*timeout_s of \[routes\.\"toy\.chat\"\]"):
        ChatBackend(chat(), at(server, timeout_s=0.5)).run(studio.order("understand", Understand(question="?")), Told())


def test_a_preview_shows_the_call_without_the_media_or_the_key(studio: Studio) -> None:
    image, film = studio.image(40, 20), studio.film(30, 10)
    place = Place.model_validate({"base_url": "http://models.example:8000", "api_key": "sk-secret"})
    order = studio.order(
        "understand", Understand(question="?", images=("a",), video="v"), {"images[0]": image, "video": film}
    )
    shown = ChatBackend(chat("jpeg_frames"), place).preview(order)
    assert (shown["method"], shown["url"]) == ("POST", "http://models.example:8000/v1/chat/completions")
    assert shown["headers"] == ["Authorization", "Content-Type"]
    parts = shown["json"]["messages"][0]["content"]
    assert parts[0]["image_url"]["url"] == {"file": "image.png", "bytes": image.path.stat().st_size}
    assert parts[1]["video_url"]["url"] == {"frames_of": "video.mp4", "seconds": [0.0, 1.0, 2.0]}
    assert "sk-secret" not in json.dumps(shown)
    assert list(order.folder.iterdir()) == []


def test_without_an_address_the_line_for_the_places_file_is_told(studio: Studio) -> None:
    with pytest.raises(CannotRun) as error:
        ChatBackend(chat(), Place()).load(Told())
    assert "toy.chat needs a server: start one (toy-server --model toy)" in str(error.value)
    assert '[routes."toy.chat"] base_url = "http://127.0.0.1:8000/v1"' in str(error.value)


def brightness(jpeg: bytes) -> int:
    from PIL import Image, ImageStat

    with Image.open(io.BytesIO(jpeg)) as opened:
        return int(ImageStat.Stat(opened.convert("L")).mean[0])


def as_flac(studio: Studio, path: Any) -> Any:
    import av

    from served_models.media import taken

    to = studio.folder / "audio.flac"
    with av.open(str(path)) as source, av.open(str(to), "w") as written:
        stream: Any = written.add_stream("flac", rate=8000)
        stream.layout = "mono"
        for frame in source.decode(audio=0):
            frame.pts = None
            written.mux(stream.encode(frame))
        written.mux(stream.encode(None))
    return taken(to)
