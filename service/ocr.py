"""Text recognition for scans: pages of a PDF that have no text, and pictures, by OCRmyPDF with tesseract (extra `ocr`).

    read_one(source, name=…, hints=…, options=…) → Document

is `formats.read_one` with recognition where `options.ocr` wants it. What is recognised becomes a PDF with a text
layer, which the reader of PDFs reads as any other; the record says so, with the engine's mean confidence.
"""

from __future__ import annotations

import hashlib
import io
import itertools
import logging
import re
import shutil
import statistics
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from extractors.errors import DamagedDocument, DocumentError, NoText, TooLarge, UnsupportedFormat
from extractors.records import Notice

if TYPE_CHECKING:
    from extractors.document import Document
    from extractors.formats import Hints
    from extractors.options import Options

# Pages without text beside pages with text that are recognised: each takes a second or two of a document's time.
_MOST_PAGES_BESIDE_TEXT = 10
_DPI = 300  # taken for pictures, which often state the resolution of a screen
_LEAST_POINTS = 150_000  # of a picture that may be a page; a page at 72 an inch has 500,000
_WORD_CONFIDENCE = re.compile(r"x_wconf (\d+)")
_CURE = "install text recognition (`pip install 'veille[ocr]'`, and of your system tesseract with its languages: `apt-get install {packages}`)"
_OTHERWISE = "or recognise its text elsewhere and give the result"


@dataclass(frozen=True, slots=True)
class Recognised:
    """A PDF with a text layer. confidence: mean over the words, 0 to 1; None where there are none. languages: ISO 639-3."""

    pdf: bytes
    engine: str
    languages: tuple[str, ...]
    confidence: float | None


class NoEngine(Exception):
    """Nothing is installed that recognises text; the message is the cure."""


Engine = Callable[[bytes, bool, Sequence[str]], Recognised]


def read_one(source: bytes | Path, *, name: str, hints: Hints, options: Options, engine: Engine | None = None) -> Document:
    """The one document of a file, its text recognised where that is wanted and needed. Raises a DocumentError.

    engine: what recognises, by default `ocrmypdf`, and takes what that takes.
    """
    from extractors import formats

    def plain(given: bytes | Path) -> Document:
        return formats.read_one(given, name=name, hints=hints, options=options)

    if options.ocr == "never":
        return plain(source)
    recognise, wanted = engine or ocrmypdf, languages_wanted(hints.language or options.default_language)

    def recognised(*, is_anew: bool = False, error: DocumentError | None = None) -> Document:
        data = _bytes(source)
        return _recognised(data, name, lambda: recognise(data, is_anew, wanted), plain, error)

    def completed(found: Document) -> Document:
        try:
            return _told_of_loss(recognised(), found)
        except DocumentError:  # what could be read without is better than nothing
            return found

    try:
        found = plain(source)
    except (NoText, UnsupportedFormat) as error:
        if isinstance(error, UnsupportedFormat) and not _may_be_scan(_bytes(source)):
            raise
        return recognised(error=error)
    if found.media_type != "application/pdf":
        return found
    if options.ocr == "force":
        return recognised(is_anew=True)
    return completed(found) if 0 < _pages_without_text(found) <= _MOST_PAGES_BESIDE_TEXT else found


def languages_wanted(likely: str | None = None) -> tuple[str, ...]:
    """Our languages as ISO 639-3, which is tesseract's way too; a likely one first.

    Else those of later codes first, French before English: of two readings as good tesseract takes its first
    language's, and an English one costs French its accents ("presidente"), while English has none to lose.
    """
    from extractors import languages

    codes = sorted(languages.codes(), key=lambda code: code == likely)
    return tuple(languages.load(code).table["model"]["iso_639_3"] for code in reversed(codes))


def available(wanted: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    """The engine and those of some languages (ISO 639-3) that it knows; raises NoEngine."""
    try:
        from ocrmypdf._exec import tesseract
        from ocrmypdf.exceptions import MissingDependencyError
    except ImportError as error:
        raise NoEngine(_cure()) from error
    if shutil.which("tesseract") is None:
        raise NoEngine(_cure())
    try:
        known = tesseract.get_languages()
        found = tuple(code for code in wanted if code in known)
        version = tesseract.version()
    except MissingDependencyError as error:
        raise NoEngine(_cure()) from error
    if not found:
        raise NoEngine(_cure())
    return f"tesseract {version}", found


def ocrmypdf(data: bytes, is_anew: bool, wanted: Sequence[str]) -> Recognised:
    """The text layer that OCRmyPDF gives a PDF or a picture; raises NoEngine, and a DocumentError that says what is wrong with it.

    is_anew: pages that have text are recognised too. wanted: languages as ISO 639-3, the likeliest first.
    """
    engine, languages = available(wanted)
    import ocrmypdf as library
    from ocrmypdf.api import setup_plugin_infrastructure

    confidences: list[int] = []
    plugins = setup_plugin_infrastructure()
    plugins.pluggy_manager.register(_listener(confidences))
    logging.getLogger("ocrmypdf").setLevel(logging.CRITICAL)  # what is wrong comes as an exception; the rest is progress
    with tempfile.TemporaryDirectory(prefix="veille-ocr-") as folder:
        given, made = Path(folder, "given"), Path(folder, "made.pdf")
        given.write_bytes(_flat(data))
        settings: dict[str, Any] = {"jobs": 1, "use_threads": True, "progress_bar": False, "optimize": 0, "output_type": "pdf", "rotate_pages": True}
        settings |= {"mode": "force" if is_anew else "skip", "image_dpi": _DPI, "rasterizer": "pypdfium", "tagged_pdf_mode": "ignore"}
        try:
            library.ocr(given, made, language=languages, plugin_manager=plugins, invalidate_digital_signatures=True, **settings)
        except library.exceptions.ExitCodeException as error:
            raise DamagedDocument(f"its text cannot be recognised ({type(error).__name__}); {_OTHERWISE}") from error
        pdf = made.read_bytes()
    return Recognised(pdf, engine, languages, statistics.fmean(confidences) / 100 if confidences else None)


def _listener(confidences: list[int]) -> Any:
    """A plugin of OCRmyPDF: its own engine, which also notes how sure tesseract is of each word, in percent."""
    from ocrmypdf import hookimpl
    from ocrmypdf.builtin_plugins.tesseract_ocr import TesseractOcrEngine

    class Telling(TesseractOcrEngine):  # type: ignore[misc]
        @staticmethod
        def generate_hocr(input_file: Path, output_hocr: Path, output_text: Path, options: Any) -> None:
            TesseractOcrEngine.generate_hocr(input_file, output_hocr, output_text, options)
            confidences.extend(int(found) for found in _WORD_CONFIDENCE.findall(output_hocr.read_text(encoding="utf-8")))

    class Listener:
        @hookimpl  # type: ignore[untyped-decorator]
        def get_ocr_engine(self, options: Any) -> Any:
            return Telling()

    return Listener()


def _recognised(data: bytes, name: str, recognised: Callable[[], Recognised], plain: Callable[[bytes], Document], error: DocumentError | None) -> Document:
    """The document that the text layer gives; `error` is what was wrong without one. Raises a DocumentError."""
    from extractors.formats import kinds

    try:
        result = recognised()
    except NoEngine as missing:
        raise NoText(f"{name}: {_found(name, error)}; {missing}, {_OTHERWISE}") from missing
    except DamagedDocument as wrong:
        raise DamagedDocument(f"{name}: {wrong}") from wrong
    read = plain(result.pdf)
    sure = "" if result.confidence is None else f", mean confidence of its words {result.confidence:.2f}"
    notice = Notice(code="ocr", message=f"text recognised by {result.engine} ({', '.join(result.languages)}){sure}: names and figures may be misread")
    told = {"engine": result.engine, "languages": list(result.languages), "confidence": None if result.confidence is None else round(result.confidence, 3)}
    return replace(
        read,
        media_type=kinds.picture(data) or read.media_type,
        sha256=hashlib.sha256(data).hexdigest(),
        warnings=(*map(_after_recognition, read.warnings), notice),
        metadata={**read.metadata, "ocr": told},
    )


def _after_recognition(warning: Notice) -> Notice:
    if warning.code != "pages_without_text":
        return warning
    return Notice(code=warning.code, message=f"{warning.message.split(':')[0]}, after text recognition too: blank, or not legible")


def _told_of_loss(recognised: Document, plain: Document) -> Document:
    """The document with what the file as it was given had to warn of: the engine mends a damaged file in silence, and may drop pages of it."""
    has_all_pages = len(recognised.pages) == len(plain.pages)
    kept = [w for w in plain.warnings if not (has_all_pages and w.code == "pages_without_text")]
    known = {w.code for w in kept}
    return replace(recognised, warnings=(*kept, *(w for w in recognised.warnings if w.code not in known)))


def _found(name: str, error: DocumentError | None) -> str:
    """What the reader found, without its own cure."""
    said = "text recognition was asked for" if error is None else str(error).removeprefix(f"{name}: ").split(";")[0]
    return said.split(", which Veille cannot read")[0]


def _pages_without_text(document: Document) -> int:
    """How many pages of a document that has text have none."""
    starts = [*document.pages, len(document.text)]
    return sum(not document.text[start:end].strip() for start, end in itertools.pairwise(starts))


def _may_be_scan(data: bytes) -> bool:
    """Whether a file is a picture of the size of a page; mails are full of smaller ones."""
    from extractors.formats import kinds

    if kinds.picture(data) is None:
        return False
    from PIL import Image

    try:
        with Image.open(io.BytesIO(data)) as picture:
            return picture.width * picture.height >= _LEAST_POINTS
    except (Image.DecompressionBombError, OSError, SyntaxError, ValueError):
        return True  # what is wrong with it is said when it is read


def _bytes(source: bytes | Path) -> bytes:
    """What the file holds; it has been read once, so that it is there and within the limits."""
    return source if isinstance(source, bytes) else source.read_bytes()


def _flat(data: bytes) -> bytes:
    """A picture without transparency, which OCRmyPDF refuses; anything else as it is. Raises a DocumentError."""
    from extractors.formats import kinds

    if kinds.picture(data) is None:
        return data
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(data)) as picture:
            if "A" not in picture.getbands() and "transparency" not in picture.info:
                return data
            whole = picture.convert("RGBA")
            paper = Image.new("RGBA", whole.size, "white")
            out = io.BytesIO()
            Image.alpha_composite(paper, whole).convert("RGB").save(out, "PNG")
            return out.getvalue()
    except Image.DecompressionBombError as error:
        raise TooLarge(f"a picture of more points than can be read safely; make it smaller, {_OTHERWISE}") from error
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise DamagedDocument("not a whole picture; fetch the file again") from error


def _cure() -> str:
    packages = ["tesseract-ocr", *(f"tesseract-ocr-{code}" for code in languages_wanted())]
    return _CURE.format(packages=" ".join(packages))
