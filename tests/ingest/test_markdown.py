"""The Markdown reader: what it makes of the shapes that occur in the seed catalogue, and of any text."""

import re
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

import modelatlas.ingest.catalogue
from modelatlas.ingest.markdown import contents, entries, sections

SEED = (Path(modelatlas.ingest.catalogue.__file__).parent / "seed.md").read_text(encoding="utf-8")

SHAPES = """# 甲
## 乙
#### 简介
#### 应用场景
## 目录
- 一。二。
1. **粗**：体
* 项目链接：
    - [题](https://a.b/c)
懒行。
> 引
```
---
===
[x](../y)
[a]: https://b.c
<b>
"""
SHAPE = st.sampled_from(SHAPES.split("\n")) | st.sampled_from(["\t", "  ", "\x00", "\x0b", "\u2028", "\r"])
MARKDOWN = st.lists(SHAPE | st.text(max_size=20), max_size=30).map("\n".join)


def one(text: str) -> str:
    return f"# 1.Model 模型\n{text}"


def texts(text: str, part: str = "简介") -> list[str]:
    return [item.text for item in sections(one(f"#### {part}\n{text}"))[0].parts[part]]


def test_a_section_has_its_number_heading_level_and_path() -> None:
    first, second, third = sections("# 2.谷歌系列\n## Graphiti-AI\n# 4.3D生成模型\n")
    assert (first.number, first.heading, first.level, first.path) == ("2", "2.谷歌系列", 1, "2.谷歌系列")
    assert (second.number, second.level, second.path, second.line) == (None, 2, "2.谷歌系列/Graphiti-AI", 2)
    assert (third.number, third.path) == ("4", "4.3D生成模型")


def test_what_stands_before_the_end_of_the_contents_is_no_section() -> None:
    text = "# Title\n\nAbout.\n\n## 目录\n1. 1.A\n2. 3.B 世界\n21. C\n\n# 1.A\n"
    assert [section.heading for section in sections(text)] == ["1.A"]
    assert contents(text) == ["1.A", "3.B 世界", "C"]
    assert [entry.line for entry in entries(text)] == [6, 7, 8]


def test_a_document_without_contents_has_all_its_sections() -> None:
    assert [section.heading for section in sections("# A\n# B")] == ["A", "B"]
    assert contents("# A\n# B") == []


def test_a_paragraph_gives_its_sentences_with_their_lines() -> None:
    items = sections(one("#### 简介\n甲是一。乙是2.1 二！\n丙是三"))[0].parts["简介"]
    assert [(item.text, item.line) for item in items] == [("甲是一。", 3), ("乙是2.1 二！", 3), ("丙是三", 4)]


def test_a_bullet_stays_whole_and_loses_its_marks() -> None:
    assert texts("- **图像生成**：甲。乙。 \n1. **交互**：丙") == ["图像生成：甲。乙。", "交互：丙"]


def test_bold_marks_that_do_not_close_are_no_text() -> None:
    assert texts("- 利用**模块（module）增强，变换器（transformer）**直接生成。") == [
        "利用模块（module）增强，变换器（transformer）直接生成。"
    ]


def test_a_tag_in_a_sentence_is_text() -> None:
    assert texts("- 输出 <context> 标签") == ["输出 <context> 标签"]


def test_an_unindented_line_after_a_bullet_is_a_sentence_of_its_own() -> None:
    assert texts("引出：\n- 甲。\n- 乙。\n此外，丙。") == ["引出：", "甲。", "乙。", "此外，丙。"]
    assert texts("- 甲，\n  接着甲。") == ["甲， 接着甲。"]


def test_links_are_no_sentences_and_their_lead_in_is_none_either() -> None:
    listed = "- 唱歌。\n\n* 项目链接：\n    - [A · B](https://a.b/c)\n    - [D  [x]](https://d.e)\n"
    section = sections(one(f"#### 应用场景\n{listed}\n[F](https://f.g)\n"))[0]
    assert [item.text for item in section.parts["应用场景"]] == ["唱歌。"]
    assert [(link.title, link.url, link.line) for link in section.links] == [
        ("A · B", "https://a.b/c", 6),
        ("D [x]", "https://d.e", 7),
        ("F", "https://f.g", 9),
    ]


def test_a_sentence_with_a_link_in_it_is_both() -> None:
    section = sections(one("#### 简介\n见[论文。](https://a.b)第二节。"))[0]
    assert [item.text for item in section.parts["简介"]] == ["见论文。第二节。"]
    assert [link.url for link in section.links] == ["https://a.b"]


def test_links_within_the_repository_are_not_links_of_the_model() -> None:
    section = sections(one("#### 应用场景\n- 甲\n\n**[⬆ 返回README目录](../README.md#目录)**"))[0]
    assert section.links == ()
    assert [item.text for item in section.parts["应用场景"]] == ["甲"]


def test_the_seed_has_twenty_sections_and_twenty_one_entries_of_which_four_have_none() -> None:
    paths = [section.path for section in sections(SEED)]
    listed = contents(SEED)
    assert (len(paths), len(listed)) == (20, 21)
    assert [name for name in listed if name not in paths] == [
        "3.meta-vjepa世界模型",
        "4.MAGREF多主体视频生成框架-字节",
        "4.SeedVR2-字节视频修复",
        "4.美团-肖像生成llia",
    ]
    assert [path for path in paths if path not in listed] == [
        "OmniGen2 智源研究院",
        "FairyGen 动画生成",
        "HumanOmniV2-阿里",
    ]


def test_no_link_of_the_seed_is_lost() -> None:
    written = re.findall(r"\]\((https?://[^)]+)\)", SEED)
    assert len(written) == 58
    assert [link.url for section in sections(SEED) for link in section.links] == written


@given(MARKDOWN | st.text())
def test_the_sections_put_together_are_the_document_from_the_first_section_on(text: str) -> None:
    found = sections(text)
    contents(text)
    together = "".join(section.text for section in found)
    assert text.endswith(together)
    if found:
        before = re.split(r"\r\n|\r|\n", text[: len(text) - len(together)])
        assert len(before) == found[0].line


@given(MARKDOWN)
def test_every_item_stands_on_the_line_it_names(text: str) -> None:
    lines = re.split(r"\r\n|\r|\n", text.replace("\x00", "\ufffd"))
    for section in sections(text):
        for item in (item for items in section.parts.values() for item in items):
            assert item.text
            assert item.written.split("\n")[0].strip() in lines[item.line - 1]
