"""A tiny V-JEPA 2 that sorts videos into three classes, and the encoder alone."""

from pathlib import Path
from typing import Any

from tiny_models.alphabets import redraw, saved, seeded


def _config() -> Any:
    import transformers as hf

    return hf.VJEPA2Config(
        crop_size=16,
        frames_per_clip=2,
        patch_size=16,
        tubelet_size=2,
        hidden_size=32,
        num_attention_heads=2,
        num_hidden_layers=2,
        mlp_ratio=1,
        pred_hidden_size=32,
        pred_num_attention_heads=2,
        pred_num_hidden_layers=2,
        pred_num_mask_tokens=10,
        num_pooler_layers=1,
        id2label={0: "falling", 1: "rising", 2: "standing still"},
        label2id={"falling": 0, "rising": 1, "standing still": 2},
    )


def _eyes() -> Any:
    import transformers as hf

    return hf.VJEPA2VideoProcessor(crop_size=16)


def vjepa2(folder: Path) -> Path:
    """VJEPA2ForVideoClassification with three labels."""
    import transformers as hf

    seeded()
    model = hf.VJEPA2ForVideoClassification(_config())
    redraw(model)
    return saved(folder, model, _eyes())


def vjepa2_encoder(folder: Path) -> Path:
    """VJEPA2Model: features and no labels."""
    import transformers as hf

    seeded()
    model = hf.VJEPA2Model(_config())
    redraw(model)
    return saved(folder, model, _eyes())
