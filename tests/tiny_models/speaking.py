"""A tiny VITS that speaks noise, without a tokenizer and with one."""

import json
import string
from pathlib import Path

from tiny_models.alphabets import saved, seeded


def vits(folder: Path) -> Path:
    """VitsModel without a tokenizer."""
    import transformers as hf

    seeded()
    config = hf.VitsConfig(
        vocab_size=64,
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        ffn_dim=16,
        flow_size=16,
        spectrogram_bins=9,
        upsample_initial_channel=16,
        upsample_rates=[8, 8, 2, 2],
        upsample_kernel_sizes=[16, 16, 4, 4],
        resblock_kernel_sizes=[3],
        resblock_dilation_sizes=[[1, 3, 5]],
        prior_encoder_num_wavenet_layers=1,
        posterior_encoder_num_wavenet_layers=1,
        wavenet_dilation_rate=1,
        duration_predictor_num_flows=2,
        duration_predictor_flow_bins=4,
        depth_separable_num_layers=1,
        depth_separable_channels=2,
        use_stochastic_duration_prediction=False,
    )
    return saved(folder, hf.VitsModel(config))


def vits_with_letters(folder: Path) -> Path:
    """The same with a tokenizer of lower-case letters, as the checkpoints of MMS have one."""
    import transformers as hf

    vits(folder)
    tokens = ["<pad>", *string.ascii_lowercase, " ", "<unk>"]
    vocabulary = folder / "letters.json"
    vocabulary.write_text(json.dumps({token: at for at, token in enumerate(tokens)}), encoding="utf-8")
    saved(folder, hf.VitsTokenizer(str(vocabulary), language="eng", phonemize=False, add_blank=True))
    vocabulary.unlink()
    return folder
