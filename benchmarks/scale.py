"""Scale: more workers, more documents, a cluster, shards; the same records each time, and what millions of posts would take.

    python benchmarks/scale.py                                   # an hour or two, most of it the 100,000 posts
    python benchmarks/scale.py --only workers shards --posts 400
    python benchmarks/scale.py --only growth --documents 20000

Exit code 1 where a target is missed. README.md says what each figure means.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import resource
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # runs from a clone, installed or not

from timing import machine

from extractors.document import Document
from extractors.errors import MissingPart
from extractors.options import DEFAULT
from service import importing, ingest, shards, store
from service.ingest import Found, Plan, Watcher
from service.shards import Shard
from service.tasks import Failure, Limits, Task
from service.workers import Inline, Pool, in_order

PARTS = ("workers", "records", "growth", "shards", "ray")
LEAST_GAIN = 1.85  # two workers to one
MOST_GROWTH = 1.1  # cost a document of all to that of the first thousand
MOST_FOR_RAY = 1.15  # time on Ray to that of our own workers
MOST_PARENT_MB = 100  # that the parent may grow by
BEGINNING = 1_000
TOWNS = (
    *("Bamako", "Kayes", "Mopti", "Dakar", "Thiès", "Abidjan", "Bouaké", "Niamey", "Agadez", "Cotonou", "Parakou", "Lomé", "Yaoundé", "Douala", "Libreville"),
    *("Kinshasa", "Goma", "Bukavu", "Antananarivo", "Toamasina", "Lyon", "Lille", "Marseille", "Rennes", "Liège", "Namur", "Genève", "Montréal", "Casablanca"),
    *("Leeds", "Dundee", "Cardiff", "Nairobi", "Mombasa", "Kampala", "Lagos", "Accra", "Kumasi", "Nagpur", "Cleveland", "Winnipeg", "Perth", "Limerick"),
)
FRENCH = (
    "Un atelier de formation sur {topic} s'est tenu à {town} le {day}. La mairie de {town} l'avait organisé avec l'Association des femmes de {other}.",
    "Le gouvernement et la Banque mondiale ont signé le {day} à {town} un accord sur {topic}. Les travaux commenceront à {other} l'année prochaine.",
    "Deux personnes ont été tuées le {day} dans une attaque près de {town}. La police de {other} a ouvert une enquête, a indiqué le parquet.",
    "Le Forum régional sur {topic} se tiendra à {town} à partir du {day}. Des délégations de {other} y sont attendues, selon les organisateurs.",
)
ENGLISH = (
    "A training workshop on {topic} was held in {town} on {day}. The city council of {town} had organised it with the University of {other}.",
    "The ministry and the World Bank signed an agreement on {topic} in {town} on {day}. Work will begin in {other} next year.",
    "Two people were killed on {day} in an attack near {town}. The police of {other} have opened an inquiry, the prosecutor said.",
    "The regional forum on {topic} will open in {town} on {day}. Delegations from {other} are expected, the organisers said.",
)
TOPICS = {
    "fr": ("l'eau potable", "la santé scolaire", "la médiation", "les routes rurales", "la pêche"),
    "en": ("clean water", "schools", "mediation", "rural roads"),
}
MONTHS = ("janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre")


def main() -> int:
    """Prints the tables; 1 where a target is missed."""
    arguments = _parser().parse_args()
    print(machine())
    measures: dict[str, Callable[[argparse.Namespace], bool]] = {
        "workers": _workers,
        "records": _records,
        "growth": _growth,
        "shards": _shards,
        "ray": _ray,
    }
    is_met = min([measures[name](arguments) for name in PARTS if name in arguments.only])
    print(machine())
    print("targets met" if is_met else "A TARGET IS MISSED")
    return 0 if is_met else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS, help="the parts to run (all)")
    parser.add_argument("--posts", type=int, default=2_000, help="posts for workers, records and shards (2,000)")
    parser.add_argument("--documents", type=int, default=100_000, help="posts of growth (100,000)")
    parser.add_argument("--ray-posts", type=int, default=20_000, help="posts for Ray (20,000)")
    parser.add_argument("--rounds", type=int, default=3, help="rounds that are counted, all contenders in turn (3)")
    return parser


# ---------------------------------------------------------------- posts


def posts(count: int) -> Iterator[Document]:
    """Short posts, four sentences each, two of three in French, no two alike; the same for everybody."""
    chance = random.Random(0)  # noqa: S311 - no secret
    for number in range(count):
        code, kinds = ("en", ENGLISH) if number % 3 == 2 else ("fr", FRENCH)
        told = [_sentence(chance, code, kind) for kind in chance.sample(kinds, 2)]
        yield Document("\n\n".join([*told, f"(n° {number})"]), published=date(2024, 12, 12), published_from="caller", given_id=f"post-{number}")


def _sentence(chance: random.Random, code: str, kind: str) -> str:
    day = date(2014, 1, 1) + timedelta(days=chance.randrange(3_900))
    written = f"{day.day} {MONTHS[day.month - 1]} {day.year}" if code == "fr" else f"{day.day} {day:%B} {day.year}"
    town, other = chance.sample(TOWNS, 2)
    return kind.format(topic=chance.choice(TOPICS[code]), town=town, other=other, day=written)


def _line_file(folder: Path, count: int) -> Found:
    """The posts as a file of JSON Lines."""
    path = folder / "posts.jsonl"
    with path.open("w", encoding="utf-8") as file:
        for document in posts(count):
            file.write(json.dumps({"id": document.given_id, "text": document.text, "published": "2024-12-12"}) + "\n")
    return Found(path, path.name)


# ---------------------------------------------------------------- measures


def _workers(arguments: argparse.Namespace) -> bool:
    """Posts a second with one worker and with two."""
    documents = list(posts(arguments.posts))
    seconds: dict[int, list[float]] = {1: [], 2: []}
    with Pool(DEFAULT, Limits(), count=1) as one, Pool(DEFAULT, Limits(), count=2) as two:
        for number in range(arguments.rounds + 1):
            for count, pool in ((1, one), (2, two)):
                took, _ = _timed(pool, documents)
                if number:
                    seconds[count].append(took)
    gains = sorted(alone / both for alone, both in zip(seconds[1], seconds[2], strict=True))
    print(f"\nworkers: {len(documents):,} posts\n")
    for count, took in seconds.items():
        print(f"{count} workers {len(documents) / median(took):9,.1f} posts/s")
    print(f"two are {median(gains):.2f} ({gains[0]:.2f} – {gains[-1]:.2f}) times one, target {LEAST_GAIN}")
    return median(gains) >= LEAST_GAIN


def _records(arguments: argparse.Namespace) -> bool:
    """Whether the records are the same with and without workers, in any order and in batches of any size."""
    documents = list(posts(min(arguments.posts, 400)))
    shuffled = random.Random(1).sample(documents, len(documents))  # noqa: S311 - no secret
    with Pool(DEFAULT, Limits(), count=2) as two:
        found = {
            "this process": _timed(Inline(DEFAULT), documents)[1],
            "this process, shuffled": _timed(Inline(DEFAULT), shuffled)[1],
            "two workers": _timed(two, documents)[1],
            "two workers, shuffled": _timed(two, shuffled)[1],
        }
    is_same = len({frozenset(records.items()) for records in found.values()}) == 1
    print(f"\nrecords of {len(documents):,} posts in {len(found)} ways ({', '.join(found)}): {'the same' if is_same else 'NOT THE SAME'}")
    return is_same


def _growth(arguments: argparse.Namespace) -> bool:
    """Cost a document into one store, of the first thousand and of all, and the memory of the parent."""
    clock = _Clock()
    with tempfile.TemporaryDirectory() as folder, store.opened(Path(folder, "veille.db")) as db:
        found = _line_file(Path(folder), arguments.documents)
        with Pool(DEFAULT, Limits(), count=2, for_store=True) as pool:  # as the command has it
            clock.start()
            ingest.ingest(db, [found], Plan(DEFAULT), pool, Watcher(clock.tell))
    first, whole = clock.costs[0], (clock.marks[-1][1] - clock.marks[0][1]) / (clock.marks[-1][0] - clock.marks[0][0])
    last = clock.costs[-1]
    grown = clock.marks[-1][2] - clock.marks[1][2]
    print(f"\ngrowth: {arguments.documents:,} posts into one store, two workers\n")
    print(f"ms a post: first {BEGINNING:,} {first * 1000:.2f}; all {whole * 1000:.2f} ({whole / first:.2f} ×); last {BEGINNING:,} {last * 1000:.2f}")
    print(f"the parent holds {grown:+,.0f} MB more at the end than after the first {BEGINNING:,}")
    return whole / first <= MOST_GROWTH and grown <= MOST_PARENT_MB


class _Clock:
    """Looks at the clock and at this process's memory every thousand outcomes."""

    def __init__(self) -> None:
        self.marks: list[tuple[int, float, float]] = []
        self._count = 0

    def start(self) -> None:
        self._mark()

    def tell(self, _: Any) -> None:
        self._count += 1
        if self._count % BEGINNING == 0:
            self._mark()

    @property
    def costs(self) -> list[float]:
        return [(b[1] - a[1]) / (b[0] - a[0]) for a, b in zip(self.marks, self.marks[1:], strict=False)]

    def _mark(self) -> None:
        self.marks.append((self._count, perf_counter(), _resident_mb()))


def _shards(arguments: argparse.Namespace) -> bool:
    """The rates that the arithmetic of docs/cluster.md starts from."""
    with tempfile.TemporaryDirectory() as folder, store.opened(Path(folder, "veille.db")) as db:
        found, out = _line_file(Path(folder), arguments.posts), Path(folder, "shards")
        with Pool(DEFAULT, Limits(), count=1) as pool:
            _timed(pool, list(posts(50)))
            began = perf_counter()
            made = [shards.write([found], Plan(DEFAULT), Shard(number, 2), pool, out) for number in (1, 2)]
            extracting = perf_counter() - began
        began = perf_counter()
        importing.merge(db, shards.manifests([out]), Watcher(lambda outcome: None))
        merging = perf_counter() - began
        size = Path(folder, "veille.db").stat().st_size + Path(folder, "veille.db-wal").stat().st_size
    count, held = arguments.posts, sum(m.bytes for m in made)
    rates = (count / extracting, count / merging, held / count, size / count)
    print(f"\nshards: {count:,} posts of {sum(len(d.text) for d in posts(200)) // 200} characters, {sum(m.events for m in made):,} events\n")
    print("| | measured | 10 million posts | 100 million posts |\n| --- | --- | --- | --- |")
    for title, rate, unit in (("extraction, one core", rates[0], "posts/s"), ("`db import`, one process", rates[1], "posts/s")):
        print(f"| {title} | {rate:,.0f} {unit} | {1e7 / rate / 3600:,.0f} hours | {1e8 / rate / 3600:,.0f} hours |")
    for title, each in (("shards", rates[2]), ("SQLite file", rates[3])):
        print(f"| {title} | {each:,.0f} bytes a post | {each * 1e7 / 1e9:,.0f} GB | {each * 1e8 / 1e9:,.0f} GB |")
    return all(m.failed == 0 for m in made)


def _ray(arguments: argparse.Namespace) -> bool:
    """Time on Ray beside our own workers, and whether the records are the same."""
    try:
        from service.cluster import RayPool

        ray_pool = RayPool(DEFAULT, Limits(), count=2)
    except MissingPart as error:
        print(f"\nray: left out ({error})")
        return True
    documents = list(posts(arguments.ray_posts))
    with ray_pool, Pool(DEFAULT, Limits(), count=2) as own:
        for pool in (ray_pool, own):
            _timed(pool, documents[:200])
        (own_s, ours), (ray_s, theirs) = _timed(own, documents), _timed(ray_pool, documents)
    is_same = ours == theirs
    print(
        f"\nray: {len(documents):,} posts, two workers each\n\nown workers {len(documents) / own_s:,.1f} posts/s; Ray {len(documents) / ray_s:,.1f} posts/s, ",
        end="",
    )
    print(f"{ray_s / own_s:.2f} × the time, target {MOST_FOR_RAY}; records {'the same' if is_same else 'NOT THE SAME'}")
    return is_same and ray_s / own_s <= MOST_FOR_RAY


def _timed(pool: Pool | Inline, documents: Sequence[Document]) -> tuple[float, dict[str, str]]:
    """Seconds by the clock, and a digest of each record."""
    digests: dict[str, str] = {}
    began = perf_counter()
    for _, result in in_order(pool, (Task(document) for document in documents)):
        if isinstance(result, Failure):
            raise RuntimeError(result.message)  # noqa: TRY004 - what failed is the document
        digests[result.id] = hashlib.blake2b(result.model_dump_json(exclude={"extractor"}).encode()).hexdigest()
    return perf_counter() - began, digests


def _resident_mb() -> float:
    resident = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
    return int(resident) * resource.getpagesize() / 1e6


if __name__ == "__main__":
    sys.exit(main())
