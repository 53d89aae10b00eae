"""Runs PlayDiffusion from its own environment: changes words of a recording, speaks a text, or changes the voice."""

from __future__ import annotations

import argparse
import importlib
import json
import wave
from pathlib import Path
from typing import Any

_SAMPLING = ("num_steps", "init_temp", "init_diversity", "guidance", "rescale", "topk", "audio_token_syllable_ratio")
_FIELDS = {
    "inpaint": ("audio", "input_text", "output_text", *_SAMPLING),
    "tts": ("voice", "output_text", *_SAMPLING),
    "rvc": ("source_speech", "target_voice"),
}
_INPUTS = {"inpaint": "InpaintInput", "tts": "TTSInput", "rvc": "RVCInput"}


def parser() -> argparse.ArgumentParser:
    """What the driver takes: the fields of the model's own inputs, by their names."""
    found = argparse.ArgumentParser(description=__doc__)
    found.add_argument("--task", choices=sorted(_FIELDS), required=True)
    found.add_argument("--out", type=Path, required=True, help="the WAV file to write")
    found.add_argument("--device", default="cuda")
    for name in ("audio", "input_text", "output_text", "voice", "source_speech", "target_voice"):
        found.add_argument(f"--{name}")
    found.add_argument("--input_word_times", type=Path, help="a JSON file: a list of word, start and end")
    for name in ("num_steps", "topk"):
        found.add_argument(f"--{name}", type=int)
    for name in ("init_temp", "init_diversity", "guidance", "rescale", "audio_token_syllable_ratio"):
        found.add_argument(f"--{name}", type=float)
    return found


def main() -> None:
    """Run the model once and write what it says."""
    asked = parser().parse_args()
    fields: dict[str, Any] = {name: getattr(asked, name) for name in _FIELDS[asked.task]}
    fields = {name: value for name, value in fields.items() if value is not None}
    if asked.task == "inpaint" and asked.input_word_times is not None:
        fields["input_word_times"] = json.loads(asked.input_word_times.read_text("utf-8"))["words"]
    models = importlib.import_module("playdiffusion.pydantic_models.models")
    given = getattr(models, _INPUTS[asked.task])(**fields)
    model = importlib.import_module("playdiffusion.inference").PlayDiffusion(device=asked.device)
    rate, samples = getattr(model, asked.task)(given)
    numpy = importlib.import_module("numpy")
    whole = numpy.asarray(samples.cpu() if hasattr(samples, "cpu") else samples).reshape(-1).astype("<i2")
    with wave.open(str(asked.out), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(int(rate))
        sound.writeframes(whole.tobytes())


if __name__ == "__main__":
    main()
