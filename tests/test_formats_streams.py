"""Mailboxes, feeds and web archives: a document a mail, an entry, a page, and a reason for what cannot be read."""

from __future__ import annotations

import gzip
import io
from datetime import date
from email.message import EmailMessage

import pytest
from make_office import docx, p, packed
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from extractors import errors
from extractors.document import Document
from extractors.formats import BadPart, Part, mbox, read, read_each
from extractors.formats import warc as warcs
from extractors.formats.parts import Allowance
from extractors.options import Options

NOTE = "Les élèves de Ségou ont visité la mairie le 4 mars 2024.\n"
FIRST_LINE = "From awa@reseau.example Tue Mar 12 23:30:00 2024\n"


def each(data: bytes | str, name: str, options: Options | None = None) -> dict[str, Document | type[errors.VeilleError]]:
    """The documents of a file by origin, or the class of what is wrong with each."""
    items = read_each(data.encode() if isinstance(data, str) else data, name=name, options=options or Options())
    return {item.origin or "": type(item.error) if isinstance(item, BadPart) else item for item in items}


def documents(data: bytes | str, name: str) -> list[Document]:
    return read(data.encode() if isinstance(data, str) else data, name=name)


# --- mailboxes


def mail(body: str = NOTE, subject: str = "La visite") -> EmailMessage:
    found = EmailMessage()
    found["From"] = "Awa Traoré <awa@reseau.example>"
    found["Subject"] = subject
    found["Date"] = "Tue, 12 Mar 2024 23:30:00 -0500"
    found["Message-ID"] = "<1@reseau.example>"
    found.set_content(body)
    return found


def mailbox(*mails: EmailMessage | str, first_line: str = FIRST_LINE) -> str:
    return "\n".join(first_line + (found if isinstance(found, str) else found.as_bytes().decode()) for found in mails)


def test_each_mail_of_a_mailbox_is_a_document_like_its_twin() -> None:
    first, second = documents(mailbox(mail(), mail("Une réunion à Kayes.", "Kayes")), "liste.mbox")
    [twin] = read(mail().as_bytes(), name="mail.eml")
    assert (first.text, first.title, first.published, first.metadata) == (twin.text, twin.title, twin.published, twin.metadata)
    assert (first.origin, second.origin, second.title, second.text) == ("liste.mbox/1.eml", "liste.mbox/2.eml", "Kayes", "Une réunion à Kayes.")


@pytest.mark.parametrize("first_line", ["From - Tue Mar 12 23:30:00 2024\r\n", "From \n", "From 1793@xxx Tue Mar 12 23:30:00 +0000 2024\n"])
def test_the_lines_before_mails_that_programs_write_are_known(first_line: str) -> None:
    assert len(documents(mailbox(mail(), mail("Une réunion.", "Kayes"), first_line=first_line), "liste.mbox")) == 2


def test_a_mailbox_is_known_without_its_suffix_and_one_mail_behind_such_a_line_is_a_mail() -> None:
    assert list(each(mailbox(mail(), mail("Deux.")), "Inbox")) == ["Inbox/1.eml", "Inbox/2.eml"]
    assert list(each(mailbox(mail()), "mail.eml")) == ["mail.eml"]


def test_lines_of_a_mail_that_begin_with_from_do_not_cut_it() -> None:
    body = "From: a@reseau.example\n\nFrom Paris to Ségou, le voyage dure un jour :\n\n>From ici, tout va bien.\n"
    first, second = documents(mailbox(body, mail("Deux.")), "liste.mbox")
    assert first.text.split("\n\n") == ["From Paris to Ségou, le voyage dure un jour :", "From ici, tout va bien."]
    assert second.text == "Deux."


def test_attachments_of_mails_in_a_mailbox_are_documents_too_and_a_bad_one_is_told_in_its_place() -> None:
    whole = mail()
    whole.add_attachment(packed({"note.txt": NOTE}), maintype="application", subtype="zip", filename="tout.zip")
    whole.add_attachment(b"\xff\xd8\xff\xe0", maintype="image", subtype="jpeg", filename="photo.jpg")
    found = each(mailbox(whole, "X-Only: 1\n\n", mail("Deux.")), "liste.mbox")
    assert {origin.removeprefix("liste.mbox/"): item if isinstance(item, type) else None for origin, item in found.items()} == {
        "1.eml": None,
        "1.eml/tout.zip/note.txt": None,
        "1.eml/photo.jpg": errors.UnsupportedFormat,
        "2.eml": errors.TypeMismatch,
        "3.eml": None,
    }


def test_a_cut_mailbox_gives_the_mails_before_the_cut() -> None:
    whole = mail()
    whole.add_attachment(NOTE.encode() * 50, maintype="text", subtype="plain", filename="note.txt")
    data = mailbox(mail("Un."), whole)
    assert [type(item) for item in each(data[: len(data) - 800], "liste.mbox").values()] == [Document, type(errors.DamagedDocument)]


def test_a_text_named_as_a_mailbox_is_a_type_mismatch() -> None:
    with pytest.raises(errors.TypeMismatch, match="mailbox"):
        each("Bonjour à tous.\n", "liste.mbox")


def test_mails_of_a_mailbox_in_another_encoding_are_read() -> None:
    raw = FIRST_LINE.encode() + "From: a@reseau.example\nSubject: Réunion à Ségou\n\nBonjour à l'été.\n".encode("cp1252")
    [found] = documents(raw, "liste.mbox")
    assert (found.title, found.text) == ("Réunion à Ségou", "Bonjour à l'été.")


def test_a_mailbox_gives_ten_thousand_mails_and_tells_that_there_are_more() -> None:
    data = mailbox(*(f"From: a@reseau.example\n\nmot {n}\n" for n in range(10_001))).encode()
    *good, last = mbox.members(data, "liste.mbox", Options(), Allowance())
    assert len({part.data for part in good if isinstance(part, Part)}) == 10_000
    assert isinstance(last, BadPart) and isinstance(last.error, errors.TooLarge)


# --- feeds

ITEM = (
    "<item><title>La visite</title><link>https://gazette.example/1</link><pubDate>Tue, 12 Mar 2024 23:30:00 -0500</pubDate><description>{}</description></item>"
)
NAMES = 'xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/"'


def rss(*items: str, head: str = '<?xml version="1.0" encoding="UTF-8"?>') -> str:
    return f'{head}<rss version="2.0" {NAMES}><channel><title>La Gazette</title><language>fr-FR</language>{"".join(items)}</channel></rss>'


def atom(*entries: str) -> str:
    return f'<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en"><title>News</title>{"".join(entries)}</feed>'


def test_an_entry_of_rss_is_a_document_under_its_title_on_its_day() -> None:
    [found] = documents(rss(ITEM.format("&lt;p&gt;Les élèves ont visité la mairie.&lt;/p&gt;&lt;p&gt;Le maire les a reçus.&lt;/p&gt;")), "gazette.rss")
    assert found.text == "La visite\n\nLes élèves ont visité la mairie.\n\nLe maire les a reçus."
    assert (found.title, found.published, found.published_from, found.language) == ("La visite", date(2024, 3, 12), "metadata", "fr")
    assert (found.source, found.origin, found.media_type) == ("https://gazette.example/1", "gazette.rss#1", "application/rss+xml")
    assert found.metadata == {"feed": "La Gazette", "url": "https://gazette.example/1"}


def test_the_whole_text_of_an_entry_comes_before_its_summary() -> None:
    item = "<item><description>Court.</description><content:encoded><![CDATA[<p>Tout le texte&nbsp;: long.</p>]]></content:encoded><dc:creator>Awa</dc:creator></item>"
    [found] = documents(rss(item), "gazette.xml")
    assert (found.text, found.metadata["author"], found.title) == ("Tout le texte : long.", "Awa", "Tout le texte : long.")


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ('<content type="html">&lt;p&gt;One &amp;amp; two&lt;/p&gt;</content>', "One & two"),
        ('<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>One</p><p>Two <i>and</i> three</p></div></content>', "One\n\nTwo and three"),
        ("<content>a &lt; b</content>", "a < b"),
        ('<content type="image/png">iVBORw0KGgo=</content><summary>Short.</summary>', "Short."),
        ("<summary>Short.</summary>", "Short."),
    ],
)
def test_an_entry_of_atom_is_read_as_the_type_that_it_names(content: str, text: str) -> None:
    entry = f'<entry><title>Visit</title><link rel="self" href="https://a.example/x"/><link href="https://a.example/1"/><updated>2024-03-14T00:00:00Z</updated>{content}'
    [found] = documents(atom(f"{entry}<published>2024-03-12T10:00:00Z</published><author><name>Jo</name></author></entry>"), "news.atom")
    assert found.text == f"Visit\n\n{text}".strip()
    assert (found.published, found.source, found.language, found.metadata["author"]) == (date(2024, 3, 12), "https://a.example/1", "en", "Jo")
    assert found.media_type == "application/atom+xml"


def test_the_feeds_of_rdf_are_read() -> None:
    space = 'xmlns="http://purl.org/rss/1.0/" xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:dc="http://purl.org/dc/elements/1.1/"'
    data = f"<rdf:RDF {space}><channel><title>T</title></channel><item><title>La visite</title><dc:date>2024-03-12T10:00:00Z</dc:date></item></rdf:RDF>"
    [found] = documents(data, "feed.xml")
    assert (found.text, found.published) == ("La visite", date(2024, 3, 12))


def test_a_feed_is_known_by_its_content_and_other_xml_is_none() -> None:
    data = rss(ITEM.format("Un."), head="<?xml version='1.0'?>\n<?xml-stylesheet href='a.xsl'?><!-- un fil -->\n")
    assert list(each(data, "page.html")) == list(each(data, "page.html")) == ["page.html#1"]
    for other in ("<feed><entry/></feed>", "<svg/>", "<channel><item/></channel>"):
        with pytest.raises(errors.UnsupportedFormat, match="XML"):
            each(other, "a.xml")
    with pytest.raises(errors.TypeMismatch, match="feed"):
        each("Bonjour.", "a.rss")


def test_an_entry_without_words_is_told_and_the_others_go_on() -> None:
    assert [item if isinstance(item, type) else item.text for item in each(rss("<item/>", ITEM.format("Un.")), "a.rss").values()] == [
        errors.EmptyDocument,
        "La visite\n\nUn.",
    ]


def test_an_entry_is_the_same_document_in_the_feed_of_the_next_day() -> None:
    [old] = documents(rss(ITEM.format("Un.")), "lundi.rss")
    _, again = documents(rss("<item><title>Neuf</title></item>", ITEM.format("Un.")), "mardi.rss")
    assert (old.id, old.sha256) == (again.id, again.sha256)


@pytest.mark.parametrize("share", [0.35, 0.9])
def test_a_cut_feed_gives_the_entries_before_the_cut(share: float) -> None:
    data = rss(*[ITEM.format(f"Numéro {n}.") for n in range(10)])
    data = data[: int(share * len(data))]
    found = list(each(data, "a.rss").values())
    assert all(isinstance(item, Document) for item in found[:-1])
    assert found[-1] is errors.DamagedDocument


def test_a_feed_cut_before_its_first_entry_and_one_without_any_say_so() -> None:
    with pytest.raises(errors.DamagedDocument, match="a.rss"):
        each(rss()[:-30], "a.rss")
    with pytest.raises(errors.EmptyDocument, match="no entry"):
        each(rss(), "a.rss")


@pytest.mark.parametrize(
    ("written", "declared"), [("cp1252", "UTF-8"), ("cp1252", "windows-1252"), ("utf_16", "UTF-16"), ("utf_8_sig", "iso-8859-1"), ("utf_8", "klingon")]
)
def test_a_feed_in_another_encoding_than_it_says_is_read(written: str, declared: str) -> None:
    data = rss(ITEM.format("Les élèves de l’été ont dit « oui »."), head=f'<?xml version="1.0" encoding="{declared}"?>').encode(written)
    assert [item.text for item in documents(data, "a.rss")] == ["La visite\n\nLes élèves de l’été ont dit « oui »."]


def test_names_of_html_and_control_characters_do_not_end_a_feed() -> None:
    [found] = documents(rss(ITEM.format("L&eacute;a &amp; No\x0bé&nbsp;: &bogus2;".replace("&bogus2;", ""))), "a.rss")
    assert (found.text, [notice.code for notice in found.warnings]) == ("La visite\n\nLéa & Noé :", ["control_characters"])


def test_entities_that_multiply_are_refused() -> None:
    bomb = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10 if n else "mot " * 10}">' for n in range(12))
    with pytest.raises(errors.DamagedDocument, match="entities of its own"):
        each(f"<!DOCTYPE rss [{bomb}]>" + rss(ITEM.format("&a11;"), head=""), "a.rss")
    outside = '<!DOCTYPE rss [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
    with pytest.raises(errors.DamagedDocument, match="entities of its own"):
        each(outside + rss(ITEM.format("&a;"), head=""), "a.rss")


def test_a_link_that_runs_a_script_is_no_source() -> None:
    [found] = documents(rss("<item><title>Un</title><link>javascript:alert(1)</link></item>"), "a.rss")
    assert found.source == "a.rss#1"


def test_a_feed_gives_ten_thousand_entries_and_tells_that_there_are_more() -> None:
    found = list(each(rss(*(f"<item><title>{n}</title></item>" for n in range(10_001))), "a.rss").values())
    assert sum(isinstance(item, Document) for item in found) == 10_000
    assert found[10_000:] == [errors.TooLarge]


def test_a_feed_inside_an_archive_inside_a_mail_is_read() -> None:
    whole = mail()
    whole.add_attachment(packed({"a.rss": rss(ITEM.format("Un."))}), maintype="application", subtype="zip", filename="b.zip")
    assert list(each(mailbox(whole), "c.mbox")) == ["c.mbox/1.eml", "c.mbox/1.eml/b.zip/a.rss#1"]


# --- web archives

PAGE = "<!doctype html><html lang='fr'><head><title>La visite</title><meta property='article:published_time' content='2024-03-12'></head><body><article><p>{}</p></article></body></html>"


def warc(*answers: tuple[str, str, bytes, dict[str, str]], is_packed: bool = True, kind: str = "response") -> bytes:
    """Answers as (address, status, body, headers), each in a record of its own, and the request before each."""
    out = io.BytesIO()
    writer = WARCWriter(out, gzip=is_packed)
    writer.write_record(writer.create_warcinfo_record("a.warc", {"software": "test"}))
    for address, status, body, headers in answers:
        asked = StatusAndHeaders("GET / HTTP/1.1", [("Host", "a.example")], is_http_request=True)
        writer.write_record(writer.create_warc_record(address, "request", http_headers=asked))
        said = StatusAndHeaders(status, [("Content-Type", "text/html"), *headers.items()][bool(headers.get("Content-Type")) :], protocol="HTTP/1.1")
        writer.write_record(writer.create_warc_record(address, kind, payload=io.BytesIO(body), length=len(body), http_headers=said))
    return out.getvalue()


def page(text: str = NOTE, number: int = 1, **headers: str) -> tuple[str, str, bytes, dict[str, str]]:
    return f"https://a.example/{number}", "200 OK", PAGE.format(text).encode(), {name.replace("_", "-"): value for name, value in headers.items()}


@pytest.mark.parametrize("is_packed", [True, False])
def test_a_page_of_a_web_archive_is_a_document_like_its_twin(is_packed: bool) -> None:
    [found] = documents(warc(page(), is_packed=is_packed), "crawl.warc.gz")
    [twin] = read(PAGE.format(NOTE).encode(), name="page.html")
    assert (found.text, found.title, found.published, found.published_from) == (twin.text, "La visite", date(2024, 3, 12), "metadata")
    assert (found.source, found.origin, found.media_type) == ("https://a.example/1", "crawl.warc.gz/a.example/1", "text/html")
    assert found.metadata["url"] == "https://a.example/1" and found.metadata["captured"].startswith("20")


def test_an_archive_packed_as_one_is_read_too() -> None:
    data = gzip.compress(warc(page(), page("Deux.", 2), is_packed=False))
    assert list(each(data, "a.warc.gz")) == ["a.warc.gz/a.example/1", "a.warc.gz/a.example/2"]


def test_what_is_no_page_is_left_out_and_files_are_documents_of_their_own() -> None:
    answers = [
        ("https://a.example/a.css", "200 OK", b"p {}", {"Content-Type": "text/css"}),
        ("https://a.example/b", "404 Not Found", b"<p>rien</p>", {}),
        ("https://a.example/c", "301 Moved", b"", {"Location": "/d"}),
        ("https://a.example/d.docx", "200 OK", docx(p(NOTE)), {"Content-Type": "application/vnd.openxmlformats-officedocument.wordprocessingml.document"}),
        ("https://a.example/e.pdf", "200 OK", b"%PDF-1.7 rien", {"Content-Type": "application/pdf"}),
        page(),
    ]
    found = each(warc(*answers), "a.warc")
    assert {origin: item if isinstance(item, type) else item.text.split("\n")[0] for origin, item in found.items()} == {
        "a.warc/a.example/d.docx": NOTE.strip(),
        "a.warc/a.example/e.pdf": errors.DamagedDocument,
        "a.warc/a.example/1": NOTE.strip(),
    }


@pytest.mark.parametrize("coding", ["gzip", "deflate", "identity"])
@pytest.mark.parametrize("is_chunked", [True, False])
def test_a_page_is_unpacked_as_its_server_packed_it(coding: str, is_chunked: bool) -> None:
    import zlib

    address, status, body, _ = page()
    body = {"gzip": gzip.compress, "deflate": zlib.compress, "identity": bytes}[coding](body)
    headers = {"Content-Encoding": coding}
    if is_chunked:
        body, headers["Transfer-Encoding"] = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body), "chunked"
    assert [item.title for item in documents(warc((address, status, body, headers)), "a.warc")] == ["La visite"]


def test_a_page_that_lies_about_how_it_is_packed_is_read_or_told() -> None:
    good, cut = page(Content_Encoding="gzip"), (*page(number=2)[:2], gzip.compress(PAGE.format(NOTE * 50).encode())[:-30], {"Content-Encoding": "gzip"})
    odd = (*page(number=3)[:2], b"\x8b\x0b\x80", {"Content-Encoding": "br"})
    assert [item if isinstance(item, type) else item.title for item in each(warc(good, cut, odd), "a.warc").values()] == [
        "La visite",
        errors.DamagedDocument,
        errors.UnsupportedFormat,
    ]


def test_the_encoding_that_a_server_names_is_followed() -> None:
    for charset, body in (("windows-1252", "cp1252"), ("iso-8859-1", "cp1252"), ("utf-8", "utf_8"), ("klingon", "utf_8")):
        data = warc(("https://a.example/1", "200 OK", PAGE.format("Les élèves de l’été.").encode(body), {"Content-Type": f"text/html; charset={charset}"}))
        assert documents(data, "a.warc")[0].text == "Les élèves de l’été."


def test_a_page_fetched_twice_is_two_documents_and_a_resource_is_one() -> None:
    assert list(each(warc(page(), page("Deux.")), "a.warc")) == ["a.warc/a.example/1", "a.warc/a.example/1 (2)"]


@pytest.mark.parametrize("is_packed", [True, False])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
def test_a_cut_web_archive_gives_the_pages_before_the_cut(is_packed: bool, share: float, capsys: pytest.CaptureFixture[str]) -> None:
    data = warc(*(page(f"Numéro {n}. {NOTE}", n) for n in range(6)), is_packed=is_packed)
    found = list(each(data[: int(share * len(data))], "a.warc").values())
    assert 0 < len(found) < 7
    assert all(isinstance(item, Document) for item in found[:-1])
    assert found[-1] is errors.DamagedDocument
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    "data", [b"WARC/1.0\r\n", b"WARC/9.9\r\nA: b\r\n\r\n", warc(page())[:200], b"WARC/1.0\r\nWARC-Type: response\r\nContent-Length: 5\r\n\r\nab"]
)
def test_a_web_archive_without_one_whole_record_is_damaged(data: bytes) -> None:
    with pytest.raises((errors.DamagedDocument, errors.EmptyDocument), match="a.warc"):
        each(data, "a.warc")


def test_a_web_archive_without_a_page_is_empty() -> None:
    with pytest.raises(errors.EmptyDocument, match="no page"):
        each(warc(("https://a.example/a.css", "200 OK", b"p {}", {"Content-Type": "text/css"})), "a.warc")


def test_other_bytes_named_as_a_web_archive_are_no_web_archive() -> None:
    with pytest.raises(errors.TypeMismatch, match="web archive"):
        each("Bonjour.", "a.warc")
    with pytest.raises(errors.DamagedDocument, match="web archive"):
        each(bytes(range(256)), "a.warc")
    with pytest.raises(errors.UnsupportedFormat, match="gzip"):
        each(gzip.compress(NOTE.encode()), "a.gz")


def test_a_web_archive_that_unpacks_to_more_than_the_limit_is_too_large() -> None:
    bomb = gzip.compress(b"WARC/1.0\r\nWARC-Type: response\r\nContent-Length: 300000000\r\n\r\n" + bytes(201_000_000), 1)
    with pytest.raises(errors.TooLarge, match="unpacks to over"):
        each(bomb, "a.warc.gz")
    packed_page = (*page()[:2], gzip.compress(bytes(3_000_000)), {"Content-Encoding": "gzip"})
    assert list(each(warc(packed_page), "a.warc", Options(max_bytes=1_000_000)).values()) == [errors.TooLarge]


def test_a_web_archive_gives_ten_thousand_pages_and_tells_that_there_are_more() -> None:
    record = b"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: https://a.example/\r\nContent-Length: 47\r\n\r\nHTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<p>\r\n\r\n"
    *good, last = warcs.members(record * 10_001, "a.warc", Options(), Allowance())
    assert len({part.origin for part in good if isinstance(part, Part)}) == 10_000
    assert isinstance(last, BadPart) and isinstance(last.error, errors.TooLarge)


def test_web_archives_inside_archives_are_followed_to_a_depth_that_is_told() -> None:
    data = packed({"a.warc": warc(page())})
    assert list(each(data, "b.zip")) == ["b.zip/a.warc/a.example/1"]
    for _ in range(4):
        data = packed({"b.zip": data})
    assert list(each(data, "b.zip").values()) == [errors.TooLarge]
