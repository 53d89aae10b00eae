"""Models that say a text, of the VITS family."""

import re
from typing import Any, cast

from modelatlas.tools.actions.requests import Speak
from modelatlas.tools.backends.backend import Json, Made, NoOutput, Order, Progress, RunFailed
from modelatlas.tools.backends.local_faults import running
from modelatlas.tools.backends.local_task import Given, only
from modelatlas.tools.backends.local_weights import loading, whole
from modelatlas.tools.cards.card import Route
from modelatlas.tools.cards.local_settings import TransformersSettings
from modelatlas.tools.media.writing import write_wav

_SENTENCE = re.compile(r".+?(?:[.!?;。！？；\n]+|\Z)", re.DOTALL)
_LONGEST_PIECE = 400
_LETTERS = 60
_LOUDEST = 0.5
_EXTRA: dict[str, tuple[type, ...]] = {"noise_scale": (int, float), "noise_scale_duration": (int, float)}
_LESS = "say a shorter text"


class Speaking:
    """A VITS model; without a tokenizer each letter is a number of its own, which makes speech-like sound only."""

    def __init__(self, given: Given) -> None:
        self._given = given
        self._tokenizer: Any = None
        folder = given.weights.folder
        with loading(given.route, given.weights):
            import transformers

            if (folder / "vocab.json").exists() or (folder / "tokenizer_config.json").exists():
                self._tokenizer = transformers.AutoTokenizer.from_pretrained(
                    folder, local_files_only=True, trust_remote_code=given.settings.trust_remote_code
                )
            loaded, told = transformers.VitsModel.from_pretrained(
                folder, local_files_only=True, output_loading_info=True
            )
            whole(given.route, given.weights, told)
            self._model: Any = loaded.to(given.device).eval()

    @staticmethod
    def call(route: Route, settings: TransformersSettings, order: Order) -> Json:
        """The text in pieces, and how fast and in whose voice it is said."""
        request = cast(Speak, order.request)
        if "voice_sample" in order.inputs:
            raise RunFailed(f"{route.id} cannot take a voice from a recording: leave voice_sample out.")
        return {
            "pieces": pieces(request.text),
            "speaking_rate": request.speed,
            "voice": request.voice,
            **settings.defaults,
            **only(request.extra, _EXTRA, route),
        }

    def run(self, order: Order, progress: Progress) -> Made:
        """Say the text piece by piece; one channel of 16 bits, its peak at half of full scale."""
        import numpy as np
        import torch

        given, config = self._given, self._model.config
        call = self.call(given.route, given.settings, order)
        speaker = self._speaker(call["voice"])
        self._model.noise_scale = call.get("noise_scale", config.noise_scale)
        self._model.noise_scale_duration = call.get("noise_scale_duration", config.noise_scale_duration)
        rate = call["speaking_rate"] or config.speaking_rate
        warnings = [*self._about_language(cast(Speak, order.request).language)]
        said: list[Any] = []
        left_out: set[str] = set()
        with running(given.route.id, given.device, _LESS), torch.inference_mode():
            for at, piece in enumerate(call["pieces"]):
                progress("speaking", at, len(call["pieces"]))
                ids, unknown = self._letters(piece)
                left_out |= unknown
                if ids.numel():
                    wave = self._model(input_ids=ids, speaker_id=speaker, speaking_rate=rate).waveform[0]
                    said.append(wave.float().cpu().numpy())
        if not said:
            raise RunFailed(
                f"{given.route.id} knows none of the letters in {order_text(order)!r}: "
                "take the weights of the language it is in."
            )
        sound = np.concatenate(said)
        if broken := int(np.count_nonzero(~np.isfinite(sound))):
            warnings.append(f"{broken} of {sound.size} samples were no numbers and are silent now")
            sound = np.nan_to_num(sound, nan=0.0, posinf=0.0, neginf=0.0)
        peak = float(np.abs(sound).max(initial=0.0))
        if peak == 0:
            raise NoOutput(f"{given.route.id} made only silence: try another seed or other weights.")
        path = order.folder / "speech.wav"
        write_wav(path, sound * (_LOUDEST / peak), int(config.sampling_rate))
        if self._tokenizer is None:
            warnings.append("the weights have no alphabet, so this is sound without words")
        elif left_out:
            warnings.append(f"not said, because the weights lack them: {' '.join(sorted(left_out)[:20])}")
        used = {"speed": rate, "voice": None if speaker is None else str(speaker), "sample_rate": config.sampling_rate}
        return Made(files=(path,), used=used, warnings=tuple(warnings))

    def _speaker(self, voice: str | None) -> int | None:
        """The number of a voice; a model of one voice takes none."""
        voices = int(self._model.config.num_speakers)
        if voice is None:
            return 0 if voices > 1 else None
        if voices <= 1:
            raise RunFailed(f"{self._given.route.id} has one voice only: leave voice out.")
        if not voice.isdigit() or int(voice) >= voices:
            raise RunFailed(f"{self._given.route.id} has the voices 0 to {voices - 1}, not {voice!r}.")
        return int(voice)

    def _about_language(self, asked: str | None) -> list[str]:
        """A warning where another language was asked for than the one of the weights."""
        spoken = getattr(self._tokenizer, "language", None)
        if not asked or not spoken or str(spoken)[:2].casefold() == asked[:2].casefold():
            return []
        return [f"the weights speak {spoken}, not {asked}: take those of the other language"]

    def _letters(self, text: str) -> tuple[Any, set[str]]:
        """The text as numbers, and the letters in it that the model does not have."""
        import torch

        if self._tokenizer is None:
            most = min(_LETTERS, int(self._model.config.vocab_size) - 1)
            ids = torch.tensor([[1 + ord(letter) % most for letter in text]])
            return ids.to(self._given.device), set()
        ids = self._tokenizer(text, return_tensors="pt").input_ids
        known = self._tokenizer.get_vocab()
        unknown = {letter for letter in text.casefold() if letter.isalnum() and letter not in known}
        if getattr(self._tokenizer, "is_uroman", False) or getattr(self._tokenizer, "phonemize", False):
            unknown = set()
        sounds = not text.isspace() and any(letter.isalnum() and letter not in unknown for letter in text.casefold())
        return (ids if sounds else ids[:, :0]).long().to(self._given.device), unknown


def order_text(order: Order) -> str:
    """The beginning of what is to be said."""
    return cast(Speak, order.request).text[:60]


def pieces(text: str) -> list[str]:
    """The text cut after its sentences, none of the pieces very long; nothing is lost but the space between."""
    found: list[str] = []
    for sentence in _SENTENCE.findall(text):
        words = ""
        for word in re.findall(r"\S+\s*", sentence):
            for part in (word[at : at + _LONGEST_PIECE] for at in range(0, len(word), _LONGEST_PIECE)):
                if len(words) + len(part) > _LONGEST_PIECE:
                    found.append(words)
                    words = ""
                words += part
        if words.strip():
            found.append(words)
    return [piece.strip() for piece in found if piece.strip()]
