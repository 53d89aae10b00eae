"""A chat server that paints: its pictures are taken out of the messages it answers with."""

import base64
from collections.abc import Callable
from typing import Any

import pytest

from http_server import Answer, Loopback, Reply, Seen
from modelatlas.tools.actions.requests import EditImage, GenerateImage
from modelatlas.tools.backends.backend import NoOutput
from modelatlas.tools.backends.openai_chat import ChatBackend
from modelatlas.tools.cards.card import Route
from modelatlas.tools.places import Place
from served_models.media import Studio, Told, png, route, size_of

Serve = Callable[[Answer], Loopback]


def chat(**more: Any) -> Route:
    run = {"backend": "openai_chat", "model": "toy", "video": "none", **more}
    return route("toy.chat", ("generate_image", "edit_image"), run)


def at(server: Loopback) -> Place:
    return Place(base_url=f"{server.url}/v1")


def test_pictures_of_a_chat_are_kept_as_files(serve: Serve, studio: Studio) -> None:
    def paints(seen: Seen, reply: Reply) -> None:
        text = seen.json["messages"][0]["content"][-1]["text"]
        uri = "data:image/png;base64," + base64.b64encode(png(seen.json["width"], seen.json["height"])).decode()
        content = [{"type": "text", "text": text}, {"type": "image_url", "image_url": {"url": uri}}]
        reply.json({"choices": [{"message": {"content": content}}]})

    server = serve(paints)
    backend = ChatBackend(chat(wrapping={"generate_image": "<|im_start|>{}<|im_end|>"}), at(server))
    request = GenerateImage(prompt="a cat", width=48, height=32, steps=3)
    made = backend.run(studio.order("generate_image", request), Told())
    assert [size_of(file.read_bytes()) for file in made.files] == [(48, 32)]
    sent = server.seen[0].json
    assert sent["messages"][0]["content"][-1]["text"] == "<|im_start|>a cat<|im_end|>"
    assert (sent["modalities"], sent["num_inference_steps"]) == (["image"], 3)


def test_a_chat_that_answers_with_words_in_the_place_of_a_picture_made_none(serve: Serve, studio: Studio) -> None:
    answer = {"choices": [{"message": {"content": "I cannot draw."}}]}
    server = serve(lambda seen, reply: reply.json(answer))
    order = studio.order(
        "edit_image", EditImage(images=("a",), instruction="make it red"), {"images[0]": studio.image(20, 20)}
    )
    with pytest.raises(NoOutput, match="no picture, but: I cannot draw"):
        ChatBackend(chat(), at(server)).run(order, Told())
