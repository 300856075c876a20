"""DOCX and ODT: the words of their text twin, and a reason where there are none."""

from __future__ import annotations

import io
import zipfile
from datetime import date

import pytest
from make_office import docx, item, odt, p, packed, run, table

from extractors import errors
from extractors.document import Document
from extractors.formats import read
from extractors.pipeline import extract

TWIN = """Rapport d’étape du réseau

Bamako, le 12 mars 2024

1. Ce qui a été fait

Le réseau a tenu un atelier à Ségou du 4 au 6 mars 2024, avec l’université de Ségou. Les élèves ont visité Kayes.

- une marche de nuit ;
- un débat à l’hôtel de ville.

Lieu | Date | Présents
Ségou | 4 mars | 40
Kayes | 6 mars | 25

Encadré : la prochaine réunion aura lieu à Mopti.

Selon le ministère de la Santé.
"""

NOTE = '<w:footnote w:id="2"><w:p><w:r><w:footnoteRef/></w:r><w:r><w:t>Selon le ministère de la Santé.</w:t></w:r></w:p></w:footnote>'
CITED = '<w:r><w:footnoteReference w:id="2"/></w:r>'
BOX = f"<w:r><mc:AlternateContent><mc:Choice><w:drawing><w:txbxContent>{p('Encadré : la prochaine réunion aura lieu à Mopti.')}</w:txbxContent></w:drawing></mc:Choice>"
BOX += f"<mc:Fallback><w:pict><w:txbxContent>{p('Encadré : la prochaine réunion aura lieu à Mopti.')}</w:txbxContent></w:pict></mc:Fallback></mc:AlternateContent></w:r>"
WORD = "".join(
    (
        p("Rapport d’étape du réseau", "Titre"),
        p("Bamako, le 12 mars 2024"),
        f'<w:p><w:pPr><w:pStyle w:val="Titre1"/><w:numPr><w:numId w:val="2"/></w:numPr></w:pPr>{run("Ce qui a été fait")}</w:p>',
        p(
            "Le réseau a tenu un atelier à Ségou du 4 au ",
            "",
            run("6 mars 2024, avec l’université de Ségou.")
            + CITED
            + f"<w:ins>{run(' Les élèves ont visité Kayes.')}</w:ins><w:del><w:r><w:delText>Rien.</w:delText></w:r></w:del>",
        ),
        p("une marche de nuit ;", "Puces"),
        item("un débat à l’hôtel de ville.", 1),
        f"<w:sdt><w:sdtContent>{table(('Lieu', 'Date', 'Présents'), ('Ségou', '4 mars', '40'), ('Kayes', '6 mars', '25'))}</w:sdtContent></w:sdt>",
        f"<w:p>{BOX}</w:p>",
    )
)
OPEN = """<text:p text:style-name="P1">Rapport d’étape du réseau</text:p><text:p>Bamako, le 12<text:s/>mars 2024</text:p>
<text:h text:outline-level="1">1. Ce qui a été fait</text:h>
<text:p>Le réseau a tenu un <text:span>atelier</text:span> à Ségou du 4 au 6 mars 2024, avec l’université de Ségou.<text:note text:note-class="footnote">
<text:note-citation>1</text:note-citation><text:note-body><text:p>Selon le ministère de la Santé.</text:p></text:note-body></text:note> Les élèves ont<text:tab/>visité
Kayes.<office:annotation><text:p>à vérifier</text:p></office:annotation></text:p>
<text:list text:style-name="L1"><text:list-item><text:p>une marche de nuit ;</text:p></text:list-item><text:list-item><text:p>un débat à l’hôtel de ville.</text:p></text:list-item></text:list>
<table:table><table:table-column table:number-columns-repeated="2000000000"/><table:table-header-rows><table:table-row><table:table-cell><text:p>Lieu</text:p></table:table-cell>
<table:table-cell><text:p>Date</text:p></table:table-cell><table:table-cell><text:p>Présents</text:p></table:table-cell></table:table-row></table:table-header-rows>
<table:table-row><table:table-cell><text:p>Ségou</text:p></table:table-cell><table:table-cell><text:p>4 mars</text:p></table:table-cell><table:table-cell><text:p>40</text:p></table:table-cell></table:table-row>
<table:table-row><table:table-cell><text:p>Kayes</text:p></table:table-cell><table:table-cell><text:p>6 mars</text:p></table:table-cell><table:table-cell><text:p>25</text:p></table:table-cell></table:table-row></table:table>
<text:p><draw:frame><draw:text-box><text:p>Encadré : la prochaine réunion aura lieu à Mopti.</text:p></draw:text-box><svg:title>cadre</svg:title></draw:frame></text:p>"""
STYLES = '<style:style style:name="P1" style:parent-style-name="Title"/>'
CORE = "<dc:title>Microsoft Word - modele.doc</dc:title><dc:creator>Awa Traoré</dc:creator>"
DAYS = '<dcterms:created xsi:type="dcterms:W3CDTF">2019-01-01T00:00:00Z</dcterms:created>'
WHOLE = {
    "note.docx": docx(WORD, notes=NOTE, core=CORE + DAYS),
    "note.odt": odt(OPEN, styles=STYLES, meta=CORE + "<meta:creation-date>2019-01-01T00:00:00</meta:creation-date>"),
}


def one(data: bytes, name: str) -> Document:
    [document] = read(data, name=name)
    return document


@pytest.mark.parametrize("name", WHOLE)
def test_an_office_document_has_the_words_and_the_day_of_its_text_twin(name: str) -> None:
    found, twin = one(WHOLE[name], name), one(TWIN.encode(), "note.txt")
    assert found.text == twin.text.strip()
    assert (found.title, found.published, found.warnings, dict(found.metadata)) == (twin.title, None, (), {"author": "Awa Traoré"})
    record = extract(found)
    assert (record.published, record.published_from) == (date(2024, 3, 12), "dateline")
    assert {event.type for event in record.events} == {event.type for event in extract(twin).events} != set()


@pytest.mark.parametrize("name", WHOLE)
def test_an_office_document_is_known_by_what_it_holds(name: str) -> None:
    assert one(WHOLE[name], "note.txt").media_type == one(WHOLE[name], name).media_type != "text/plain"


def test_lists_of_word_are_numbered_as_word_does() -> None:
    body = item("un", 2) + item("un a", 2, 1) + item("un b", 2, 1) + item("deux", 2) + item("deux a", 2, 1)
    assert one(docx(body), "a.docx").text.split("\n") == ["1. un", "1.a) un a", "1.b) un b", "2. deux", "2.a) deux a"]


def test_lists_of_an_open_document_are_numbered_where_its_style_says_so() -> None:
    style = '<text:list-style style:name="L"><text:list-level-style-number text:level="1" style:num-format="1"/></text:list-style>'
    body = '<text:list text:style-name="L"><text:list-item><text:p>un</text:p><text:list><text:list-item><text:p>puce</text:p></text:list-item></text:list></text:list-item>'
    body += "<text:list-item><text:p>deux</text:p></text:list-item></text:list>"
    assert one(odt(body, styles=style), "a.odt").text.split("\n") == ["1. un", "- puce", "2. deux"]


def test_a_table_of_contents_and_hidden_words_are_left_out() -> None:
    hidden = "<w:r><w:rPr><w:vanish/></w:rPr><w:t>caché</w:t></w:r>"
    assert one(docx(p("Bilan ... 3", "TM1") + p("Le bilan est bon.", "", hidden)), "a.docx").text == "Le bilan est bon."
    assert (
        one(odt("<text:table-of-content><text:p>Bilan 3</text:p></text:table-of-content><text:p>Le bilan est bon.</text:p>"), "a.odt").text
        == "Le bilan est bon."
    )


def test_a_table_that_lays_the_page_out_is_read_as_paragraphs() -> None:
    cell = "".join(p(f"Une nouvelle, la numéro {number}.") for number in range(5))
    body = f"<w:tbl><w:tr><w:tc>{cell}</w:tc><w:tc>{p('En bref.')}</w:tc></w:tr></w:tbl>"
    assert one(docx(body), "a.docx").text.split("\n\n")[-2:] == ["Une nouvelle, la numéro 4.", "En bref."]


def test_the_title_is_the_property_where_the_page_has_none_and_somebody_wrote_it() -> None:
    body = p("Un bilan", "Titre1") + p("Il est bon.")
    assert one(docx(body, core="<dc:title>Bilan de la saison des pluies</dc:title>"), "a.docx").title == "Bilan de la saison des pluies"
    assert one(docx(body, core="<dc:title>Sans titre</dc:title>"), "a.docx").title == "Un bilan"


def test_a_span_of_two_thousand_million_columns_costs_nothing() -> None:
    wide = '<w:tbl><w:tr><w:tc><w:tcPr><w:gridSpan w:val="2000000000"/></w:tcPr>' + p("Ségou") + "</w:tc><w:tc>" + p("Kayes") + "</w:tc></w:tr></w:tbl>"
    assert one(docx(wide), "a.docx").text == "Ségou | Kayes"


@pytest.mark.parametrize("name", WHOLE)
@pytest.mark.parametrize("share", [0.3, 0.9, 0.999])
def test_a_cut_office_document_is_damaged(name: str, share: float) -> None:
    data = WHOLE[name]
    with pytest.raises(errors.DamagedDocument, match=name):
        one(data[: int(share * len(data))], name)


@pytest.mark.parametrize(("name", "part"), [("note.docx", "word/document.xml"), ("note.odt", "content.xml"), ("note.docx", "word/footnotes.xml")])
def test_xml_that_stops_is_damaged(name: str, part: str) -> None:
    with zipfile.ZipFile(io.BytesIO(WHOLE[name])) as package:
        members = {member: package.read(member) for member in package.namelist()}
    members[part] = members[part][:-20]
    with pytest.raises(errors.DamagedDocument, match=name):
        one(packed(members, stored="mimetype"), name)


def test_a_locked_word_document_is_encrypted() -> None:
    with pytest.raises(errors.EncryptedDocument, match="password"):
        one(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf_16_le") + bytes(600), "note.docx")


def test_a_locked_open_document_is_encrypted() -> None:
    manifest = '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"><manifest:file-entry><manifest:encryption-data/></manifest:file-entry></manifest:manifest>'
    with pytest.raises(errors.EncryptedDocument, match="password"):
        one(odt("", more={"META-INF/manifest.xml": manifest, "content.xml": b"\x8a\x01 not XML"}), "note.odt")


@pytest.mark.parametrize("encoding", ["utf_8", "utf_16"])
def test_a_document_type_is_refused_before_the_xml_is_parsed(encoding: str) -> None:
    declared = '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "bbbbbbbbbb"><!ENTITY c "&b;&b;&b;">]><a>&c;</a>'.encode(encoding)
    with pytest.raises(errors.DamagedDocument, match="document type"):
        one(docx(p("a"), more={"customXml/item1.xml": declared}), "note.docx")
    with pytest.raises(errors.DamagedDocument, match="document type"):
        one(odt("", more={"content.xml": declared}), "note.odt")


def test_an_encoding_that_could_hide_a_document_type_is_refused() -> None:
    with pytest.raises(errors.DamagedDocument, match="encoding"):
        one(odt("", more={"styles.xml": b'<?xml version="1.0" encoding="UTF-7"?>+ADwAIQ-DOCTYPE a+AD4-<a/>'}), "note.odt")


def test_a_bomb_in_an_office_document_is_too_large() -> None:
    with pytest.raises(errors.TooLarge, match="unpack"):
        one(docx(p("a"), more={"word/media/image1.emf": bytes(20_000_000)}), "note.docx")


@pytest.mark.parametrize("name", ["note.docx", "note.odt"])
def test_what_only_bears_the_name_is_a_type_mismatch(name: str) -> None:
    for data in (b"Bonjour.", b"\xff\xd8\xff\xe0\x00\x10JFIF\x00", packed({"a.txt": "Bonjour."})):
        with pytest.raises(errors.TypeMismatch, match=name):
            one(data, name)


def test_other_office_documents_are_named_with_what_to_do() -> None:
    for part, noun in (("xl/workbook.xml", "Excel"), ("ppt/presentation.xml", "PowerPoint")):
        with pytest.raises(errors.UnsupportedFormat, match=noun):
            one(packed({"[Content_Types].xml": "<Types/>", part: "<a/>"}), "a.bin")
    with pytest.raises(errors.UnsupportedFormat, match=r"macros; save it as \.docx"):
        one(docx(p("a"), content_type="template"), "modele.docx")
    with pytest.raises(errors.UnsupportedFormat, match="old Microsoft Office document.*save it as DOCX"):
        one(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "note.doc")
    with pytest.raises(errors.TypeMismatch, match="old Microsoft Office document"):
        one(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "note.docx")


def test_a_document_without_words_is_empty() -> None:
    for data, name in ((docx(p("")), "a.docx"), (odt("<text:p/>"), "a.odt")):
        with pytest.raises(errors.EmptyDocument, match=name):
            one(data, name)
