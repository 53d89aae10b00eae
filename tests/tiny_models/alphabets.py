"""Tokenizers made in memory: bytes for the models that chat, characters for Wan, CLIP's own for Stable Diffusion."""

import string
from collections.abc import Sequence
from pathlib import Path
from typing import Any

WORDS = ["what is in this picture", "describe the video", "user", "assistant", "a red fox runs over the hill"]


def byte_tokenizer(special: Sequence[str], template: str, named: dict[str, str], **roles: str) -> Any:
    """A byte-level tokenizer with these special tokens; `roles` are pad_token and its like, `named` the media's."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    core = Tokenizer(models.BPE())
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    core.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=256 + len(special) + 40,
        special_tokens=list(special),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    core.train_from_iterator(WORDS, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=core, chat_template=template, extra_special_tokens=dict(named), **roles
    )


def character_tokenizer() -> Any:
    """One token a character, with an end token, as long as Wan wants its prompts."""
    from tokenizers import Regex, Tokenizer, models, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    characters = string.ascii_letters + string.digits + " .,:;!?'-()"
    vocabulary = {token: at for at, token in enumerate(["<pad>", "</s>", "<unk>", *characters])}
    core = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    core.pre_tokenizer = pre_tokenizers.Split(Regex("."), "isolated")
    core.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 1)])
    return PreTrainedTokenizerFast(
        tokenizer_object=core, pad_token="<pad>", eos_token="</s>", unk_token="<unk>", model_max_length=512
    )


def clip_tokenizer() -> Any:
    """CLIP's tokenizer over single bytes: nothing is merged."""
    from tokenizers.pre_tokenizers import ByteLevel
    from transformers import CLIPTokenizer

    letters = sorted(ByteLevel.alphabet())
    tokens = ["<|startoftext|>", "<|endoftext|>", *letters, *(letter + "</w>" for letter in letters)]
    return CLIPTokenizer(vocab={token: at for at, token in enumerate(tokens)}, merges=[], model_max_length=77)


def redraw(model: Any, seed: int = 7) -> None:
    """Draw every matrix anew: some models start with zeros that make them deaf to what they are shown."""
    import torch

    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for tensor in model.parameters():
            if tensor.dim() >= 2:
                tensor.copy_(torch.randn(tensor.shape, generator=generator) * 0.1)


def seeded() -> None:
    """Make the next part the same in every process."""
    import torch

    torch.manual_seed(0)


def saved(folder: Path, *parts: Any) -> Path:
    """The folder, with all these parts in it."""
    for part in parts:
        part.save_pretrained(folder)
    return folder
