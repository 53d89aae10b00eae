"""The line reader: every line with its number, plain or compressed; one sentence for what cannot be read."""

import gzip
import lzma
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelatlas.graph.errors import UnreadableSource
from modelatlas.ingest.document import Rejected
from modelatlas.ingest.lines import LONGEST, lines

Packer = Callable[[bytes], bytes]

PACKED = [("a.jsonl", bytes), ("a.jsonl.xz", lzma.compress), ("a.jsonl.gz", gzip.compress)]


def wrote(folder: Path, content: bytes, name: str = "a.jsonl") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def texts(path: Path) -> list[tuple[int, str]]:
    return [(it[0], it[1].rstrip("\r\n")) for it in lines(path) if not isinstance(it, Rejected)]


def rejected(path: Path) -> list[Rejected]:
    return [it for it in lines(path) if isinstance(it, Rejected)]


@pytest.mark.parametrize(("name", "pack"), PACKED)
def test_every_line_has_its_number_plain_or_compressed(name: str, pack: Packer, tmp_path: Path) -> None:
    path = wrote(tmp_path, pack("one\n\n  \nfour\r\nfünf".encode()), name)
    assert texts(path) == [(1, "one"), (4, "four"), (5, "fünf")]


def test_a_byte_order_mark_is_no_part_of_the_first_line(tmp_path: Path) -> None:
    assert texts(wrote(tmp_path, b"\xef\xbb\xbfone\ntwo\n")) == [(1, "one"), (2, "two")]
    assert texts(wrote(tmp_path, b"\xef\xbb\xbf")) == []


def test_a_line_ends_only_at_a_line_feed(tmp_path: Path) -> None:
    assert texts(wrote(tmp_path, "a\u2028b\x0bc\x85d\re\n".encode())) == [(1, "a\u2028b\x0bc\x85d\re")]


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\n\r\ufeff"), min_size=1)))
def test_any_text_comes_back(tmp_path_factory: pytest.TempPathFactory, written: list[str]) -> None:
    path = wrote(tmp_path_factory.mktemp("any"), "\n".join(written).encode())
    assert texts(path) == [(number, text) for number, text in enumerate(written, 1) if text.strip()]


@pytest.mark.parametrize("ending", [b"\nnext\n", b""])
def test_a_line_that_is_too_long_is_rejected_and_the_next_one_read(ending: bytes, tmp_path: Path) -> None:
    path = wrote(tmp_path, b"first\n" + b"x" * (3 * LONGEST) + ending)
    assert [str(it) for it in rejected(path)] == [f"{path}:2: the line is longer than 1,000,000 bytes"]
    assert texts(path) == [(1, "first"), *([(3, "next")] if ending else [])]


def test_the_longest_line_is_read(tmp_path: Path) -> None:
    path = wrote(tmp_path, b"x" * (LONGEST - 1) + b"\n" + b"y" * LONGEST + b"\n")
    assert [number for number, _ in texts(path)] == [1]
    assert [it.line for it in rejected(path)] == [2]


def test_a_line_that_is_not_utf8_is_rejected_and_the_next_one_read(tmp_path: Path) -> None:
    path = wrote(tmp_path, b"caf\xe9 au lait\n" + "模型".encode("gb18030") + b"\nnext\n")
    assert [(it.line, it.reason.split(":")[0]) for it in rejected(path)] == [(1, "not UTF-8"), (2, "not UTF-8")]
    assert "at byte 3" in rejected(path)[0].reason
    assert texts(path) == [(3, "next")]


@pytest.mark.parametrize(
    ("name", "content", "part"),
    [
        ("a.jsonl.xz", lzma.compress(b"one\n" * 9999)[:-20], "end-of-stream"),
        ("a.jsonl.xz", b"one\n", "not supported"),
        ("a.jsonl.xz", b"", "end-of-stream"),
        ("a.jsonl.gz", gzip.compress(b"one\n" * 9999)[:-20], "end-of-stream"),
        ("a.jsonl.gz", b"one\n", "gzip"),
        ("a.jsonl.gz", gzip.compress(b"one\n" * 9999)[:20] + b"\xff" * 40, "invalid"),
    ],
)
def test_damaged_compression_is_one_sentence(name: str, content: bytes, part: str, tmp_path: Path) -> None:
    path = wrote(tmp_path, content, name)
    with pytest.raises(UnreadableSource, match="cannot be read") as caught:
        list(lines(path))
    said = str(caught.value)
    assert said.startswith(f"{path} cannot be read: ")
    assert said.endswith(".")
    assert "\n" not in said
    assert part in said


@pytest.mark.parametrize(("name", "part"), [("none.jsonl", "No such file"), ("folder", "Is a directory")])
def test_what_is_no_file_is_one_sentence(name: str, part: str, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(UnreadableSource, match=part) as caught:
        list(lines(tmp_path / name))
    assert str(caught.value).startswith(str(tmp_path / name))
