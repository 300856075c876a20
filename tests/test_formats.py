"""Reading: every format on a file that is well and on one that is not. PDFs are drawn by the tests themselves."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfgen.canvas import Canvas

from extractors import errors
from extractors.document import Document
from extractors.formats import BadPart, Hints, read, read_each
from extractors.options import Options

FRENCH = "La mairie de Valence a ouvert mardi un atelier de trois jours.\nL’œuvre a coûté 30 € à la région."
POLISH = "Burmistrz miasta podpisał wczoraj umowę w sprawie nowego mostu."
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + bytes(range(256))
A4 = (595, 842)


def one(data: bytes, name: str = "post.txt", **kwargs: Any) -> Document:
    [document] = read(data, name=name, **kwargs)
    return document


def codes(document: Document) -> list[str]:
    return [notice.code for notice in document.warnings]


# --- text


@pytest.mark.parametrize("encoding", ["utf_8", "utf_8_sig", "utf_16", "utf_16_le", "utf_16_be", "utf_32"])
def test_text_is_the_same_in_every_unicode_encoding(encoding: str) -> None:
    assert one(FRENCH.encode(encoding)).text == FRENCH


def test_windows_1252_is_read_with_a_warning() -> None:
    document = one(FRENCH.encode("cp1252"))
    assert (document.text, document.encoding, codes(document)) == (FRENCH, "cp1252", ["encoding_guessed"])


def test_short_windows_1252_is_not_taken_for_polish() -> None:
    assert one("Fête à Orléans".encode("cp1252")).text == "Fête à Orléans"


def test_one_bad_byte_in_utf_8_is_replaced_and_told() -> None:
    data = ("Les élèves étaient réunis à Évian. " * 10).encode() + b"\xff fin"
    document = one(data)
    assert document.text.endswith("Évian. \ufffd fin")
    assert (document.encoding, codes(document)) == ("utf_8", ["bad_bytes"])


def test_decomposed_accents_are_composed_at_reading() -> None:
    assert one("Re\u0301union a\u0300 Lyon".encode()).text == "Réunion à Lyon"


def test_line_ends_become_newlines() -> None:
    assert one(b"un\r\ndeux\rtrois\xe2\x80\xa8quatre").text == "un\ndeux\ntrois\nquatre"


def test_control_characters_are_left_out_with_a_warning() -> None:
    document = one(b"Une r\x00\xc3\xa9union a eu lieu \x07hier dans la salle des f\xc3\xaates.")
    assert document.text == "Une réunion a eu lieu hier dans la salle des fêtes."
    assert codes(document) == ["control_characters"]


def test_a_short_first_line_is_the_title() -> None:
    assert one(b"\n  Une rencontre\nLe texte.").title == "Une rencontre"


def test_a_long_first_line_is_no_title() -> None:
    assert one(("mot " * 80).encode()).title is None


@pytest.mark.parametrize("data", [b"", b" \n\t\r\n", b"\x00\x00\x00"])
def test_an_empty_file_is_an_error_that_names_it(data: bytes) -> None:
    with pytest.raises(errors.EmptyDocument, match="vide.txt"):
        one(data, "vide.txt")


# --- which kind


def test_content_decides_before_the_suffix() -> None:
    assert one(b"<!DOCTYPE html><html><body><p>Un texte</p></body></html>", "page.txt").media_type == "text/html"
    assert one(drawn(["Un texte dans un PDF."]), "rapport.txt").media_type == "application/pdf"


def test_the_suffix_refines_text() -> None:
    assert one(b"Un *mot*", "note.md").text.strip() == "Un mot"
    assert one(b"Un *mot*", "note.txt").text == "Un *mot*"


def test_a_jpeg_named_pdf_is_a_type_mismatch() -> None:
    with pytest.raises(errors.TypeMismatch, match=r"scan\.pdf: named as PDF but the bytes are those of a JPEG"):
        one(JPEG, "scan.pdf")


def test_text_named_pdf_is_a_type_mismatch() -> None:
    with pytest.raises(errors.TypeMismatch, match="holds text"):
        one(b"bonjour", "rapport.pdf")


def test_a_jpeg_is_an_unsupported_format() -> None:
    with pytest.raises(errors.UnsupportedFormat, match="JPEG picture"):
        one(JPEG, "photo.jpg")


@pytest.mark.parametrize(
    ("data", "name", "noun"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "lettre.doc", "old Microsoft Office"),
        (b"BEGIN:VCALENDAR\n", "invitation", "calendar"),
        (b"a;b\n1;2\n", "table.csv", "comma-separated"),
        (b"[1, 2]", "liste.json", "JSON"),
        (b"\x01\x02\x03\x04" * 50, "chose", "unknown kind"),
    ],
)
def test_what_cannot_be_read_is_named(data: bytes, name: str, noun: str) -> None:
    with pytest.raises(errors.UnsupportedFormat, match=noun):
        one(data, name)


def test_rubbish_named_pdf_is_damaged() -> None:
    with pytest.raises(errors.DamagedDocument, match=r"rapport\.pdf"):
        one(b"\x01\x02\x03\x04" * 50, "rapport.pdf")


# --- paths, limits, hints


def test_a_path_is_read_and_named(tmp_path: Path) -> None:
    path = tmp_path / "note.txt"
    path.write_text("Bonjour", encoding="utf-8")
    [document] = read(path)
    assert (document.text, document.source, document.origin) == ("Bonjour", str(path), str(path))


def test_a_missing_file_is_unreadable(tmp_path: Path) -> None:
    with pytest.raises(errors.UnreadableFile, match=r"rien\.txt"):
        read(tmp_path / "rien.txt")


def test_a_folder_is_unreadable(tmp_path: Path) -> None:
    with pytest.raises(errors.UnreadableFile):
        read(tmp_path)


def test_a_name_that_is_not_utf_8_is_made_printable() -> None:
    assert one(b"Bonjour", b"caf\xe9\n.txt".decode("utf_8", "surrogateescape")).source == "caf\ufffd\ufffd.txt"


@pytest.mark.parametrize("options", [Options(max_bytes=10), Options(max_characters=10)])
def test_limits_are_told_in_the_error(options: Options) -> None:
    with pytest.raises(errors.TooLarge, match="over the limit of 10"):
        one(b"Plus de dix lettres", options=options)


def test_the_caller_wins_over_the_file() -> None:
    data = b"---\ntitle: Celui du fichier\ndate: 2024-01-02\nlang: en\n---\nTexte"
    document = one(data, "a.md", hints=Hints(title="Le mien", published=date(2024, 5, 6), language="fr-CA", source="ici"))
    assert (document.title, document.published, document.published_from) == ("Le mien", date(2024, 5, 6), "caller")
    assert (document.language, document.source, document.origin) == ("fr", "ici", "a.md")


@pytest.mark.parametrize("name", ["2024-12-10-atelier.txt", "dossier/post-2024-12-10.txt", "20241210_note.txt", "note 2024_12_10.txt"])
def test_the_day_in_a_file_name_waits_for_the_dateline(name: str) -> None:
    document = one(b"Texte", name)
    assert (document.published, document.fallback_published) == (None, date(2024, 12, 10))


@pytest.mark.parametrize("name", ["2024-13-40-atelier.txt", "2024-12-10/note.txt", "facture-120241210.txt", "30411010.txt"])
def test_other_digits_in_a_path_are_no_day(name: str) -> None:
    assert one(b"Texte", name).fallback_published is None


# --- Markdown

MARKDOWN = """---
title: Lettre du réseau
date: 2024-03-05
lang: fr
source: https://exemple.org/lettre
tags: [lecture, jeunes]
public: no
---
# Un **atelier** à Valence

Le réseau a [réuni](https://exemple.org) *vingt*
animateurs, voir ![le groupe](photo.jpg).

- premier point
- second point
  sur deux lignes
  1. dedans

> Une citation.

| Date | Lieu |
| --- | --- |
| 3 mai | Lyon |

<div>Un bloc <b>HTML</b></div>
"""


def test_front_matter_tells_title_day_language_and_source() -> None:
    document = one(MARKDOWN.encode(), "lettre.md")
    assert (document.title, document.published, document.published_from) == ("Lettre du réseau", date(2024, 3, 5), "front_matter")
    assert (document.language, document.source, document.origin) == ("fr", "https://exemple.org/lettre", "lettre.md")
    assert document.metadata == {"tags": ["lecture", "jeunes"], "public": "no"}


def test_markdown_loses_its_marks_and_keeps_its_words() -> None:
    assert one(MARKDOWN.encode(), "lettre.md").text.split("\n") == [
        "Un atelier à Valence",
        "",
        "Le réseau a réuni vingt animateurs, voir le groupe.",
        "",
        "- premier point",
        "- second point sur deux lignes",
        "  1. dedans",
        "",
        "Une citation.",
        "",
        "Date | Lieu",
        "3 mai | Lyon",
        "",
        "Un bloc HTML",
        "",
    ]


def test_a_link_by_reference_is_its_text() -> None:
    assert one(b"Voir [la page][1].\n\n[1]: https://exemple.org", "a.md").text == "Voir la page.\n"


def test_markdown_nested_too_deep_keeps_its_words() -> None:
    document = one((">" * 300 + " Tout au fond.").encode(), "a.md")
    assert "Tout au fond." in document.text and codes(document) == ["plain_reading"]


def test_without_front_matter_the_first_heading_is_the_title() -> None:
    assert one(b"Avant\n\n## Le titre\n\nApr\xc3\xa8s", "a.md").title == "Le titre"


def test_a_day_in_words_is_understood() -> None:
    assert one("---\ndate: 10 décembre 2024\n---\nTexte".encode(), "a.md").published == date(2024, 12, 10)


def test_a_day_that_is_none_leaves_a_warning() -> None:
    document = one(b"---\ntitle: T\ndate: bient\xc3\xb4t\n---\nTexte", "a.md")
    assert (document.title, document.published, codes(document)) == ("T", None, ["bad_published"])


@pytest.mark.parametrize("field", ["title: [oups", "a: &x [1]\nb: *x", "a: " + "[" * 400 + "]" * 400])
def test_bad_front_matter_is_kept_as_text_with_a_warning(field: str) -> None:
    document = one(f"---\n{field}\n---\nTexte".encode(), "a.md")
    assert "Texte" in document.text and field[:6] in document.text
    assert codes(document) == ["bad_front_matter"]


def test_a_rule_at_the_head_is_no_front_matter() -> None:
    document = one(b"---\nUne phrase.\n---\nTexte", "a.md")
    assert "Une phrase." in document.text and not document.warnings


# --- HTML

PARAGRAPH = "<p>La mairie de Valence a ouvert mardi un atelier de trois jours pour les animateurs du réseau, venus de toute la région.</p>"


def page(head: str = "", body: str = "", title: str = "Un atelier à Valence | Le Journal") -> bytes:
    article = f"<article><h1>Un atelier à Valence</h1>{body}{PARAGRAPH * 4}</article>"
    menu = "<nav><ul><li><a href='/'>Accueil</a></li><li><a href='/sport'>Sport</a></li></ul></nav>"
    whole = f"<html lang='fr-FR'><head><meta charset='utf-8'><title>{title}</title>{head}</head><body>{menu}{article}<footer>Mentions légales</footer></body></html>"
    return f"<!DOCTYPE html>{whole}".encode()


def test_a_page_is_its_article_without_the_furniture() -> None:
    document = one(page(), "page.html")
    assert document.text.startswith("Un atelier à Valence\n\nLa mairie")
    assert document.text.count("animateurs") == 4
    assert "Accueil" not in document.text and "Mentions" not in document.text
    assert (document.title, document.language, document.published) == ("Un atelier à Valence", "fr", None)


LINKED = '<script type="application/ld+json">{"@graph":[{"@type":"Event","datePublished":"2020-01-01"},{"@type":"NewsArticle","headline":"Le titre","datePublished":"2024-12-09T23:30:00-05:00"}]}</script>'
META = '<meta property="article:published_time" content="2024-12-08T10:00:00Z"><meta property="og:title" content="Titre du partage">'
TIME = '<time datetime="2024-12-01">1er</time><time class="published" datetime="2024-12-07">7</time>'
LINE = "<p>Publié le 6 décembre 2024 à 9 h</p>"


@pytest.mark.parametrize(
    ("head", "body", "day"),
    [(LINKED + META, TIME + LINE, 9), (META, TIME + LINE, 8), ("", TIME + LINE, 7), ("", LINE, 6), ("", "<p>Published on 5 December 2024</p>", 5)],
    ids=["linked data", "meta", "time", "line", "English line"],
)
def test_the_day_of_a_page_comes_from_its_surest_sign(head: str, body: str, day: int) -> None:
    document = one(page(head, body), "page.html")
    assert (document.published, document.published_from) == (date(2024, 12, day), "metadata")


def test_a_date_inside_the_article_is_not_its_day() -> None:
    assert one(page(body="<p>Le forum a eu lieu le 3 mai 2023 à Lyon.</p>"), "page.html").published is None


def test_the_title_for_sharing_wins_over_the_others() -> None:
    assert one(page(META + LINKED), "page.html").title == "Titre du partage"
    assert one(page(LINKED), "page.html").title == "Le titre"


def test_a_title_is_plain_text() -> None:
    data = page('<meta property="og:title" content="&lt;script&gt;alert(1)&lt;/script&gt;Un &lt;b&gt;titre&lt;/b&gt; &amp;amp; un autre">')
    assert one(data, "page.html").title == "Un titre & un autre"


@pytest.mark.parametrize("depth", [100, 300, 3000])
def test_deep_nesting_loses_no_text(depth: int) -> None:
    body = "<div>" * depth + "<p>Tout au fond.</p>" + "</div>" * depth + "<p>À la toute fin.</p>"
    document = one(page(body=body), "page.html")
    assert "Tout au fond." in document.text and "À la toute fin." in document.text
    assert document.text.count("animateurs") == 4
    assert codes(document) == ([] if depth == 100 else ["plain_reading"])


def test_a_null_reference_does_not_empty_a_page() -> None:
    assert one(page(body="<p>Un t&#0;rou, un au&#x00;tre\x00.</p>"), "page.html").text.count("animateurs") == 4


def test_a_declared_encoding_is_followed() -> None:
    data = page().decode().replace("utf-8", "iso-8859-1").replace("trois", "œuvre").encode("cp1252")
    document = one(data, "page.html")
    assert document.encoding == "cp1252" and "un atelier de œuvre jours" in document.text


def test_a_page_of_cards_keeps_its_words_apart() -> None:
    cards = "".join(f"<div><a href='/{n}'>Atelier n° {n}</a><span>{n} mai 2024</span></div>" for n in range(1, 9))
    document = one(f"<html><body><main><h1>Agenda</h1>{cards}</main></body></html>".encode(), "agenda.html")
    assert all(f"Atelier n° {n} {n} mai 2024" in document.text for n in range(1, 9))


def test_a_page_without_words_is_empty() -> None:
    with pytest.raises(errors.EmptyDocument, match=r"page\.html"):
        one(b"<html><head><title>Titre</title></head><body><script>1</script></body></html>", "page.html")


# --- PDF


def drawn(*pages: Sequence[str], size: float = 10, encrypt: StandardEncryption | None = None, title: str | None = None) -> bytes:
    """A PDF with these lines on its pages, from the top down."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4, encrypt=encrypt)
    if title is not None:
        canvas.setTitle(title)
    for lines in pages:
        canvas.setFont("Helvetica", size)
        for number, line in enumerate(lines):
            canvas.drawString(60, 700 - 13 * number, line)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


PROSE = [
    "Le réseau des médiathèques de la Drôme a réuni vingt animateurs à Valence",
    "du 3 au 5 mars 2024 pour un atelier sur l’accueil des jeunes lecteurs. Les",
    "participants ont salué la collabora-",
    "tion des villes. Les États-",
    "Unis et le Canada y avaient envoyé des observateurs, et un nouveau rendez-",
    "vous est prévu.",
]
JOINED = (
    "Le réseau des médiathèques de la Drôme a réuni vingt animateurs à Valence du 3 au 5 mars 2024 pour un atelier sur l’accueil des jeunes "
    "lecteurs. Les participants ont salué la collaboration des villes. Les États-Unis et le Canada y avaient envoyé des observateurs, et un "
    "nouveau rendez-vous est prévu."
)


def test_lines_of_a_pdf_become_a_paragraph_with_its_words_whole() -> None:
    assert one(drawn(PROSE), "rapport.pdf").text == JOINED


def test_a_gap_or_an_item_begins_a_new_paragraph() -> None:
    text = one(drawn(["Un premier paragraphe court.", "", "Un second paragraphe.", "• un point", "• un autre"]), "a.pdf").text
    assert text.split("\n") == ["Un premier paragraphe court.", "", "Un second paragraphe.", "", "• un point", "• un autre"]


def test_pages_start_where_pages_says() -> None:
    document = one(drawn(["Première page."], [], ["Troisième page."]), "a.pdf")
    assert [document.text[start:][:9] for start in document.pages] == ["Première ", "Troisième", "Troisième"]
    assert codes(document) == ["pages_without_text"]
    assert document.page_of(document.text.index("Troisième")) == 3


def test_running_lines_and_page_numbers_are_cut() -> None:
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4)
    for number in range(1, 5):
        canvas.setFont("Helvetica", 9)
        canvas.drawString(60, 810, "Rapport annuel du réseau")
        canvas.drawString(280, 30, f"Page {number} sur 4")
        canvas.drawString(60, 780, f"Chapitre {number * number}")
        for line in range(3):
            canvas.drawString(60, 700 - 13 * line, f"Une phrase de la page {number}, ligne {line}.")
        canvas.showPage()
    canvas.save()
    text = one(out.getvalue(), "a.pdf").text
    assert "Rapport annuel" not in text and "sur 4" not in text
    assert [f"Chapitre {n * n}" in text for n in range(1, 5)] == [True] * 4
    assert text.count("Une phrase") == 12


def test_columns_are_read_one_after_the_other() -> None:
    left = [f"La gauche numéro {n:02} tient sa ligne jusqu’au bord" for n in range(12)]
    right = [f"la droite numéro {n:02} en fait autant de son côté" for n in range(12)]
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4)
    canvas.setFont("Helvetica", 9)
    for number, (one_line, other) in enumerate(zip(left, right, strict=True)):
        canvas.drawString(50, 700 - 12 * number, one_line)
        canvas.drawString(320, 700 - 12 * number, other)
    canvas.save()
    text = " ".join(one(out.getvalue(), "a.pdf").text.split())
    assert text == " ".join([*left, *right])


def test_a_row_of_a_table_is_a_line() -> None:
    from reportlab.lib.styles import getSampleStyleSheet
    from reportlab.platypus import Paragraph, SimpleDocTemplate, Table

    style = getSampleStyleSheet()["BodyText"]
    cells = [("3 mai 2024", "Formation des animateurs à l’accueil des publics éloignés de la lecture", "Lyon"), ("4 mai 2024", "Forum", "Valence")]
    rows = [[Paragraph(cell, style) for cell in row] for row in cells * 2]
    out = io.BytesIO()
    SimpleDocTemplate(out).build([Table(rows, colWidths=[80, 200, 80], style=[("GRID", (0, 0), (-1, -1), 0.5, "black")])])
    lines = one(out.getvalue(), "a.pdf").text.split("\n")
    assert [line for line in lines if line] == [" | ".join(row) for row in cells * 2]


def test_the_title_is_the_property_else_the_largest_print() -> None:
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4)
    canvas.setTitle("rapport_final_v3.docx")
    canvas.setFont("Helvetica", 20)
    canvas.drawString(60, 760, "Un réseau qui grandit")
    canvas.setFont("Helvetica", 10)
    canvas.drawString(60, 700, "Le texte du rapport commence ici.")
    canvas.save()
    assert one(out.getvalue(), "a.pdf").title == "Un réseau qui grandit"
    assert one(drawn(PROSE, title="Rapport du réseau"), "a.pdf").title == "Rapport du réseau"


def test_the_day_a_pdf_was_made_is_not_the_day_it_came_out() -> None:
    assert one(drawn(PROSE), "a.pdf").published is None


@pytest.mark.parametrize("share", [0.3, 0.5, 0.9])
def test_a_cut_pdf_is_damaged(share: float) -> None:
    data = drawn(*[PROSE] * 6)
    with pytest.raises(errors.DamagedDocument, match=r"moitié\.pdf.*stops before its end"):
        one(data[: int(share * len(data))], "moitié.pdf")


def test_a_locked_pdf_is_encrypted() -> None:
    with pytest.raises(errors.EncryptedDocument, match=r"secret\.pdf.*password"):
        one(drawn(PROSE, encrypt=StandardEncryption("clef", ownerPassword="autre", strength=128)), "secret.pdf")


def test_a_pdf_that_only_its_owner_may_change_is_read() -> None:
    assert one(drawn(PROSE, encrypt=StandardEncryption("", ownerPassword="autre", strength=128)), "a.pdf").text == JOINED


def test_a_pdf_of_pictures_has_no_text() -> None:
    with pytest.raises(errors.NoText, match=r"scan\.pdf.*OCR|ocrmypdf"):
        one(drawn([], []), "scan.pdf")


def test_a_pdf_over_the_page_limit_is_too_large() -> None:
    with pytest.raises(errors.TooLarge, match="3 pages, over the limit of 2"):
        one(drawn(PROSE, PROSE, PROSE), "a.pdf", options=Options(max_pages=2))


# --- JSON Lines


def lines(*rows: object) -> bytes:
    return b"\n".join(row if isinstance(row, bytes) else json.dumps(row, ensure_ascii=False).encode() for row in rows)


def test_a_line_is_a_document_with_its_fields() -> None:
    row = {"id": "a1", "text": "Bonjour.", "title": "T", "published": "2024-12-10", "language": "fr", "source": "ici", "auteur": {"nom": "X"}}
    document = one(lines(row), "docs.jsonl")
    assert (document.id, document.text, document.title) == ("a1", "Bonjour.", "T")
    assert (document.published, document.published_from, document.language) == (date(2024, 12, 10), "caller", "fr")
    assert (document.source, document.origin) == ("ici", "docs.jsonl#1")
    assert document.metadata == {"auteur": {"nom": "X"}}


def test_text_of_a_line_is_kept_to_the_letter() -> None:
    text = " e\u0301te\u0301\u00a0\u2028\r\n\x00 fin\u00ad \ufeff"
    assert one(lines({"text": text}), "docs.jsonl").text == text


def test_lines_are_cut_at_newlines_only() -> None:
    data = b"\xef\xbb\xbf" + '{"text": "un\u2028deux\x85trois"}\r\n\n{"text": "quatre"}\n'.encode()
    assert [d.text for d in read(data, name="docs.jsonl")] == ["un\u2028deux\x85trois", "quatre"]
    assert [d.source for d in read(data, name="docs.jsonl")] == ["docs.jsonl#1", "docs.jsonl#3"]


def test_json_lines_are_known_by_their_content() -> None:
    assert len(read(lines({"text": "a b"}, {"text": "c d"}), name="-")) == 2


BAD = [
    (b'{"id": "x", "text": ', errors.DamagedDocument),
    (b'{"text": "caf\xe9"}', errors.DamagedDocument),
    (b"[" * 100_000, errors.DamagedDocument),
    (b'{"text": "a", "n": ' + b"1" * 5000 + b"}", errors.DamagedDocument),
    ([1], errors.InvalidRequest),
    ({"id": "b"}, errors.InvalidRequest),
    ({"text": 3}, errors.InvalidRequest),
    ({"text": " "}, errors.EmptyDocument),
    ({"text": "a", "published": "hier peut-être"}, errors.InvalidRequest),
    ({"text": "a", "language": "français"}, errors.InvalidRequest),
    ({"text": "a", "title": ["t"]}, errors.InvalidRequest),
    ({"text": "a" * 101}, errors.TooLarge),
]


@pytest.mark.parametrize(("row", "error"), BAD, ids=range(len(BAD)))
def test_a_bad_line_is_reported_in_its_place_and_the_others_go_on(row: object, error: type[errors.VeilleError]) -> None:
    items = list(read_each(lines({"text": "un"}, row, {"text": "deux"}), name="docs.jsonl", options=Options(max_characters=100)))
    assert [item.text if isinstance(item, Document) else type(item.error) for item in items] == ["un", error, "deux"]
    bad = items[1]
    assert isinstance(bad, BadPart) and bad.line == 2 and "docs.jsonl" in str(bad.error)


def test_a_bad_line_keeps_its_id() -> None:
    [bad] = read_each(lines({"id": 7, "text": None}), name="docs.jsonl")
    assert isinstance(bad, BadPart) and bad.id == "7"


def test_half_characters_are_replaced_with_a_warning() -> None:
    document = one(b'{"text": "a \\ud83d b", "x": "\\udc00"}', "docs.jsonl")
    assert (document.text, document.metadata, codes(document)) == ("a \ufffd b", {"x": "\ufffd"}, ["bad_characters"])
