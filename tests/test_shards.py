"""Shards: parts of a command that any scheduler runs, and one store made of them."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlite_utils import Database

from extractors.errors import InvalidRequest
from extractors.options import Options
from service import importing, ingest, shards, store
from service.ingest import Found, Outcome, Plan, Watcher
from service.shards import BadShard, Manifest, Shard
from service.workers import Inline

POST = "Un atelier de formation sur la médiation s'est tenu à Bamako le 3 juin 2024. L'Office du Niger l'avait organisé."
AGAIN = "À Bamako, l'Office du Niger a tenu le 3 juin 2024 un atelier de formation sur la médiation."
NOTE = "A workshop on mediation was held in Dakar on 5 June 2024. The University of Dakar hosted it for the second time."
LINES = [
    {"id": "a", "text": NOTE.replace("5 June", "6 June"), "published": "2024-06-30"},
    {"id": "a", "text": POST.replace("Bamako", "Mopti")},
    "no document",
    {"id": "c", "text": "The flood of 7 July 2024 killed two people in Lagos, the city council said."},
]
PLAN = Plan(Options())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    posts = tmp_path / "posts"
    posts.mkdir()
    (posts / "again.txt").write_text(AGAIN, encoding="utf-8")
    (posts / "copy.txt").write_text(NOTE, encoding="utf-8")
    (posts / "empty.txt").write_text(" ", encoding="utf-8")
    (posts / "lines.jsonl").write_text("".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in LINES), encoding="utf-8")
    (posts / "note.txt").write_text(NOTE, encoding="utf-8")
    (posts / "post.txt").write_text(POST, encoding="utf-8")
    return posts


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    with store.opened(tmp_path / "merged.db") as opened:
        yield opened


class Counting(Inline):
    """Counts what it is given to extract."""

    def __init__(self) -> None:
        super().__init__(Options())
        self.given = 0

    def submit(self, given: Any) -> Any:
        self.given += 1
        return super().submit(given)


def found(folder: Path) -> list[Found]:
    return [item for item in ingest.walk([folder], Path("elsewhere.db")) if isinstance(item, Found)]


def written(folder: Path, out: Path, of: int, pool: Inline | None = None) -> list[Manifest]:
    return [shards.write(found(folder), PLAN, Shard(number, of), pool or Inline(Options()), out) for number in range(1, of + 1)]


def merged(db: Database, paths: Sequence[Path]) -> Counter[str]:
    told: list[Outcome] = []
    importing.merge(db, shards.manifests(paths), Watcher(told.append))
    return Counter(outcome.state for outcome in told)


def content(db: Database) -> dict[str, list[Any]]:
    """Every row of every table, but for when it was written."""
    tables = [table for table in db.table_names() if not table.startswith(("documents_search_", "events_search_", "sqlite_"))]
    return {
        table: sorted((tuple((k, v) for k, v in row.items() if k not in ("extracted_at", "revision")) for row in db[table].rows), key=repr) for table in tables
    }


def test_every_document_is_in_one_shard_and_none_is_in_two(folder: Path, tmp_path: Path) -> None:
    manifests = written(folder, tmp_path / "shards", 3)
    whole = written(folder, tmp_path / "whole", 1)[0]
    assert sum(m.records for m in manifests) == whole.records == 7
    assert sum(m.failed for m in manifests) == whole.failed == 2
    assert sum(m.records > 0 for m in manifests) > 1


def test_merged_shards_are_the_store_that_ingest_makes(folder: Path, tmp_path: Path, db: Database) -> None:
    written(folder, tmp_path / "shards", 3)
    assert merged(db, [tmp_path / "shards"]) == {"new": 6, "known": 1, "failed": 2}
    with store.opened(tmp_path / "ingested.db") as other:
        ingest.ingest(other, found(folder), PLAN, Inline(Options()), Watcher(lambda outcome: None))
        assert content(db) == content(other)
        assert len({row["group_id"] for row in db["events"].rows}) < db["events"].count  # the same workshop twice


def test_shards_that_are_merged_again_change_nothing(folder: Path, tmp_path: Path, db: Database) -> None:
    written(folder, tmp_path / "shards", 2)
    merged(db, [tmp_path / "shards"])
    before = content(db)
    assert merged(db, sorted((tmp_path / "shards").glob("*.json"), reverse=True)) == {"known": 7, "failed": 2}
    assert content(db) == before


def test_files_whose_shards_are_merged_need_no_extraction_any_more(folder: Path, tmp_path: Path, db: Database) -> None:
    written(folder, tmp_path / "shards", 2)
    merged(db, [tmp_path / "shards"])
    pool = Counting()
    ingest.ingest(db, found(folder), PLAN, pool, Watcher(lambda outcome: None))
    assert pool.given == 0


def test_a_file_of_many_documents_is_not_taken_for_read_while_a_shard_is_missing(folder: Path, tmp_path: Path, db: Database) -> None:
    written(folder, tmp_path / "shards", 2)
    first = min((tmp_path / "shards").glob("*.json"))
    merged(db, [first])
    assert [row["sha256"] for row in db["sources"].rows if row["name"].endswith(".jsonl")] == [None]
    merged(db, [tmp_path / "shards"])
    assert None not in [row["sha256"] for row in db["sources"].rows if row["name"].endswith(".jsonl")]


def test_a_shard_is_the_same_bytes_whoever_makes_it(folder: Path, tmp_path: Path) -> None:
    [one] = written(folder, tmp_path / "one", 1)
    [other] = written(folder, tmp_path / "other", 1)
    assert one == other


def test_a_shard_that_is_there_is_not_extracted_again(folder: Path, tmp_path: Path) -> None:
    [first] = written(folder, tmp_path / "shards", 1)
    pool = Counting()
    [again] = written(folder, tmp_path / "shards", 1, pool)
    assert (pool.given, again.kept, again.sha256) == (0, 11, first.sha256)


def test_a_shard_that_was_cut_off_goes_on_where_it_was(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "shards"
    [whole] = written(folder, out, 1)
    rows = gzip.decompress((out / "shard-0001-of-0001.jsonl.gz").read_bytes()).splitlines(keepends=True)
    (out / "shard-0001-of-0001.jsonl.gz").unlink()
    (out / "shard-0001-of-0001.jsonl.gz.part").write_bytes(gzip.compress(b"".join(rows[:4])) + gzip.compress(b"".join(rows[4:]))[:-20])
    [again] = written(folder, out, 1)
    assert again.sha256 == whole.sha256
    assert again.kept >= 4
    assert [path.name for path in sorted(out.iterdir())] == ["shard-0001-of-0001.json", "shard-0001-of-0001.jsonl.gz"]


def test_an_edited_file_is_extracted_again_and_what_stands_before_it_is_not(folder: Path, tmp_path: Path) -> None:
    written(folder, tmp_path / "shards", 1)
    (folder / "post.txt").write_text(POST.replace("Bamako", "Gao"), encoding="utf-8")
    pool = Counting()
    [again] = written(folder, tmp_path / "shards", 1, pool)
    assert (pool.given, again.kept) == (1, 10)


def test_a_damaged_shard_is_named_before_anything_is_stored(folder: Path, tmp_path: Path, db: Database) -> None:
    written(folder, tmp_path / "shards", 2)
    damaged = tmp_path / "shards" / "shard-0002-of-0002.jsonl.gz"
    damaged.write_bytes(damaged.read_bytes()[:-1])
    with pytest.raises(BadShard, match=r"shard-0002-of-0002\.jsonl\.gz: is not what its manifest tells of"):
        merged(db, [tmp_path / "shards"])
    assert db["documents"].count == 0


def test_a_folder_without_shards_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadShard, match="holds no shards"):
        shards.manifests([tmp_path])


def test_a_file_that_is_no_manifest_is_refused(tmp_path: Path) -> None:
    (tmp_path / "other.json").write_text("[]", encoding="utf-8")
    with pytest.raises(BadShard, match=r"other\.json: is no manifest"):
        shards.manifests([tmp_path / "other.json"])


@pytest.mark.parametrize("text", ["0/3", "4/3", "3", "a/b", "1/0"])
def test_a_part_that_cannot_be_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequest, match="such as 3/10"):
        Shard.parse(text)
