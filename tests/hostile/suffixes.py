"""Files whose suffix says one thing and whose bytes say another."""

from __future__ import annotations

import random

from make_office import docx, odt, p

from hostile.case import Case, Group, repacked, zipped
from hostile.pdfs import made as pdf
from hostile.prose import BOTH, END, MIDDLE, START, around

_JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + bytes(range(256)) * 20
_PAGE = f"<!doctype html><html><body><article><p>{START}</p><p>{END}</p></article></body></html>"
_LINE = f'{{"text": "{START} {END}"}}\n'


def cases() -> list[Case]:
    """All of them."""
    group = Group("suffix")
    word = repacked(docx(p(START) + p(END)))
    open_text = repacked(odt(f"<text:p>{START}</text:p><text:p>{END}</text:p>"))
    rubbish = random.Random(9).randbytes(4_000)
    for suffix in ("txt", "md", "html", "docx", "zip", "jsonl", "csv", "eml", "xyz", "pdf.txt"):
        group.file(f"pdf.{suffix}", "done", pdf(), keeps=BOTH)
    for suffix in ("pdf", "odt", "txt", "zip"):
        group.file(f"word.{suffix}", "done", word, keeps=BOTH)
    group.file("open.docx", "done", open_text, keeps=BOTH)
    for suffix in ("pdf", "docx", "txt", "eml", "html", "csv", "jsonl", "zip", "odt"):
        group.file(f"picture.{suffix}", "type_mismatch", _JPEG)
    for suffix in ("pdf", "docx", "odt", "zip", "eml", "jpg", "exe.pdf"):
        group.file(f"story.{suffix}", "type_mismatch", around(f"Un texte nommé {suffix}."))
    for suffix in ("txt", "md", "log", "xyz", "TXT", "", "text.bak"):
        group.file(f"prose.{suffix}", "done", around(f"{MIDDLE} {suffix}"), keeps=BOTH)
    for suffix in ("pdf", "docx", "zip"):
        group.file(f"rubbish.{suffix}", "damaged", rubbish)
    for suffix in ("txt", "csv", "eml", "html", "jsonl"):
        group.file(f"rubbish.{suffix}", "unsupported_format damaged", rubbish)
    group.file("page.txt", "done", _PAGE, keeps=BOTH)
    group.file("page.pdf", "type_mismatch", _PAGE.replace("<p>", "<p>PDF. "))
    group.file("page.jsonl", "done damaged", _PAGE, keeps=BOTH)
    group.file("lines.txt", "done", _LINE, keeps=BOTH)
    group.file("lines.pdf", "type_mismatch", _LINE.replace("}", " }"))
    group.file("lines.json", "done unsupported_format", _LINE, keeps=BOTH)
    group.file("archive.docx", "type_mismatch unsupported_format", zipped([("a.txt", around(MIDDLE))]))
    group.file("archive.pdf", "done type_mismatch", zipped([("a.txt", around(MIDDLE))]), keeps=BOTH)
    group.file("feed.xml", "empty", f'<?xml version="1.0"?><rss><item>{START}</item></rss>')
    group.file("laughs.xml", "unsupported_format", '<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "a"><!ENTITY b "&a;&a;">]><l>&b;</l>')
    group.file("pdf_mark_in_prose.txt", "done", around("Le fichier commence par %PDF-1.7, dit la note."), keeps=BOTH)
    group.file("pdf_mark_in_a_page.html", "done", _PAGE.replace("<p>", "<p>%PDF-1.7 ", 1), keeps=BOTH)
    group.file("pdf_mark_in_a_mail.eml", "done", f"From: a@b.example\nTo: c@d.example\nSubject: %PDF-1.7\nMessage-ID: <1@b>\n\n{around(MIDDLE)}", keeps=BOTH)
    group.file("pdf_mark_in_a_table.csv", "done", f'id,text\n%PDF-1.7,"{START} {END}"\n', keeps=BOTH)
    group.file("zip_mark_and_prose.txt", "damaged unsupported_format type_mismatch", b"PK\x03\x04" + around(MIDDLE).encode())
    group.file("bitmap_mark_and_prose.txt", "done type_mismatch unsupported_format", "BZh est une marque. " + around(MIDDLE), keeps=BOTH)
    return group.cases
