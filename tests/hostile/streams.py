"""Hostile mailboxes, feeds and web archives."""

from __future__ import annotations

import base64
import gzip
from functools import partial

from hostile.case import Case, Group, zipped
from hostile.pdfs import made as pdf
from hostile.prose import BOTH, END, MIDDLE, START, around, prose

_LINE = "From awa@reseau.example Tue Jun  4 10:00:00 2024\n"
_HEAD = "From: Awa <awa@reseau.example>\nSubject: La lettre\nDate: Tue, 4 Jun 2024 10:00:00 +0000\nMessage-ID: <1@reseau.example>\n"
_MAIL = f"{_LINE}{_HEAD}\n{START}\n\n{END}\n\n"
_SPACES = 'xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/"'
_ITEM = f"<item><title>La lettre</title><pubDate>Tue, 04 Jun 2024 10:00:00 +0000</pubDate><description>{around(MIDDLE)}</description></item>"
_PAGE = f"<!doctype html><html><head><title>La lettre</title></head><body><article><p>{START}</p><p>{MIDDLE}</p><p>{END}</p></article></body></html>"


def _mailbox(group: Group) -> None:
    group.file("good.mbox", "done", _MAIL * 2, keeps=BOTH)
    group.file("named_as_text.txt", "done", _MAIL * 2, keeps=BOTH)
    group.file("that_is_a_text.mbox", "type_mismatch", around("Un texte nommé mbox."))
    group.file("of_first_lines_alone.mbox", "empty damaged type_mismatch too_large", _LINE * 3_000)
    group.file("bare_lines.mbox", "done", (_MAIL.replace(_LINE, "From \n")) * 3, keeps=BOTH)
    group.file("mails_10001.mbox", "done! too_large!", lambda: _MAIL + "".join(f"{_LINE}{_HEAD}\n{START} {n}\n" for n in range(10_000)), keeps=BOTH)
    group.file("same_mail_2000_times.mbox", "done", _MAIL * 2_000, keeps=BOTH)
    group.file("from_lines_in_the_text.mbox", "done", lambda: _MAIL + f"{_LINE}{_HEAD}\n{START}\n" + "From ici\n" * 20_000 + END, keeps=BOTH)
    group.file("quoted_without_end.mbox", "done", lambda: f"{_LINE}{_HEAD}\n{START}\n\n{'>' * 500_000}From \n\n{END}\n", keeps=BOTH)
    group.file("first_line_of_a_megabyte.mbox", "type_mismatch done", lambda: f"From {'a' * 1_000_000} 10:00:00 2024\n{_HEAD}\n{START}\n")
    group.file(
        "cut_in_a_part.mbox", "done! damaged!", lambda: _MAIL + f'{_LINE}{_HEAD}Content-Type: multipart/mixed; boundary="b"\n\n--b\n\n{START}\n', keeps=BOTH
    )
    group.file("of_western_bytes.mbox", "done", (_MAIL * 2).encode("cp1252"), keeps=BOTH)
    group.file("of_wide_characters.mbox", "type_mismatch done", (_MAIL * 2).encode("utf_16"))
    group.file("of_zero_bytes.mbox", "done damaged type_mismatch unsupported_format", _MAIL.encode() + _LINE.encode() + bytes(40_000), keeps=BOTH)
    group.file("attachments_of_mailboxes.mbox", "done too_large!", partial(_mailboxes, 9), keeps=BOTH)
    group.file("carriage_returns.mbox", "done", (_MAIL * 2).replace("\n", "\r\n"), keeps=BOTH)


def _mailboxes(depth: int) -> bytes:
    """Mailboxes attached to the mails of mailboxes."""
    data = _MAIL.encode()
    for _ in range(depth):
        packed = base64.encodebytes(data).decode()
        head = f'{_LINE}{_HEAD}MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="b"\n\n--b\nContent-Type: text/plain; charset=utf-8\n\n{around(MIDDLE)}\n'
        attached = f'--b\nContent-Disposition: attachment; filename="a.mbox"\nContent-Transfer-Encoding: base64\n\n{packed}\n--b--\n'
        data = (head + attached).encode()
    return data


def _rss(*items: str, head: str = "") -> str:
    return f'{head}<rss version="2.0" {_SPACES}><channel><title>Le fil</title>{"".join(items)}</channel></rss>'


def _feed(group: Group) -> None:
    entities = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10 if n else "mot " * 10}">' for n in range(12))
    group.file("good.rss", "done", _rss(_ITEM), keeps=BOTH)
    group.file("entities_that_multiply.rss", "damaged", _rss(_ITEM.replace("La lettre", "&a11;"), head=f"<!DOCTYPE rss [{entities}]>"))
    group.file("entity_outside.rss", "damaged", _rss(_ITEM.replace("La lettre", "&a;"), head='<!DOCTYPE rss [<!ENTITY a SYSTEM "file:///etc/passwd">]>'))
    group.file("parameter_entity.rss", "damaged", _rss(_ITEM, head='<!DOCTYPE rss [<!ENTITY % a SYSTEM "http://localhost:1/a"> %a;]>'))
    group.file("document_type_outside.rss", "done damaged", _rss(_ITEM, head='<!DOCTYPE rss SYSTEM "http://localhost:1/rss.dtd">'), keeps=BOTH)
    group.file(
        "entries_10001.rss",
        "done! too_large! unsupported_language",
        lambda: _rss(_ITEM, *(f"<item><title>Le mot {n}</title></item>" for n in range(10_000))),
        keeps=BOTH,
    )
    group.file("nested_50000.rss", "done damaged empty", lambda: _rss(_ITEM, f"<item>{'<b>' * 50_000}{START}{'</b>' * 50_000}</item>"), keeps=BOTH)
    group.file("items_in_items.rss", "done empty damaged", lambda: _rss(_ITEM, "<item>" * 3_000 + "<title>x</title>" + "</item>" * 3_000), keeps=BOTH)
    group.file(
        "attributes_50000.rss",
        "done damaged",
        lambda: _rss(_ITEM, "<item " + " ".join(f"a{n}='1'" for n in range(50_000)) + f"><title>{START}</title></item>"),
        keeps=BOTH,
    )
    group.file("entry_of_12_megabytes.rss", "done! too_large!", lambda: _rss(_ITEM, f"<item><description>{prose(12_000_000)}</description></item>"), keeps=BOTH)
    group.file("tags_without_end.rss", "done! damaged!", lambda: _rss(_ITEM, "<item><description>" + "&lt;p" * 200_000), keeps=BOTH)
    group.file("html_nested_deep.rss", "done", lambda: _rss(_ITEM.replace(MIDDLE, "&lt;div&gt;" * 60_000 + MIDDLE)), keeps=BOTH)
    group.file("bytes_that_lie.rss", "done", _rss(_ITEM, head='<?xml version="1.0" encoding="UTF-8"?>').encode("cp1252"), keeps=BOTH)
    group.file("encoding_that_is_a_program.rss", "done", _rss(_ITEM, head='<?xml version="1.0" encoding="zlib"?>'), keeps=BOTH)
    group.file("wide_characters.rss", "done", _rss(_ITEM, head='<?xml version="1.0" encoding="UTF-16"?>').encode("utf_16"), keeps=BOTH)
    group.file(
        "control_characters.rss", "done", _rss(_ITEM.replace(MIDDLE, "\x00\x01\x0b\x1fUne autre lettre. " + MIDDLE)), keeps=BOTH, warns="control_characters"
    )
    group.file("cut.rss", "done! damaged!", _rss(_ITEM, _ITEM)[:-200], keeps=BOTH)
    group.file("cut_at_once.rss", "damaged", _rss(_ITEM)[:120])
    group.file("without_entries.atom", "empty", '<feed xmlns="http://www.w3.org/2005/Atom"/>')
    group.file("that_is_a_text.rss", "type_mismatch", around("Un texte nommé rss."))
    group.file("prolog_of_comments.rss", "done unsupported_format type_mismatch", lambda: "<!-- a -->" * 30_000 + _rss(_ITEM))
    group.file("link_of_a_script.rss", "done", _rss(_ITEM.replace("<pubDate>", "<link>javascript:alert(1)</link><pubDate>")), keeps=BOTH)
    group.file("day_of_a_megabyte.rss", "done", lambda: _rss(_ITEM.replace("Tue, 04", "4 " * 500_000)), keeps=BOTH)


def _record(
    body: bytes = _PAGE.encode(),
    said: bytes = b"Content-Type: text/html; charset=utf-8\r\n",
    *,
    more: bytes = b"",
    length: int | None = None,
    address: bytes = b"https://a.example/1",
) -> bytes:
    block = b"HTTP/1.1 200 OK\r\n" + said + b"\r\n" + body
    size = len(block) if length is None else length
    head = b"WARC/1.0\r\nWARC-Type: response\r\nWARC-Date: 2024-06-04T10:00:00Z\r\nWARC-Target-URI: %s\r\n%sContent-Length: %d\r\n\r\n" % (address, more, size)
    return head + block + b"\r\n\r\n"


def _warc(group: Group) -> None:
    good = _record()
    coded = b"Content-Type: text/html\r\nContent-Encoding: gzip\r\n"
    group.file("good.warc", "done", good, keeps=BOTH)
    group.file("good.warc.gz", "done", gzip.compress(good, mtime=0), keeps=BOTH)
    group.file("one_pack_of_many.warc.gz", "done", gzip.compress(good * 30, mtime=0), keeps=BOTH)
    group.file("length_too_long.warc", "done! damaged!", good + _record(length=10_000_000) + good, keeps=BOTH)
    group.file("length_too_short.warc", "done! damaged! empty", good + _record(length=40) + good, keeps=BOTH)
    group.file("length_below_nothing.warc", "done! damaged!", good + _record(length=-40) + good, keeps=BOTH)
    group.file("length_of_many_digits.warc", "done! damaged!", good + _record(length=10**200), keeps=BOTH)
    group.file("cut.warc", "done! damaged!", (good * 3)[:-500], keeps=BOTH)
    group.file("cut.warc.gz", "done! damaged!", (gzip.compress(good, mtime=0) * 3)[:-100], keeps=BOTH)
    group.file("bytes_changed.warc.gz", "done! damaged!", gzip.compress(good, mtime=0) + gzip.compress(good, mtime=0)[:200] + b"\xff" * 300, keeps=BOTH)
    group.file("bomb.warc.gz", "too_large", lambda: gzip.compress(good + bytes(210_000_000), 1, mtime=0))
    group.file(
        "bomb_in_a_page.warc",
        "done! too_large!",
        lambda: good + _record(gzip.compress(bytes(110_000_000), 1, mtime=0), coded, address=b"https://a.example/2"),
        keeps=BOTH,
    )
    group.file(
        "packed_in_a_way_unknown.warc",
        "done! unsupported_format!",
        good + _record(b"\x8b\x0b", b"Content-Type: text/html\r\nContent-Encoding: br\r\n"),
        keeps=BOTH,
    )
    group.file(
        "chunks_that_lie.warc", "done", _record(b"ffffffff\r\n" + _PAGE.encode(), b"Content-Type: text/html\r\nTransfer-Encoding: chunked\r\n"), keeps=BOTH
    )
    group.file(
        "chunks_of_one.warc",
        "done",
        lambda: _record(
            b"".join(b"1\r\n%c\r\n" % byte for byte in _PAGE.encode()) + b"0\r\n\r\n", b"Content-Type: text/html\r\nTransfer-Encoding: chunked\r\n"
        ),
        keeps=BOTH,
    )
    group.file("headers_50000.warc", "done", lambda: _record(more=b"X-Trace: un\r\n" * 50_000), keeps=BOTH)
    group.file("header_of_ten_megabytes.warc", "done", lambda: _record(more=b"X-Trace: " + b"a" * 10_000_000 + b"\r\n"), keeps=BOTH)
    group.file("header_folded_50000.warc", "done", lambda: _record(more=b"X-Trace: a\r\n" + b" a\r\n" * 50_000), keeps=BOTH)
    group.file("type_of_a_megabyte.warc", "done empty", lambda: good + _record(said=b"Content-Type: text/html" + b"; a=b" * 200_000 + b"\r\n"), keeps=BOTH)
    group.file("charset_that_lies.warc", "done", _record(said=b"Content-Type: text/html; charset=us-ascii\r\n"), keeps=BOTH)
    group.file("charset_that_is_a_program.warc", "done", _record(said=b"Content-Type: text/html; charset=zlib\r\n"), keeps=BOTH)
    group.file("address_that_leads_out.warc", "done", _record(address=b"https://a.example/../../../etc/passwd"), keeps=BOTH)
    group.file("address_of_a_file.warc", "empty", _record(address=b"file:///etc/passwd"))
    group.file("address_of_a_megabyte.warc", "done", lambda: _record(address=b"https://a.example/" + b"a" * 1_000_000), keeps=BOTH)
    group.file("address_of_controls.warc", "done", _record(address=b"https://a.example/\x1b[31m\x07\xff"), keeps=BOTH)
    group.file("without_an_address.warc", "done! damaged", good + good.replace(b"WARC-Target-URI: https://a.example/1\r\n", b""), keeps=BOTH)
    group.file("same_page_500_times.warc", "done", lambda: good * 500, keeps=BOTH)
    group.file("records_of_nothing.warc", "done", lambda: b"WARC/1.0\r\nWARC-Type: metadata\r\nContent-Length: 0\r\n\r\n\r\n\r\n" * 5_000 + good, keeps=BOTH)
    group.file(
        "records_100001.warc", "done! too_large!", lambda: good + b"WARC/1.0\r\nWARC-Type: metadata\r\nContent-Length: 0\r\n\r\n\r\n\r\n" * 100_001, keeps=BOTH
    )
    group.file("without_records.warc", "damaged empty", b"WARC/1.0\r\n\r\n")
    group.file("of_an_unknown_version.warc", "damaged", good.replace(b"WARC/1.0", b"WARC/9.9"))
    group.file("that_is_a_text.warc", "type_mismatch", around("Un texte nommé warc."))
    group.file("a_pdf_in_it.warc", "done", lambda: _record(pdf(), b"Content-Type: application/pdf\r\n", address=b"https://a.example/a.pdf"))
    group.file("archives_in_it.zip", "done", lambda: zipped([("a.warc", good)]), keeps=BOTH)


def cases() -> list[Case]:
    """Those of mailboxes, feeds and web archives."""
    mailbox, feed, warc = Group("mailbox"), Group("feed"), Group("warc")
    _mailbox(mailbox)
    _feed(feed)
    _warc(warc)
    return [*mailbox.cases, *feed.cases, *warc.cases]
