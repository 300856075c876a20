"""Scans: what is recognised, when, and what the record says of it. A stand-in for the engine except in the last tests."""

from __future__ import annotations

import hashlib
import io
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from extractors.document import Document
from extractors.errors import DamagedDocument, InvalidRequest, NoText, UnsupportedFormat
from extractors.formats import Hints
from extractors.options import Options
from service import ocr, reading, settings
from service.tasks import File

SCANNED = "Un atelier de formation s'est tenu à Bamako le 3 juin 2024."
TYPED = "La mairie de Kayes a signé un accord avec le conseil régional le 2 mai 2024."


def pdf(*pages: str | None) -> bytes:
    """A PDF with a page a text; None is a page that is a picture."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4)
    for text in pages:
        if text is None:
            canvas.drawInlineImage(Image.new("L", (200, 100), 200), 72, 500)
        else:
            canvas.drawString(72, 720, text)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def picture(form: str, side: int = 400) -> bytes:
    out = io.BytesIO()
    Image.new("L", (side, side), 128).save(out, form)
    return out.getvalue()


@dataclass
class Engine:
    """Recognises the same in whatever it is given."""

    made: bytes = field(default_factory=lambda: pdf(SCANNED))
    asked: list[tuple[bytes, bool, tuple[str, ...]]] = field(default_factory=list)

    def __call__(self, data: bytes, is_anew: bool, wanted: Sequence[str]) -> ocr.Recognised:
        self.asked.append((data, is_anew, tuple(wanted)))
        return ocr.Recognised(self.made, "stand-in 1.0", ("fra",), 0.875)


def absent(data: bytes, is_anew: bool, wanted: Sequence[str]) -> ocr.Recognised:
    raise ocr.NoEngine("install an engine")


def read(data: bytes, engine: ocr.Engine, name: str = "scan.pdf", **options: object) -> Document:
    return ocr.read_one(data, name=name, hints=Hints(), options=replace(Options(), **options), engine=engine)  # type: ignore[arg-type]


def test_a_pdf_of_pictures_is_recognised_and_the_record_says_so() -> None:
    data, engine = pdf(None, None), Engine()
    document = read(data, engine)
    assert document.text == SCANNED
    assert document.sha256 == hashlib.sha256(data).hexdigest(), "of the file that came, not of the one that was made"
    assert [(warning.code, "stand-in 1.0" in warning.message, "0.88" in warning.message) for warning in document.warnings] == [("ocr", True, True)]
    assert document.metadata["ocr"] == {"engine": "stand-in 1.0", "languages": ["fra"], "confidence": 0.875}
    assert engine.asked == [(data, False, ("fra", "eng"))]


@pytest.mark.parametrize(("form", "media_type"), [("PNG", "image/png"), ("JPEG", "image/jpeg"), ("TIFF", "image/tiff")])
def test_a_picture_is_recognised(form: str, media_type: str) -> None:
    document = read(picture(form), Engine(), f"scan.{form.lower()}")
    assert (document.text, document.media_type) == (SCANNED, media_type)


def test_a_pdf_with_text_is_left_alone_unless_all_of_it_is_to_be_read_anew() -> None:
    engine = Engine()
    assert read(pdf(TYPED), engine).text == TYPED
    assert engine.asked == []
    assert read(pdf(TYPED), engine, ocr="force").text == SCANNED
    assert [is_anew for _, is_anew, _ in engine.asked] == [True]


def test_pages_without_text_beside_others_are_recognised_if_they_are_few() -> None:
    engine = Engine(made=pdf(TYPED, SCANNED))
    document = read(pdf(TYPED, None), engine)
    assert SCANNED in document.text and TYPED in document.text
    assert [warning.code for warning in document.warnings] == ["ocr"]
    many = read(pdf(TYPED, *[None] * 11), engine)
    assert len(engine.asked) == 1, "eleven would take too much of its time"
    assert [warning.code for warning in many.warnings] == ["pages_without_text"]


def test_pages_in_which_nothing_was_recognised_are_told() -> None:
    [blank, _] = read(pdf(TYPED, None), Engine(made=pdf(TYPED, None))).warnings
    assert (blank.code, blank.message) == ("pages_without_text", "no text on pages 2, after text recognition too: blank, or not legible")


def test_what_the_file_as_given_had_to_warn_of_is_told_though_the_engine_mended_it() -> None:
    dropped = read(pdf(TYPED, None, None), Engine(made=pdf(TYPED)))
    assert [warning.code for warning in dropped.warnings] == ["pages_without_text", "ocr"], "the engine left out two pages"


def test_what_has_some_text_is_read_without_an_engine() -> None:
    document = read(pdf(TYPED, None), absent)
    assert (document.text.strip(), [warning.code for warning in document.warnings]) == (TYPED, ["pages_without_text"])


@pytest.mark.parametrize(("data", "name"), [(pdf(None), "scan.pdf"), (picture("PNG"), "scan.png")])
def test_without_an_engine_a_scan_is_refused_with_the_cure(data: bytes, name: str) -> None:
    with pytest.raises(NoText, match=rf"^{name}: .*install an engine, or recognise its text elsewhere"):
        read(data, absent, name)


def test_never_is_never() -> None:
    engine = Engine()
    with pytest.raises(NoText):
        read(pdf(None), engine, ocr="never")
    with pytest.raises(UnsupportedFormat):
        read(picture("PNG"), engine, "scan.png", ocr="never")
    assert engine.asked == []


@pytest.mark.parametrize(("data", "name"), [(b"GIF89a" + b"\0" * 40, "film.gif"), (picture("PNG", side=64), "logo.png")])
def test_what_is_no_scan_is_refused_as_before(data: bytes, name: str) -> None:
    engine = Engine()
    with pytest.raises(UnsupportedFormat):
        read(data, engine, name)
    assert engine.asked == []


def test_a_scan_of_which_nothing_is_recognised_has_no_text() -> None:
    with pytest.raises(NoText):
        read(pdf(None), Engine(made=pdf(None)))


def test_the_language_that_the_caller_names_comes_first() -> None:
    engine = Engine()
    ocr.read_one(pdf(None), name="a.pdf", hints=Hints(language="en"), options=Options(), engine=engine)
    read(pdf(None), engine, default_language="en")
    assert [wanted for _, _, wanted in engine.asked] == [("eng", "fra")] * 2


def test_a_worker_gives_the_record_of_a_scan(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ocr, "ocrmypdf", Engine())
    [record] = reading.results([File(pdf(None), "scan.pdf", Hints())], Options())
    assert [event["type"] for event in record.model_dump()["events"]] == ["training"]  # type: ignore[union-attr]


def test_the_setting_has_three_words() -> None:
    assert [settings.load({"VEILLE_OCR": word}).options.ocr for word in ("", "never", "force")] == ["auto", "never", "force"]
    with pytest.raises(InvalidRequest, match="VEILLE_OCR"):
        settings.load({"VEILLE_OCR": "always"})


# With OCRmyPDF and tesseract


@pytest.fixture
def tesseract() -> None:
    pytest.importorskip("ocrmypdf")
    if shutil.which("tesseract") is None:
        pytest.skip("tesseract is not installed")


def scan(form: str, mode: str = "L") -> bytes:
    """A line of print, as a picture."""
    page = Image.new("L", (1500, 220), "white")
    ImageDraw.Draw(page).text((40, 80), "Workshop on mediation, Nairobi, 5 June 2024", fill="black", font=ImageFont.load_default(60))
    out = io.BytesIO()
    page.convert(mode).save(out, form)
    return out.getvalue()


@pytest.mark.usefixtures("tesseract")
def test_tesseract_reads_a_line_of_print_with_transparency_and_says_how_sure_it_is() -> None:
    found = ocr.ocrmypdf(scan("PNG", "RGBA"), False, ("eng",))
    assert found.engine.startswith("tesseract ")
    assert found.confidence is not None and 0.7 < found.confidence <= 1
    document = ocr.read_one(found.pdf, name="made.pdf", hints=Hints(), options=Options(ocr="never"))
    assert "Nairobi" in document.text


@pytest.mark.usefixtures("tesseract")
def test_the_scan_of_the_corpus_is_read_and_its_record_says_by_what_and_how_surely() -> None:
    path = Path(__file__).parent.parent / "corpus" / "2024-11-14-comite-securite-kolda-convention-signee.pdf"
    plain, read = (ocr.read_one(path, name=path.name, hints=Hints(language="fr"), options=Options(ocr=asked)) for asked in ("never", "auto"))
    assert len(read.text) > len(plain.text) + 300 and "Kolda" in read.text[read.pages[1] :]
    told = read.metadata["ocr"]
    assert told["engine"].startswith("tesseract ") and told["languages"][0] == "fra" and 0.7 < told["confidence"] <= 1
    assert [warning.code for warning in read.warnings] == ["ocr"]


@pytest.mark.usefixtures("tesseract")
def test_a_picture_that_is_cut_is_damaged() -> None:
    with pytest.raises(DamagedDocument, match=r"^scan.png: "):
        ocr.read_one(scan("PNG", "RGBA")[:1000], name="scan.png", hints=Hints(), options=Options())


def test_a_system_without_tesseract_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(ocr.NoEngine, match=r"veille\[ocr\].*tesseract-ocr-fra"):
        ocr.available(("fra", "eng"))


def test_an_unreadable_file_is_that_whatever_is_installed(tmp_path: Path) -> None:
    from extractors.errors import UnreadableFile

    with pytest.raises(UnreadableFile):
        ocr.read_one(tmp_path / "gone.pdf", name="gone.pdf", hints=Hints(), options=Options(), engine=Engine())
