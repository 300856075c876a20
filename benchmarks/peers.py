"""Peers that do a part of the work: presidio-analyzer on short posts, trafilatura's own command line on web pages.

    python benchmarks/peers.py                    # some minutes
    python benchmarks/peers.py --posts 50 --pages 50 --rounds 3

README.md says what each figure means; neither has a target of its own.
"""

from __future__ import annotations

import argparse
import html
import logging
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # runs from a clone, installed or not

from extraction import corpus_posts, extracted
from timing import in_rounds, machine

from extractors import formats, languages
from extractors.document import Document
from extractors.options import DEFAULT
from service import nursery

MENU = "<nav><ul>" + "".join(f'<li><a href="/{word}">{word}</a></li>' for word in ("Home", "News", "Events", "Archive", "Contact")) + "</ul></nav>"
FOOTER = "<footer><p>All rights reserved. <a href='/legal'>Legal notice</a></p></footer>"


def main() -> int:
    """Prints the tables."""
    arguments = _parser().parse_args()
    print(machine())
    posts = corpus_posts("en", arguments.posts)
    _entities(posts, arguments.rounds)
    _reading(posts * (1 + arguments.pages // len(posts)), arguments)
    print(machine())
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--posts", type=int, default=200, help="short posts (200)")
    parser.add_argument("--pages", type=int, default=300, help="web pages (300)")
    parser.add_argument("--rounds", type=int, default=5, help="rounds that are counted (5)")
    return parser


def _table(title: str, contenders: dict[str, Callable[[], object]], amount: float, unit: str, rounds: int) -> None:
    costs = in_rounds(contenders, rounds)
    print(f"\n{title}\n\n{'':24} {unit + '/s':>11} {'slowest – fastest':>20}  Veille is × as fast")
    for name, cost in costs.items():
        told = "" if name == "Veille" else f"{cost.median / costs['Veille'].median:.1f}"
        print(f"{name:24} {cost.rate(amount)}  {told}")


def _entities(posts: Sequence[str], rounds: int) -> None:
    """The whole of `extract` beside the entities of presidio, with the same spaCy model."""
    languages.annotator("en", DEFAULT)
    nursery.settle()
    contenders: dict[str, Callable[[], object]] = {"Veille": partial(extracted, [Document(text, language="en") for text in posts])}
    analyse = _presidio()
    if analyse is None:
        print("\npresidio-analyzer is not installed: pip install '.[bench]'")
    else:
        contenders["presidio"] = lambda: [analyse(text) for text in posts]
    _table(f"short posts: {len(posts)} in English", contenders, sum(len(text.split()) for text in posts), "words", rounds)


def _presidio() -> Callable[[str], object] | None:
    try:
        from presidio_analyzer import AnalyzerEngine
        from presidio_analyzer.nlp_engine import NlpEngineProvider
    except ImportError:
        return None
    logging.getLogger("presidio-analyzer").setLevel(logging.ERROR)
    model = {"lang_code": "en", "model_name": languages.load("en").table["model"]["name"]}
    engine = NlpEngineProvider(nlp_configuration={"nlp_engine_name": "spacy", "models": [model]}).create_engine()
    analyser = AnalyzerEngine(nlp_engine=engine, supported_languages=["en"])
    return lambda text: analyser.analyze(text, language="en")


def _reading(posts: Sequence[str], arguments: argparse.Namespace) -> None:
    """Pages with a menu and a footer, read to text: in this process, and by trafilatura's command."""
    with tempfile.TemporaryDirectory() as folder:
        pages, one = Path(folder, "pages"), Path(folder, "one")
        for place, count in ((pages, arguments.pages), (one, 1)):
            place.mkdir()
            for number, post in enumerate(posts[:count]):
                (place / f"{number}.html").write_text(_page(post), encoding="utf-8")
        read = {path: path.read_bytes() for path in sorted(pages.iterdir())}
        contenders: dict[str, Callable[[], object]] = {
            "Veille": lambda: [list(formats.read(data, name=path.name)) for path, data in read.items()],
            "trafilatura, its command": partial(_trafilatura, pages, Path(folder, "out")),
            "of which its start": partial(_trafilatura, one, Path(folder, "out")),
        }
        _table(f"web pages: {len(read)}", contenders, len(read), "pages", arguments.rounds)


def _page(post: str) -> str:
    title, *rest = [line for line in post.split("\n") if line.strip()]
    paragraphs = "".join(f"<p>{html.escape(line)}</p>" for line in rest)
    head = f"<title>{html.escape(title)}</title><meta property='article:published_time' content='2024-12-12'>"
    return f"<!doctype html><html lang=en><head>{head}</head><body>{MENU}<main><article><h1>{html.escape(title)}</h1>{paragraphs}</article></main>{FOOTER}</body></html>"


def _trafilatura(pages: Path, out: Path) -> None:
    command = [sys.executable, "-m", "trafilatura.cli", "--input-dir", str(pages), "--output-dir", str(out), "--parallel", "1"]
    subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - our own folder


if __name__ == "__main__":
    sys.exit(main())
