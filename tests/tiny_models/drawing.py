"""Tiny pipelines that draw: Stable Diffusion, and InstructPix2Pix, which changes a picture as told."""

import warnings
from pathlib import Path
from typing import Any

from tiny_models.alphabets import clip_tokenizer, seeded


def _parts(in_channels: int) -> dict[str, Any]:
    import diffusers
    import transformers as hf

    seeded()
    unet = diffusers.UNet2DConditionModel(
        sample_size=32,
        in_channels=in_channels,
        out_channels=4,
        block_out_channels=(4, 8),
        layers_per_block=1,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        cross_attention_dim=8,
        norm_num_groups=2,
    )
    seeded()
    vae = diffusers.AutoencoderKL(
        in_channels=3,
        out_channels=3,
        latent_channels=4,
        block_out_channels=(4, 8),
        norm_num_groups=2,
        down_block_types=("DownEncoderBlock2D",) * 2,
        up_block_types=("UpDecoderBlock2D",) * 2,
    )
    seeded()
    tokenizer = clip_tokenizer()
    reader = hf.CLIPTextModel(
        hf.CLIPTextConfig(
            hidden_size=8,
            intermediate_size=16,
            num_attention_heads=2,
            num_hidden_layers=2,
            bos_token_id=0,
            eos_token_id=1,
            pad_token_id=1,
            vocab_size=len(tokenizer),
        )
    )
    return {
        "unet": unet,
        "vae": vae,
        "text_encoder": reader,
        "tokenizer": tokenizer,
        "safety_checker": None,
        "feature_extractor": None,
        "requires_safety_checker": False,
    }


def stable_diffusion(folder: Path) -> Path:
    """StableDiffusionPipeline, also good for image to image."""
    import diffusers

    scheduler = diffusers.DDIMScheduler(
        beta_start=0.00085,
        beta_end=0.012,
        beta_schedule="scaled_linear",
        clip_sample=False,
        set_alpha_to_one=False,
        steps_offset=1,
    )
    diffusers.StableDiffusionPipeline(**_parts(4), scheduler=scheduler).save_pretrained(folder)
    return folder


def instruct_pix2pix(folder: Path) -> Path:
    """StableDiffusionInstructPix2PixPipeline."""
    import diffusers

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "__array__ implementation doesn't accept a copy keyword", DeprecationWarning)
        scheduler = diffusers.EulerAncestralDiscreteScheduler(
            beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear"
        )
    diffusers.StableDiffusionInstructPix2PixPipeline(**_parts(8), scheduler=scheduler).save_pretrained(folder)
    return folder
