"""Workers on a Ray cluster: the same records, and a document that ends its worker costs a row."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from extractors.errors import MissingPart
from extractors.formats import Hints
from extractors.options import Options
from service import cluster, failpoints, ingest, store
from service.tasks import Failure, File, Limits, Task
from service.workers import Inline, in_order, results

POST = "Un atelier de formation sur la médiation s'est tenu à Bamako le 3 juin 2024."
NOTE = "A workshop on mediation was held in Dakar on 5 June 2024."


@pytest.fixture(scope="module")
def pool() -> Iterator[cluster.RayPool]:
    pytest.importorskip("ray")
    failpoints.arm("after_read:exit@poison")
    try:
        made = cluster.RayPool(Options(), Limits(), count=1)
        with made:
            yield made
    finally:
        failpoints.arm("")


def told(pool: Any, files: list[File]) -> list[Any]:
    return [result if isinstance(result, Failure) else result.model_dump(exclude={"extractor"}) for _, result in results(pool, files)]


@pytest.mark.filterwarnings("ignore")  # Ray's own
def test_an_actor_gives_the_records_that_this_process_gives(pool: cluster.RayPool, tmp_path: Path) -> None:
    file = tmp_path / "note.txt"
    file.write_text(NOTE, encoding="utf-8")
    files = [File(POST.encode(), "post.txt", Hints()), File(file, str(file), Hints()), File(f'{{"text": "{NOTE}"}}\n'.encode(), "lines.jsonl", Hints())]
    assert told(pool, files) == told(Inline(Options()), files)


@pytest.mark.filterwarnings("ignore")
def test_a_document_that_ends_its_actor_costs_a_row_and_no_job(pool: cluster.RayPool) -> None:
    tasks = [Task(File(POST.encode(), name, Hints())) for name in ("a.txt", "poison.txt", "b.txt")]
    found = [result for _, result in in_order(pool, tasks)]
    assert [getattr(result, "code", "record") for result in found] == ["record", "worker_crash", "record"]


@pytest.mark.filterwarnings("ignore")
def test_ingest_stores_what_actors_extract(pool: cluster.RayPool, tmp_path: Path) -> None:
    (tmp_path / "posts").mkdir()
    (tmp_path / "posts" / "post.txt").write_text(POST, encoding="utf-8")
    found = [item for item in ingest.walk([tmp_path / "posts"], tmp_path / "veille.db") if isinstance(item, ingest.Found)]
    outcomes: list[ingest.Outcome] = []
    with store.opened(tmp_path / "veille.db") as db:
        for _ in range(2):
            ingest.ingest(db, found, ingest.Plan(Options()), pool, ingest.Watcher(outcomes.append))
    assert [outcome.state for outcome in outcomes] == ["new", "known"]


def test_without_ray_the_cure_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(MissingPart, match=r"pip install 'veille\[cluster\]'"):
        cluster.RayPool(Options(), Limits())
