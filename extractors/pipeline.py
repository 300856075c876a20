"""START HERE: the way of a document, from text to record.

    Document → view → passages (language, spaCy Doc) → find ×4 → mentions → resolve ×4 → Record

Every kind of thing has the same two verbs: `find` (where in the text?) and
`resolve` (what is it?).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from extractors import dates, events, languages, organisations, places, spans
from extractors.document import Document, Passage, View, view
from extractors.fingerprint import fingerprint
from extractors.languages import identify
from extractors.options import DEFAULT, Options
from extractors.records import DateRange, Entity, Event, Notice, Organisation, Place, Record

BATCH = 16  # passages a call of spaCy: 4 to 16 run as fast as 64, at a quarter of the memory


def extract(document: Document, options: Options = DEFAULT) -> Record:
    """The record of one document.

    Raises EmptyDocument, UnsupportedLanguage or MissingPart.
    """
    seen = view(document.text)
    passages, warnings = identify.passages(document, seen.text, options)
    read = list(_parse(passages, options))
    return _record(document, seen, read, warnings, options)


def _parse(passages: Sequence[Passage], options: Options) -> Iterator[Passage]:
    """Each passage with spaCy's tokens, tags, parse and named entities, in reading order."""
    parsed: dict[int, Passage] = {}
    for code in sorted({p.language.code for p in passages}):
        mine = [p for p in passages if p.language.code == code]
        nlp = languages.pipeline(code, options)
        for passage, doc in zip(mine, nlp.pipe((identify.readable(p.text, options) for p in mine), batch_size=BATCH), strict=True):
            parsed[passage.start] = passage.parsed(doc)
    return (parsed[p.start] for p in passages)


def _record(document: Document, seen: View, passages: Sequence[Passage], warnings: Sequence[Notice], options: Options) -> Record:
    published, published_from = document.published, document.published_from
    if published is None and (dateline := dates.dateline(seen.text, passages)) is not None:
        published, published_from = dateline, "dateline"
    if published is None and document.fallback_published is not None:
        published, published_from = document.fallback_published, "filename"
    found_dates = [m.shifted(p.start) for p in passages for m in dates.find(p.text, p.language)]
    found_organisations = organisations.find(passages)
    found_places = places.find(passages)
    days = dates.resolve(found_dates, seen.text, passages, published)
    named = spans.not_inside(spans.outside(found_organisations, _all(days)), [m.span for m in found_places])
    bodies = organisations.resolve(named, passages)
    spots = places.resolve(spans.outside(found_places, [*_all(days), *_all(bodies)]), passages, bodies)
    scene = events.Scene(document, seen.text, tuple(passages), tuple(bodies), tuple(spots), tuple(days), published)
    happenings = events.resolve(events.find(passages), scene)
    return Record(
        id=document.id,
        language=_main_language(passages),
        published=published,
        published_from=published_from,
        title=document.title,
        source=document.source,
        media_type=document.media_type,
        sha256=document.sha256,
        pages=len(document.pages) or None,
        text=document.text,
        entities=_entities([*bodies, *spots, *days], seen),
        events=[_placed(event, seen, document) for event in happenings],
        warnings=[*document.warnings, *warnings, *dates.notices(found_dates, days, seen.text)],
        extractor=fingerprint(options),
        metadata=dict(document.metadata),
    )


def _all(entities: Iterable[Organisation | Place | DateRange]) -> list[spans.Span]:
    return [mention for entity in entities for mention in entity.mentions]


def _entities(entities: Iterable[Organisation | Place | DateRange], seen: View) -> list[Entity]:
    if seen.offsets is None:
        return list(entities)
    return [e.model_copy(update={"mentions": [seen.source(m) for m in e.mentions]}) for e in entities]


def _placed(event: Event, seen: View, document: Document) -> Event:
    """An event whose offsets are the document's own, with the quote and page they give."""
    start, end = seen.source((event.evidence.start, event.evidence.end))
    evidence = event.evidence.model_copy(update={"start": start, "end": end, "quote": document.text[start:end], "page": document.page_of(start)})
    return event.model_copy(update={"evidence": evidence, "mentions": [seen.source(m) for m in event.mentions]})


def _main_language(passages: Sequence[Passage]) -> str | None:
    counts: Counter[str] = Counter()
    for passage in passages:
        counts[passage.language.code] += len(passage.text)
    return counts.most_common(1)[0][0] if counts else None
