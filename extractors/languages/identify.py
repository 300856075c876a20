"""Which language each paragraph is in, and what of a text spaCy is given to read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

from extractors import document as documents
from extractors import languages
from extractors.document import Document, Passage
from extractors.errors import EmptyDocument, UnsupportedLanguage
from extractors.languages import Language
from extractors.options import Options
from extractors.records import Notice
from extractors.spans import Span

# What langdetect tells apart from our own languages, where stop words do not decide.
_NEIGHBOURS = {
    "ca": "Catalan",
    "cs": "Czech",
    "da": "Danish",
    "de": "German",
    "es": "Spanish",
    "fi": "Finnish",
    "hu": "Hungarian",
    "id": "Indonesian",
    "it": "Italian",
    "nl": "Dutch",
    "pl": "Polish",
    "pt": "Portuguese",
    "ro": "Romanian",
    "sv": "Swedish",
    "sw": "Swahili",
    "tr": "Turkish",
    "vi": "Vietnamese",
}
_SAMPLE_CHARACTERS = 600  # of the middle of a text, enough for langdetect and 2 ms of its time
_SURE_WORDS = 2  # stop words that no neighbour has, and twice as many as the other languages', settle a paragraph
_FEWEST_LETTERS = 40  # fewer are not worth asking langdetect about
_FEWEST_FOREIGN_LETTERS = 100  # of a paragraph that is left out of a document of ours
_RUNNING_TEXT = 0.5  # share of lower-case words; a list of names is in no language
_SURE_PROBABILITY = 0.95
_WORD = re.compile(r"[^\W\d_]+")
_LATIN = re.compile(r"[A-Za-zÀ-ɏḀ-ỿ]")
_TAG = re.compile(r"([a-z]{2,3})(?:[-_].*)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Foreign:
    """The language of a paragraph that is none of ours."""

    name: str


def passages(document: Document, view: str, options: Options) -> tuple[list[Passage], list[Notice]]:
    """Passages of a view with their languages, and what was left out.

    Raises EmptyDocument; UnsupportedLanguage where no paragraph is in a language
    of ours, or where the language cannot be told and nobody gives it.
    """
    spans = documents.paragraphs(view)
    name = document.source or document.id
    if not spans:
        raise EmptyDocument(f"{name}: no text in it; put the text in it or leave it out")
    told = [_told(view[start:end]) for start, end in spans]
    notices = [*_long_runs(view, options), *_left_out(spans, told)]
    if any(isinstance(language, Language) for language in told):
        settled: Sequence[Language | _Foreign] = _inherited(told)
    else:
        foreign = next((language for language in told if isinstance(language, _Foreign)), None)
        if foreign is None and document.language not in languages.codes():
            foreign = _foreign(view)
        if foreign is not None:
            raise UnsupportedLanguage(f"{name}: the text is in {foreign.name}; French and English are read")
        language, more = _untold(document, view, options)
        settled, notices = [language] * len(spans), [*notices, *more]
    ours = [(span, language if isinstance(language, Language) else None) for span, language in zip(spans, settled, strict=True)]
    return documents.passages(view, ours), notices


def tag_code(tag: str) -> str | None:
    """The ISO 639 code at the head of a language tag ("fr-CA" is "fr"), None where there is none."""
    found = _TAG.fullmatch(tag.strip())
    return found[1].lower() if found else None


def readable(text: str, options: Options) -> str:
    """The same length of text with the runs that would stall spaCy's tokenizer blanked."""
    return _run(options).sub(lambda found: " " * len(found[0]), text)


def _run(options: Options) -> re.Pattern[str]:
    return re.compile(rf"\S{{{options.max_run_characters + 1},}}")


def _long_runs(view: str, options: Options) -> list[Notice]:
    lengths = [len(found[0]) for found in _run(options).finditer(view)]
    if not lengths:
        return []
    message = f"{len(lengths)} runs of over {options.max_run_characters} characters without a blank ({sum(lengths):,} in all) were not read"
    return [Notice(code="long_run", message=message)]


def _left_out(spans: Sequence[Span], told: Sequence[Language | _Foreign | None]) -> list[Notice]:
    found: dict[str, list[Span]] = {}
    for span, language in zip(spans, told, strict=True):
        if isinstance(language, _Foreign):
            found.setdefault(language.name, []).append(span)
    return [
        Notice(
            code="unsupported_language",
            message=f"{len(where)} paragraphs in {name} ({sum(end - start for start, end in where):,} characters, the first at {where[0][0]}) were not read",
        )
        for name, where in found.items()
    ]


def _inherited(told: Sequence[Language | _Foreign | None]) -> list[Language | _Foreign]:
    """Paragraphs that tell nothing take the language of the one before, the first ones that of the one after."""
    last = next(language for language in told if language is not None)
    settled = []
    for language in told:
        last = last if language is None else language
        settled.append(last)
    return settled


def _told(text: str) -> Language | _Foreign | None:
    """The language that a paragraph shows beyond doubt."""
    words = _WORD.findall(text[:4_000].lower())
    sure, counts = _counts(words)
    best = max(counts, key=lambda code: (sure[code], counts[code]))
    if sure[best] >= _SURE_WORDS and counts[best] >= 2 * sum(count for code, count in counts.items() if code != best):
        return languages.load(best)
    running = sum(1 for word in _WORD.findall(text[:4_000]) if word.islower())
    if sum(map(len, words)) < _FEWEST_FOREIGN_LETTERS or running <= _RUNNING_TEXT * len(words):
        return None
    if (foreign := _foreign(text)) is not None:
        return foreign
    code = _detected(text, languages.codes())
    return None if code is None or not counts[code] or best != code else languages.load(code)


def _foreign(text: str) -> _Foreign | None:
    """The language of a text where it is none of ours: by its letters, else by langdetect."""
    sample = _middle(text)
    letters = "".join(_WORD.findall(sample))
    latin = len(_LATIN.findall(letters))
    if len(letters) < _FEWEST_LETTERS and latin * 2 > len(letters):
        return None
    if latin * 2 < len(letters):
        return _Foreign("another script than ours")
    code = _detected(sample, (*languages.codes(), *_NEIGHBOURS))
    return _Foreign(_NEIGHBOURS[code]) if code in _NEIGHBOURS else None


def _untold(document: Document, view: str, options: Options) -> tuple[Language, list[Notice]]:
    """The language of a text that shows none: the caller's word, else a weak sign, else the setting."""
    name = document.source or document.id
    if document.language in languages.codes():
        return languages.load(document.language), []
    if document.language is not None:
        raise UnsupportedLanguage(f"{name}: said to be in {document.language!r}; French (fr) and English (en) are read")
    _, counts = _counts(_WORD.findall(_middle(view).lower()))
    first, second = sorted(counts, key=lambda code: -counts[code])[:2]
    weak = first if counts[first] > counts[second] else _detected(view, languages.codes())
    if weak is not None:
        return languages.load(weak), []
    if options.default_language is None:
        raise UnsupportedLanguage(f"{name}: too little text to tell its language; give the language, French (fr) or English (en)")
    notice = Notice(code="language_assumed", message=f"too little text to tell its language; read as {options.default_language!r}, the setting")
    return languages.load(options.default_language), [notice]


def _middle(text: str) -> str:
    start = max(0, (len(text) - _SAMPLE_CHARACTERS) // 2)
    return text[start : start + _SAMPLE_CHARACTERS]


def _counts(words: Iterable[str]) -> tuple[dict[str, int], dict[str, int]]:
    """By language, how many words are sure stop words of it, and how many are stop words of it alone."""
    sure, counts = (dict.fromkeys(languages.codes(), 0) for _ in range(2))
    table = _stop_words()
    for word in words:
        if (found := table.get(word)) is not None:
            code, is_sure = found
            counts[code] += 1
            sure[code] += is_sure
    return sure, counts


@lru_cache
def _stop_words() -> Mapping[str, tuple[str, bool]]:
    """Each stop word of one language alone, with its language and whether it is a sure one."""
    table: dict[str, tuple[str, bool]] = {}
    shared: set[str] = set()
    for code in languages.codes():
        section = languages.load(code).section("stop_words")
        for word, is_sure in ((word, key == "sure") for key in ("sure", "words") for word in section[key]):
            shared |= {word} & table.keys()
            table[word] = code, is_sure
    return {word: found for word, found in table.items() if word not in shared}


@lru_cache
def _factory(codes: tuple[str, ...]) -> Any:
    """langdetect with these profiles only, and its dice loaded: its own global factory has 55 and is random."""
    from langdetect.detector_factory import DetectorFactory

    factory = DetectorFactory()
    factory.seed = 0
    factory.load_json_profile([(files("langdetect") / "profiles" / code).read_text(encoding="utf-8") for code in codes])
    return factory


def _detected(text: str, codes: tuple[str, ...]) -> str | None:
    """langdetect's word for a text, None where it has no sure one."""
    from langdetect.lang_detect_exception import LangDetectException

    detector = _factory(codes).create()
    detector.append(_middle(text))
    try:
        found = detector.get_probabilities()
    except LangDetectException:  # no letters
        return None
    return found[0].lang if found and found[0].prob >= _SURE_PROBABILITY else None
