"""Catalogues in Markdown: sections, the sentences and bullets of their parts, their links, the contents.

A section begins at each heading of the first or second level; when the document has a table of contents, what
stands before the end of that table is its front matter. Deeper headings are the parts of a section (简介 and
so on). Nothing is dropped from `Section.text`: the texts of all sections, put together, are the document from
the first section on.
"""

import re
from collections.abc import Iterable, Iterator, MutableMapping, Sequence
from itertools import pairwise

from markdown_it import MarkdownIt
from markdown_it.token import Token

from modelatlas.graph.dates import Value

_CONTENTS = {"目录", "contents", "table of contents"}
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
_NUMBER = re.compile(r"(\d+)\.\s*(?=\S)")
_SENTENCE = re.compile(
    r"(?:\[[^\]\n]*\]\([^)\n]*\)|[^。！？])+?(?:[。！？]+[”’」』）*]*|(?<=[.!?])(?=\s)|\Z)", re.DOTALL
)


class Item(Value):
    """One sentence or bullet: `text` is plain, `written` as the document has it; lines count from 1."""

    text: str
    line: int
    written: str


class Link(Value):
    """A link to another site, its address as written; `written` is the line it stands on, without marker."""

    title: str
    url: str
    line: int
    written: str


class Section(Value):
    """One section; `path` names it within the document, with its parent for a heading of the second level."""

    number: str | None
    heading: str
    level: int
    path: str
    line: int
    text: str
    parts: dict[str, tuple[Item, ...]]
    links: tuple[Link, ...]


class _Verbatim(MarkdownIt):
    """CommonMark that leaves addresses and tags in the text as they were written."""

    def normalizeLink(self, url: str) -> str:
        return url


_MARKDOWN = _Verbatim("commonmark", {"html": False})


def sections(text: str) -> list[Section]:
    """The sections of a document, in its order."""
    references: dict[str, object] = {}
    lines, tokens = _LINE.findall(text), _MARKDOWN.parse(text, references)
    heads = _heads(tokens)
    contents = _contents_head(tokens, heads)
    if contents is not None:
        heads = [head for head in heads if head > contents]
    found: list[Section] = []
    parent: str | None = None
    for head, end in pairwise([*heads, len(tokens)]):
        heading, level = tokens[head + 1].content, int(tokens[head].tag[1])
        numbered = _NUMBER.match(heading)
        first = _first_line(tokens[head])
        last = _first_line(tokens[end]) if end < len(tokens) else len(lines)
        if level == 1:
            parent = heading
        parts, links = _read(tokens[head:end], lines, references)
        found.append(
            Section(
                number=numbered[1] if numbered else None,
                heading=heading,
                level=level,
                path=heading if level == 1 or parent is None else f"{parent}/{heading}",
                line=first + 1,
                text="".join(lines[first:last]),
                parts=parts,
                links=links,
            )
        )
    return found


def contents(text: str) -> list[str]:
    """The names in the table of contents, those without a section of their own included."""
    return [entry.text for entry in entries(text)]


def entries(text: str) -> list[Item]:
    """The entries of the table of contents with the lines they stand on."""
    tokens = _MARKDOWN.parse(text)
    heads = _heads(tokens)
    start = _contents_head(tokens, heads)
    if start is None:
        return []
    end = next((head for head in heads if head > start), len(tokens))
    return [
        Item(text=_plain(token.children or []), line=_first_line(token) + 1, written=token.content)
        for before, token in pairwise(tokens[start:end])
        if token.type == "inline" and before.type == "paragraph_open" and before.level >= 2
    ]


def tidy(text: str) -> str:
    """Text without bold marks, its white space single."""
    return " ".join(text.replace("**", "").split())


def _heads(tokens: Sequence[Token]) -> list[int]:
    return [
        index
        for index, token in enumerate(tokens)
        if token.type == "heading_open" and token.level == 0 and token.tag in ("h1", "h2")
    ]


def _contents_head(tokens: Sequence[Token], heads: Sequence[int]) -> int | None:
    return next((head for head in heads if tokens[head + 1].content.strip().lower() in _CONTENTS), None)


def _first_line(token: Token) -> int:
    assert token.map is not None
    return token.map[0]


def _content_line(token: Token, lines: Sequence[str]) -> int:
    """The line that the content of an inline token starts on: the parser drops blank lines, and NUL."""
    first = token.content.split("\n")[0].replace("\ufffd", "\x00")
    start, end = token.map or (0, 0)
    return next((number for number in range(start, end) if first in lines[number].replace("\ufffd", "\x00")), start)


def _read(
    tokens: Sequence[Token], lines: Sequence[str], references: MutableMapping[str, object]
) -> tuple[dict[str, tuple[Item, ...]], tuple[Link, ...]]:
    """The parts and the links of one section. What only leads to a link is no statement."""
    parts: dict[str, list[Item]] = {}
    links: list[Link] = []
    part: list[Item] = []
    lists = 0
    after_item = False
    for before, token in pairwise(tokens):
        lists += (token.type == "list_item_open") - (token.type == "list_item_close")
        if token.type != "inline":
            continue
        links += _links(token, lines)
        if before.type == "heading_open" and before.level == 0:
            part = [] if before.tag in ("h1", "h2") else parts.setdefault(_plain(token.children or []), [])
            after_item = False
            continue
        for line, written in _statements(token, lines, lists > 0):
            children = _MARKDOWN.parseInline(written, references)[0].children or []
            text, beside = _plain(children), _plain(_outside_links(children))
            if beside != text and (not beside or beside.endswith((":", "："))):
                if after_item and part[-1].text.endswith((":", "：")):
                    part.pop()
                after_item = False
            elif text:
                part.append(Item(text=text, line=line, written=written))
                after_item = True
    return {name: tuple(items) for name, items in parts.items()}, tuple(links)


def _statements(token: Token, lines: Sequence[str], in_list: bool) -> Iterator[tuple[int, str]]:
    """The bullet of a list item whole, and each sentence of a paragraph, with their lines.

    CommonMark takes an unindented line after a bullet into the bullet; here it is a paragraph of its own.
    """
    start, written = _content_line(token, lines), token.content.split("\n")
    bullet = 0
    if in_list:
        bullet = next((n for n in range(1, len(written)) if not lines[start + n][:1].isspace()), len(written))
        yield start + 1, "\n".join(written[:bullet])
    paragraph = "\n".join(written[bullet:])
    for sentence in _SENTENCE.finditer(paragraph):
        if stripped := sentence[0].strip():
            ahead = sentence.start() + sentence[0].index(stripped)
            yield start + 1 + bullet + paragraph.count("\n", 0, ahead), stripped


def _links(token: Token, lines: Sequence[str]) -> Iterator[Link]:
    line, address, title = 0, "", ""
    for child in token.children or []:
        if child.type == "link_open":
            address, title = str(child.attrGet("href") or ""), ""
        elif child.type == "link_close":
            if "://" in address:
                written = token.content.split("\n")[line]
                at = _content_line(token, lines) + 1 + line
                yield Link(title=tidy(title), url=address, line=at, written=written.strip())
        elif child.type in ("softbreak", "hardbreak"):
            line, title = line + 1, title + " "
        else:
            title += child.content


def _plain(children: Iterable[Token]) -> str:
    """The text of inline tokens without marks."""
    breaks = ("softbreak", "hardbreak")
    return tidy("".join(" " if child.type in breaks else child.content for child in children))


def _outside_links(children: Sequence[Token]) -> Iterator[Token]:
    inside = 0
    for child in children:
        inside += (child.type == "link_open") - (child.type == "link_close")
        if not inside:
            yield child
