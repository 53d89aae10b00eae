"""Runs Step1X-3D from its own environment: a mesh from an image, and its texture."""

from __future__ import annotations

import argparse
import gc
import importlib
import json
from pathlib import Path
from typing import Any

_GEOMETRY = "step1x3d_geometry.models.pipelines"
_TEXTURE = "step1x3d_texture.pipelines.step1x_3d_texture_synthesis_pipeline"


def parser() -> argparse.ArgumentParser:
    """What the driver takes: the arguments of the pipelines, by their names."""
    found = argparse.ArgumentParser(description=__doc__)
    found.add_argument("--image", required=True)
    found.add_argument("--out", type=Path, required=True, help="the folder for the GLB files")
    found.add_argument("--weights", default="stepfun-ai/Step1X-3D", help="a folder, or the id on the hub")
    found.add_argument("--label", type=json.loads, help="JSON with symmetry and edge_type; takes the label variant")
    found.add_argument("--guidance_scale", type=float, default=7.5)
    found.add_argument("--num_inference_steps", type=int, default=50)
    found.add_argument("--octree_resolution", type=int, default=384)
    found.add_argument("--max_facenum", type=int, default=400_000)
    found.add_argument("--generator", type=int, default=42, help="the seed")
    found.add_argument("--remove_bg", choices=("True", "False"), default="True")
    found.add_argument("--texture", action="store_true", help="also make the texture")
    found.add_argument("--device", default="cuda")
    return found


def main() -> None:
    """Make the mesh, then, from it, the textured mesh."""
    asked = parser().parse_args()
    torch: Any = importlib.import_module("torch")
    shape = importlib.import_module(f"{_GEOMETRY}.pipeline").Step1X3DGeometryPipeline.from_pretrained(
        asked.weights, subfolder="Step1X-3D-Geometry-Label-1300m" if asked.label else "Step1X-3D-Geometry-1300m"
    )
    shape = shape.to(asked.device)
    labelled = {"label": asked.label} if asked.label else {}
    made = shape(
        asked.image,
        guidance_scale=asked.guidance_scale,
        num_inference_steps=asked.num_inference_steps,
        octree_resolution=asked.octree_resolution,
        max_facenum=asked.max_facenum,
        generator=torch.Generator(device=asked.device).manual_seed(asked.generator),
        **labelled,
    )
    mesh = made.mesh[0]
    if not asked.texture:
        mesh.export(str(asked.out / "mesh.glb"))
        return
    mesh.export(str(asked.out / "untextured.obj"))
    del shape, made
    gc.collect()
    torch.cuda.empty_cache()
    cleaning = importlib.import_module(f"{_GEOMETRY}.pipeline_utils")
    mesh = cleaning.reduce_face(cleaning.remove_degenerate_face(mesh))
    paint = importlib.import_module(_TEXTURE).Step1X3DTexturePipeline.from_pretrained(
        asked.weights, subfolder="Step1X-3D-Texture"
    )
    painted = paint(asked.image, mesh, remove_bg=asked.remove_bg == "True", seed=asked.generator)
    painted.export(str(asked.out / "textured.glb"))


if __name__ == "__main__":
    main()
