"""Repositories without a command line, cut down to what a driver of ours calls in them."""

from pathlib import Path

_TORCH = """
class Generator:
    def __init__(self, device):
        self.device = device
    def manual_seed(self, seed):
        self.seed = seed
        return self
class cuda:
    @staticmethod
    def empty_cache():
        print("emptied")
bfloat16, float32 = "bfloat16", "float32"
def manual_seed(seed):
    print("seed", seed)
"""

PLAYDIFFUSION = {
    "playdiffusion/__init__.py": "",
    "playdiffusion/pydantic_models/__init__.py": "",
    "playdiffusion/pydantic_models/models.py": """
import dataclasses
@dataclasses.dataclass
class InpaintInput:
    audio: str
    input_text: str
    output_text: str
    input_word_times: list
    num_steps: int = 30
    guidance: float = 0.5
@dataclasses.dataclass
class TTSInput:
    voice: str
    output_text: str
    num_steps: int = 30
""",
    "playdiffusion/inference.py": """
import numpy
class PlayDiffusion:
    def __init__(self, device):
        print("device", device)
    def inpaint(self, given):
        assert given.input_word_times[0]["word"] == "hello", given
        assert given.output_text == "-good 'day'", given
        return 24000, numpy.full(given.num_steps * 1000, 99, numpy.int16)
    def tts(self, given):
        return 24000, numpy.full((1, 2400), 7, numpy.int16)
""",
}

STEP1X_3D = {
    "torch.py": _TORCH,
    "step1x3d_geometry/__init__.py": "",
    "step1x3d_geometry/models/__init__.py": "",
    "step1x3d_geometry/models/pipelines/__init__.py": "",
    "step1x3d_geometry/models/pipelines/pipeline.py": """
class Mesh:
    def __init__(self, said):
        self.said = said
    def export(self, path):
        open(path, "w").write(self.said)
class Step1X3DGeometryPipeline:
    @classmethod
    def from_pretrained(cls, weights, subfolder):
        print("geometry", weights, subfolder)
        return cls()
    def to(self, device):
        return self
    def __call__(self, image, guidance_scale, num_inference_steps, octree_resolution, max_facenum, generator):
        self.mesh = [Mesh(f"{guidance_scale} {num_inference_steps} {octree_resolution} {generator.seed}")]
        return self
""",
    "step1x3d_geometry/models/pipelines/pipeline_utils.py": """
def remove_degenerate_face(mesh):
    return mesh
def reduce_face(mesh):
    mesh.said += " reduced"
    return mesh
""",
    "step1x3d_texture/__init__.py": "",
    "step1x3d_texture/pipelines/__init__.py": "",
    "step1x3d_texture/pipelines/step1x_3d_texture_synthesis_pipeline.py": """
class Step1X3DTexturePipeline:
    @classmethod
    def from_pretrained(cls, weights, subfolder):
        return cls()
    def __call__(self, image, mesh, remove_bg, seed):
        mesh.said += f" painted {remove_bg} {seed}"
        return mesh
""",
}

BAGEL = {
    "torch.py": _TORCH,
    "accelerate/__init__.py": """
import contextlib
init_empty_weights = contextlib.nullcontext
def load_checkpoint_and_dispatch(model, checkpoint, device_map, dtype, force_hooks):
    print("loading", checkpoint, dtype)
    return model
""",
    "accelerate/utils.py": """
def BnbQuantizationConfig(**settings):
    return settings
def load_and_quantize_model(model, weights_location, bnb_quantization_config, device_map):
    print("quantising", sorted(bnb_quantization_config))
    return model
""",
    "modeling/__init__.py": "",
    "modeling/autoencoder.py": """
class Decoder:
    def to(self, device):
        return self
    def eval(self):
        return self
def load_ae(path):
    return Decoder(), "settings"
""",
    "modeling/qwen2.py": """
class Qwen2Tokenizer:
    @classmethod
    def from_pretrained(cls, path):
        return cls()
""",
    "modeling/bagel.py": """
class Settings:
    num_hidden_layers = 27
    @classmethod
    def from_json_file(cls, path):
        return cls()
Qwen2Config = SiglipVisionConfig = Settings
def Qwen2ForCausalLM(settings):
    assert settings.layer_module == "Qwen2MoTDecoderLayer"
class Vision:
    def __init__(self, settings):
        assert settings.num_hidden_layers == 26
        self.vision_model = self.embeddings = self
    def convert_conv2d_to_linear(self, settings, meta):
        assert meta
SiglipVisionModel = Vision
def BagelConfig(**settings):
    return settings
class Bagel:
    def __init__(self, language, vision, settings):
        self.vit_model = vision
    def eval(self):
        return self
""",
    "data/__init__.py": "",
    "data/data_utils.py": "def add_special_tokens(tokenizer):\n    return tokenizer, {}, 0\n",
    "data/transforms.py": "def ImageTransform(*sizes):\n    return sizes\n",
    "inferencer.py": """
from PIL import Image
class InterleaveInferencer:
    def __init__(self, **parts):
        assert set(parts) == {"model", "vae_model", "tokenizer", "vae_transform", "vit_transform", "new_token_ids"}
    def interleave_inference(self, given, think, understanding_output=False, image_shapes=(8, 8), **settings):
        *images, text = given
        if understanding_output:
            return [f"{len(images)} {text}"]
        return ["thoughts", Image.new("RGB", image_shapes[::-1], (len(images), 0, 0))]
""",
}

VJEPA = {
    "hubconf.py": """
dependencies = ["torch"]
import torch
class Encoder(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(3))
    def forward(self, clip):
        batch, channels, frames, height, width = clip.shape
        assert (batch, channels, height, width) == (1, 3, 384, 384), clip.shape
        return clip.mean((3, 4)).transpose(1, 2) * 0 + self.weight
def vjepa2_1_vit_base_384(pretrained=True):
    assert not pretrained
    return Encoder(), None
""",
}


def laid(folder: Path, files: dict[str, str]) -> Path:
    """A checkout with these files."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    return folder
