"""Tiny models that answer questions: Gemma 3 on images, Qwen2.5-VL on video, the Thinker of Qwen2.5-Omni on sound."""

from pathlib import Path
from typing import Any

from tiny_models.alphabets import byte_tokenizer, redraw, saved, seeded

_TEXT = {
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
}
_GEMMA_TOKENS = [
    "<pad>", "<eos>", "<bos>", "<start_of_turn>", "<end_of_turn>",
    "<start_of_image>", "<end_of_image>", "<image_soft_token>",
]  # fmt: skip
_GEMMA_TEMPLATE = (
    "{{ bos_token }}{% for m in messages %}<start_of_turn>{{ 'model' if m.role == 'assistant' else m.role }}\n"
    "{% if m.content is string %}{{ m.content }}{% else %}{% for c in m.content %}"
    "{% if c.type == 'image' %}<start_of_image>{% elif c.type == 'text' %}{{ c.text }}{% endif %}{% endfor %}"
    "{% endif %}<end_of_turn>\n{% endfor %}{% if add_generation_prompt %}<start_of_turn>model\n{% endif %}"
)
_QWEN_TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{% if m.content is string %}{{ m.content }}{% else %}"
    "{% for c in m.content %}{% if c.type == 'text' %}{{ c.text }}{% else %}MEDIA{% endif %}{% endfor %}{% endif %}"
    "<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def _greedy(model: Any, eos: list[int], special: list[int]) -> None:
    """At most 16 new tokens, never a special one and few twice: a random model would else say nothing, or one thing."""
    config = model.generation_config
    config.do_sample = False
    config.max_new_tokens = 16
    config.eos_token_id = eos
    config.pad_token_id = special[0]
    config.suppress_tokens = special
    config.repetition_penalty = 1.5


def gemma3(folder: Path) -> Path:
    """Gemma3ForConditionalGeneration with a processor that needs no torchvision."""
    import transformers as hf

    seeded()
    tokenizer = byte_tokenizer(
        _GEMMA_TOKENS,
        _GEMMA_TEMPLATE,
        {"image_token": "<image_soft_token>", "boi_token": "<start_of_image>", "eoi_token": "<end_of_image>"},
        pad_token="<pad>",
        eos_token="<eos>",
        bos_token="<bos>",
    )
    ids = dict(zip(_GEMMA_TOKENS, tokenizer.convert_tokens_to_ids(_GEMMA_TOKENS), strict=True))
    image = ids["<image_soft_token>"]
    config = hf.Gemma3Config(
        text_config={
            **_TEXT,
            "vocab_size": len(tokenizer),
            "head_dim": 8,
            "max_position_embeddings": 4096,
            "sliding_window": 64,
        },
        vision_config={
            "hidden_size": 32,
            "intermediate_size": 64,
            "num_hidden_layers": 2,
            "num_attention_heads": 4,
            "image_size": 56,
            "patch_size": 14,
            "vision_use_head": False,
        },
        mm_tokens_per_image=4,
        image_token_index=image,
        image_token_id=image,
        boi_token_index=ids["<start_of_image>"],
        eoi_token_index=ids["<end_of_image>"],
    )
    model = hf.Gemma3ForConditionalGeneration(config)
    redraw(model)
    _greedy(model, [ids["<eos>"], ids["<end_of_turn>"]], list(ids.values()))
    images = hf.Gemma3ImageProcessorPil(size={"height": 56, "width": 56}, do_pan_and_scan=False)
    processor = hf.Gemma3Processor(
        image_processor=images, tokenizer=tokenizer, image_seq_length=4, chat_template=_GEMMA_TEMPLATE
    )
    return saved(folder, model, processor)


_ROTARY = {"rope_type": "default", "mrope_section": [1, 1, 2], "rope_theta": 10000.0}
_SIGHT = {
    "depth": 2,
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_heads": 4,
    "patch_size": 14,
    "spatial_merge_size": 2,
    "temporal_patch_size": 2,
    "window_size": 112,
    "fullatt_block_indexes": [1],
    "out_hidden_size": 32,
}
_SMALL = {"shortest_edge": 56 * 56, "longest_edge": 112 * 112}
_SMALL_VIDEO = {"shortest_edge": 56 * 56, "longest_edge": 4 * 112 * 112}


def _media(image: str, video: str, audio: str) -> str:
    """The chat template, with what stands for each medium."""
    chosen = (
        f"{{% elif c.type == 'image' %}}{image}{{% elif c.type == 'video' %}}{video}"
        f"{{% elif c.type == 'audio' %}}{audio}{{% endif %}}"
    )
    return _QWEN_TEMPLATE.replace("{% else %}MEDIA{% endif %}", chosen)


def qwen2_5_vl(folder: Path) -> Path:
    """Qwen2_5_VLForConditionalGeneration, whose video processor takes arrays."""
    import transformers as hf

    seeded()
    special = [
        "<|endoftext|>", "<|im_start|>", "<|im_end|>",
        "<|vision_start|>", "<|vision_end|>", "<|image_pad|>", "<|video_pad|>",
    ]  # fmt: skip
    template = _media("<|vision_start|><|image_pad|><|vision_end|>", "<|vision_start|><|video_pad|><|vision_end|>", "")
    tokenizer = byte_tokenizer(special, template, {}, pad_token="<|endoftext|>", eos_token="<|im_end|>")
    ids = dict(zip(special, tokenizer.convert_tokens_to_ids(special), strict=True))
    config = hf.Qwen2_5_VLConfig(
        text_config={
            **_TEXT,
            "vocab_size": len(tokenizer),
            "max_position_embeddings": 4096,
            "bos_token_id": None,
            "eos_token_id": ids["<|im_end|>"],
            "rope_parameters": dict(_ROTARY),
        },
        vision_config=dict(_SIGHT),
        image_token_id=ids["<|image_pad|>"],
        video_token_id=ids["<|video_pad|>"],
        vision_start_token_id=ids["<|vision_start|>"],
        vision_end_token_id=ids["<|vision_end|>"],
    )
    model = hf.Qwen2_5_VLForConditionalGeneration(config)
    redraw(model)
    _greedy(model, [ids["<|im_end|>"]], list(ids.values()))
    processor = hf.Qwen2_5_VLProcessor(
        image_processor=hf.Qwen2VLImageProcessor(size=_SMALL),
        tokenizer=tokenizer,
        video_processor=hf.Qwen2VLVideoProcessor(size=_SMALL_VIDEO),
        chat_template=template,
    )
    return saved(folder, model, processor)


def omni(folder: Path) -> Path:
    """Qwen2_5OmniThinkerForConditionalGeneration, which sees and hears."""
    import transformers as hf

    seeded()
    named = {
        "image_token": "<|IMAGE|>",
        "audio_token": "<|AUDIO|>",
        "video_token": "<|VIDEO|>",
        "vision_bos_token": "<|vision_bos|>",
        "vision_eos_token": "<|vision_eos|>",
        "audio_bos_token": "<|audio_bos|>",
        "audio_eos_token": "<|audio_eos|>",
    }
    special = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", *named.values()]
    template = _media(
        "<|vision_bos|><|IMAGE|><|vision_eos|>",
        "<|vision_bos|><|VIDEO|><|vision_eos|>",
        "<|audio_bos|><|AUDIO|><|audio_eos|>",
    )
    tokenizer = byte_tokenizer(special, template, named, pad_token="<|endoftext|>", eos_token="<|im_end|>")
    ids = dict(zip(special, tokenizer.convert_tokens_to_ids(special), strict=True))
    config = hf.Qwen2_5OmniThinkerConfig(
        text_config={
            **_TEXT,
            "vocab_size": len(tokenizer),
            "max_position_embeddings": 8192,
            "rope_parameters": dict(_ROTARY),
        },
        vision_config=dict(_SIGHT),
        audio_config={
            "d_model": 32,
            "encoder_attention_heads": 4,
            "encoder_ffn_dim": 32,
            "encoder_layers": 2,
            "num_mel_bins": 20,
            "max_source_positions": 1500,
            "n_window": 100,
            "output_dim": 32,
        },
        image_token_id=ids["<|IMAGE|>"],
        video_token_id=ids["<|VIDEO|>"],
        audio_token_id=ids["<|AUDIO|>"],
        audio_start_token_id=ids["<|audio_bos|>"],
        audio_end_token_id=ids["<|audio_eos|>"],
        vision_start_token_id=ids["<|vision_bos|>"],
        vision_end_token_id=ids["<|vision_eos|>"],
        pad_token_id=ids["<|endoftext|>"],
    )
    model = hf.Qwen2_5OmniThinkerForConditionalGeneration(config)
    redraw(model)
    _greedy(model, [ids["<|im_end|>"]], list(ids.values()))
    processor = hf.Qwen2_5OmniProcessor(
        image_processor=hf.Qwen2VLImageProcessor(size=_SMALL),
        video_processor=hf.Qwen2VLVideoProcessor(size=_SMALL_VIDEO),
        feature_extractor=hf.WhisperFeatureExtractor(
            feature_size=20, sampling_rate=16_000, chunk_length=2, return_attention_mask=True
        ),
        tokenizer=tokenizer,
        chat_template=template,
    )
    return saved(folder, model, processor)
