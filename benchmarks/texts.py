"""The project's own texts, as benchmarks read them: short posts, newsletters, a report, and posts without end.

All come from `corpus/` and `tests/gold`, over and over, with the paragraphs in another order and other years, the
same for everybody.
"""

from __future__ import annotations

import itertools
import json
import random
import re
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

from extractors import formats, languages, pipeline
from extractors.document import Document
from extractors.errors import DocumentError
from extractors.options import DEFAULT

ROOT = Path(__file__).resolve().parents[1]
PUBLISHED = date(2024, 12, 12)
PAGE_CHARACTERS = 2_800  # of a page of a report: 450 words
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_NEWSLETTER = re.compile("newsletter|infolettre")


def posts(code: str, count: int) -> list[str]:
    """So many short posts of a language."""
    return list(itertools.islice(_shuffled(_own(code)), count))


def newsletters(code: str) -> list[str]:
    """The newsletters of the corpus, with a dozen events each."""
    return _own(code, _NEWSLETTER)


def pages(code: str, count: int) -> list[str]:
    """The pages of a long report: the paragraphs of posts, page after page."""
    return list(itertools.islice(_filled(_shuffled(_own(code))), count))


def mixed(megabytes: int) -> Iterator[list[tuple[str, str]]]:
    """So many megabytes of posts, language by language in turn, one megabyte at a time: language and text of each."""
    streams = [zip(itertools.repeat(code), _shuffled(_own(code)), strict=False) for code in languages.codes()]
    both = itertools.chain.from_iterable(zip(*streams, strict=False))
    for _ in range(megabytes):
        part: list[tuple[str, str]] = []
        size = 0
        while size < 1_000_000:
            code, text = next(both)
            size += len(text.encode())
            part.append((code, text))
        yield part


def document(text: str, code: str | None) -> Document:
    """A text as a document with its day of publication; its language is found where None is given."""
    return Document(text, published=PUBLISHED, published_from="caller", language=code)


def report(pages: Sequence[str], code: str) -> Document:
    """A report as one document."""
    return document("\n\n".join(pages), code)


def _own(code: str, named: re.Pattern[str] | None = None) -> list[str]:
    """The project's own documents of a language: its corpus and its gold, or those of the corpus with such a name."""
    paths = [path for path in sorted((ROOT / "corpus").iterdir()) if named is None or named.search(path.name)]
    found = [one.text for path in paths for one in formats.read(path.read_bytes(), name=path.name) if _is_in(one, code)]
    if named is None:
        found += [json.loads(path.read_text(encoding="utf-8"))["text"] for path in sorted((ROOT / "tests" / "gold" / code).glob("*.json"))]
    return found


def _is_in(document: Document, code: str) -> bool:
    try:
        passages = pipeline._draft(document, DEFAULT).passages  # noqa: SLF001 - the first step of the way
    except DocumentError:
        return False
    return {passage.language.code for passage in passages} == {code}


def _shuffled(texts: Sequence[str]) -> Iterator[str]:
    """The texts over and over, the paragraphs below the title in another order and with other years each time."""
    chance = random.Random(0)  # noqa: S311 - the same texts for everybody
    while True:
        for text in chance.sample(texts, len(texts)):
            title, *rest = [line for line in text.split("\n") if line.strip()]
            shift = chance.randrange(12)
            body = "\n\n".join([title, *chance.sample(rest, len(rest))])
            yield _YEAR.sub(lambda year, shift=shift: str(int(year[0]) - shift), body)


def _filled(texts: Iterator[str]) -> Iterator[str]:
    """The lines of some texts as paragraphs, a page at a time."""
    lines: list[str] = []
    for line in itertools.chain.from_iterable(text.split("\n") for text in texts):
        lines += [line] if line else []
        if sum(map(len, lines)) >= PAGE_CHARACTERS:
            yield "\n\n".join(lines)
            lines = []
