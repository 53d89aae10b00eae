"""What is searched for at every size and with every peer: a mix of eight kinds in turn, an eighth each.

Rare words are names of models, common ones stand in a tenth of the facts and more; half of all is Chinese; half
are whole questions or two words.
"""

from collections.abc import Sequence

from bench.claims import PAST, Model, read_by

MIX = (
    "an eighth each: a rare word, a common word, two words and a whole question, in English and in Chinese;"
    " limit 10, vectors given"
)

_COMMON = ("video", "model", "price", "benchmark", "English", "released")
_CHINESE = ("视频", "模型", "生成", "图像", "语音", "功能")
_TWO = ("image editing", "portrait speech", "depth texture", "flow matching", "spatial audio", "face restoration")
_TWO_CHINESE = ("图像编辑 语音", "口型同步", "首尾帧 视频", "三维模型 纹理", "空间音频", "流匹配 解码器")
_QUESTIONS = (
    "How much memory does {} need on one RTX 4090?",
    "Under which licence are the weights of {} released?",
    "Which model keeps the identity of a person over long videos, {} or another?",
    "What does {} cost per million tokens of output?",
)
_CHINESE_QUESTIONS = (
    "{}可以商用吗，权重是什么许可证？",
    "{}适合用一段语音驱动人像照片吗？",
    "在24GB显存上运行{}需要多长时间？",
    "{}和别的模型相比，长视频中的人物身份是否一致？",
)


def queries(size: int, of_each_kind: int) -> list[str]:
    """So many queries of each kind about an atlas of so many claims, one kind after the other in turn."""
    known = read_by(size, PAST)
    in_chinese = read_by(size, PAST, ["article"]) or known
    found = []
    for turn, (model, other) in enumerate(
        zip(_spread(known, of_each_kind), _spread(in_chinese, of_each_kind), strict=True)
    ):
        found += [
            model.name.split("-")[0],
            _in_turn(_CHINESE, turn),
            _in_turn(_TWO, turn),
            _in_turn(_CHINESE_QUESTIONS, turn).format(other.chinese),
            other.chinese,
            _in_turn(_COMMON, turn),
            _in_turn(_TWO_CHINESE, turn),
            _in_turn(_QUESTIONS, turn).format(model.name),
        ]
    return found


def _spread(known: Sequence[Model], count: int) -> list[Model]:
    return [known[number * len(known) // count] for number in range(count)]


def _in_turn(of: Sequence[str], turn: int) -> str:
    return of[turn % len(of)]
