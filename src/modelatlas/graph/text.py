"""Words of English and Chinese, for indexing and for queries: folded, stemmed, segmented.

Chinese runs give the words of a dictionary segmenter and all bigrams, so that a name is found inside a longer
run and 图像编辑 finds 编辑图像; everything else gives its words, English ones stemmed.
"""

import re
import unicodedata
from functools import cache, lru_cache
from importlib.resources import files
from typing import Protocol

_RUN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]+|[^\W_\u3400-\u9fff\uf900-\ufaff]+")
_PUNCTUATION = re.compile(r"[\s\-_]+")


class _Stemmer(Protocol):
    def stemWord(self, word: str) -> str: ...


def folded(text: str) -> str:
    """The text with width, case and compatibility differences taken out."""
    return unicodedata.normalize("NFKC", text).casefold()


def name_key(name: str) -> str:
    """What two spellings of one name have in common: `Wan 2.1`, `wan2.1` and `Wan-2.1`."""
    return _PUNCTUATION.sub("", folded(name))


def words(text: str) -> list[str]:
    """The words of a text in order, each Chinese run as its dictionary words, then its bigrams."""
    found: list[str] = []
    for run in _RUN.findall(folded(text)):
        if run[0] < "\u3400":
            found.append(_stem(run))
        else:
            segmented = _segmented(run)
            found.extend(segmented)
            found.extend(pair for i in range(len(run) - 1) if (pair := run[i : i + 2]) not in segmented)
    return found


def query_words(text: str) -> list[str]:
    """The words of a query, once each, without those that every text has (unless nothing else is left)."""
    found = list(dict.fromkeys(words(text)))
    return [word for word in found if word not in _stop_words()] or found


def is_filler(word: str) -> bool:
    """Whether every text has the word, so that it says nothing about what a text is about."""
    return word in _stop_words()


@lru_cache(maxsize=65536)
def _stem(word: str) -> str:
    return _stemmer().stemWord(word) if word.isascii() and word not in _stop_words() else word


@lru_cache(maxsize=16384)
def _segmented(run: str) -> list[str]:
    import rjieba

    return [part for part in rjieba.cut_for_search(run) if part.strip()] if len(run) > 1 else [run]


@cache
def _stop_words() -> frozenset[str]:
    return frozenset(files("modelatlas.graph").joinpath("stopwords.txt").read_text(encoding="utf-8").split())


@cache
def _stemmer() -> _Stemmer:
    import snowballstemmer

    stemmer: _Stemmer = snowballstemmer.stemmer("english")
    return stemmer
