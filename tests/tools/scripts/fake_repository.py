"""A repository with a script that behaves as told: well, badly, or not at all."""

import sys
from pathlib import Path
from typing import Any

SCRIPT = """
import argparse, json, os, signal, subprocess, sys, time
from pathlib import Path

parser = argparse.ArgumentParser(allow_abbrev=False)
parser.add_argument("--behave", required=True)
parser.add_argument("--prompt")
parser.add_argument("--image")
parser.add_argument("--list")
parser.add_argument("--frame_num", type=int, default=5)
parser.add_argument("--save_file", required=True)
told = parser.parse_args()
save = Path(told.save_file)

def film(path, frames):
    import av, numpy
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as out:
        stream = out.add_stream("mpeg4", rate=16)
        stream.width = stream.height = 32
        for number in range(frames):
            picture = numpy.full((32, 32, 3), number * 9 % 255, numpy.uint8)
            out.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        out.mux(stream.encode())

(save.parent / "told.json").write_text(json.dumps({
    "argv": sys.argv, "cwd": os.getcwd(), "env": dict(os.environ), "closed": sys.stdin.read() == "",
    "list": Path(told.list).read_text("utf-8") if told.list else None,
}))
print("starting", flush=True)
match told.behave:
    case "well":
        for done in range(1, 5):
            print(f"\\rSampling:  {done * 25}%|##   | {done}/4 [00:01<00:02]", end="", file=sys.stderr, flush=True)
        film(save, told.frame_num)
    case "too few frames":
        film(save, told.frame_num - 2)
    case "nothing":
        print("all done, nothing written")
    case "slow":
        print("step 3/50", flush=True)
        time.sleep(600)
    case "deaf":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"
        near = subprocess.Popen([sys.executable, "-c", deaf])
        start = "import subprocess, sys; print(subprocess.Popen([sys.executable, '-c', sys.argv[1]], **{}).pid)"
        alone = "{'start_new_session': True, 'stdout': subprocess.DEVNULL, 'stderr': subprocess.DEVNULL}"
        words = [sys.executable, "-c", start.replace("{}", alone), deaf]
        far = subprocess.run(words, capture_output=True, text=True)
        whole = save.parent / "pids.tmp"
        whole.write_text(json.dumps([os.getpid(), near.pid, int(far.stdout)]))
        whole.rename(save.parent / "pids.json")
        time.sleep(600)
    case "leaves a child":
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
        (save.parent / "pids.json").write_text(json.dumps([child.pid]))
        film(save, 5)
    case "crash":
        raise RuntimeError("shapes do not fit: 3 and 4")
    case "crash afterwards":
        film(save, 5)
        os._exit(3)
    case "half and out of memory":
        save.write_bytes(b"half")
        raise RuntimeError("CUDA out of memory. Tried to allocate 20.00 GiB")
    case "out of memory":
        print("torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 20.00 GiB", file=sys.stderr)
    case "no module":
        import flash_attn_of_old
    case "no gpu":
        raise RuntimeError("No CUDA GPUs are available")
    case "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    case "odd place":
        film(Path("demo_out") / "exp" / f"res_{Path(told.list).stem}_seed42" / "result_000_wav.mp4", 5)
    case "numbered":
        for name in ("ai2v_demo_1", "video_continue_1", "video_continue_2", "video_continue_10"):
            film(save.parent / f"{name}.mp4", 5)
    case "flood":
        for number in range(120_000):
            print("x" * 200, number)
        film(save, 5)
    case "asks":
        sys.stdin = open(0)
        input("Overwrite? [y/N] ")
    case "answers":
        print("loading")
        print("['A cat on a mat.', 'unused']")
    case "link":
        save.symlink_to("/etc/hostname")
"""


def repository(folder: Path) -> Path:
    """A checkout of the fake repository."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "generate.py").write_text(SCRIPT, "utf-8")
    (folder / ".git").mkdir(exist_ok=True)
    (folder / ".git" / "HEAD").write_text("abc1234" + "0" * 33 + "\n", "utf-8")
    return folder


def environment(folder: Path) -> Path:
    """The interpreter of an environment with a torchrun of its own, which only says that it was there."""
    programs = folder / "bin"
    programs.mkdir(parents=True, exist_ok=True)
    for name, words in (("python", '"$@"'), ("torchrun", '"${@:3}" ')):
        (programs / name).write_text(f"#!/bin/bash\nexec {sys.executable} {words}\n", "utf-8")
        (programs / name).chmod(0o755)
    return programs / "python"


def settings(behave: str, **changes: Any) -> dict[str, Any]:
    """The settings of a card for a script that behaves so."""
    return {
        "arguments": [
            [f"--behave={behave}"],
            ["--prompt={prompt}"],
            ["--image={image}"],
            ["--frame_num={frames_4n1}"],
            ["--list={written[input.txt]}"],
            ["--save_file={out}/result.mp4"],
        ],
        "written": {"input.txt": "{prompt}\n"},
        "extra": {"quality": ("low", "high")},
        "chosen": {"quality": [{"value": "{extra[quality]}"}]},
        **changes,
    }
