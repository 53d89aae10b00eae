"""A history as a picture: a file that is what its name says."""

from pathlib import Path
from xml.etree import ElementTree

from PIL import Image
from typed import TypeIn

pytest_plugins = ("asked_atlas", "command_line")

SVG = "{http://www.w3.org/2000/svg}"


def test_a_picture_in_svg_is_valid_xml_with_something_drawn(
    type_in: TypeIn, catalogue_file: Path, tmp_path: Path
) -> None:
    out = tmp_path / "imagen.svg"
    ended = type_in("history", "Imagen 4", "api_shutdown_date", "--plot", out, "--db", catalogue_file)
    assert ended.code == 0
    assert str(out) in ended.err
    assert "2026-08-17" in ended.out
    root = ElementTree.parse(out).getroot()
    assert root.tag == f"{SVG}svg"
    assert len(root.findall(f".//{SVG}path")) > 10


def test_a_picture_in_png_opens_and_is_not_blank(type_in: TypeIn, catalogue_file: Path, tmp_path: Path) -> None:
    out = tmp_path / "nexus.png"
    assert type_in("history", "Nexus-Gen", "min_vram", "--plot", out, "--db", catalogue_file).code == 0
    with Image.open(out) as picture:
        assert picture.format == "PNG"
        assert picture.width > 500
        colours = picture.convert("RGB").getcolors(1_000_000)
        assert colours is not None
        assert len(colours) > 10


def test_the_same_history_gives_the_same_picture(type_in: TypeIn, catalogue_file: Path, tmp_path: Path) -> None:
    pictures = []
    for name in ("one.svg", "two.svg"):
        type_in("history", "Imagen", "access", "--plot", tmp_path / name, "--db", catalogue_file)
        pictures.append((tmp_path / name).read_bytes())
    assert pictures[0] == pictures[1]


def test_a_picture_beside_json_leaves_standard_output_to_the_json(
    type_in: TypeIn, catalogue_file: Path, tmp_path: Path
) -> None:
    words = ["history", "Imagen", "access", "--plot", str(tmp_path / "a.svg"), "--json", "--db", str(catalogue_file)]
    found = type_in(*words).json
    assert [fact["object"] for fact in found["facts"]][-1] == "shut down"


def test_a_picture_that_cannot_be_written_is_one_sentence(
    type_in: TypeIn, catalogue_file: Path, tmp_path: Path
) -> None:
    out = tmp_path / "no such folder" / "imagen.svg"
    assert "cannot be written" in type_in("history", "Imagen", "access", "--plot", out, "--db", catalogue_file).error


def test_nothing_to_draw_is_one_sentence(type_in: TypeIn, catalogue_file: Path, tmp_path: Path) -> None:
    words = ["history", "BAGEL", "api_shutdown_date", "--plot", str(tmp_path / "a.png"), "--db", str(catalogue_file)]
    assert "nothing to draw" in type_in(*words).error
    assert not (tmp_path / "a.png").exists()
