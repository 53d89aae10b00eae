"""An images server makes pictures of the size asked for, and changes those it is sent."""

import base64
import io
from collections.abc import Callable
from typing import Any

import pytest

from http_server import Answer, Loopback, Reply, Seen
from modelatlas.tools.actions.requests import EditImage, GenerateImage
from modelatlas.tools.backends.backend import NoOutput, RunFailed
from modelatlas.tools.backends.openai_images import ImagesBackend
from modelatlas.tools.places import Place
from served_models.media import Studio, Told, png, route, size_of

Serve = Callable[[Answer], Loopback]


def backend(server: Loopback, **run: Any) -> ImagesBackend:
    settings = {"backend": "openai_images", "model": "toy", **run}
    return ImagesBackend(route("toy.images", ("generate_image", "edit_image"), settings), Place(base_url=server.url))


def encoded(picture: bytes) -> dict[str, str]:
    return {"b64_json": base64.b64encode(picture).decode()}


def paints(seen: Seen, reply: Reply) -> None:
    """Pictures of the size and number asked for; a changed picture is twice as large as the one that came."""
    if seen.path == "/v1/images/generations":
        width, height = map(int, seen.json["size"].split("x"))
        return reply.json({"created": 1, "data": [encoded(png(width, height))] * seen.json["n"]})
    assert seen.path == "/v1/images/edits"
    pictures = [part for part in seen.parts if part.filename is not None and part.name.startswith("image")]
    sizes = [size_of(part.body) for part in pictures]
    return reply.json({"data": [encoded(png(2 * width, 2 * height)) for width, height in sizes]})


def test_as_many_pictures_of_the_size_asked_for_are_made(serve: Serve, studio: Studio) -> None:
    server = serve(paints)
    request = GenerateImage(prompt="a cat", width=64, height=32, count=2, steps=4, guidance=3.5, negative_prompt="dogs")
    made = backend(server, extra_body={"quality": "high"}).run(studio.order("generate_image", request), Told())
    assert [size_of(file.read_bytes()) for file in made.files] == [(64, 32), (64, 32)]
    sent = server.seen[0].json
    assert (sent["num_inference_steps"], sent["guidance_scale"], sent["negative_prompt"]) == (4, 3.5, "dogs")
    assert (sent["response_format"], sent["quality"], sent["seed"]) == ("b64_json", "high", 42)
    assert made.warnings == ()


def test_a_picture_is_sent_as_a_file_and_comes_back_changed(serve: Serve, studio: Studio) -> None:
    server = serve(paints)
    request = EditImage(images=("a",), instruction="make it red", image_guidance=1.5)
    made = backend(server).run(studio.order("edit_image", request, {"images[0]": studio.image(31, 17)}), Told())
    assert [size_of(file.read_bytes()) for file in made.files] == [(62, 34)]
    assert server.seen[0].fields["prompt"] == "make it red"
    assert server.seen[0].files["image"].type == "image/png"
    assert made.warnings == ("image_guidance was left out: this server takes no such setting.",)


def test_several_pictures_are_sent_in_their_order(serve: Serve, studio: Studio) -> None:
    inputs = {"images[0]": studio.image(10, 20), "images[1]": studio.image(30, 40, "second.png")}
    request = EditImage(images=("a", "b"), instruction="join them")
    made = backend(serve(paints)).run(studio.order("edit_image", request, inputs), Told())
    assert [size_of(file.read_bytes()) for file in made.files] == [(20, 40), (60, 80)]


def test_a_mask_is_see_through_where_the_picture_may_change(serve: Serve, studio: Studio) -> None:
    from PIL import Image

    path = studio.folder / "mask.png"
    mask = Image.new("L", (4, 2), 0)
    mask.putpixel((3, 1), 255)
    mask.save(path)
    from served_models.media import taken

    server = serve(paints)
    inputs = {"images[0]": studio.image(4, 2), "mask": taken(path)}
    request = EditImage(images=("a",), instruction="mend it", mask="m")
    backend(server).run(studio.order("edit_image", request, inputs), Told())
    with Image.open(io.BytesIO(server.seen[0].files["mask"].body)) as sent:
        assert sent.getpixel((3, 1)) == (255, 255, 255, 0)
        assert sent.getpixel((0, 0)) == (0, 0, 0, 255)


def test_pictures_are_fetched_from_the_server_that_made_them(serve: Serve, studio: Studio) -> None:
    def answer(seen: Seen, reply: Reply) -> None:
        if seen.method == "GET":
            return reply.send(png(40, 30), "image/png")
        assert seen.json["response_format"] == "url"
        return reply.json({"data": [{"url": f"{server.url}/files/1.png"}, {"url": "/files/2.png"}]})

    server = serve(answer)
    made = backend(server, response_format="url").run(studio.order("generate_image", GenerateImage(prompt="a")), Told())
    assert [size_of(file.read_bytes()) for file in made.files] == [(40, 30)] * 2


def test_pictures_are_not_fetched_from_elsewhere(serve: Serve, studio: Studio) -> None:
    elsewhere = serve(lambda seen, reply: reply.send(png(8, 8), "image/png"))
    server = serve(lambda seen, reply: reply.json({"data": [{"url": f"{elsewhere.url}/1.png"}]}))
    with pytest.raises(RunFailed, match=r"another origin.*nothing is fetched"):
        backend(server, response_format="url").run(studio.order("generate_image", GenerateImage(prompt="a")), Told())
    assert elsewhere.seen == []


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"data": []}, "without a file"),
        ({"detail": "all GPUs are taken"}, "without a file, but with: all GPUs are taken"),
        ({"data": [{"b64_json": "!!!"}]}, "no base64"),
        ({"data": [{"b64_json": base64.b64encode(b"<html>no</html>").decode()}]}, "an HTML page"),
        ({"data": [{"revised_prompt": "a cat"}]}, "names no file"),
    ],
)
def test_an_answer_without_a_picture_is_told(serve: Serve, studio: Studio, answer: object, said: str) -> None:
    server = serve(lambda seen, reply: reply.json(answer))
    with pytest.raises(NoOutput, match=said):
        backend(server).run(studio.order("generate_image", GenerateImage(prompt="a")), Told())


def test_a_picture_cut_short_is_told(serve: Serve, studio: Studio) -> None:
    cut = encoded(png(200, 200)[:-20])
    server = serve(lambda seen, reply: reply.json({"data": [cut]}))
    with pytest.raises(NoOutput, match="breaks off before its end"):
        backend(server).run(studio.order("generate_image", GenerateImage(prompt="a")), Told())


def test_a_preview_shows_the_form_with_its_files(serve: Serve, studio: Studio) -> None:
    server = serve(paints)
    image = studio.image(31, 17)
    request = EditImage(images=("a",), instruction="make it red")
    shown = backend(server).preview(studio.order("edit_image", request, {"images[0]": image}))
    assert shown["url"] == f"{server.url}/v1/images/edits"
    assert shown["form"]["image"] == {"file": "image.png", "bytes": image.path.stat().st_size}
    assert shown["form"]["prompt"] == "make it red"
    assert server.seen == []
