"""Labels and features of film, from a tiny V-JEPA 2 through the shipped card."""

from pathlib import Path

import pytest
from local_orders import LocalOrder, OpenLocal, Told, silent

from modelatlas.tools.actions.requests import ClassifyVideo, EmbedVideo
from modelatlas.tools.backends.backend import CannotRun, Order, Stopped
from modelatlas.tools.media.measures import MeasuredArray
from modelatlas.tools.media.measuring import measure

pytest.importorskip("torch", reason="local models need the local extra")
pytest.importorskip("transformers", reason="local models need the local extra")
pytest.importorskip("torchvision", reason="video processors need torchvision, of the local extra")
pytest_plugins = ("tiny_models.checkpoints", "local_running")
pytestmark = pytest.mark.usefixtures("closed_network", "one_thread")

LABELS = "v-jepa-2.classification"
FEATURES = "v-jepa-2.transformers"


def test_labels_come_best_first_and_depend_on_the_film(
    tiny_vjepa2: Path, open_local: OpenLocal, local_order: LocalOrder, local_samples: Path
) -> None:
    model = open_local(LABELS, tiny_vjepa2)
    found = [
        model.run(local_order("classify_video", ClassifyVideo(video="v"), video=local_samples / name), silent).data[
            "labels"
        ]
        for name in ("brighter.mp4", "darker.mp4")
    ]
    for labels in found:
        scores = [it["score"] for it in labels]
        assert {it["label"] for it in labels} == {"falling", "rising", "standing still"}
        assert scores == sorted(scores, reverse=True)
        assert sum(scores) == pytest.approx(1)
    assert found[0] != found[1]


def test_only_as_many_labels_come_as_are_asked_for(
    tiny_vjepa2: Path, open_local: OpenLocal, local_order: LocalOrder, local_samples: Path
) -> None:
    order = local_order("classify_video", ClassifyVideo(video="v", top=1), video=local_samples / "brighter.mp4")
    made = open_local(LABELS, tiny_vjepa2).run(order, silent)
    assert len(made.data["labels"]) == 1
    assert made.used == {"frames": 2, "top": 1, "weights_id": str(tiny_vjepa2)}


def test_features_are_an_array_of_finite_numbers(
    tiny_vjepa2_encoder: Path, open_local: OpenLocal, local_order: LocalOrder, local_samples: Path
) -> None:
    request = EmbedVideo(video="v", extra={"frames": 4})
    order = local_order("embed_video", request, video=local_samples / "brighter.mp4")
    made = open_local(FEATURES, tiny_vjepa2_encoder).run(order, silent)
    assert measure(made.files[0]) == MeasuredArray(shape=(2, 32), dtype="float32", finite=True)
    assert made.data["shape"] == [2, 32]


def test_an_encoder_without_a_head_gives_no_labels(tiny_vjepa2_encoder: Path, open_local: OpenLocal) -> None:
    with pytest.raises(CannotRun, match=r"lack \d+ of the tensors .* classifier\.bias first: .*hf download facebook/"):
        open_local(LABELS, tiny_vjepa2_encoder)


def test_a_run_can_end_between_two_layers(
    tiny_vjepa2_encoder: Path, open_local: OpenLocal, local_order: LocalOrder, local_samples: Path
) -> None:
    model = open_local(FEATURES, tiny_vjepa2_encoder)

    def order() -> Order:
        return local_order("embed_video", EmbedVideo(video="v"), video=local_samples / "brighter.mp4")

    def stops(part: str, done: int, total: int | None) -> None:
        if (part, done, total) == ("looking", 1, 2):
            raise Stopped

    with pytest.raises(Stopped):
        model.run(order(), stops)
    told = Told()
    model.run(order(), told)
    assert told.of("looking") == [(0, 2), (1, 2)]
