"""CSV and zip archives: a document a row or a member, each bad one reported in its place."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from datetime import date

import pytest
from make_office import docx, odt, p, packed

from extractors import errors
from extractors.document import Document
from extractors.formats import BadPart, parts, read, read_each
from extractors.options import Options

NOTE = "Ségou, le 12 mars 2024\n\nLes élèves de Ségou ont visité la mairie le 4 mars 2024.\n"
COLUMNS = ("id", "text", "title", "published", "language", "source", "rubrique")
ROW = ("a", NOTE, "Ségou ; « la visite »", "2024-03-12", "fr", "La Gazette", "société")


def table(*rows: tuple[str, ...], mark: str = ",", columns: tuple[str, ...] = COLUMNS) -> bytes:
    out = io.StringIO()
    csv.writer(out, delimiter=mark).writerows([columns, *rows])
    return out.getvalue().encode()


def each(data: bytes, name: str, options: Options | None = None) -> dict[str, Document | type[errors.VeilleError]]:
    items = read_each(data, name=name, options=options or Options())
    return {item.origin or "": type(item.error) if isinstance(item, BadPart) else item for item in items}


# --- CSV


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_a_row_is_a_document_like_its_text_twin(mark: str) -> None:
    [found], [twin] = read(table(ROW, mark=mark), name="notes.csv"), read(NOTE.encode(), name="note.txt")
    assert found.text == twin.text
    assert (found.id, found.title, found.published, found.language, found.source) == ("a", "Ségou ; « la visite »", date(2024, 3, 12), "fr", "La Gazette")
    assert (found.origin, found.published_from, dict(found.metadata), found.media_type) == ("notes.csv#2", "caller", {"rubrique": "société"}, "text/csv")


def test_columns_are_found_by_name_whatever_their_order_and_case() -> None:
    [found] = read("Rubrique;TEXT; Published\nsociété;Une réunion à Ségou.;\n".encode(), name="notes.csv")
    assert (found.text, found.published, found.metadata) == ("Une réunion à Ségou.", None, {"Rubrique": "société"})


@pytest.mark.parametrize("head", ["\ufeff", "sep=;\r\n", "\ufeffsep=;\n"])
def test_what_excel_puts_first_is_no_row(head: str) -> None:
    [found] = read((head + "id;text\na;Une réunion à Ségou.\n").encode(), name="notes.csv")
    assert (found.id, found.text) == ("a", "Une réunion à Ségou.")


def test_a_table_in_windows_1252_is_read_with_a_warning() -> None:
    [found] = read("id;text\r\na;Une réunion à Ségou, l’été.\r\n".encode("cp1252"), name="notes.csv")
    assert (found.text, [notice.code for notice in found.warnings], found.encoding) == ("Une réunion à Ségou, l’été.", ["encoding_guessed"], "cp1252")


def test_a_bad_row_is_reported_in_its_place_and_the_others_go_on() -> None:
    rows = [("a", "un"), ("b", " "), ("c", "deux", "trop"), ("d", "x" * 101), ("e", "cinq"), ("", "")]
    found = each(table(*rows, columns=("id", "text")), "notes.csv", Options(max_characters=100))
    kinds = [item.text if isinstance(item, Document) else item for item in found.values()]
    assert kinds == ["un", errors.EmptyDocument, errors.DamagedDocument, errors.TooLarge, "cinq"]
    assert list(found) == [f"notes.csv#{number}" for number in range(2, 7)]
    bad = [item for item in read_each(table(*rows, columns=("id", "text")), name="notes.csv", options=Options(max_characters=100)) if isinstance(item, BadPart)]
    assert [(item.id, item.line) for item in bad] == [("b", 3), ("c", 4), ("d", 5)]


def test_a_bad_day_or_language_of_a_row_is_an_invalid_request() -> None:
    found = each(table(("a", "un", "", "hier peut-être"), ("b", "deux", "", "", "français")), "notes.csv")
    assert list(found.values()) == [errors.InvalidRequest, errors.InvalidRequest]


def test_a_cut_table_keeps_its_whole_rows() -> None:
    found = each(table(ROW, ROW)[:-90], "notes.csv")
    assert [type(item) if isinstance(item, Document) else item for item in found.values()] == [Document, errors.DamagedDocument]


def test_a_cell_may_hold_a_long_report_and_odd_line_ends() -> None:
    text = "Une réunion.\u2028Suite.\n" * 20_000
    [found] = read(table(("a", text, "", "", "", "", "")), name="notes.csv")
    assert found.text == text.replace("\u2028", "\n")


def test_a_table_without_texts_is_named_with_what_to_do() -> None:
    with pytest.raises(errors.UnsupportedFormat, match="column `text`"):
        read(b"nom;ville\nAwa;Bamako\n", name="table.csv")


def test_a_table_is_known_by_its_columns_and_prose_is_not_one() -> None:
    assert [document.id for document in read(b"id,text\na,Une note.\n", name="notes.txt")] == ["a"]
    [prose] = read(b"The text, the title and the source are below.\n", name="notes.txt")
    assert prose.media_type == "text/plain"


# --- zip archives


MEMBERS: dict[str, str | bytes] = {
    "2024/note.txt": NOTE,
    "2024/note.docx": docx("".join(map(p, NOTE.strip().split("\n\n")))),
    "2024/note.odt": odt("".join(f"<text:p>{line}</text:p>" for line in NOTE.strip().split("\n\n"))),
    "note.html": "<html><body><article>" + "".join(f"<p>{line}</p>" for line in NOTE.strip().split("\n\n")) + "</article></body></html>",
    "notes.csv": table(ROW),
    "notes.jsonl": json.dumps({"text": NOTE}),
    "été/note.md": NOTE,
}


def test_each_member_is_a_document_like_its_twin() -> None:
    found = each(packed(MEMBERS), "tout.zip")
    assert sorted(found) == sorted(f"tout.zip/{name}" + {"notes.csv": "#2", "notes.jsonl": "#1"}.get(name, "") for name in MEMBERS)
    assert {item.text.strip() if isinstance(item, Document) else item for item in found.values()} == {NOTE.strip()}


def test_an_archive_in_an_archive_is_opened_too() -> None:
    assert list(each(packed({"a/b.zip": packed({"c.txt": NOTE})}), "tout.zip")) == ["tout.zip/a/b.zip/c.txt"]


def test_the_day_in_the_name_of_a_member_counts_as_that_of_a_file() -> None:
    [found] = read(packed({"2024-03-12-note.txt": "Une note."}), name="2019-01-01.zip")
    assert found.fallback_published == date(2024, 3, 12)


def test_a_bad_member_is_reported_in_its_place_and_the_others_go_on() -> None:
    members: dict[str, str | bytes] = {
        "a.txt": "un",
        "b.pdf": b"%PDF-1.7 rien",
        "c.jpg": b"\xff\xd8\xff\xe0",
        "d.txt": "",
        "e.docx": "texte",
        "f.zip": b"PK\x03\x04 rien",
        "g.txt": "deux",
    }
    found = each(packed(members), "tout.zip")
    assert [item.text if isinstance(item, Document) else item.code for item in found.values()] == [
        *("un", "damaged", "unsupported_format", "empty", "type_mismatch", "damaged", "deux"),
    ]


def test_what_systems_hide_in_archives_is_left_out() -> None:
    assert list(each(packed({"a.txt": "un", "__MACOSX/._a.txt": "x", ".DS_Store": "x", "b/Thumbs.db": "x", "b/": ""}), "tout.zip")) == ["tout.zip/a.txt"]


def test_names_of_members_lead_nowhere_else() -> None:
    found = each(packed({"../../etc/passwd.txt": "un", "/root/a.txt": "deux", "C:\\b.txt": "trois", "b.txt": "quatre", "a\x1bb.txt": "cinq"}), "tout.zip")
    assert sorted(found) == ["tout.zip/a\ufffdb.txt", "tout.zip/b (2).txt", "tout.zip/b.txt", "tout.zip/etc/passwd.txt", "tout.zip/root/a.txt"]


@pytest.mark.parametrize("share", [0.3, 0.9, 0.999])
def test_a_cut_archive_is_damaged(share: float) -> None:
    data = packed(MEMBERS)
    with pytest.raises(errors.DamagedDocument, match=r"tout\.zip"):
        list(read_each(data[: int(share * len(data))], name="tout.zip"))


def test_a_member_whose_bytes_are_broken_is_damaged_alone() -> None:
    data = bytearray(packed({"a.txt": NOTE, "b.txt": "deux"}))
    data[45] ^= 0xFF
    found = each(bytes(data), "tout.zip")
    assert found["tout.zip/a.txt"] is errors.DamagedDocument
    assert isinstance(found["tout.zip/b.txt"], Document)


def locked(data: bytes, *names: bytes) -> bytes:
    """The same archive, with these members said to be encrypted."""
    out = bytearray(data)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for member in archive.infolist():
            if member.filename.encode() in names:
                out[member.header_offset + 6] |= 1
                entry = out.rindex(b"PK\x01\x02", 0, out.rindex(member.filename.encode()))
                out[entry + 8] |= 1
    return bytes(out)


def test_a_locked_archive_is_encrypted_and_so_is_a_locked_member() -> None:
    data = packed({"a.txt": NOTE, "b.txt": "deux"})
    with pytest.raises(errors.EncryptedDocument, match=r"tout\.zip"):
        list(read_each(locked(data, b"a.txt", b"b.txt"), name="tout.zip"))
    found = each(locked(data, b"a.txt"), "tout.zip")
    assert found["tout.zip/a.txt"] is errors.EncryptedDocument
    assert isinstance(found["tout.zip/b.txt"], Document)


def test_a_member_that_inflates_a_thousandfold_is_a_bomb() -> None:
    with pytest.raises(errors.TooLarge, match="unpack"):
        list(read_each(packed({"a.txt": b"a" * 20_000_000}), name="tout.zip"))


def test_a_member_that_lies_about_its_size_is_damaged() -> None:
    data = bytearray(packed({"a.txt": b"a" * 20_000_000, "b.txt": "deux"}))
    entry = data.index(b"PK\x01\x02")
    data[entry + 24 : entry + 28] = (1000).to_bytes(4, "little")
    found = each(bytes(data), "tout.zip")
    assert found["tout.zip/a.txt"] is errors.DamagedDocument
    assert isinstance(found["tout.zip/b.txt"], Document)


def test_members_and_bytes_are_counted_through_archives_in_archives(monkeypatch: pytest.MonkeyPatch) -> None:
    data = packed({f"{number}.zip": packed({f"{n}.txt": f"note {n}" for n in range(4)}) for number in range(3)})
    with pytest.raises(errors.TooLarge, match="over 10,000 files"):
        list(read_each(packed({f"{n}.txt": "a" for n in range(10_001)}), name="tout.zip"))
    few = parts.Allowance(members=9)
    from extractors import formats

    monkeypatch.setattr(formats, "Allowance", lambda: few)
    found = each(data, "tout.zip")
    assert [item for item in found.values() if not isinstance(item, Document)] == [errors.TooLarge, errors.TooLarge]


def test_an_archive_of_itself_ends() -> None:
    data = packed({"a.txt": "un"})
    for _ in range(8):
        data = packed({"a.zip": data})
    [found] = each(data, "tout.zip").values()
    assert found is errors.TooLarge


def test_an_empty_archive_is_empty() -> None:
    for members in ({}, {"dossier/": ""}):
        with pytest.raises(errors.EmptyDocument, match=r"tout\.zip"):
            list(read_each(packed(members), name="tout.zip"))


def test_an_archive_named_as_an_office_document_is_a_type_mismatch() -> None:
    with pytest.raises(errors.TypeMismatch, match="zip archive"):
        list(read_each(packed({"a.txt": "un"}), name="lettre.docx"))
