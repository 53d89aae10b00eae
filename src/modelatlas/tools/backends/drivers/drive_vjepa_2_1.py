"""Runs an encoder of V-JEPA 2.1 from a checkout of facebookresearch/vjepa2: the features of a video."""

from __future__ import annotations

import argparse
import importlib
from pathlib import Path
from typing import Any

_MODELS = ("vjepa2_1_vit_base_384", "vjepa2_1_vit_large_384", "vjepa2_1_vit_giant_384", "vjepa2_1_vit_gigantic_384")
_MEAN, _DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def parser() -> argparse.ArgumentParser:
    """What the driver takes."""
    found = argparse.ArgumentParser(description=__doc__)
    found.add_argument("--model", choices=_MODELS, default="vjepa2_1_vit_large_384")
    found.add_argument("--video", required=True)
    found.add_argument("--out", type=Path, required=True, help="the .npy file to write")
    found.add_argument("--weights", type=Path, help="the .pt file; left out, the checkout fetches it")
    found.add_argument("--frames", type=int, default=16, help="how many are looked at, an even number")
    found.add_argument("--device", default="cuda")
    return found


def _frames(path: str, count: int) -> Any:
    """Frames spread evenly over the video: count x height x width x 3, 0 to 255."""
    numpy: Any = importlib.import_module("numpy")
    try:
        reader: Any = importlib.import_module("decord").VideoReader(path)
        places = numpy.linspace(0, len(reader) - 1, count).round().astype(int)
        return reader.get_batch(list(places)).asnumpy()
    except ImportError:
        av: Any = importlib.import_module("av")
        with av.open(path) as film:
            whole = [frame.to_ndarray(format="rgb24") for frame in film.decode(video=0)]
        places = numpy.linspace(0, len(whole) - 1, count).round().astype(int)
        return numpy.stack([whole[place] for place in places])


def _prepared(frames: Any, side: int) -> Any:
    """The frames as the encoder was trained on them: the middle square, 1 x 3 x frames x side x side."""
    torch: Any = importlib.import_module("torch")
    clip = torch.from_numpy(frames).permute(0, 3, 1, 2).float() / 255
    scale = side * 256 / 224 / min(clip.shape[-2:])
    size = [max(side, round(length * scale)) for length in clip.shape[-2:]]
    clip = torch.nn.functional.interpolate(clip, size=size, mode="bilinear", antialias=True, align_corners=False)
    top, left = (size[0] - side) // 2, (size[1] - side) // 2
    clip = clip[..., top : top + side, left : left + side]
    mean, deviation = (torch.tensor(it).view(1, 3, 1, 1) for it in (_MEAN, _DEVIATION))
    return ((clip - mean) / deviation).permute(1, 0, 2, 3).unsqueeze(0)


def _encoder(name: str, weights: Path | None) -> Any:
    torch: Any = importlib.import_module("torch")
    encoder, _ = torch.hub.load(str(Path.cwd()), name, source="local", pretrained=weights is None)
    if weights is not None:
        stored = torch.load(weights, map_location="cpu", weights_only=True)
        part = stored["ema_encoder"] if "ema_encoder" in stored else stored["target_encoder"]
        encoder.load_state_dict(
            {key.replace("module.", "").replace("backbone.", ""): value for key, value in part.items()}
        )
    return encoder.eval()


def main() -> None:
    """Write the features of the video: 1 x tokens x width, as float32."""
    asked = parser().parse_args()
    torch: Any = importlib.import_module("torch")
    numpy: Any = importlib.import_module("numpy")
    clip = _prepared(_frames(asked.video, asked.frames + asked.frames % 2), 384).to(asked.device)
    with torch.inference_mode():
        features = _encoder(asked.model, asked.weights).to(asked.device)(clip)
    if isinstance(features, (list, tuple)):
        features = features[-1]
    numpy.save(asked.out, features.float().cpu().numpy())


if __name__ == "__main__":
    main()
