"""The words that synthetic claims are made of; most stand in many claims, the made names in few."""

ONSETS = ("v", "m", "k", "s", "l", "r", "n", "t", "z", "d", "br", "cl", "qu", "st", "ph", "gl")
RHYMES = ("elo", "ira", "anu", "oku", "eri", "axo", "umi", "ova", "ynd", "esta", "oril", "aeth", "ixa", "ugo")
CHINESE_NAMES = "澜岚霁珞璟煜翎峤泓沅湛昀晖曜骁翊琮瑶霖霄淇澈槿楚蘅芷荻蓼鹭鸢隼麟鲲鹏貔貅"
KINDS = ("Video", "Edit", "Avatar", "Omni", "Speech", "Gen", "Vision", "3D", "Audio", "Motion")
ORGANISATIONS = (
    "Alibaba Tongyi Lab",
    "ByteDance Seed",
    "Tencent Hunyuan",
    "Zhejiang University",
    "Kuaishou",
    "Google DeepMind",
    "Meta FAIR",
    "Stability AI",
    "StepFun",
    "ModelScope",
    "Tsinghua University",
    "Black Forest Labs",
)
LICENCES = ("Apache-2.0", "MIT", "CC-BY-NC-4.0", "Llama 3.1 Community", "OpenRAIL++-M", "proprietary API terms")
BENCHMARKS = (
    "GenEval",
    "VBench",
    "MME",
    "MMBench",
    "WISE",
    "ImgEdit",
    "MMMU",
    "DPG-Bench",
    "HDTF lip sync",
    "SEED-TTS",
)
SETUPS = ("480p", "720p", "1080p", "fp8 weights", "4-bit weights", "CPU offload", "two GPUs", "batch of 4")
RUNTIMES = ("diffusers", "transformers", "ComfyUI", "vLLM", "TensorRT", "MindSpore", "SGLang")
PARTS = ("weights", "training code", "inference code", "technical report", "demo", "API", "dataset")
LANGUAGES = ("English", "Chinese", "Japanese", "Korean", "Spanish", "German", "French", "Cantonese")
VENUES = ("CVPR 2025", "ICCV 2025", "NeurIPS 2025", "ICLR 2026", "ACM MM 2025", "AAAI 2026", "SIGGRAPH 2025")
DEVICES = ("RTX 4090", "A100 80GB", "H100", "RTX 3060 12GB", "L40S", "Ascend 910B", "MI300X")
ENGLISH = (
    "keeps the identity of a person over long videos",
    "follows long prompts with several objects and their colours",
    "edits an image by instruction without a mask",
    "drives a portrait with speech and keeps the lips in time",
    "shares one transformer between understanding and generation",
    "trains a flow matching decoder on frozen vision features",
    "samples a clip of five seconds in forty steps",
    "needs a separate face restoration pass at low resolution",
    "makes spatial audio for a panoramic video",
    "turns one photo into a textured mesh",
    "drifts in colour after the third segment of a long clip",
    "reads charts, documents and screenshots of user interfaces",
)
CHINESE = (
    "在长视频中保持人物身份一致",
    "按照自然语言指令编辑图像，无需手工遮罩",
    "用一段语音驱动人像照片，口型与声音同步",
    "理解与生成共用一个自回归变换器",
    "采用流匹配训练视觉解码器，提升图像生成质量",
    "支持首尾帧控制和多主体参考视频生成",
    "低显存设备上可分块推理，速度有所下降",
    "为全景视频生成空间音频",
    "由单张图片生成带纹理的三维模型",
    "长片段第三段之后出现颜色漂移",
    "可阅读图表、文档和界面截图并回答问题",
    "适用于短视频制作、虚拟主播和教育场景",
)
