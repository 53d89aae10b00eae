"""Meshes, read with trimesh; files beside them are not opened."""

import warnings
from io import BytesIO
from pathlib import Path
from typing import Any

from modelatlas.tools.media.measures import MeasuredMesh, UnreadableMedia
from modelatlas.tools.media.sniffing import Sniffed

_NO_AREA = 1e-18  # of the square of the mesh's own extent


def measure_mesh(path: Path, found: Sniffed) -> MeasuredMesh:
    """Vertices, faces with an area, parts, and whether a picture lies on it."""
    import trimesh

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            # Bytes without a name: beside a file that has one, trimesh opens whatever the mesh points at.
            scene: Any = trimesh.load_scene(BytesIO(path.read_bytes()), file_type=found.format, process=False)
            parts = [part for part in scene.geometry.values() if isinstance(part, trimesh.Trimesh)]
            with_area = [_faces_with_area(part) for part in parts]
            textured = any(_textured(part, found) for part in parts)
    except ModuleNotFoundError:
        raise
    except Exception as damage:  # trimesh's readers raise whatever the damage makes of their arithmetic
        raise UnreadableMedia(
            path.name, f"it begins as a {found.format} mesh but is damaged, cut off, or not whole in one file"
        ) from damage
    return MeasuredMesh(
        vertices=sum(len(part.vertices) for part in parts),
        faces=sum(with_area),
        parts=sum(1 for faces in with_area if faces),
        empty_parts=sum(1 for faces in with_area if not faces),
        textured=textured,
    )


def _faces_with_area(part: Any) -> int:
    """How many faces are more than a point or a line."""
    if len(part.vertices) == 0 or len(part.faces) == 0:
        return 0
    extent = float(max(part.extents)) if part.extents is not None else 0.0
    return int((part.area_faces > _NO_AREA * extent**2).sum()) if extent > 0 else 0


def _textured(part: Any, found: Sniffed) -> bool:
    """Whether the part carries a picture; an OBJ names its picture in a file beside it, so its coordinates count."""
    if part.visual.kind != "texture" or part.visual.uv is None:
        return False
    material = part.visual.material
    return found.format == "obj" or any(
        getattr(material, name, None) is not None for name in ("baseColorTexture", "image")
    )
