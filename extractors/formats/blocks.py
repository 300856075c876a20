"""The blocks of a web page, and which of them are its article.

trafilatura finds where the article is, but drops lists, headings and bylines of
it and lets rows of links in. So its text only says which blocks of the page
belong; what stands beside them at the same level comes with them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_BLANKS = re.compile(r"\s+")
_WORD = re.compile(r"\w+")
_TOKEN = re.compile(r"[a-z]+")
_GRAM = 5  # words at either end of a block by which a longer line of the article is known
_LINKED_SHARE = 0.5  # of a block's letters in links: more, and it leads elsewhere
_FEWEST_ROW_LINKS = 3  # in a row that is a menu
_FEWEST_LINKED_WORDS = 4  # in a linked item that tells something
_MOST_STRANGE_WORDS = 0.02  # of the article may be words that no block of the page has
_NO_DISPLAY = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_MARKED = frozenset({"li", *_HEADINGS})  # what gives its first block its kind, however it is wrapped
_RECOVERED = frozenset({"li", "p", "tr", "dd", "dt", "pre", "blockquote", *_HEADINGS})
_WRAPPERS = frozenset({"ul", "ol", "dl", "table", "tbody", "thead", "tfoot", "blockquote", "header", "hgroup"})


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, heading, item or row. linked: letters of it that are links; links: how many."""

    text: str
    tag: str
    element: Any
    linked: int = 0
    links: int = 0

    @property
    def leads_away(self) -> bool:
        """Whether it is links for the most part."""
        return self.linked > _LINKED_SHARE * len(self.text)

    @property
    def words(self) -> tuple[str, ...]:
        """Its words in small letters, by which two readings of it are compared."""
        return tuple(_WORD.findall(self.text.casefold()))


class _Scan:
    """One walk over a page that cuts it into blocks."""

    def __init__(self, table: Mapping[str, Any]) -> None:
        self._breaks = frozenset(table["blocks"])
        self._hidden = frozenset(table["hidden"])
        self._out: list[Block] = []
        self._open: list[Any] = []  # the block elements around the walk's place
        self._begun: set[Any] = set()  # items and headings whose first block is out
        self._parts: list[str] = []
        self._linked = self._links = self._link_depth = 0

    def blocks(self, root: Any) -> list[Block]:
        """The blocks below an element in their order."""
        from lxml import etree

        walker = etree.iterwalk(root, events=("start", "end"))
        for event, element in walker:
            if event == "start":
                self._start(element, walker)
            else:
                self._end(element, root)
        self._flush()
        return self._out

    def _start(self, element: Any, walker: Any) -> None:
        if element.tag in self._breaks:
            self._flush()
            self._open.append(element)
        if element.tag in self._hidden:
            walker.skip_subtree()
        elif element.tag == "tr" and (cells := _row(element, self._hidden)):
            links = element.findall(".//a")
            linked = sum(len(_words(link, self._hidden)) for link in links)
            self._out.append(Block(" | ".join(cells), "tr", element, linked, len(links)))
            walker.skip_subtree()
        else:
            self._link_depth += element.tag == "a"
            self._links += element.tag == "a"
            self._take(element.text)

    def _end(self, element: Any, root: Any) -> None:
        if element.tag in self._breaks:
            self._flush()
            self._open.pop()
        elif element.tag == "a":
            self._link_depth -= 1
        if element is not root:
            self._take(element.tail)

    def _take(self, text: str | None) -> None:
        if text:
            self._parts.append(text)
            self._linked += len(text) if self._link_depth else 0

    def _flush(self) -> None:
        text = _BLANKS.sub(" ", "".join(self._parts)).strip()
        if text and self._open:
            element = next((e for e in reversed(self._open) if e.tag != "br"), self._open[-1])
            self._out.append(Block(text, self._kind(element), element, self._linked, self._links))
        self._parts, self._linked, self._links = [], 0, int(bool(self._link_depth))

    def _kind(self, element: Any) -> str:
        marked = next((e for e in reversed(self._open[-4:]) if e.tag in _MARKED), None)
        if marked is None or marked in self._begun:
            return "p" if element.tag == "li" else str(element.tag)
        if marked.tag == "li":
            self._begun.add(marked)
        return str(marked.tag)


def _row(element: Any, hidden: Collection[str]) -> list[str]:
    """The words of a table row's cells; none where the table only lays the page out."""
    if element.find(".//table") is not None or any(element.find(f".//{tag}") is not None for tag in ("h1", "h2", "h3", "ul", "ol", "div", "p[2]")):
        return []
    cells = [_words(cell, hidden) for cell in element if cell.tag in ("td", "th")]
    return [cell for cell in cells if cell]


def _words(element: Any, hidden: Collection[str]) -> str:
    """What an element says, in one line."""
    from lxml import etree

    parts = []
    walker = etree.iterwalk(element, events=("start", "end"))
    for event, found in walker:
        if event == "start" and found.tag in hidden:
            walker.skip_subtree()
        elif event == "start":
            parts += [" " if found.tag in ("p", "br") else "", found.text or ""]
        elif found is not element:
            parts.append(found.tail or "")
    return _BLANKS.sub(" ", "".join(parts)).strip()


def text_of(blocks: Iterable[Block]) -> str:
    """Blocks as running text: an empty line between two, none between items or rows."""
    parts: list[str] = []
    before = ""
    for block in blocks:
        if parts:
            parts.append("\n" if before == block.tag and before in ("li", "tr") else "\n\n")
        parts.append(f"- {block.text}" if block.tag == "li" else block.text)
        before = block.tag
    return "".join(parts)


def article(tree: Any, main: Any | None, lines: Sequence[str], table: Mapping[str, Any]) -> str | None:
    """The text of an article of which trafilatura found some `lines`.

    main: the page's one <article> or <main>, whose blocks belong unless they are
    furniture. None where the lines are not the page's own blocks.
    """
    blocks = _Scan(table).blocks(tree)
    wanted = [words for line in lines if (words := tuple(_WORD.findall(line.casefold())))]
    chosen = list(_Choice(blocks, _kept(blocks, wanted, table), main, table).chosen())
    told = {word for block in (*chosen, *(block for block in blocks if block.leads_away)) for word in block.words}
    strange = sum(word not in told for words in wanted for word in words)
    return None if strange > _MOST_STRANGE_WORDS * sum(map(len, wanted)) else text_of(chosen)


def _kept(blocks: Sequence[Block], lines: Iterable[tuple[str, ...]], table: Mapping[str, Any]) -> list[bool]:
    """Whether trafilatura's text has each block, as a line of it or in one."""
    wanted = Counter(lines)
    grams = {words[start : start + _GRAM] for words in wanted for start in range(len(words) - _GRAM + 1)}
    around = frozenset(table["around"])
    flags = [False] * len(blocks)
    said: set[tuple[str, ...]] = set()
    # A title may stand in the path above the article and in it: the heading is it.
    for index in sorted(range(len(blocks)), key=lambda i: (_is_within(blocks[i].element, around), blocks[i].tag not in _HEADINGS, i)):
        words = blocks[index].words
        if wanted[words] > 0:
            wanted[words] -= 1
            flags[index] = True
            said.add(words)
        elif len(words) >= _GRAM and words not in said and words[:_GRAM] in grams and words[-_GRAM:] in grams:
            flags[index] = True
    return flags


def _is_menu(block: Block, table: Mapping[str, Any]) -> bool:
    """Whether a block only leads elsewhere: a row of links, or links in the frame of the page."""
    if not block.leads_away:
        return False
    return (block.tag == "tr" and block.links >= _FEWEST_ROW_LINKS) or _is_within(block.element, table["around"])


def _is_within(element: Any, tags: Collection[str]) -> bool:
    return element.tag in tags or any(ancestor.tag in tags for ancestor in element.iterancestors())


class _Choice:
    """Which blocks are the article: those that trafilatura kept, and what it dropped among them."""

    def __init__(self, blocks: Sequence[Block], kept: Sequence[bool], main: Any | None, table: Mapping[str, Any]) -> None:
        self._blocks = blocks
        self._table = table
        self._out = [flag and not _is_menu(block, table) for block, flag in zip(blocks, kept, strict=True)]
        places = [index for index, flag in enumerate(self._out) if flag]
        self._first, self._last = (places[0], places[-1]) if places else (0, -1)
        self._homes: set[Any] = set()
        self._holding: set[Any] = set()
        for index in places:
            self._homes.add(_home(blocks[index].element))
            for ancestor in blocks[index].element.iterancestors():
                if ancestor in self._holding:
                    break
                self._holding.add(ancestor)
        self._main: set[Any] = set() if main is None else {main}

    def chosen(self) -> Iterator[Block]:
        """The blocks of the article in order."""
        taken = [flag or self._belongs(index) for index, flag in enumerate(self._out)]
        follows = False  # whether the next block that is no heading is taken
        for index in range(len(taken) - 1, -1, -1):
            if self._blocks[index].tag not in _HEADINGS:
                follows = taken[index]
            elif not self._out[index]:
                taken[index] = taken[index] and follows
        return (block for block, flag in zip(self._blocks, taken, strict=True) if flag)

    def _belongs(self, index: int) -> bool:
        block = self._blocks[index]
        if self._last < 0 or (block.tag not in _RECOVERED and block.element.find(".//time") is None):
            return False
        if block.leads_away and not (block.tag == "li" and self._first < index < self._last and len(block.words) >= _FEWEST_LINKED_WORDS):
            return False
        path, joint = self._path(block.element)
        if joint is None or any(self._is_furniture(element) for element in path):
            return False
        if self._main and (joint in self._main or any(ancestor in self._main for ancestor in joint.iterancestors())):
            return True
        return _home(block.element) in self._homes and (index < self._last or block.tag != "p")

    def _path(self, element: Any) -> tuple[list[Any], Any | None]:
        """An element with those around it that hold nothing of the article, and the first that does."""
        path = [element]
        for ancestor in element.iterancestors():
            if ancestor in self._holding:
                return path, ancestor
            path.append(ancestor)
        return path, None

    def _is_furniture(self, element: Any) -> bool:
        if element.tag in self._table["around"] or element.get("hidden") is not None or element.get("aria-hidden") == "true":
            return True
        if _NO_DISPLAY.search(element.get("style") or ""):
            return True
        said = " ".join(element.get(name) or "" for name in ("class", "id", "role")).lower()
        return not set(self._table["furniture"]).isdisjoint(_TOKEN.findall(said))


def _home(element: Any) -> Any:
    """The element that lists, tables and headers around a block stand in."""
    home = element.getparent()
    while home is not None and home.getparent() is not None and (home.tag in _WRAPPERS or home.tag in ("li", "tr")):
        home = home.getparent()
    return home
