"""A person's own workflow is checked against the server, filled, queued, followed, and interrupted if need be."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from http_server import Answer, Loopback, Reply, Seen
from modelatlas.graph.errors import BadInput
from modelatlas.tools.actions.requests import Avatar, GenerateVideo, RestoreVideo
from modelatlas.tools.backends.backend import CannotRun, NoOutput, RunFailed, Stopped
from modelatlas.tools.backends.comfyui import ComfyBackend
from modelatlas.tools.media.measures import MeasuredVideo
from modelatlas.tools.media.measuring import measure
from modelatlas.tools.places import Place
from served_models.comfy import BINDINGS, Comfy, Desk
from served_models.media import Studio, Told, png, route, size_of

Serve = Callable[[Answer], Loopback]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "workflow.json")


def moving(studio: Studio, **more: Any) -> Any:
    request = GenerateVideo.model_validate({"prompt": "it moves", "image": "a", "steps": 6, "seed": 9, **more})
    return studio.order("generate_video", request, {"image": studio.image(96, 64)})


def test_a_workflow_is_filled_run_and_its_film_fetched(serve: Serve, studio: Studio, desk: Desk) -> None:
    comfy, told = Comfy(), Told()
    backend = desk.backend(serve(comfy))
    backend.load(told)
    made = backend.run(moving(studio), told)
    backend.close()
    film = measure(made.files[0])
    assert isinstance(film, MeasuredVideo)
    assert (film.width, film.height, film.frames) == (96, 64, 6)
    (graph,) = comfy.prompts.values()
    assert graph["2"]["inputs"] == {"text": "it moves", "clip": ["9", 0]}
    assert graph["3"]["inputs"] == {"seed": 9, "steps": 6, "positive": ["2", 0]}
    assert graph["1"]["inputs"] == {"image": "mine/image.png (1)"}, "the name that the server gave it"
    assert ("queued, 1 before it", 0, None) in told.told
    assert ("running", 0, None) in told.told
    assert len(made.files) == 1, "what the workflow saved, not what it showed on the way"
    assert made.used["steps"] == 6


def test_a_setting_without_a_place_is_told(serve: Serve, studio: Studio, desk: Desk) -> None:
    made = desk.backend(serve(Comfy())).run(moving(studio, guidance=3), Told())
    assert made.warnings == ("guidance was left out: the workflow has no place for it.",)


def test_what_is_not_said_stays_as_in_the_workflow(serve: Serve, studio: Studio, desk: Desk) -> None:
    comfy = Comfy()
    desk.backend(serve(comfy)).run(moving(studio, steps=None), Told())
    assert next(iter(comfy.prompts.values()))["3"]["inputs"]["steps"] == 20


def test_extra_reaches_a_place_by_its_own_name(serve: Serve, studio: Studio, desk: Desk) -> None:
    comfy = Comfy()
    bindings = {**BINDINGS, "prefix": ["4", "filename_prefix"]}
    desk.backend(serve(comfy), bindings=bindings).run(moving(studio, extra={"prefix": "lake"}), Told())
    assert next(iter(comfy.prompts.values()))["4"]["inputs"]["filename_prefix"] == "lake"


def test_a_portrait_always_gets_a_prompt(serve: Serve, studio: Studio, desk: Desk) -> None:
    comfy = Comfy()
    bindings = {"image": ["1", "image"], "audio": ["4", "audio"], "prompt": ["2", "text"]}
    inputs = {"image": studio.image(32, 32), "audio": studio.sound(0.2)}
    order = studio.order("avatar", Avatar(image="a", audio="b"), inputs)
    desk.backend(serve(comfy), bindings=bindings).run(order, Told())
    graph = next(iter(comfy.prompts.values()))
    assert graph["2"]["inputs"]["text"] not in {"", "an example"}
    assert comfy.uploads[graph["4"]["inputs"]["audio"]] == inputs["audio"].path.read_bytes()


def test_a_node_that_the_server_lacks_stops_it_before_it_starts(serve: Serve, desk: Desk) -> None:
    with pytest.raises(CannotRun, match=r"has no node KSampler, which toy\.comfyui needs"):
        desk.backend(serve(Comfy(lacks="KSampler"))).load(Told())


def test_an_input_that_its_node_lacks_stops_it_before_it_starts(serve: Serve, desk: Desk) -> None:
    with pytest.raises(CannotRun, match="guidance is bound to cfg of node 3, but KSampler has only seed, steps"):
        desk.backend(serve(Comfy()), bindings={**BINDINGS, "guidance": ["3", "cfg"]}).load(Told())


def test_a_node_that_the_workflow_lacks_stops_it_before_it_starts(serve: Serve, desk: Desk) -> None:
    with pytest.raises(CannotRun, match=r"prompt is bound to node 77, which workflow\.json does not have"):
        desk.backend(serve(Comfy()), bindings={"prompt": ["77", "text"]}).load(Told())


def test_an_input_that_another_node_feeds_is_not_overwritten(serve: Serve, desk: Desk) -> None:
    with pytest.raises(CannotRun, match="another node feeds"):
        desk.backend(serve(Comfy()), bindings={"prompt": ["3", "positive"]}).load(Told())


@pytest.mark.parametrize("workflow", [{}, [], {"nodes": [], "links": []}, {"1": {"inputs": {}}}])
def test_a_workflow_in_another_format_is_told(serve: Serve, desk: Desk, workflow: Any) -> None:
    with pytest.raises(CannotRun, match=r"Export \(API\)"):
        desk.backend(serve(Comfy()), workflow).load(Told())


def test_without_a_workflow_or_bindings_the_lines_to_write_are_told(serve: Serve, desk: Desk) -> None:
    server = serve(Comfy())
    with pytest.raises(CannotRun, match=r"\[routes\.\"toy\.comfyui\"\] workflow = "):
        desk.backend(server, workflow=None).__class__(
            route("toy.comfyui", ("generate_video",), {"backend": "comfyui"}), Place(base_url=server.url)
        ).load(Told())
    with pytest.raises(CannotRun, match=r"\[routes\.\"toy\.comfyui\"\.bindings\] prompt = "):
        desk.backend(server, bindings={}).load(Told())
    desk.backend(server)
    desk.path.unlink()
    place = Place.model_validate({"base_url": server.url, "workflow": desk.path, "bindings": BINDINGS})
    with pytest.raises(CannotRun, match="cannot be read"):
        ComfyBackend(route("toy.comfyui", ("generate_video",), {"backend": "comfyui"}), place).load(Told())


def test_media_without_a_place_and_places_without_media_are_refused(serve: Serve, studio: Studio, desk: Desk) -> None:
    comfy = Comfy()
    backend = desk.backend(serve(comfy))
    order = studio.order("generate_video", GenerateVideo(prompt="a"))
    with pytest.raises(BadInput, match="needs image"):
        backend.run(order, Told())
    order = studio.order("generate_video", GenerateVideo(prompt="a", video="v"), {"video": studio.film(5, 5)})
    with pytest.raises(BadInput, match="has no place for video"):
        backend.run(order, Told())
    assert comfy.prompts == {}


def test_a_refused_workflow_names_its_nodes(serve: Serve, studio: Studio, desk: Desk) -> None:
    comfy = Comfy()
    problem = {"type": "value_not_in_list", "message": "Value not in list", "details": "ckpt_name: 'wan.safetensors'"}
    refusal = {
        "error": {"type": "prompt_outputs_failed_validation", "message": "Prompt outputs failed validation"},
        "node_errors": {"9": {"errors": [problem], "dependent_outputs": ["4"], "class_type": "CheckpointLoader"}},
    }

    def refuses(seen: Seen, reply: Reply) -> None:
        return reply.json(refusal, 400) if seen.path == "/prompt" else comfy(seen, reply)

    with pytest.raises(
        RunFailed, match=r"node 9 \(CheckpointLoader\): Value not in list: ckpt_name: 'wan\.safetensors'"
    ):
        desk.backend(serve(refuses)).run(moving(studio), Told())


def test_a_node_that_fails_is_told_in_one_sentence(serve: Serve, studio: Studio, desk: Desk) -> None:
    failed = {
        "node_id": "3",
        "node_type": "KSampler",
        "exception_message": "Allocation on device\n",
        "traceback": ["…"],
    }
    status = {
        "status_str": "error",
        "completed": False,
        "messages": [["execution_start", {}], ["execution_error", failed]],
    }
    comfy = Comfy(entry={"status": status, "outputs": {}})
    with pytest.raises(RunFailed, match=r"Node 3 \(KSampler\) of the workflow failed at .*: Allocation on device\.$"):
        desk.backend(serve(comfy)).run(moving(studio), Told())


def test_a_workflow_that_saves_no_film_is_told(serve: Serve, studio: Studio, desk: Desk) -> None:
    files = {"images": [{"filename": "out_1.png", "subfolder": "", "type": "output"}]}
    comfy = Comfy(entry={"status": {"status_str": "success"}, "outputs": {"4": files}})
    with pytest.raises(NoOutput, match=r"without a video \(it saved out_1\.png\)"):
        desk.backend(serve(comfy)).run(moving(studio), Told())


def test_an_image_that_was_restored_comes_back_as_one(serve: Serve, studio: Studio, desk: Desk) -> None:
    files = {"images": [{"filename": "out_1.png", "subfolder": "", "type": "output"}]}
    comfy = Comfy(entry={"status": {"status_str": "success"}, "outputs": {"4": files}})

    def shows(seen: Seen, reply: Reply) -> None:
        return reply.send(png(64, 40), "image/png") if seen.path == "/view" else comfy(seen, reply)

    order = studio.order("restore_video", RestoreVideo(image="a"), {"image": studio.image(32, 20)})
    made = desk.backend(serve(shows), bindings={"image": ["1", "image"]}).run(order, Told())
    assert size_of(made.files[0].read_bytes()) == (64, 40)


def test_to_cancel_interrupts_what_runs_and_nothing_else(serve: Serve, studio: Studio, desk: Desk) -> None:
    comfy = Comfy(endless=True)
    with pytest.raises(Stopped):
        desk.backend(serve(comfy)).run(moving(studio), Told(stop_at=comfy.running.is_set))
    (prompt,) = comfy.prompts
    assert comfy.told == [("queue", {"delete": [prompt]}), ("interrupt", {"prompt_id": prompt})]


def test_to_cancel_while_it_waits_leaves_the_others_alone(serve: Serve, studio: Studio, desk: Desk) -> None:
    comfy = Comfy(endless=True)

    def queued() -> bool:
        return comfy.looks == 1

    def stays_queued(seen: Seen, reply: Reply) -> None:
        comfy(seen, reply)
        comfy.looks = min(comfy.looks, 1)

    with pytest.raises(Stopped):
        desk.backend(serve(stays_queued)).run(moving(studio), Told(stop_at=queued))
    (prompt,) = comfy.prompts
    assert comfy.told == [("queue", {"delete": [prompt]})]


def test_a_prompt_that_the_server_has_lost_is_told(serve: Serve, studio: Studio, desk: Desk) -> None:
    comfy = Comfy(endless=True)

    def forgets(seen: Seen, reply: Reply) -> None:
        if seen.path == "/queue":
            return reply.json({"queue_running": [], "queue_pending": []})
        return comfy(seen, reply)

    with pytest.raises(RunFailed, match="has lost the workflow"):
        desk.backend(serve(forgets)).run(moving(studio), Told())


def test_a_preview_shows_the_uploads_and_the_filled_graph(serve: Serve, studio: Studio, desk: Desk) -> None:
    server = serve(Comfy())
    order = moving(studio)
    upload, prompt = desk.backend(server).preview(order)["calls"]
    size = order.inputs["image"].path.stat().st_size
    assert (upload["url"], upload["form"]["image"]) == (
        f"{server.url}/upload/image",
        {"file": "image.png", "bytes": size},
    )
    assert prompt["url"] == f"{server.url}/prompt"
    assert prompt["json"]["prompt"]["2"]["inputs"]["text"] == "it moves"
    assert server.seen == []
