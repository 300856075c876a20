"""Mail: what its writer wrote, each attachment a document of its own, and a reason for what cannot be read."""

from __future__ import annotations

import base64
import tracemalloc
from datetime import date
from email.message import EmailMessage
from email.mime.image import MIMEImage

import pytest
from make_office import docx, odt, p, packed

from extractors import errors
from extractors.document import Document
from extractors.formats import BadPart, read, read_each

BODY = "Chères et chers collègues,\n\nL’atelier de Ségou aura lieu mardi prochain à l’hôtel de ville.\n\nAwa Traoré\n"
NOTE = "Ségou, le 12 mars 2024\n\nLes élèves de Ségou ont visité la mairie le 4 mars 2024.\n"


def mail(body: str = BODY, **headers: str) -> EmailMessage:
    found = EmailMessage()
    found["From"] = "Awa Traoré <awa@reseau.example>"
    found["To"] = "tous@reseau.example"
    found["Subject"] = "L’atelier de Ségou, édition d’été"
    found["Date"] = "Tue, 12 Mar 2024 23:30:00 -0500"
    found["Message-ID"] = "<1@reseau.example>"
    for name, value in headers.items():
        del found[name]
        found[name] = value
    found.set_content(body)
    return found


def attach(to: EmailMessage, data: bytes, name: str) -> None:
    to.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)


def each(data: bytes | EmailMessage, name: str = "mail.eml") -> dict[str, Document | type[errors.VeilleError]]:
    """The documents of a mail by origin, or the class of what is wrong with each."""
    items = read_each(data if isinstance(data, bytes) else data.as_bytes(), name=name)
    return {item.origin or "": type(item.error) if isinstance(item, BadPart) else item for item in items}


def one(data: bytes | EmailMessage, name: str = "mail.eml") -> Document:
    [document] = read(data if isinstance(data, bytes) else data.as_bytes(), name=name)
    return document


def test_a_mail_is_what_was_written_under_its_subject_on_the_day_it_was_sent() -> None:
    found = one(mail())
    [twin] = read(BODY.encode(), name="mail.txt")
    assert found.text == twin.text.strip("\n")
    assert (found.title, found.published, found.published_from) == ("L’atelier de Ségou, édition d’été", date(2024, 3, 12), "metadata")
    assert (found.metadata["author"], found.media_type, found.origin) == ("Awa Traoré", "message/rfc822", "mail.eml")


@pytest.mark.parametrize("encoding", ["utf-8", "iso-8859-15", "windows-1252"])
@pytest.mark.parametrize("transfer", ["8bit", "quoted-printable", "base64"])
def test_the_encoding_that_a_mail_declares_is_followed(encoding: str, transfer: str) -> None:
    found = EmailMessage()
    found["From"] = "a@reseau.example"
    found.set_content("Une soirée à l'été : 5 EUR", charset=encoding, cte=transfer)
    assert one(found).text == "Une soirée à l'été : 5 EUR"


def test_plain_text_is_preferred_to_html() -> None:
    both = mail()
    both.add_alternative("<html><body><p>En <b>HTML</b></p></body></html>", subtype="html")
    assert "HTML" not in one(both).text
    blank = mail(" ")
    blank.add_alternative("<html><head><style>p {}</style></head><body><p>En <b>HTML</b></p><ul><li>un</li><li>deux</li></ul></body></html>", subtype="html")
    assert one(blank).text == "En HTML\n\nun\n\ndeux"


def test_each_attachment_is_a_document_like_its_twin() -> None:
    whole = mail()
    attach(whole, NOTE.encode(), "note.txt")
    attach(whole, docx("".join(map(p, NOTE.strip().split("\n\n")))), "note.docx")
    attach(whole, odt("".join(f"<text:p>{line}</text:p>" for line in NOTE.strip().split("\n\n"))), "résumé d’été.odt")
    attach(whole, packed({"dossier/note.txt": NOTE, "note.md": NOTE}), "tout.zip")
    found = each(whole)
    origins = [
        "mail.eml",
        "mail.eml/note.txt",
        "mail.eml/note.docx",
        "mail.eml/résumé d’été.odt",
        "mail.eml/tout.zip/dossier/note.txt",
        "mail.eml/tout.zip/note.md",
    ]
    assert list(found) == origins
    assert {document.text.strip() for document in list(found.values())[1:] if isinstance(document, Document)} == {NOTE.strip()}


def test_a_mail_inside_a_mail_is_a_document_with_its_own_attachments() -> None:
    inner = mail("Le premier message parle de Kayes.", Subject="Kayes", Date="Mon, 4 Mar 2024 10:00:00 +0000")
    attach(inner, NOTE.encode(), "note.txt")
    outer = mail()
    outer.add_attachment(inner)
    found = each(outer)
    assert list(found) == ["mail.eml", "mail.eml/Kayes.eml", "mail.eml/Kayes.eml/note.txt"]
    forwarded = found["mail.eml/Kayes.eml"]
    assert isinstance(forwarded, Document)
    assert (forwarded.text, forwarded.title, forwarded.published) == ("Le premier message parle de Kayes.", "Kayes", date(2024, 3, 4))


def test_an_attachment_that_cannot_be_read_is_reported_and_the_others_go_on() -> None:
    whole = mail()
    attach(whole, b"\xff\xd8\xff\xe0 JFIF", "photo.jpg")
    attach(whole, b"%PDF-1.7 rien", "cut.pdf")
    attach(whole, b"", "vide.txt")
    attach(whole, NOTE.encode(), "note.txt")
    problems = {origin: item for origin, item in each(whole).items() if not isinstance(item, Document)}
    assert problems == {"mail.eml/photo.jpg": errors.UnsupportedFormat, "mail.eml/cut.pdf": errors.DamagedDocument, "mail.eml/vide.txt": errors.EmptyDocument}


def test_a_mail_that_only_carries_others_has_no_document_of_its_own() -> None:
    whole = mail("\n")
    attach(whole, NOTE.encode(), "note.txt")
    assert list(each(whole)) == ["mail.eml/note.txt"]
    with pytest.raises(errors.EmptyDocument, match=r"mail\.eml"):
        one(mail("\n"))


def test_pictures_in_the_text_are_left_out_with_a_warning_and_signatures_without_one() -> None:
    whole = mail()
    whole.make_mixed()
    logo = MIMEImage(b"\x89PNG\r\n", _subtype="png")
    logo["Content-ID"] = "<logo>"
    whole.attach(logo)
    whole.add_attachment(b"-----BEGIN PGP", maintype="application", subtype="pgp-signature", filename="signature.asc")
    found = one(whole)
    assert [notice.code for notice in found.warnings] == ["pictures_left_out"]


def test_names_of_attachments_lead_nowhere_else_and_are_told_apart() -> None:
    whole = mail()
    for name in ("../../etc/note.txt", "/tmp/note.txt", "C:\\temp\\note.txt", "note.txt", "note.txt", "a\x07b.txt"):
        attach(whole, NOTE.encode(), name)
    assert list(each(whole))[1:] == [f"mail.eml/{name}" for name in ("etc/note.txt", "tmp/note.txt", "temp/note.txt", "note.txt", "note (2).txt", "ab.txt")]


def test_raw_bytes_in_a_subject_are_read() -> None:
    data = "From: a@reseau.example\r\nSubject: Réunion à Ségou\r\nDate: hier\r\n\r\nBonjour à tous.\r\n"
    for encoding in ("utf_8", "cp1252"):
        found = one(data.encode(encoding))
        assert (found.title, found.published, found.text) == ("Réunion à Ségou", None, "Bonjour à tous.")


@pytest.mark.parametrize(
    "header",
    ["Subject: " + "=?utf-8?q?=C3=A9?= " * 50_000, "Content-Type: multipart/mixed" + ";" * 1_000_000, "Content-Type: text/plain" + "; a*0*=b" * 100_000],
)
def test_a_header_of_a_megabyte_costs_no_more_than_itself(header: str) -> None:
    tracemalloc.start()
    found = one(f"From: a@reseau.example\r\n{header}\r\n\r\nBonjour à tous.\r\n".encode())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found.text == "Bonjour à tous."
    assert len(found.title or "") <= 300
    assert peak < 30_000_000


def test_brackets_without_end_in_an_address_are_no_name() -> None:
    assert one(b"From: " + b"(" * 5_000 + b"\n\nBonjour.").metadata == {}


def test_a_cut_mail_is_damaged() -> None:
    whole = mail()
    attach(whole, NOTE.encode() * 100, "note.txt")
    data = whole.as_bytes()
    with pytest.raises(errors.DamagedDocument, match="stops before its end"):
        one(data[: len(data) // 2])


def test_an_encrypted_mail_is_named_so() -> None:
    data = b"From: a@reseau.example\nContent-Type: application/pkcs7-mime; smime-type=enveloped-data\nContent-Transfer-Encoding: base64\n\n" + base64.b64encode(
        b"x" * 90
    )
    with pytest.raises(errors.EncryptedDocument):
        one(data)


def test_text_named_eml_is_a_type_mismatch() -> None:
    with pytest.raises(errors.TypeMismatch, match=r"lettre\.eml"):
        one(b"Bonjour,\n\nA demain.", "lettre.eml")


def test_a_mail_is_known_without_its_suffix_and_a_memo_is_text() -> None:
    assert one(mail(), "message.txt").media_type == "message/rfc822"
    assert one(b"From: Awa\nTo: Issa\nSubject: Bilan\n\nTout va bien.", "memo.txt").media_type == "text/plain"


def test_parts_inside_parts_without_end_are_damaged() -> None:
    data = b"From: a@reseau.example\n"
    for depth in range(2_000):
        data += b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (depth, depth)
    with pytest.raises(errors.DamagedDocument):
        one(data)


def test_mails_inside_one_another_are_followed_to_a_depth_that_is_told() -> None:
    found = mail("tout au fond")
    for depth in range(8):
        outer = mail(f"niveau {depth}")
        outer.add_attachment(found)
        found = outer
    items = each(found)
    assert [type(item) for item in items.values()][:5] == [Document] * 5
    assert list(items.values())[-1] is errors.TooLarge
