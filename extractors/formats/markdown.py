"""Markdown: its text without the marks, and what its YAML front matter tells."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from extractors.document import Document
from extractors.formats import html, json_lines, published
from extractors.formats.text import clean, decode
from extractors.languages.identify import tag_code
from extractors.options import Options
from extractors.records import Notice

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_FRONT_MATTER = re.compile(r"---[ \t]*\n(.*?)\n(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_LONGEST_FRONT_MATTER = 20_000
_DEEPEST = 100  # levels of lists and quotations that are read: markdown-it drops what is deeper
_DEEPEST_INLINE = 10  # levels of brackets and stars; its time is their number times this
_TITLE, _DAY, _LANGUAGE, _SOURCE = ("title",), ("published", "date"), ("language", "lang"), ("source",)


def read(data: bytes, name: str, options: Options) -> Document:
    """A Markdown file; front matter that cannot be read stays in the text, with a warning."""
    text, encoding, notices = decode(data)
    text, more = clean(text)
    fields, body, bad = _front_matter(text)
    plain, heading = plain_text(body)
    if plain is body:
        bad = (*bad, Notice(code="plain_reading", message=f"nested deeper than {_DEEPEST // 2} levels: the text was kept with its marks"))
    found = Document(plain, title=heading, media_type="text/markdown", encoding=encoding, warnings=(*notices, *more, *bad))
    return _with_fields(found, fields)


def plain_text(markdown: str) -> tuple[str, str | None]:
    """The text without marks, a blank line between blocks, and its first heading.

    As it stands where it is nested so deep that the parser would leave some out.
    """
    from markdown_it import MarkdownIt

    environment: dict[str, Any] = {}
    blocks = MarkdownIt("commonmark", {"maxNesting": _DEEPEST}).enable("table").disable("inline").parse(markdown, environment)
    if any(token.level >= _DEEPEST - 2 for token in blocks):
        return markdown, None
    writer = _Writer(MarkdownIt("commonmark", {"maxNesting": _DEEPEST_INLINE}).enable("strikethrough"), environment)
    for token in blocks:
        writer.take(token)
    return writer.text(), writer.heading


class _Writer:
    """Puts the blocks of a parsed text one below the other."""

    def __init__(self, inline: MarkdownIt, environment: dict[str, Any]) -> None:
        self.heading: str | None = None
        self._parser = inline
        self._environment = environment  # the targets of reference links
        self._out: list[str] = []
        self._lists: list[int | None] = []  # of each open list the next number, None for bullets
        self._marker = ""  # of an item whose first block is still to come
        self._cells: list[str] = []
        self._open = ""

    def text(self) -> str:
        return "".join(self._out).strip("\n") + "\n"

    def take(self, token: Token) -> None:
        """Write what one token of markdown-it's stream says."""
        if token.type in ("bullet_list_open", "ordered_list_open"):
            self._lists.append(int(token.attrGet("start") or 1) if token.type.startswith("ordered") else None)
        elif token.type in ("bullet_list_close", "ordered_list_close"):
            self._lists.pop()
            self._out.append("\n" if not self._lists else "")
        elif token.type == "list_item_open":
            self._marker = self._next_marker()
        elif token.type == "inline":
            self._inline(token)
        elif token.type in ("fence", "code_block"):
            self._block(token.content.rstrip("\n"))
        elif token.type == "html_block":
            self._block(html.fragment_text(token.content))
        elif token.type == "tr_close":
            self._out.append(" | ".join(self._cells) + "\n")
            self._cells = []
        elif token.type == "table_close":
            self._out.append("\n")
        self._open = token.type

    def _inline(self, token: Token) -> None:
        [parsed] = self._parser.parseInline(token.content, self._environment)
        words = _inline_text(parsed.children or ())
        if self._open in ("th_open", "td_open"):
            self._cells.append(words)
            return
        if self._open == "heading_open" and self.heading is None and words:
            self.heading = " ".join(words.split())
        self._block(words)

    def _block(self, words: str) -> None:
        if not words.strip():
            return
        indent = "  " * len(self._lists)
        first = indent[2:] + self._marker if self._marker else indent
        self._out.append(first + words.replace("\n", "\n" + indent) + ("\n" if self._lists else "\n\n"))
        self._marker = ""

    def _next_marker(self) -> str:
        number = self._lists[-1]
        if number is None:
            return "- "
        self._lists[-1] = number + 1
        return f"{number}. "


def _inline_text(tokens: Iterable[Token]) -> str:
    """Words of a paragraph: links as their text, pictures as their description, a soft break as a blank."""
    words: list[str] = []
    for token in tokens:
        if token.type in ("text", "code_inline"):
            words.append(token.content)
        elif token.type == "softbreak":
            words.append(" ")
        elif token.type == "hardbreak" or (token.type == "html_inline" and token.content.lower().startswith("<br")):
            words.append("\n")
        elif token.type == "image":
            words.append(_inline_text(token.children or ()))
    return "".join(words)


def _front_matter(text: str) -> tuple[Mapping[str, Any], str, tuple[Notice, ...]]:
    """Fields, the text below them, and what was wrong with them."""
    import yaml

    found = _FRONT_MATTER.match(text, 0, _LONGEST_FRONT_MATTER)
    if found is None:
        return {}, text, ()
    try:
        fields = yaml.load(found[1], Loader=_loader())  # noqa: S506 - its base builds nothing but strings, lists and mappings
    except (yaml.YAMLError, RecursionError, ValueError, TypeError) as error:
        reason = " ".join(str(error).split())[:200]
        return {}, text, (Notice(code="bad_front_matter", message=f"the front matter is not YAML and was kept as text: {reason}"),)
    if fields is None or fields == "":
        return {}, text[found.end() :], ()
    if not isinstance(fields, dict) or json_lines.depth(fields) > json_lines.DEEPEST:  # two rules with text between them are not front matter
        return {}, text, ()
    return {str(key): value for key, value in fields.items()}, text[found.end() :], ()


def _loader() -> Any:
    """YAML where every value is a string as written (`no` is a language), and nothing refers to anything."""
    import yaml

    class Loader(yaml.BaseLoader):
        def compose_node(self, parent: Any, index: Any) -> Any:
            if self.check_event(yaml.events.AliasEvent):  # ten lines of them can stand for a billion values
                raise yaml.YAMLError("aliases (*name) are not read")
            return super().compose_node(parent, index)

    return Loader


def _with_fields(found: Document, fields: Mapping[str, Any]) -> Document:
    """What the front matter tells, unknown fields kept as metadata."""
    title, source = _first(fields, _TITLE), _first(fields, _SOURCE)
    language = tag_code(_first(fields, _LANGUAGE) or "")
    written = _first(fields, _DAY)
    day = published.day(written, language) if written else None
    notices = found.warnings
    if written and day is None:
        notices = (*notices, Notice(code="bad_published", message=f"{written!r} in the front matter is not a day; write it as 2024-12-10"))
    known = {*_TITLE, *_DAY, *_LANGUAGE, *_SOURCE}
    return replace(
        found,
        title=title or found.title,
        published=day,
        published_from=None if day is None else "front_matter",
        language=language,
        source=source,
        warnings=notices,
        metadata={key: value for key, value in fields.items() if key not in known},
    )


def _first(fields: Mapping[str, Any], keys: Iterable[str]) -> str | None:
    """The first of some fields that is there, as one line."""
    for key in keys:
        value = fields.get(key)
        if isinstance(value, str) and value.strip():
            return " ".join(value.split())
    return None
