"""Tiny Wan pipelines: from text, from an image, and from a video with references."""

from pathlib import Path
from typing import Any

from tiny_models.alphabets import character_tokenizer, seeded


def _parts() -> dict[str, Any]:
    import diffusers
    import transformers as hf

    seeded()
    tokenizer = character_tokenizer()
    reader = hf.UMT5EncoderModel(
        hf.UMT5Config(
            vocab_size=len(tokenizer),
            d_model=32,
            d_kv=8,
            d_ff=37,
            num_layers=2,
            num_heads=4,
            relative_attention_num_buckets=8,
            dropout_rate=0.0,
        )
    )
    seeded()
    vae = diffusers.AutoencoderKLWan(
        base_dim=3,
        z_dim=16,
        dim_mult=[1, 1, 1, 1],
        num_res_blocks=1,
        temperal_downsample=[False, True, True],
    )
    scheduler = diffusers.UniPCMultistepScheduler(
        prediction_type="flow_prediction", use_flow_sigmas=True, num_train_timesteps=1000, flow_shift=3.0
    )
    return {"tokenizer": tokenizer, "text_encoder": reader, "vae": vae, "scheduler": scheduler}


_TRANSFORMER: dict[str, Any] = {
    "patch_size": (1, 2, 2),
    "num_attention_heads": 2,
    "attention_head_dim": 12,
    "in_channels": 16,
    "out_channels": 16,
    "text_dim": 32,
    "freq_dim": 256,
    "ffn_dim": 32,
    "num_layers": 2,
    "cross_attn_norm": True,
    "qk_norm": "rms_norm_across_heads",
    "rope_max_seq_len": 64,
}


_LOOKS = 1 + (32 // 8) ** 2


def wan_t2v(folder: Path) -> Path:
    """WanPipeline."""
    import diffusers

    parts = _parts()
    seeded()
    transformer = diffusers.WanTransformer3DModel(**_TRANSFORMER)
    diffusers.WanPipeline(transformer=transformer, **parts).save_pretrained(folder)
    return folder


def wan_i2v(folder: Path) -> Path:
    """WanImageToVideoPipeline with the image encoder of Wan2.1."""
    return _with_eye(folder, {})


def wan_flf2v(folder: Path) -> Path:
    """The same for a first and a last image."""
    return _with_eye(folder, {"pos_embed_seq_len": 2 * _LOOKS})


def _with_eye(folder: Path, more: dict[str, Any]) -> Path:
    import diffusers
    import transformers as hf

    parts = _parts()
    seeded()
    transformer = diffusers.WanTransformer3DModel(**{**_TRANSFORMER, "in_channels": 36, "image_dim": 4, **more})
    seeded()
    eye = hf.CLIPVisionModelWithProjection(
        hf.CLIPVisionConfig(
            hidden_size=4,
            projection_dim=4,
            num_hidden_layers=2,
            num_attention_heads=2,
            intermediate_size=16,
            image_size=32,
            patch_size=8,
        )
    )
    images = hf.CLIPImageProcessorPil(crop_size=32, size={"shortest_edge": 32})
    diffusers.WanImageToVideoPipeline(
        transformer=transformer, image_encoder=eye, image_processor=images, **parts
    ).save_pretrained(folder)
    return folder


def wan_ti2v(folder: Path) -> Path:
    """WanPipeline of the kind that also begins with an image, without an image encoder, as Wan2.2-TI2V."""
    import diffusers

    parts = _parts()
    seeded()
    transformer = diffusers.WanTransformer3DModel(**_TRANSFORMER)
    diffusers.WanPipeline(transformer=transformer, expand_timesteps=True, **parts).save_pretrained(folder)
    return folder


def wan_vace(folder: Path) -> Path:
    """WanVACEPipeline."""
    import diffusers

    parts = _parts()
    seeded()
    transformer = diffusers.WanVACETransformer3DModel(
        **{**_TRANSFORMER, "num_layers": 3}, vace_layers=[0, 2], vace_in_channels=96
    )
    diffusers.WanVACEPipeline(transformer=transformer, **parts).save_pretrained(folder)
    return folder


def wan_modular(folder: Path) -> Path:
    """WanModularPipeline: the parts of WanPipeline, and an index that names each."""
    import diffusers
    from diffusers.modular_pipelines import WanBlocks

    parts = _parts()
    seeded()
    transformer = diffusers.WanTransformer3DModel(**_TRANSFORMER)
    pipeline = WanBlocks().init_pipeline()
    pipeline.update_components(transformer=transformer, **parts)
    pipeline.save_pretrained(str(folder), overwrite_modular_index=True)
    return folder
