"""Mails, archives and tables through `ingest` and `extract`: each document once, known again, replaced when it changes."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import date
from email.message import EmailMessage
from pathlib import Path

import pytest
from make_office import docx, p, packed
from sqlite_utils import Database
from typer.testing import CliRunner

from extractors.formats import Hints
from extractors.options import Options
from service import cli, store
from service import ingest as ingestion
from service.ingest import Found, Outcome, Plan
from service.queries import DocumentFilter
from service.store import documents
from service.tasks import Failure, File
from service.workers import Inline, results

POST = "Un atelier de formation sur la médiation s'est tenu à Bamako le 3 juin 2024. L'Office du Niger l'avait organisé."
NOTE = "A workshop on mediation was held in Dakar on 5 June 2024. The University of Dakar hosted it for the second time."


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    with store.opened(tmp_path / "veille.db") as opened:
        yield opened


def run(db: Database, *paths: Path, **plan: date | bool) -> list[Outcome]:
    told: list[Outcome] = []
    ingestion.ingest(db, [Found(path, path.name) for path in paths], Plan(Options(), **plan), Inline(Options()), ingestion.Watcher(told.append))  # type: ignore[arg-type]
    return told


def states(outcomes: list[Outcome]) -> Counter[str]:
    return Counter(outcome.state for outcome in outcomes)


def names(db: Database) -> list[str]:
    return sorted(row["source"] for row in documents.find(db, DocumentFilter(state="done")))


def mail(body: str = POST, **attachments: bytes) -> bytes:
    found = EmailMessage()
    found["From"] = "awa@reseau.example"
    found["Subject"] = "L’atelier"
    found["Date"] = "Tue, 4 Jun 2024 10:00:00 +0000"
    found["Message-ID"] = "<1@reseau.example>"
    found.set_content(body)
    for name, data in attachments.items():
        found.add_attachment(data, maintype="application", subtype="octet-stream", filename=name.replace("_", "."))
    return found.as_bytes()


def test_each_member_attachment_and_row_becomes_a_document_with_its_events(db: Database, tmp_path: Path) -> None:
    archive, letter, table = tmp_path / "tout.zip", tmp_path / "mail.eml", tmp_path / "notes.csv"
    archive.write_bytes(packed({"a/post.txt": POST, "b.jpg": b"\xff\xd8\xff\xe0", "note.docx": docx(p(NOTE))}))
    letter.write_bytes(mail(POST + " Suite.", note_txt=NOTE.encode() + b" Encore."))
    table.write_text(f'id,text,published\nr1,"{POST} Enfin.",2024-06-10\nr2,,\n', encoding="utf-8")
    outcomes = run(db, archive, letter, table)
    assert [(outcome.name, outcome.state, outcome.code) for outcome in outcomes] == [
        ("tout.zip/a/post.txt", "new", None),
        ("tout.zip/b.jpg", "failed", "unsupported_format"),
        ("tout.zip/note.docx", "new", None),
        ("mail.eml", "new", None),
        ("mail.eml/note.txt", "new", None),
        ("notes.csv#2", "new", None),
        ("notes.csv#3", "failed", "empty"),
    ]
    assert names(db) == ["mail.eml", "mail.eml/note.txt", "notes.csv#2", "tout.zip/a/post.txt", "tout.zip/note.docx"]
    assert Counter(row["type"] for row in db.query("SELECT type FROM events_view")) == {"training": 5}
    record = documents.record(db, str(outcomes[3].document_id))
    assert record is not None and (record.title, record.published, record.published_from) == ("L’atelier", date(2024, 6, 4), "metadata")
    assert states(run(db, archive, letter, table)) == {"known": 5, "failed": 2}


def test_mails_of_a_mailbox_entries_of_a_feed_and_pages_of_a_web_archive_are_documents_once(db: Database, tmp_path: Path) -> None:
    box, feed, archive = tmp_path / "liste.mbox", tmp_path / "fil.rss", tmp_path / "pages.warc"
    box.write_bytes(b"From - Tue Jun  4 10:00:00 2024\n" + mail(POST) + b"\nFrom - Tue Jun  4 11:00:00 2024\n" + mail(POST + " Suite."))
    item = f"<item><title>Atelier</title><link>https://fil.example/1</link><description>{POST} Fin.</description></item>"
    feed.write_text(f"<rss><channel>{item}</channel></rss>", encoding="utf-8")
    answer = f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<!doctype html><html><body><p>{NOTE}</p></body></html>".encode()
    head = "WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: https://a.example/note\r\nContent-Length: "
    archive.write_bytes(f"{head}{len(answer)}\r\n\r\n".encode() + answer + b"\r\n\r\n")
    assert [(outcome.name, outcome.state) for outcome in run(db, box, feed, archive)] == [
        ("liste.mbox/1.eml", "new"),
        ("liste.mbox/2.eml", "new"),
        ("fil.rss#1", "new"),
        ("pages.warc/a.example/note", "new"),
    ]
    assert names(db) == ["fil.rss#1", "liste.mbox/1.eml", "liste.mbox/2.eml", "pages.warc/a.example/note"]
    kept = [documents.record(db, row["document_id"]) for row in documents.find(db, DocumentFilter(state="done"))]
    assert sorted(record.metadata["url"] for record in kept if record is not None and "url" in record.metadata) == [
        "https://a.example/note",
        "https://fil.example/1",
    ]
    feed.write_text(f"<rss><channel><item><title>{NOTE}</title></item>{item}</channel></rss>", encoding="utf-8")
    assert [(outcome.name, outcome.state) for outcome in run(db, box, feed, archive)] == [
        ("liste.mbox/1.eml", "known"),
        ("liste.mbox/2.eml", "known"),
        ("fil.rss#1", "new"),
        ("fil.rss#2", "known"),
        ("pages.warc/a.example/note", "known"),
    ]


def test_an_edited_member_replaces_its_document_and_one_that_is_gone_goes(db: Database, tmp_path: Path) -> None:
    archive = tmp_path / "tout.zip"
    archive.write_bytes(packed({"a.txt": POST, "b.txt": NOTE, "c.txt": NOTE + " Third."}))
    run(db, archive)
    archive.write_bytes(packed({"a.txt": POST.replace("Bamako", "Kayes"), "b.txt": NOTE}))
    assert [(outcome.name, outcome.state) for outcome in run(db, archive)] == [("tout.zip/a.txt", "updated"), ("tout.zip/b.txt", "known")]
    assert names(db) == ["tout.zip/a.txt", "tout.zip/b.txt"]


def test_a_copy_of_a_mail_knows_its_attachments_and_keeps_them(db: Database, tmp_path: Path) -> None:
    first, copy = tmp_path / "mail.eml", tmp_path / "copie.eml"
    first.write_bytes(mail(note_txt=NOTE.encode()))
    copy.write_bytes(first.read_bytes())
    assert states(run(db, first, copy)) == {"new": 2, "known": 2}
    first.unlink()
    ingestion.prune(db, [tmp_path], [Found(copy, copy.name)])
    assert names(db) == ["copie.eml", "copie.eml/note.txt"]


def test_an_interrupted_archive_goes_on_at_the_member_where_it_stopped(db: Database, tmp_path: Path) -> None:
    archive = tmp_path / "tout.zip"
    archive.write_bytes(packed({"a.txt": POST, "b.txt": NOTE}))

    def interrupt(outcome: Outcome) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ingestion.ingest(db, [Found(archive, archive.name)], Plan(Options()), Inline(Options()), ingestion.Watcher(interrupt))
    assert [(outcome.name, outcome.state) for outcome in run(db, archive)] == [("tout.zip/a.txt", "known"), ("tout.zip/b.txt", "new")]


def test_an_archive_that_cannot_be_opened_is_one_failure_and_is_mended(db: Database, tmp_path: Path) -> None:
    archive = tmp_path / "tout.zip"
    data = packed({"a.txt": POST})
    archive.write_bytes(data[:-30])
    assert [(outcome.name, outcome.code) for outcome in run(db, archive)] == [("tout.zip", "damaged")]
    archive.write_bytes(data)
    assert [(outcome.name, outcome.state) for outcome in run(db, archive)] == [("tout.zip/a.txt", "new")]
    archive.write_bytes(packed({"a.txt": b"a" * 20_000_000}))
    assert [(outcome.name, outcome.code) for outcome in run(db, archive)] == [("tout.zip", "too_large")]
    assert names(db) == []


def test_a_bar_that_counts_members_ends_at_the_number_of_outcomes(db: Database, tmp_path: Path) -> None:
    archive = tmp_path / "tout.zip"
    archive.write_bytes(packed({"a.txt": POST, "b.jpg": b"\xff\xd8\xff\xe0", "c.csv": f'text\n"{NOTE}"\n"{NOTE} Again."\n'}))
    told: list[Outcome] = []
    expected = [1]
    ingestion.ingest(db, [Found(archive, archive.name)], Plan(Options()), Inline(Options()), ingestion.Watcher(told.append, expected.append))
    assert sum(expected) == len(told) == 4


def test_nothing_of_an_archive_is_written_to_the_disk(db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    monkeypatch.chdir(inside)
    archive = tmp_path / "tout.zip"
    archive.write_bytes(packed({"../evasion.txt": POST, "/tmp/veille-evasion.txt": NOTE}))
    before = {path for path in tmp_path.rglob("*") if "veille.db" not in path.name}
    assert [outcome.name for outcome in run(db, archive)] == ["tout.zip/evasion.txt", "tout.zip/tmp/veille-evasion.txt"]
    assert {path for path in tmp_path.rglob("*") if "veille.db" not in path.name} == before
    assert not Path("/tmp/veille-evasion.txt").exists()


def test_extract_writes_a_record_for_each_document_and_the_reason_for_each_failure(tmp_path: Path) -> None:
    letter, archive = tmp_path / "mail.eml", tmp_path / "tout.zip"
    letter.write_bytes(mail(note_txt=NOTE.encode(), photo_jpg=b"\xff\xd8\xff\xe0"))
    archive.write_bytes(b"PK\x03\x04 rien")
    found = CliRunner().invoke(cli.app, ["extract", str(letter), str(archive)])
    rows = [json.loads(line) for line in found.stdout.splitlines()]
    assert [(row.get("source"), row.get("error", {}).get("code")) for row in rows] == [
        (str(letter), None),
        (f"{letter}/note.txt", None),
        (None, "unsupported_format"),
        (None, "damaged"),
    ]
    assert [row["id"] for row in rows[2:]] == [f"{letter}/photo.jpg", str(archive)]
    assert found.exit_code == cli.SOME_FAILED


def test_a_fault_while_unpacking_is_a_failure_and_not_the_end_of_the_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    from extractors import formats

    def broken(*_: object) -> Iterator[None]:
        raise AssertionError("a fault")

    monkeypatch.setitem(formats._UNPACKED, formats.kinds.ZIP, broken)
    [(task, result)] = results(Inline(Options()), [File(packed({"a.txt": POST}), "tout.zip", Hints())])
    assert isinstance(result, Failure)
    assert (result.code, task.tag) == ("internal", "tout.zip")
