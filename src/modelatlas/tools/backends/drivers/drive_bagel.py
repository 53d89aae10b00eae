"""Runs BAGEL from its own environment: answers about images, makes an image, or changes some."""

from __future__ import annotations

import argparse
import importlib
from pathlib import Path
from typing import Any


def parser() -> argparse.ArgumentParser:
    """What the driver takes: the arguments of the inferencer, by their names."""
    found = argparse.ArgumentParser(description=__doc__)
    found.add_argument("--image", nargs="*", default=[])
    found.add_argument("--text", required=True)
    found.add_argument("--out", type=Path, required=True, help="the .png or .txt file to write")
    found.add_argument("--weights", required=True, help="the folder of BAGEL-7B-MoT")
    found.add_argument("--precision", choices=("bf16", "int8", "nf4"), default="bf16")
    found.add_argument("--think", action="store_true")
    found.add_argument("--understanding_output", action="store_true")
    found.add_argument("--cfg_text_scale", type=float, default=4.0)
    found.add_argument("--cfg_img_scale", type=float, default=2.0)
    found.add_argument("--num_timesteps", type=int, default=50)
    found.add_argument("--max_tokens", type=int, default=512)
    found.add_argument("--width", type=int, default=1024)
    found.add_argument("--height", type=int, default=1024)
    found.add_argument("--seed", type=int, default=42)
    return found


def _model(bagel: Any, language: Any, vision: Any, settings: Any) -> Any:
    """The model without weights, as its parts say it is."""
    accelerate: Any = importlib.import_module("accelerate")
    with accelerate.init_empty_weights():
        model = bagel.Bagel(bagel.Qwen2ForCausalLM(language), bagel.SiglipVisionModel(vision), settings)
        model.vit_model.vision_model.embeddings.convert_conv2d_to_linear(vision, meta=True)
    return model


def _with_weights(model: Any, weights: Path, precision: str) -> Any:
    torch: Any = importlib.import_module("torch")
    accelerate: Any = importlib.import_module("accelerate")
    file, one_gpu = str(weights / "ema.safetensors"), {"": 0}
    if precision == "bf16":
        return accelerate.load_checkpoint_and_dispatch(
            model, checkpoint=file, device_map=one_gpu, dtype=torch.bfloat16, force_hooks=True
        ).eval()
    quantised: Any = importlib.import_module("accelerate.utils")
    if precision == "nf4":
        how = quantised.BnbQuantizationConfig(
            load_in_4bit=True, bnb_4bit_compute_dtype=torch.bfloat16, bnb_4bit_quant_type="nf4"
        )
    else:
        how = quantised.BnbQuantizationConfig(load_in_8bit=True, torch_dtype=torch.float32)
    return quantised.load_and_quantize_model(
        model, weights_location=file, bnb_quantization_config=how, device_map=one_gpu
    ).eval()


def _inferencer(weights: Path, precision: str) -> Any:
    bagel: Any = importlib.import_module("modeling.bagel")
    language = bagel.Qwen2Config.from_json_file(str(weights / "llm_config.json"))
    language.qk_norm, language.tie_word_embeddings, language.layer_module = True, False, "Qwen2MoTDecoderLayer"
    vision = bagel.SiglipVisionConfig.from_json_file(str(weights / "vit_config.json"))
    vision.rope, vision.num_hidden_layers = False, vision.num_hidden_layers - 1
    decoder, decoder_config = importlib.import_module("modeling.autoencoder").load_ae(str(weights / "ae.safetensors"))
    settings = bagel.BagelConfig(
        visual_gen=True,
        visual_und=True,
        llm_config=language,
        vit_config=vision,
        vae_config=decoder_config,
        vit_max_num_patch_per_side=70,
        connector_act="gelu_pytorch_tanh",
        latent_patch_size=2,
        max_latent_size=64,
    )
    model = _with_weights(_model(bagel, language, vision, settings), weights, precision)
    tokenizer = importlib.import_module("modeling.qwen2").Qwen2Tokenizer.from_pretrained(str(weights))
    tokenizer, ids, _ = importlib.import_module("data.data_utils").add_special_tokens(tokenizer)
    transform = importlib.import_module("data.transforms").ImageTransform
    return importlib.import_module("inferencer").InterleaveInferencer(
        model=model,
        vae_model=decoder.to("cuda").eval(),
        tokenizer=tokenizer,
        vae_transform=transform(1024, 512, 16),
        vit_transform=transform(980, 224, 14),
        new_token_ids=ids,
    )


def main() -> None:
    """Run the model once and write the image or the words."""
    asked = parser().parse_args()
    pictures: Any = importlib.import_module("PIL.Image")
    torch: Any = importlib.import_module("torch")
    torch.manual_seed(asked.seed)
    images = [pictures.open(path).convert("RGB") for path in asked.image]
    run = _inferencer(Path(asked.weights), asked.precision).interleave_inference
    if asked.understanding_output:
        said = run(
            [*images, asked.text], think=asked.think, understanding_output=True, max_think_token_n=asked.max_tokens
        )
        asked.out.write_text(next(it for it in reversed(said) if isinstance(it, str)), encoding="utf-8")
        return
    editing = bool(images)
    made = run(
        [*images, asked.text],
        think=asked.think,
        cfg_text_scale=asked.cfg_text_scale,
        cfg_img_scale=asked.cfg_img_scale if editing else 1.0,
        cfg_interval=[0.0 if editing else 0.4, 1.0],
        cfg_renorm_min=0.0,
        cfg_renorm_type="text_channel" if editing else "global",
        num_timesteps=asked.num_timesteps,
        timestep_shift=3.0,
        image_shapes=(asked.height, asked.width),
    )
    next(it for it in made if isinstance(it, pictures.Image)).save(asked.out)


if __name__ == "__main__":
    main()
