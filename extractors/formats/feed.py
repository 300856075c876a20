"""RSS and Atom feeds: a document an entry, under its title, on the day that the entry names."""

from __future__ import annotations

import codecs
import hashlib
import html.entities
import io
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from extractors.document import Document
from extractors.errors import DamagedDocument, EmptyDocument, TooLarge
from extractors.formats import html as pages
from extractors.formats import published
from extractors.formats.parts import Allowance, BadPart
from extractors.formats.text import clean, decode, known_encoding, unicode_encoding
from extractors.languages.identify import tag_code
from extractors.options import Options
from extractors.records import Notice

_ROOT = re.compile(r"\s*(?:(?:<\?[^>]{0,500}>|<!--[^>]{0,2000}-->)\s*)*<(?:!DOCTYPE\s+)?(?:[a-zA-Z][\w.-]{0,30}:)?(rss|feed|RDF)\b", re.IGNORECASE)
_DECLARED = re.compile(rb"\s*<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9_:.-]{2,40})[\"']")
_DECLARATION = re.compile(r"\s*<\?xml\b[^>]{0,500}\?>\s*")
_ENTITY = re.compile(r"&([A-Za-z][A-Za-z0-9]{1,30});")  # of HTML, which feeds write though XML knows but five
_OF_XML = frozenset({"amp", "apos", "gt", "lt", "quot"})
_NOT_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_ATOM, _OLD_ATOM = "{http://www.w3.org/2005/Atom}", "{http://purl.org/atom/ns#}"
_RSS_1 = "{http://purl.org/rss/1.0/}"
_CORE = ("", _ATOM, _OLD_ATOM, _RSS_1)
_DUBLIN_CORE, _CONTENT = "{http://purl.org/dc/elements/1.1/}", "{http://purl.org/rss/1.0/modules/content/}"
_NAMESPACES = ("2005/Atom", "purl.org/atom/ns#", "purl.org/rss/1.0/")  # what a <feed> or <RDF> of ours names near its start
_LONGEST_TITLE, _LONGEST_LINK = 300, 2_000
_SCHEMES = ("https://", "http://")


def _names(*names: str, own: tuple[str, ...] = ()) -> frozenset[str]:
    return frozenset(space + name for space in _CORE for name in names) | frozenset(own)


_ENTRY, _CHANNEL = _names("item", "entry"), _names("channel", "feed")
_TITLE = _names("title", own=(_DUBLIN_CORE + "title",))
# In the order of preference: the whole text before the summary, the day of publication before that of the last change.
_TEXTS = (_names(own=(_CONTENT + "encoded",)), _names("content"), _names("description"), _names("summary"))
_DAYS = (_names("pubDate", "published", "issued"), _names(own=(_DUBLIN_CORE + "date",)), _names("created"), _names("updated", "modified"))
_AUTHOR = _names("author", "name", own=(_DUBLIN_CORE + "creator",))
_LANGUAGE, _LINK = _names("language", own=(_DUBLIN_CORE + "language",)), _names("link")


@dataclass(slots=True)
class _Feed:
    """What the feed says of itself before its entries."""

    media_type: str
    encoding: str
    notices: tuple[Notice, ...]
    title: str = ""
    language: str | None = None


def is_feed(head: str) -> bool:
    """Whether a text begins like an RSS or Atom feed: with its root, and for names that others use too with its namespace."""
    found = _ROOT.match(head)
    return found is not None and (found[1].lower() == "rss" or any(name in head for name in _NAMESPACES))


def read_each(data: bytes, name: str, options: Options, allowance: Allowance) -> Iterator[Document | BadPart]:
    """Each entry as a document, or as what is wrong with it; the others go on.

    Raises EmptyDocument where the feed has no entry, DamagedDocument where it cannot be read up to its first.
    """
    from lxml import etree

    text, feed = _decoded(data)
    source = io.BytesIO(text.encode("utf_8"))
    # huge_tree: without it an entry of 10 MB, or 256 levels deep, would end the feed; entities are none, so nothing multiplies
    tree = etree.iterparse(source, events=("start", "end"), encoding="utf-8", resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True)
    number = 0
    try:
        for event, element in tree:
            if event == "start":
                _check(element, name)
            elif element.tag in _ENTRY:
                number += 1
                allowance.take(1, 0, name)
                yield _entry(element, feed, f"{name}#{number}", options)
                _forget(element)
            elif element.getparent() is not None and element.getparent().tag in _CHANNEL:
                _take_note(element, feed)
    except TooLarge as error:
        yield BadPart(f"{name}#{number}", error, line=number)
        return
    except etree.XMLSyntaxError as error:
        where = f"line {error.lineno}: {' '.join((error.msg or 'cut').split())[:200]}"
        if not number:
            raise DamagedDocument(f"{name}: not a whole feed ({where}); fetch it again") from error
        wrong = DamagedDocument(f"{name}: not whole after entry {number} ({where}); fetch it again")
        yield BadPart(f"{name}#{number + 1}", wrong, line=number + 1)
        return
    if not number:
        raise EmptyDocument(f"{name}: no entry in this feed; fetch it again or leave it out")


def _decoded(data: bytes) -> tuple[str, _Feed]:
    """The feed as text that XML allows, and what had to be guessed for that."""
    declared = _DECLARED.match(data.removeprefix(codecs.BOM_UTF8))
    encoding = None if declared is None or unicode_encoding(data) is not None else known_encoding(declared[1].decode("ascii"))
    notices: tuple[Notice, ...] = ()
    try:
        text = data.decode(encoding or "utf_8_sig") if unicode_encoding(data) is None else ""
        encoding = encoding or "utf_8"
    except UnicodeError:
        text = ""
    if not text:
        text, encoding, notices = decode(data)
    text, removed = _NOT_XML.subn("", _DECLARATION.sub("", text.removeprefix("\ufeff"), count=1))
    if removed:
        notices = (*notices, Notice(code="control_characters", message=f"{removed} control characters, which no text holds, were left out"))
    is_atom = (found := _ROOT.match(text)) is not None and found[1].lower() == "feed"
    return _ENTITY.sub(_numbered, text), _Feed("application/atom+xml" if is_atom else "application/rss+xml", encoding or "utf_8", notices)


def _numbered(entity: re.Match[str]) -> str:
    """A name of HTML as the numbers that XML knows too; inside CDATA both are read alike."""
    characters = None if entity[1] in _OF_XML else html.entities.html5.get(f"{entity[1]};")
    return entity[0] if characters is None else "".join(f"&#{ord(character)};" for character in characters)


def _check(element: Any, name: str) -> None:
    """Raises DamagedDocument at the root of a feed that declares entities of its own, which can multiply what it holds."""
    if element.getparent() is not None:
        return
    declared = element.getroottree().docinfo.internalDTD
    if declared is not None and next(declared.iterentities(), None) is not None:
        raise DamagedDocument(f"{name}: declares entities of its own, which no feed needs; save the texts in it as .txt or .html")


def _take_note(element: Any, feed: _Feed) -> None:
    """The title and the language of the whole feed."""
    if element.tag in _LANGUAGE:
        feed.language = tag_code((element.text or "").strip())
    elif element.tag in _TITLE and not feed.title:
        feed.title = _line(element)[:_LONGEST_TITLE]


def _entry(element: Any, feed: _Feed, origin: str, options: Options) -> Document | BadPart:
    number = int(origin.rpartition("#")[2])
    title = _line(_first(element, _TITLE))
    body, notices = clean(next((text for names in _TEXTS if (text := _text(_first(element, names)))), ""))
    text = body if not title or body.startswith(title) else f"{title}\n\n{body}".strip()
    if not text.strip():
        return BadPart(origin, EmptyDocument(f"{origin}: an entry without a title and a text; leave it out"), line=number)
    if len(text) > options.max_characters:
        wrong = TooLarge(f"{origin}: {len(text):,} characters, over the limit of {options.max_characters:,}; split it or raise max_characters")
        return BadPart(origin, wrong, line=number)
    language = _language(element) or feed.language
    day = _day(element, language)
    link, author = _link(element), _author(element)
    told = {"author": author, "feed": feed.title, "url": link}
    found = Document(
        text,
        title=title[:_LONGEST_TITLE] or None,
        published=day,
        published_from=None if day is None else "metadata",
        language=language,
        source=link or origin,
        origin=origin,
        media_type=feed.media_type,
        encoding=feed.encoding,
        warnings=(*feed.notices, *notices),
        metadata={key: value for key, value in told.items() if value},
    )
    return replace(found, sha256=_sha256(found))


def _sha256(entry: Document) -> str:
    """Of what the entry says: the same in every copy of the feed, wherever it stands there."""
    said: Mapping[str, Any] = {"text": entry.text, "title": entry.title, "published": str(entry.published), "source": entry.source}
    if entry.source == entry.origin:
        said = {**said, "source": None}
    return hashlib.sha256(json.dumps(said, ensure_ascii=False, sort_keys=True).encode("utf_8", "surrogatepass")).hexdigest()


def _first(element: Any, names: frozenset[str]) -> Any | None:
    """The first child of one of these names that is not blank; never one further down, which may be of a feed quoted in it."""
    found = [child for child in element if child.tag in names]
    return next((child for child in found if len(child) or (child.text or "").strip()), None)


def _text(element: Any | None) -> str:
    """The words of a text of a feed: RSS holds HTML, Atom says what it holds."""
    from lxml import etree

    if element is None:
        return ""
    is_atom = element.tag.startswith((_ATOM, _OLD_ATOM))
    kind = (element.get("type") or "text").strip().lower() if is_atom else "html"
    if kind in ("xhtml", "application/xhtml+xml") or len(element):
        return pages.fragment_text(etree.tostring(element, encoding="unicode", with_tail=False))
    words = element.text or ""
    if kind in ("html", "text/html"):
        return pages.fragment_text(words)
    return words.strip() if kind in ("text", "text/plain") else ""


def _line(element: Any | None) -> str:
    """The words of an element in one line."""
    return " ".join(clean(_text(element))[0].split())


def _day(element: Any, language: str | None) -> date | None:
    values = (child.text or "" for names in _DAYS for child in element if child.tag in names)
    return next((day for value in values if (day := published.day(value.strip(), language)) is not None), None)


def _author(element: Any) -> str:
    """Who wrote an entry: Atom names people inside <author>, RSS writes them there."""
    found = _first(element, _AUTHOR)
    if found is not None and len(found):
        found = _first(found, _AUTHOR)
    return "" if found is None else _line(found)[:_LONGEST_TITLE]


def _language(element: Any) -> str | None:
    """Of an entry itself, or of an element around it."""
    own = _first(element, _LANGUAGE)
    around = (found.get(_XML_LANG) for found in (element, *element.iterancestors()))
    return next((code for value in ((own.text if own is not None else None), *around) if value and (code := tag_code(value.strip()))), None)


def _link(element: Any) -> str | None:
    """The address of the page that an entry is about, of those a browser opens."""
    links = [child for child in element if child.tag in _LINK and child.get("rel", "alternate") == "alternate"]
    values = ((child.get("href") or child.text or "").strip() for child in links)
    return next((clean(value)[0] for value in values if value.lower().startswith(_SCHEMES) and len(value) <= _LONGEST_LINK), None)


def _forget(element: Any) -> None:
    """Give back the memory of an entry and of what stands before it."""
    element.clear(keep_tail=False)
    parent = element.getparent()
    while parent is not None and element.getprevious() is not None:
        del parent[0]
