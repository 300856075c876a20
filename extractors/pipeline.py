"""START HERE: the way of a document, from text to record.

    Document → view → passages (language, spaCy Doc) → find ×4 → mentions → resolve ×4 → Record

Every kind of thing has the same two verbs: `find` (where in the text?) and
`resolve` (what is it?).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

from extractors import anaphora, dates, events, languages, organisations, places, sentences, spans, triggers
from extractors.document import Document, Passage, View, view
from extractors.fingerprint import fingerprint
from extractors.languages import identify
from extractors.languages.annotation import Text
from extractors.options import DEFAULT, Options
from extractors.records import DateRange, Entity, Event, Notice, Organisation, Place, Record

G = TypeVar("G")  # Python 3.11 has no PEP 695
T = TypeVar("T")

BATCH_DOCUMENTS, BATCH_CHARACTERS = 8, 32_000  # short documents read together: one alone costs a seventh more


@dataclass(frozen=True, slots=True)
class _Draft:
    """A document on its way: what spaCy is to read of it, and what was left out."""

    document: Document
    seen: View
    passages: Sequence[Passage]
    warnings: Sequence[Notice]


def extract(document: Document, options: Options = DEFAULT) -> Record:
    """The record of one document.

    Raises EmptyDocument, UnsupportedLanguage or MissingPart.
    """
    [found] = extract_many([document], options)
    if isinstance(found, Exception):
        raise found
    return found


def extract_many(documents: Iterable[Document], options: Options = DEFAULT) -> Iterator[Record | Exception]:
    """The record of each document, in order, or in its place the exception that `extract` would raise.

    Documents are taken from the iterable a batch at a time, and short ones read together; the
    records are those that `extract` gives for each alone.
    """
    for batch in _batches(documents):
        yield from _extracted(batch, options)


def _batches(documents: Iterable[Document]) -> Iterator[list[Document]]:
    batch: list[Document] = []
    for document in documents:
        batch.append(document)
        if len(batch) == BATCH_DOCUMENTS or sum(len(d.text) for d in batch) >= BATCH_CHARACTERS:
            yield batch
            batch = []
    if batch:
        yield batch


def _extracted(batch: Sequence[Document], options: Options) -> Iterator[Record | Exception]:
    drafts = [_attempt(_draft, document, options) for document in batch]
    passages = [passage for draft in drafts if isinstance(draft, _Draft) for passage in draft.passages]
    read = _attempt(_parse, passages, options)
    if isinstance(read, Exception) and len(batch) > 1:  # one of them is to blame: each again alone
        yield from (result for document in batch for result in _extracted([document], options))
        return
    for draft in drafts:
        if isinstance(draft, Exception) or isinstance(read, Exception):
            yield draft if isinstance(draft, Exception) else read  # type: ignore[misc]
        else:
            mine, read = read[: len(draft.passages)], read[len(draft.passages) :]
            yield _attempt(_record, replace(draft, passages=mine), options)


def _attempt(step: Callable[[G, Options], T], given: G, options: Options) -> T | Exception:
    """What a step of the way returns or raises."""
    try:
        return step(given, options)
    except Exception as error:  # noqa: BLE001 - it is handed on, to stand in its document's place
        return error


def _draft(document: Document, options: Options) -> _Draft:
    seen = view(document.text)
    return _Draft(document, seen, *identify.passages(document, seen.text, options))


def _parse(passages: Sequence[Passage], options: Options) -> list[Passage]:
    """Each passage with spaCy's tokens, tags and named entities, in the order given; sentences that may tell of an event are parsed."""
    read = list(passages)
    for code in sorted({p.language.code for p in passages}):
        language = languages.load(code)
        mine = [index for index, p in enumerate(passages) if p.language.code == code]
        texts = [Text(identify.readable(p.text, options), sentences.split(p.text, language)) for p in (passages[index] for index in mine)]
        docs = languages.annotator(code, options).read(texts, partial(triggers.may_open, triggers.lexicon(language, options.types_folder)))
        for index, doc in zip(mine, docs, strict=True):
            read[index] = passages[index].parsed(doc)
    return read


def _record(draft: _Draft, options: Options) -> Record:
    document, seen, passages = draft.document, draft.seen, draft.passages
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
    scene = events.Scene(
        document,
        seen.text,
        tuple(passages),
        tuple(bodies),
        tuple(spots),
        tuple(days),
        published,
        told=tuple(anaphora.resolve(passages, days)),
        types_folder=options.types_folder,
    )
    happenings = events.resolve(events.find(passages, options.types_folder), scene)
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
        warnings=[*document.warnings, *draft.warnings, *dates.notices(found_dates, days, seen.text)],
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
