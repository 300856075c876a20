"""Hostile Word and OpenDocument texts."""

from __future__ import annotations

from functools import partial

from make_office import W, docx, item, odt, p, run, table

from hostile.case import Case, Group, repacked, zipped
from hostile.prose import BOTH, END, MIDDLE, START, prose

_STORY = p(START) + p(MIDDLE) + p(END)
_ODT_STORY = f"<text:p>{START}</text:p><text:p>{END}</text:p>"
_LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
_DOCTYPE = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY l0 "lol">{_LAUGHS}]>'
_OUTSIDE = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]>'


def _docx(body: str, changes: dict[str, bytes | str | None] | None = None, *, stored: bool = False, **more: str) -> bytes:
    return repacked(docx(p(START) + body + p(END), **more), changes, stored=stored)


def _odt(body: str, changes: dict[str, bytes | str | None] | None = None, *, stored: bool = False, **more: str) -> bytes:
    return repacked(odt(f"<text:p>{START}</text:p>{body}<text:p>{END}</text:p>", **more), changes, stored=stored)


def _document(head: str, body: str = _STORY) -> str:
    return f'{head}<w:document xmlns:w="{W}"><w:body>{body}</w:body></w:document>'


def _nested_tables(depth: int) -> str:
    return "<w:tbl><w:tr><w:tc>" * depth + p("fond") + "</w:tc></w:tr></w:tbl>" * depth


def _word_xml(group: Group) -> None:
    group.file("entities_that_laugh.docx", "damaged", lambda: _docx("", {"word/document.xml": _document(_DOCTYPE, p("&l11;"))}))
    group.file("entity_of_a_file.docx", "damaged", lambda: _docx("", {"word/document.xml": _document(_OUTSIDE, p("&f;"))}))
    group.file("entities_in_relations.docx", "damaged", lambda: _docx("", {"word/_rels/document.xml.rels": _DOCTYPE + "<x>&l11;</x>"}))
    group.file("doctype_in_utf_16.docx", "damaged", lambda: _docx("", {"word/document.xml": _document(_DOCTYPE, p("&l11;")).encode("utf_16")}))
    group.file(
        "doctype_in_utf_7.docx", "damaged", lambda: _docx("", {"word/document.xml": b'<?xml version="1.0" encoding="UTF-7"?>' + _document(_DOCTYPE).encode()})
    )
    group.file("xml_cut.docx", "damaged", lambda: _docx("", {"word/document.xml": _document("")[:-90]}))
    group.file("xml_empty.docx", "damaged", lambda: _docx("", {"word/document.xml": ""}))
    group.file("xml_of_zeros.docx", "damaged", lambda: _docx("", {"word/document.xml": b"\0" * 5_000}))
    group.file("xml_of_another_kind.docx", "damaged empty", lambda: _docx("", {"word/document.xml": "<html><body>bonjour</body></html>"}))
    group.file(
        "span_of_two_thousand_million.docx",
        "done",
        lambda: _docx(table(("a", "b")).replace("<w:tc>", '<w:tc><w:tcPr><w:gridSpan w:val="2000000000"/></w:tcPr>')),
        keeps=BOTH,
    )
    group.file(
        "rows_before_of_two_thousand_million.docx",
        "done",
        lambda: _docx(table(("a", "b")).replace("<w:tr>", '<w:tr><w:trPr><w:gridBefore w:val="2000000000"/></w:trPr>')),
        keeps=BOTH,
    )
    group.file("tables_nested_60.docx", "done", lambda: _docx(_nested_tables(60)), keeps=BOTH)
    group.file("tables_nested_5000.docx", "done damaged", lambda: _docx(_nested_tables(5_000), stored=True), keeps=BOTH)
    group.file(
        "runs_nested_100000.docx",
        "done damaged",
        lambda: _docx("<w:p>" + "<w:ins>" * 100_000 + run("fond") + "</w:ins>" * 100_000 + "</w:p>", stored=True),
        keeps=BOTH,
    )
    group.file("attribute_of_12_megabytes.docx", "done damaged too_large", lambda: _docx(p("mot", "x" * 12_000_000), stored=True), keeps=BOTH)
    group.file("text_of_12_megabytes.docx", "damaged too_large", lambda: _docx(p("mot " * 3_000_000), stored=True))
    group.file("paragraphs_20000.docx", "done", lambda: _docx(p("Rien de neuf ici.") * 20_000, stored=True), keeps=BOTH)
    group.file("cells_100000.docx", "done", lambda: _docx(table(*[("un", "deux", "trois", "quatre")] * 25_000), stored=True), keeps=BOTH)
    group.file("notes_in_a_ring.docx", "done damaged", lambda: _docx(_note_call(1), notes=f'<w:footnote w:id="1">{_note_call(1)}</w:footnote>'), keeps=BOTH)
    group.file("styles_in_a_ring.docx", "done", lambda: _docx(p("style", "A"), {"word/styles.xml": _ring_of_styles()}), keeps=BOTH)
    group.file("list_level_of_millions.docx", "done", lambda: _docx(item("puce", 2, 99_999_999) * 3), keeps=BOTH)
    group.file("list_number_of_letters.docx", "done", lambda: _docx(item("puce", 2).replace('w:val="2"', 'w:val="deux"')), keeps=BOTH)
    group.file("words_hidden.docx", "done", lambda: _docx("<w:p><w:r><w:rPr><w:vanish/></w:rPr><w:t>caché</w:t></w:r></w:p>"), keeps=BOTH)
    group.file("boxes_nested_500.docx", "done damaged", lambda: _docx(_nested_boxes(500)), keeps=BOTH)


def _nested_boxes(depth: int) -> str:
    return "<w:p><w:r><w:txbxContent>" * depth + p("fond") + "</w:txbxContent></w:r></w:p>" * depth


def _note_call(number: int) -> str:
    return p("appel", inside=f'<w:r><w:footnoteReference w:id="{number}"/></w:r>')


def _ring_of_styles() -> str:
    style = '<w:style w:type="paragraph" w:styleId="{0}"><w:name w:val="{0}"/><w:basedOn w:val="{1}"/></w:style>'
    return f'<w:styles xmlns:w="{W}">{style.format("A", "B")}{style.format("B", "A")}</w:styles>'


def _word_package(group: Group) -> None:
    group.file("locked.docx", "encrypted", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf_16_le") + bytes(900))
    for part in ("[Content_Types].xml", "_rels/.rels", "word/document.xml", "word/styles.xml", "word/numbering.xml", "word/_rels/document.xml.rels"):
        outcome = "done damaged type_mismatch unsupported_format"
        group.file(f"without_{part.rpartition('/')[2].strip('[].')}_{part.count('/')}.docx", outcome, partial(_docx, "", {part: None}), keeps=BOTH)
    group.file("content_types_of_a_workbook.docx", "damaged unsupported_format type_mismatch", lambda: repacked(docx(_STORY, content_type="sheet")))
    group.file(
        "content_types_of_macros.docx", "unsupported_format damaged", lambda: repacked(docx(_STORY).replace(b"x", b"x"), {"[Content_Types].xml": _macros()})
    )
    group.file("content_types_of_rubbish.docx", "damaged", lambda: _docx("", {"[Content_Types].xml": "<<<"}))
    group.file(
        "relation_to_the_network.docx",
        "done damaged",
        lambda: _docx("", {"word/_rels/document.xml.rels": _relation("http://127.0.0.1:9/x", 'TargetMode="External"')}),
        keeps=BOTH,
    )
    group.file(
        "relation_out_of_the_package.docx", "done damaged", lambda: _docx("", {"word/_rels/document.xml.rels": _relation("../../../../etc/passwd")}), keeps=BOTH
    )
    group.file("relation_to_itself.docx", "done damaged", lambda: _docx("", {"word/_rels/document.xml.rels": _relation("document.xml")}), keeps=BOTH)
    group.file("member_that_climbs.docx", "done damaged", lambda: _docx("", {"../../../tmp/climbed.txt": "x", "/tmp/absolute.txt": "x"}), keeps=BOTH)
    group.file("members_20000.docx", "too_large", lambda: _docx("", {f"word/media/{n}.png": "x" for n in range(20_000)}))
    group.file("member_of_500_megabytes.docx", "too_large", lambda: _docx("", {"word/media/image1.png": bytes(500_000_000)}))
    group.file("words_that_inflate_a_thousandfold.docx", "too_large", lambda: _docx("", {"word/document.xml": _document("", p("a" * 60_000_000))}))
    group.file("zip_in_it.docx", "done", lambda: _docx("", {"word/embeddings/x.zip": zipped([("bombe.txt", bytes(50_000_000))])}), keeps=BOTH)
    group.file("document_twice.docx", "done damaged", lambda: zipped([*_members(_docx("")), ("word/document.xml", _document("", p("un autre texte")))]))
    group.file("core_out_of_shape.docx", "done", lambda: _docx("", {"docProps/core.xml": "<a/>"}), keeps=BOTH)
    group.file(
        "core_of_a_megabyte.docx",
        "done",
        lambda: _docx("", core=f"<dc:title>{'Un titre sans fin ' * 60_000}</dc:title><dc:creator>{'x' * 500_000}</dc:creator>", stored=True),
        keeps=BOTH,
    )
    for number in range(1, 5):
        group.file(f"cut_at_{number}_of_5.docx", "damaged", partial(_cut, _docx(p(prose(3_000))), number / 5))
    group.file("no_words.docx", "empty", lambda: repacked(docx("")))


def _cut(data: bytes, share: float) -> bytes:
    return data[: int(len(data) * share)]


def _macros() -> str:
    return (
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/><Override PartName="/word/document.xml" ContentType="application/vnd.ms-word.document.macroEnabled.main+xml"/></Types>'
    )


def _relation(target: str, more: str = "") -> str:
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/footnotes"
    return f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId3" Type="{kind}" Target="{target}" {more}/></Relationships>'


def _members(data: bytes) -> list[tuple[str, bytes | str]]:
    import io
    import zipfile

    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return [(name, archive.read(name)) for name in archive.namelist()]


def _open_document(group: Group) -> None:
    group.file("entities_that_laugh.odt", "damaged", lambda: _odt("", {"content.xml": _DOCTYPE + "<x>&l11;</x>"}))
    group.file("entity_of_a_file.odt", "damaged", lambda: _odt("", {"meta.xml": _OUTSIDE + "<x>&f;</x>"}))
    group.file("columns_repeated_two_thousand_million.odt", "done", lambda: _odt(_odt_table('table:number-columns-repeated="2000000000"')), keeps=BOTH)
    group.file("rows_repeated_two_thousand_million.odt", "done", lambda: _odt(_odt_table('table:number-rows-repeated="2000000000"')), keeps=BOTH)
    group.file("blanks_of_two_thousand_million.odt", "done", lambda: _odt('<text:p>un<text:s text:c="2000000000"/>deux</text:p>'), keeps=BOTH)
    group.file(
        "lists_nested_300.odt",
        "done damaged",
        lambda: _odt("<text:list><text:list-item>" * 300 + "<text:p>fond</text:p>" + "</text:list-item></text:list>" * 300),
        keeps=BOTH,
    )
    group.file(
        "lists_nested_20000.odt",
        "done damaged",
        lambda: _odt("<text:list><text:list-item>" * 20_000 + "</text:list-item></text:list>" * 20_000, stored=True),
        keeps=BOTH,
    )
    group.file("spans_nested_900.odt", "done damaged", lambda: _odt("<text:p>" + "<text:span>" * 900 + "fond" + "</text:span>" * 900 + "</text:p>"), keeps=BOTH)
    group.file("notes_in_notes_200.odt", "done damaged", lambda: _odt(_odt_notes(200)), keeps=BOTH)
    group.file("without_content.odt", "damaged", lambda: _odt("", {"content.xml": None}))
    group.file("without_mimetype.odt", "done damaged type_mismatch unsupported_format", lambda: _odt("", {"mimetype": None}), keeps=BOTH)
    group.file("mimetype_of_a_table.odt", "type_mismatch unsupported_format", lambda: _odt("", {"mimetype": "application/vnd.oasis.opendocument.spreadsheet"}))
    group.file(
        "mimetype_of_ten_megabytes.odt",
        "too_large damaged done",
        lambda: _odt("", {"mimetype": "application/vnd.oasis.opendocument.text" + " " * 10_000_000}),
        keeps=BOTH,
    )
    group.file("locked.odt", "encrypted", lambda: _odt("", {"META-INF/manifest.xml": _LOCKED}))
    group.file("content_cut.odt", "damaged", lambda: _odt("", {"content.xml": "<office:document-content"}))
    group.file("styles_in_a_ring.odt", "done", lambda: _odt(f'<text:p text:style-name="A">{MIDDLE}</text:p>', styles=_ODT_RING), keeps=BOTH)
    group.file("cut_in_half.odt", "damaged", lambda: _cut(_odt(f"<text:p>{prose(3_000)}</text:p>"), 0.5))
    group.file("no_words.odt", "empty", lambda: repacked(odt("")))


_LOCKED = (
    '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"><manifest:file-entry manifest:full-path="content.xml">'
    "<manifest:encryption-data/></manifest:file-entry></manifest:manifest>"
)
_ODT_RING = '<style:style style:name="A" style:parent-style-name="B"/><style:style style:name="B" style:parent-style-name="A"/>'


def _odt_table(attribute: str) -> str:
    cell = f"<table:table-cell {attribute}><text:p>cellule</text:p></table:table-cell>"
    return f"<table:table><table:table-row {attribute}>{cell}{cell}</table:table-row></table:table>"


def _odt_notes(depth: int) -> str:
    return "<text:p>note<text:note><text:note-body>" * depth + "<text:p>fond</text:p>" + "</text:note-body></text:note></text:p>" * depth


def cases() -> list[Case]:
    """All of them."""
    group = Group("office")
    _word_xml(group)
    _word_package(group)
    _open_document(group)
    return group.cases
