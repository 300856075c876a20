"""Watched folders: what is in them, then what comes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from service import store, watch
from service.cli import app
from service.ingest import Found
from service.store import documents

POST = "Un atelier de formation s'est tenu à Bamako le 3 juin 2024."
PLAN = "La mairie de Kayes a signé un accord le 2 mai 2024."


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    posts = tmp_path / "posts"
    posts.mkdir()
    (posts / "first.txt").write_text(POST, encoding="utf-8")
    return posts


def names(items: list[watch.ingest.Found | watch.ingest.Skipped]) -> list[str]:
    return [item.path.name for item in items if isinstance(item, Found)]


def test_what_is_there_comes_first_then_only_what_changed(folder: Path, tmp_path: Path) -> None:
    (folder / "second.txt").write_text(PLAN, encoding="utf-8")
    (folder / ".hidden.txt").write_text(PLAN, encoding="utf-8")
    feed = [set(), set(), {str(folder / "second.txt"), str(folder / ".hidden.txt"), str(folder / "gone.txt")}]
    found = list(watch.batches([folder], tmp_path / "v.db", feed))
    assert [names(items) for items in found] == [["first.txt", "second.txt"], ["second.txt"]]


def test_a_folder_that_is_moved_in_is_read_whole(folder: Path, tmp_path: Path) -> None:
    (folder / "new" / "deep").mkdir(parents=True)
    (folder / "new" / "deep" / "a.txt").write_text(POST, encoding="utf-8")
    _, found = watch.batches([folder], tmp_path / "v.db", [set(), {str(folder / "new")}])
    assert names(found) == ["a.txt"]


def test_a_file_is_known_by_a_relative_folder_too(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    _, found = watch.batches([Path("posts")], tmp_path / "v.db", [set(), {str(folder / "first.txt")}])
    assert names(found) == ["first.txt"]


def test_the_system_tells_of_a_file_that_is_written(folder: Path, tmp_path: Path) -> None:
    pytest.importorskip("watchfiles")
    for items in watch.batches([folder], tmp_path / "v.db", watch.changes([folder])):
        if "late.txt" in names(items):
            break
        (folder / "late.txt").write_text(PLAN, encoding="utf-8")


def test_the_command_stores_what_comes_until_it_is_interrupted(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def feed(roots: list[Path]) -> Iterator[set[str]]:
        yield set()
        (folder / "late.txt").write_text(PLAN, encoding="utf-8")
        (folder / "empty.txt").write_text("", encoding="utf-8")
        yield {str(folder / "late.txt"), str(folder / "empty.txt")}
        (folder / "late.txt").write_text(POST + " " + PLAN, encoding="utf-8")
        yield {str(folder / "late.txt")}
        raise KeyboardInterrupt

    monkeypatch.setattr(watch, "changes", feed)
    result = CliRunner().invoke(app, ["watch", str(folder), "--db", str(tmp_path / "v.db"), "--json"])
    assert result.exit_code == 130
    told = [json.loads(line) for line in result.stdout.splitlines()]
    assert [(Path(line["source"]).name, line["state"]) for line in told] == [
        ("first.txt", "new"),
        ("empty.txt", "failed"),
        ("late.txt", "new"),
        ("late.txt", "updated"),
    ]
    assert "failed (empty)" in result.stderr and "goes on from there" in result.stderr
    with store.opened_for_reading(tmp_path / "v.db") as db:
        assert documents.count(db) == 2


def test_without_watchfiles_the_cure_is_named(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "watchfiles", None)
    result = CliRunner().invoke(app, ["watch", str(folder), "--db", str(tmp_path / "v.db")])
    assert result.exit_code == 5
    assert "pip install 'veille[watch]'" in result.stderr
