"""Words for indexing and for queries: whatever is written alike is found alike."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelatlas.graph.sqlite.word_ranking import match_expression
from modelatlas.graph.text import folded, is_filler, name_key, query_words, words

CHINESE = st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x4FFF), min_size=1, max_size=8)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("editing edits edited", ["edit", "edit", "edit"]),
        ("Image Generation", ["imag", "generat"]),
        ("Wan2.1-T2V_14B", ["wan2", "1", "t2v", "14b"]),
        ("ＦＬＵＸ　１", ["flux", "1"]),
        ("Größe ÉCOLE", ["grösse", "école"]),
        ("it's", ["it", "s"]),
        ("", []),
        ("🎨 … — \x00", []),
        ("图", ["图"]),
        ("3D生成", ["3d", "生成"]),
    ],
)
def test_a_text_gives_its_words_in_order(text: str, expected: list[str]) -> None:
    assert words(text) == expected


def test_a_chinese_run_gives_dictionary_words_and_every_pair() -> None:
    found = words("张三在北京工作")
    assert {"张三", "三在", "在北", "北京", "京工", "工作"} <= set(found)
    assert set(words("图像编辑")) & set(words("编辑图像")) >= {"图像", "编辑"}


@given(CHINESE)
def test_every_pair_of_a_chinese_run_is_found(run: str) -> None:
    found = words(run)
    assert all(folded(run)[at : at + 2] in found for at in range(len(folded(run)) - 1))


@given(st.text(max_size=60))
def test_any_text_gives_words_that_are_words_and_stay_as_they_are_folded(text: str) -> None:
    found = words(text)
    assert all(word and not any(char.isspace() for char in word) for word in found)
    assert words(text.upper().lower()) == words(folded(text.upper().lower()))
    assert " ".join(found).split() == found


@given(st.text(max_size=60))
def test_no_text_makes_an_expression_that_is_more_than_quoted_words(text: str) -> None:
    expression = match_expression(text)
    if expression is None:
        assert not words(text)
        return
    for part in expression.split(" OR "):
        assert part.startswith('"')
        assert part.rstrip("*").endswith('"')
        assert '"' not in part.rstrip("*")[1:-1]


def test_a_query_gives_each_word_once_and_leaves_out_fillers() -> None:
    assert query_words("What is the model that edits, and edits, an image?") == ["model", "edit", "imag"]
    assert query_words("哪个模型可以编辑图像？")[:1] == ["模型"]


def test_a_query_of_fillers_alone_keeps_them() -> None:
    assert query_words("who is it?") == ["who", "is", "it"]
    assert is_filler("the")
    assert not is_filler("image")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Wan 2.1", "wan2.1"),
        ("Wan-2.1", "WAN_2.1"),
        ("Qwen2.5-VL", "Qwen 2.5 VL"),
        ("ＦＬＵＸ．１", "flux.1"),
        ("  Veo\t3 ", "veo3"),
        ("通义 万相", "通义万相"),
    ],
)
def test_spellings_of_one_name_have_one_key(one: str, other: str) -> None:
    assert name_key(one) == name_key(other)


@pytest.mark.parametrize(("one", "other"), [("Wan 2.1", "Wan 2.2"), ("Wan 2.1", "Wan 21"), ("万相", "万象")])
def test_different_names_have_different_keys(one: str, other: str) -> None:
    assert name_key(one) != name_key(other)


@given(st.text(st.characters(codec="ascii") | st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF), max_size=40))
def test_the_key_of_a_key_is_that_key(name: str) -> None:
    assert name_key(name_key(name)) == name_key(name)
