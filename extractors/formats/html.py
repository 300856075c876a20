"""HTML pages: the text of the article in them, its title and its day.

trafilatura finds the article; where it or the parser below it would drop text
without a word, the page is read plainly instead.
"""

from __future__ import annotations

import copy
import html as entities
import json
import re
import tomllib
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from functools import cached_property, lru_cache
from importlib.resources import files
from typing import Any

from extractors import languages
from extractors.document import Document
from extractors.errors import TooLarge
from extractors.formats import blocks, published
from extractors.formats.text import clean, decode, known_encoding, unicode_encoding
from extractors.languages.identify import tag_code
from extractors.options import Options
from extractors.records import Notice

_DECLARED = re.compile(rb"<meta[^>]{0,300}?charset\s*=\s*[\"']?\s*([a-z0-9_:.-]{2,40})", re.IGNORECASE)
_DECLARED_BYTES = 4_096
_AS_WINDOWS_1252 = {"ascii", "iso8859_1"}  # so do browsers: WHATWG Encoding Standard
_NULL = re.compile(r"&#(?:0{1,8}|[xX]0{1,8});?|\x00")  # trafilatura returns nothing for a page with one
_TOKEN = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*+)[^<>]*+>|<[!?][^<>]*+>|[^<]++|<")
_LONG_TAG = re.compile(r"<([a-zA-Z][a-zA-Z0-9]{0,30})\b[^<>]{5000,}+>")
_TABLE_RULE = re.compile(r"[|\s:-]+")  # between the head and the body of a table, as trafilatura writes them
_DEEPEST = 200  # trafilatura drops what is nested deeper than 256
_MOST_ELEMENTS = 30_000  # trafilatura takes 8 s for 30,000 and 40 s for 200,000; a long article has 5,000
_MOST_ATTRIBUTES = 1_000
_KEPT_SHARE = 0.5  # of the words of the one <article> or <main>: less, and trafilatura took it for furniture
_LONGEST_TITLE = 300
_LONGEST_PUBLISHED_LINE = 160
_EARLIEST, _LATEST = "1990-01-01", "2100-01-01"  # given to htmldate, which would ask the clock


def read(data: bytes, name: str, options: Options) -> Document:
    """The article of a page; what was guessed or lost is in its warnings."""
    source, encoding, notices = _decode(data)
    source = _NULL.sub("", source)
    tree = _parse(source)
    if tree is None:
        notices = (*notices, Notice(code="plain_reading", message="too deeply nested for a page: its words were read without their order on it"))
        return _document(_without_tags(source), encoding, notices)
    page = _Page(tree)
    if len(page.plain_text) > options.max_characters:
        raise TooLarge(f"{name}: {len(page.plain_text):,} characters, over the limit of {options.max_characters:,}; split it or raise max_characters")
    too_much = _too_much(tree)
    if too_much is not None:
        notices = (*notices, Notice(code="plain_reading", message=f"{too_much}: the whole page was read, furniture included"))
    text = _article(tree, page) if too_much is None else page.plain_text
    found = _document(_under_heading(text, page.heading), encoding, notices)
    day = page.published(found.text)
    return replace(
        found,
        title=page.title or page.heading,
        language=page.language,
        published=day,
        published_from=None if day is None else "metadata",
        metadata=page.metadata,
    )


def fragment_text(source: str) -> str:
    """The words of a piece of HTML, a line a block."""
    return _joined([_without_tags(source)])


def _document(text: str, encoding: str, notices: Iterable[Notice]) -> Document:
    text, more = clean(text)
    return Document(text, media_type="text/html", encoding=encoding, warnings=(*notices, *more))


def _decode(data: bytes) -> tuple[str, str, tuple[Notice, ...]]:
    """As any text, save that a page may declare its encoding."""
    declared = _DECLARED.search(data[:_DECLARED_BYTES])
    encoding = None if declared is None or unicode_encoding(data) is not None else known_encoding(declared[1].decode("ascii"))
    if encoding is None or encoding.startswith(("utf_16", "utf_32")):  # nobody could have read the declaration in these
        return decode(data)
    encoding = "cp1252" if encoding in _AS_WINDOWS_1252 else encoding
    try:
        return data.decode(encoding), encoding, ()
    except UnicodeError:
        return decode(data)


def _parse(source: str) -> Any | None:
    """lxml's tree; None where lxml would leave some of the page out."""
    from lxml import etree, html

    # huge_tree: without it text nodes over 10 MB and levels below 256 are dropped in silence
    parser = html.HTMLParser(encoding="utf-8", huge_tree=True, remove_comments=True, remove_pis=True)
    try:
        tree = html.document_fromstring(_LONG_TAG.sub(_slimmed, source).encode("utf_8", "replace"), parser=parser)
    except etree.LxmlError:
        return None
    if any(entry.type == etree.ErrorTypes.ERR_NAME_TOO_LONG or "depth" in entry.message for entry in parser.error_log):
        return None
    _set_apart(tree)
    return tree


def _slimmed(tag: re.Match[str]) -> str:
    """A long tag as it stands, or its bare name where it has more attributes than a page gives one: lxml compares each with all."""
    return tag[0] if len(tag[0].split(maxsplit=_MOST_ATTRIBUTES)) <= _MOST_ATTRIBUTES else f"<{tag[1]}>"


def _set_apart(tree: Any) -> None:
    """A blank between neighbours that only the page's style sets apart (<a>Forum</a><span>3 mai</span>)."""
    inline = _table()["set_apart"]
    for element in tree.iter(*inline):
        following = element.getnext()
        if not element.tail and following is not None and following.tag in inline:
            element.tail = " "


def _too_much(tree: Any) -> str | None:
    """Why the page is more than trafilatura reads whole, or within reason; None where it is not."""
    from lxml import etree

    depth = deepest = count = 0
    for event, _ in etree.iterwalk(tree, events=("start", "end")):
        depth += 1 if event == "start" else -1
        deepest = max(deepest, depth)
        count += event == "start"
    if deepest > _DEEPEST:
        return f"nested {deepest} levels deep"
    return f"{count:,} elements" if count > _MOST_ELEMENTS else None


@lru_cache
def _table() -> Mapping[str, Any]:
    return tomllib.loads((files("extractors.formats") / "html.toml").read_text(encoding="utf-8"))


def _without_tags(source: str) -> str:
    """The words between the tags, whatever their nesting."""
    hidden_tags, breaks = _table()["hidden"], _table()["blocks"]
    parts: list[str] = []
    hidden = 0
    for token in _TOKEN.finditer(source):
        tag = (token[2] or "").lower()
        if tag in hidden_tags:
            hidden = max(0, hidden + (-1 if token[1] else 1))
        elif tag:
            parts.append("\n" if tag in breaks else "")
        elif not hidden and not token[0].startswith(("<!", "<?")):
            parts.append(token[0])
    return _joined([entities.unescape("".join(parts))])


def _joined(parts: Iterable[str]) -> str:
    """Lines with single blanks, an empty line between two."""
    lines = (" ".join(line.split()) for line in "".join(parts).split("\n"))
    return "\n\n".join(line for line in lines if line)


def _article(tree: Any, page: _Page) -> str:
    """The blocks that trafilatura takes for the page's own and those among them; a plain reading where it takes too little."""
    import trafilatura

    found = trafilatura.bare_extraction(copy.deepcopy(tree), include_comments=False, include_tables=True, with_metadata=False)
    lines = ((found.text or "") if found is not None else "").split("\n")
    lines = [line for line in lines if line and not _TABLE_RULE.fullmatch(line)]
    plain = page.plain_text
    if not lines:
        return plain
    text = blocks.article(tree, page.main, lines, _table()) or "\n\n".join(
        line.strip("| ").replace("\\|", "|") if line.startswith("|") else line for line in lines
    )
    return plain if page.main is not None and len(text) < _KEPT_SHARE * len(plain) else text


def _under_heading(text: str, heading: str | None) -> str:
    """The headline belongs to the document: trafilatura drops it from half of the pages."""
    if heading is None or heading in " ".join(text[: 2 * len(heading) + 500].split()):
        return text
    return f"{heading}\n\n{text}"


class _Page:
    """What a page says of itself.

    main: its one <article>, or one <main>, and `plain_text` is that alone.
    """

    def __init__(self, tree: Any) -> None:
        self._tree = tree
        self._meta = _meta(tree)
        self._articles = sorted(_linked_data(tree), key=_is_listed)
        self.main = next((found[0] for name in ("article", "main") if len(found := tree.findall(f".//{name}")) == 1), None)
        self._main = tree if self.main is None else self.main
        self.language = tag_code(tree.get("lang") or self._first("og:locale", "content-language") or "")
        site = self._first(*_table()["site_meta"])
        self.heading = self._heading()
        self.title = self._title(site)
        told = {"author": self._author(), "site_name": site, "url": self._first("og:url")}
        self.metadata = {key: value for key, value in told.items() if value is not None}

    @cached_property
    def plain_text(self) -> str:
        """Every visible word, a block a line, save those of menus and footers."""
        hidden = frozenset((*_table()["hidden"], *_table()["around"]))
        text = _joined(_walk(self._main, hidden))
        return text or _joined(_walk(self._tree, frozenset(_table()["hidden"])))

    def published(self, text: str) -> date | None:
        """The day of publication: linked data, meta, <time>, a "Publié le" line, then what htmldate finds."""
        told = (article.get("datePublished") for article in self._articles)
        for value in (*told, *(self._meta.get(name) for name in _table()["published_meta"]), *self._times()):
            if isinstance(value, str) and (day := published.day(value, self.language)) is not None:
                return day
        return _published_line(self.plain_text.split("\n")) or _htmldate(self._tree)

    def _first(self, *names: str) -> str | None:
        return next((self._meta[name] for name in names if self._meta.get(name)), None)

    def _heading(self) -> str | None:
        headings = self._main.findall(".//h1") or self._tree.findall(".//h1")
        words = " ".join(_joined(_walk(headings[0], frozenset(_table()["hidden"]))).split()) if len(headings) == 1 else ""
        return words if 0 < len(words) <= _LONGEST_TITLE else None

    def _title(self, site: str | None) -> str | None:
        headline = next((a["headline"] for a in self._articles if isinstance(a.get("headline"), str)), None)
        element = self._tree.findtext(".//head/title")
        for value in (self._first(*_table()["title_meta"]), headline, element):
            title = " ".join(_without_tags(value).split()) if value else ""
            if title:
                return self.heading if self.heading and title.startswith(self.heading) else _without_site(title, site)[:_LONGEST_TITLE]
        return None

    def _author(self) -> str | None:
        value = next((a["author"] for a in self._articles if a.get("author")), None)
        authors = value if isinstance(value, list) else [value]
        names = [a.get("name") if isinstance(a, dict) else a for a in authors]
        return ", ".join(n for n in names if isinstance(n, str) and n) or self._first(*_table()["author_meta"])

    def _times(self) -> list[str]:
        """`datetime` of <time> elements, those said to be of publication first, furniture left out."""
        around = set(_table()["around"])
        times = [t for t in self._tree.iter("time") if t.get("datetime") and not any(a.tag in around for a in t.iterancestors())]
        return [t.get("datetime") for t in sorted(times, key=lambda t: not _says_published(t))]


def _says_published(element: Any) -> bool:
    said = " ".join((element.get("itemprop") or "", element.get("class") or "")).lower()
    return element.get("pubdate") is not None or "publi" in said or "entry-date" in said


def _meta(tree: Any) -> dict[str, str]:
    """The first content of each <meta> name, in lower case."""
    found: dict[str, str] = {}
    for element in tree.iter("meta"):
        name = element.get("property") or element.get("name") or element.get("itemprop") or element.get("http-equiv") or ""
        content = " ".join((element.get("content") or "").split())
        if content:
            found.setdefault(name.lower().strip(), content)
    return found


def _linked_data(tree: Any) -> Iterator[dict[str, Any]]:
    """Every object of the page's JSON-LD, in order; what is not JSON is left out."""
    for script in tree.iter("script"):
        if (script.get("type") or "").lower().strip() != "application/ld+json":
            continue
        try:
            waiting = deque([json.loads(script.text or "", strict=False)])
        except (ValueError, RecursionError):
            continue
        while waiting:
            value = waiting.popleft()
            if isinstance(value, dict):
                yield value
            if isinstance(value, dict | list):
                waiting += value.values() if isinstance(value, dict) else value


def _is_listed(article: Mapping[str, Any]) -> bool:
    """Whether an object is something else than the page itself."""
    types = article.get("@type")
    return not {kind for kind in (types if isinstance(types, list) else [types]) if isinstance(kind, str)} & set(_table()["article_types"])


def _walk(root: Any, skipped: frozenset[str]) -> Iterator[str]:
    """Words below an element, "\\n" where a block begins or ends."""
    from lxml import etree

    breaks = set(_table()["blocks"])
    walker = etree.iterwalk(root, events=("start", "end"))
    for event, element in walker:
        if event == "start":
            yield "\n" if element.tag in breaks else ""
            if element.tag in skipped:
                walker.skip_subtree()
            else:
                yield re.sub(r"\s+", " ", element.text or "")
        else:
            yield "\n" if element.tag in breaks else ""
            yield re.sub(r"\s+", " ", element.tail or "") if element is not root else ""


def _without_site(title: str, site: str | None) -> str:
    """A title without the name of the site that pages put behind it ("… | Le Quotidien")."""
    if site and title.endswith(site):
        return title.removesuffix(site).rstrip(" |-–—·:") or title
    return title


def _published_line(lines: Iterable[str]) -> date | None:
    """The day on the first short line that says when the page came out."""
    for line in lines:
        if not 0 < len(line) <= _LONGEST_PUBLISHED_LINE:
            continue
        for code in languages.codes():
            cues = languages.load(code).section("reading").get("published_cues", ())
            cue = next((c for c in cues if line.lower().startswith(c)), None)
            if cue is not None and (day := published.written(line[len(cue) :].lstrip(" :"), code)) is not None:
                return day
    return None


def _htmldate(tree: Any) -> date | None:
    """What htmldate finds in the head and the usual places, not any date of the text. Given a string, it missed the head."""
    from htmldate import find_date

    found = find_date(copy.deepcopy(tree), extensive_search=False, original_date=True, min_date=_EARLIEST, max_date=_LATEST)
    return date.fromisoformat(found) if found else None
