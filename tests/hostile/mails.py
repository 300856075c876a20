"""Hostile mails."""

from __future__ import annotations

import base64
from functools import partial

from hostile.case import Case, Group, zipped
from hostile.pdfs import made as pdf
from hostile.prose import BOTH, END, START, around, prose

_HEAD = "From: Awa <awa@reseau.example>\r\nTo: tous@reseau.example\r\nDate: Tue, 4 Jun 2024 10:00:00 +0000\r\nMessage-ID: <1@reseau.example>\r\n"
_TEXT = "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
_BODY = f"{START}\r\n\r\n{END}\r\n"
_STORY = f"{_TEXT}{_BODY}"


def _mail(headers: str = "", body: str | bytes = _STORY, subject: str = "La lettre") -> bytes:
    head = f"{_HEAD}Subject: {subject}\r\nMIME-Version: 1.0\r\n{headers}".encode("utf_8", "surrogateescape")
    return head + (body if isinstance(body, bytes) else body.encode("utf_8", "surrogateescape"))


def _multipart(parts: list[str], *, kind: str = "mixed", boundary: str = "coupe", is_closed: bool = True) -> bytes:
    body = "".join(f"--{boundary}\r\n{part}\r\n" for part in parts) + (f"--{boundary}--\r\n" if is_closed else "")
    return _mail(f'Content-Type: multipart/{kind}; boundary="{boundary}"\r\n', "\r\n" + body)


def _attached(data: bytes, name: str, kind: str = "application/octet-stream") -> str:
    packed = base64.encodebytes(data).decode().replace("\n", "\r\n")
    return f'Content-Type: {kind}\r\nContent-Disposition: attachment; filename="{name}"\r\nContent-Transfer-Encoding: base64\r\n\r\n{packed}'


def _deep(depth: int, kind: str = "mixed") -> bytes:
    head = "".join(f'Content-Type: multipart/{kind}; boundary="b{n}"\r\n\r\n--b{n}\r\n' for n in range(depth))
    tail = "".join(f"\r\n--b{n}--\r\n" for n in reversed(range(depth)))
    return _mail("", head + _STORY + tail)


def _mails_in_mails(depth: int) -> bytes:
    data = _mail()
    for _ in range(depth):
        data = _mail("Content-Type: message/rfc822\r\n", b"\r\n" + data)
    return data


def _headers(group: Group) -> None:
    group.file("encoded_words_a_megabyte.eml", "done", lambda: _mail(subject="=?utf-8?B?w6nDqcOpw6nDqQ==?= " * 33_000), keeps=BOTH)
    group.file("encoded_words_folded_a_megabyte.eml", "done", lambda: _mail(subject="=?utf-8?Q?=C3=A9?=\r\n " * 50_000), keeps=BOTH)
    group.file("encoded_words_in_addresses.eml", "done", lambda: _mail("Cc: " + "=?utf-8?B?w6k=?= <a@b.example>, " * 30_000 + "\r\n"), keeps=BOTH)
    group.file("encoded_word_of_no_charset.eml", "done", lambda: _mail(subject="=?klingon?B?w6nDqQ==?="), keeps=BOTH)
    group.file("encoded_word_broken.eml", "done", lambda: _mail(subject="=?utf-8?B?w6nDqQ=?= =?utf-8?Q?=ZZ?= =?utf-8?X?a?="), keeps=BOTH)
    group.file("headers_100000.eml", "done", lambda: _mail("X-Trace: un\r\n" * 100_000), keeps=BOTH)
    group.file("header_of_a_megabyte.eml", "done", lambda: _mail(f"X-Trace: {'a' * 1_000_000}\r\n"), keeps=BOTH)
    group.file("header_name_of_a_megabyte.eml", "done type_mismatch", lambda: _mail(f"{'X' * 1_000_000}: a\r\n"), keeps=BOTH)
    group.file("addresses_of_brackets.eml", "done", lambda: _mail().replace(b"Awa <awa@reseau.example>", b"(" * 9_000), keeps=BOTH)
    group.file("addresses_of_quotes.eml", "done", lambda: _mail().replace(b"Awa <awa@reseau.example>", b'"\\' * 4_500), keeps=BOTH)
    group.file(
        "day_that_is_none.eml", "done", lambda: _mail().replace(b"4 Jun 2024 10:00:00 +0000", b"99 Foo 99999999999999999999 99:99:99 +9999999"), keeps=BOTH
    )
    group.file("day_of_a_megabyte.eml", "done", lambda: _mail().replace(b"4 Jun 2024", b"4 " * 500_000), keeps=BOTH)
    group.file("headers_twice.eml", "done", lambda: _mail("Subject: deux\r\nFrom: deux@reseau.example\r\nDate: jamais\r\n"), keeps=BOTH)
    group.file("headers_of_controls.eml", "done", lambda: _mail(subject="a\0b\x1b[31mc\x07"), keeps=BOTH)
    group.file("headers_alone.eml", "empty", _HEAD.encode() + b"Subject: rien\r\n\r\n")
    group.file("headers_without_end.eml", "empty done damaged", _HEAD.encode() + b"Subject: rien")
    group.file("charset_unknown.eml", "done", lambda: _mail("", _STORY.replace("utf-8", "klingon")), keeps=BOTH)
    group.file("charset_that_lies.eml", "done", lambda: _mail("", _STORY.replace("utf-8", "us-ascii")), keeps=BOTH)
    group.file("charset_that_is_a_program.eml", "done", lambda: _mail("", _STORY.replace("utf-8", "rot13")), keeps=BOTH)
    group.file("charset_that_inflates.eml", "done", lambda: _mail("", _STORY.replace("utf-8", "zlib_codec")), keeps=BOTH)
    group.file("charset_idna.eml", "done", lambda: _mail("", _STORY.replace("utf-8", "idna").replace(START, START + "a" * 200_000)), keeps=BOTH)
    group.file(
        "charset_of_half_characters.eml", "done", lambda: _mail("", _STORY.replace("utf-8", "raw_unicode_escape").replace(END, "\\ud800 " + END)), keeps=BOTH
    )
    group.file("transfer_unknown.eml", "done", lambda: _mail("", _STORY.replace("8bit", "morse")), keeps=BOTH)
    group.file("transfer_base64_broken.eml", "done empty unsupported_language damaged", lambda: _mail("", _STORY.replace("8bit", "base64")))
    group.file("transfer_uuencode_broken.eml", "done empty damaged", lambda: _mail("", _STORY.replace("8bit", "x-uuencode")), keeps=BOTH)
    group.file(
        "transfer_quoted_broken.eml", "done", lambda: _mail("", _STORY.replace("8bit", "quoted-printable").replace(END, "=ZZ =\r\n=E" + END)), keeps=BOTH
    )


def _parts(group: Group) -> None:
    group.file("parts_nested_30.eml", "done", partial(_deep, 30), keeps=BOTH)
    group.file("parts_nested_200.eml", "done damaged", partial(_deep, 200), keeps=BOTH)
    group.file("parts_nested_3000.eml", "done damaged", partial(_deep, 3_000), keeps=BOTH)
    group.file("alternatives_nested_25.eml", "done damaged", partial(_deep, 25, "alternative"), keeps=BOTH)
    group.file("alternatives_nested_300.eml", "done damaged", partial(_deep, 300, "alternative"), keeps=BOTH)
    group.file("mails_in_mails_20.eml", "too_large", partial(_mails_in_mails, 20))
    group.file("mails_in_mails_400.eml", "done too_large damaged", partial(_mails_in_mails, 400))
    group.file("parts_10000.eml", "done", lambda: _multipart([_STORY, *[f"{_TEXT}mot {n}" for n in range(10_000)]]), keeps=BOTH)
    group.file("attachments_10001.eml", "too_large", lambda: _multipart([_STORY, *[_attached(b"x", f"{n}.txt") for n in range(10_001)]]))
    group.file("boundary_missing.eml", "damaged done", lambda: _mail("Content-Type: multipart/mixed\r\n", "\r\n--coupe\r\n" + _STORY), keeps=BOTH)
    group.file("boundary_never_closed.eml", "damaged", lambda: _multipart([_STORY], is_closed=False))
    group.file("boundary_never_seen.eml", "damaged", lambda: _mail('Content-Type: multipart/mixed; boundary="autre"\r\n', "\r\n" + _BODY))
    group.file("boundary_empty.eml", "damaged done", lambda: _mail('Content-Type: multipart/mixed; boundary=""\r\n', "\r\n" + _BODY), keeps=BOTH)
    group.file("boundary_of_stars.eml", "damaged done", lambda: _multipart([_STORY], boundary="(.*)+$" * 10), keeps=BOTH)
    group.file("boundary_of_a_megabyte.eml", "damaged done", lambda: _multipart([_STORY], boundary="b" * 1_000_000), keeps=BOTH)
    group.file("boundaries_almost_100000.eml", "done", lambda: _multipart([_STORY + "\r\n--coup" * 100_000]), keeps=BOTH)
    group.file("cut_in_an_attachment.eml", "damaged", lambda: _multipart([_STORY, _attached(pdf(), "note.pdf")])[:-700])
    group.file("locked.eml", "encrypted", lambda: _mail("Content-Type: application/pkcs7-mime; smime-type=enveloped-data\r\n", "\r\nMIIB"))
    group.file("web_page_of_tags.eml", "done", lambda: _mail("", _STORY.replace("text/plain", "text/html").replace(END, "<b>" * 30_000 + END)), keeps=BOTH)
    group.file(
        "web_page_of_angles.eml", "done", lambda: _mail("", _STORY.replace("text/plain", "text/html").replace(END, "<a " * 60_000 + ">" + END)), keeps="Tulle"
    )
    group.file(
        "pictures_2000.eml",
        "done",
        lambda: _multipart([_STORY + "Avec des images.\r\n", *["Content-Type: image/png\r\n\r\nx"] * 2_000], kind="related"),
        keeps=BOTH,
        warns="pictures_left_out",
    )


def _attachments(group: Group) -> None:
    bomb = partial(zipped, [("bombe.txt", bytes(300_000_000))])
    group.file("attached_bomb.eml", "done! too_large!", lambda: _multipart([_STORY, _attached(bomb(), "b.zip", "application/zip")]), keeps=BOTH)
    group.file("attached_name_that_climbs.eml", "done", lambda: _multipart([_STORY, _attached(around("note").encode(), "../../../tmp/evil.txt")]), keeps=BOTH)
    group.file("attached_name_of_controls.eml", "done", lambda: _multipart([_STORY, _attached(around("note").encode(), "a\x1b[2J\x00b.txt")]), keeps=BOTH)
    group.file(
        "attached_name_of_a_megabyte.eml", "done", lambda: _multipart([_STORY, _attached(around("note").encode(), "a" * 1_000_000 + ".txt")]), keeps=BOTH
    )
    group.file(
        "attached_names_alike.eml", "done", lambda: _multipart([_STORY, *[_attached(around(f"note {n}").encode(), "note.txt") for n in range(20)]]), keeps=BOTH
    )
    group.file(
        "attached_rubbish.eml",
        "done! unsupported_format damaged type_mismatch",
        lambda: _multipart([_STORY, _attached(bytes(range(256)) * 9, "n.pdf")]),
        keeps=BOTH,
    )
    group.file("attached_empty.eml", "done! empty!", lambda: _multipart([_STORY, _attached(b"", "vide.txt")]), keeps=BOTH)
    group.file("attached_to_no_text.eml", "done", lambda: _multipart([_attached(around(prose(900)).encode(), "note.txt")]), keeps=BOTH)


def cases() -> list[Case]:
    """All of them."""
    group = Group("mail")
    _headers(group)
    _parts(group)
    _attachments(group)
    return group.cases
