"""What a script prints is read for how far it is, whatever it prints besides."""

from pathlib import Path

import pytest

from modelatlas.tools.backends.script_log import Log


def _read(tmp_path: Path, *blocks: bytes) -> Log:
    log, rest = Log(tmp_path / "script.log"), bytearray()
    for block in blocks:
        log.write(block, rest, standard=True)
    log.end(rest)
    log.close()
    return log


@pytest.mark.parametrize(
    ("text", "progress"),
    [
        ("\r 24%|##3       | 12/50 [00:10<00:30,  1.2it/s]", ("running", 12, 50)),
        ("\rDenoising:  24%|##3       | 12/50 [00:10<00:30]", ("Denoising", 12, 50)),
        ("12/50\n", ("running", 12, 50)),
        ("step 12/50\n", ("step", 12, 50)),
        ("Step: [12/50]\n", ("Step", 12, 50)),
        ("\x1b[32mclip 2 / 3\x1b[0m\n", ("clip", 2, 3)),
        ("2026/11/24\n", None),
        ("see https://example.org/12/50\n", None),
        ("50/12\n", None),
        ("0/0\n", None),
        ("loss 1.5/2.5\n", None),
        ("/models/12/50\n", None),
    ],
)
def test_bars_and_counts_say_how_far_it_is(text: str, progress: tuple[str, int, int] | None, tmp_path: Path) -> None:
    assert _read(tmp_path, text.encode()).progress == progress


def test_a_bar_that_comes_in_pieces_is_read(tmp_path: Path) -> None:
    log = _read(tmp_path, b"\rSampl", b"ing:  50%|", "█████".encode()[:4], "█████".encode()[4:], b"| 5/10 [0")
    assert log.progress == ("Sampling", 5, 10)


def test_the_last_lines_leave_bars_and_control_signs_out(tmp_path: Path) -> None:
    log = _read(tmp_path, b"one\n", b"\r 10%|#  | 1/10 [00:00]\n", b"\x1b[31mtwo\x1b[0m\x07\n", b"three")
    assert log.last() == "one / two / three"


def test_bytes_that_are_no_text_do_no_harm(tmp_path: Path) -> None:
    log = _read(tmp_path, bytes(range(256)), b"\nend\n")
    assert log.last(1) == "end"
