"""Veille beside its peers, in one run on the same texts: stock spaCy, presidio-analyzer, dateparser, pdfplumber, trafilatura's command.

    python benchmarks/peers.py                                  # two hours, most of it the 100 MB
    python benchmarks/peers.py --megabytes 2 --pages 60 --rounds 2

Short posts, newsletters and a report of 300 pages in each language, the report as a PDF, the posts as web pages, and
100 MB of posts of both languages. On one core. Exit code 1 where a target is missed. README.md says what each figure means.
"""

from __future__ import annotations

import os

os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"))  # before numpy is loaded: one core is one thread

import argparse
import html
import sys
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from statistics import quantiles

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # runs from a clone, installed or not

import contenders
import pdf as drawings
import texts
from contenders import Contender, compare, extracted, is_installed, words
from timing import machine, processor_seconds, resident_mb

from extractors import dates, formats, languages
from extractors.document import Passage, view
from extractors.options import DEFAULT
from service import nursery

LEAST_RATIO = 1.0  # of our words a second to stock spaCy's
LEAST_PDF_RATIO = 20.0  # of our pages a second to pdfplumber's
DATEPARSER_CHARACTERS = 20_000
MENU = "<nav><ul>" + "".join(f'<li><a href="/{word}">{word}</a></li>' for word in ("Home", "News", "Events", "Archive", "Contact")) + "</ul></nav>"
FOOTER = "<footer><p>All rights reserved. <a href='/legal'>Legal notice</a></p></footer>"


def main() -> int:
    """Prints the tables; 1 where a target is missed."""
    arguments = _parser().parse_args()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    print(machine())
    is_met = min([_language(code, arguments) for code in arguments.languages])
    if arguments.megabytes:
        is_met &= _mixed(arguments.megabytes)
    print(f"\n{machine()}")
    print("targets met" if is_met else "A TARGET IS MISSED")
    return 0 if is_met else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--posts", type=int, default=100, help="short posts, and web pages (100)")
    parser.add_argument("--pages", type=int, default=300, help="pages of the report (300)")
    parser.add_argument("--megabytes", type=int, default=100, help="megabytes of mixed posts; 0 for none (100)")
    parser.add_argument("--rounds", type=int, default=3, help="rounds that are counted (3)")
    parser.add_argument("--languages", nargs="+", default=list(languages.codes()), choices=languages.codes())
    return parser


def _language(code: str, arguments: argparse.Namespace) -> bool:
    """All that one language's texts are given to."""
    posts, pages, rounds = texts.posts(code, arguments.posts), texts.pages(code, arguments.pages), arguments.rounds
    languages.annotator(code, DEFAULT)
    spacy = contenders.spacy(code)
    presidio = contenders.presidio(code) if is_installed("presidio_analyzer") else None
    nursery.settle()
    is_met = True
    newsletters = texts.newsletters(code)
    for title, read, documents in (
        (f"{len(posts)} short posts", posts, [texts.document(text, code) for text in posts]),
        (f"{len(newsletters)} newsletters", newsletters, [texts.document(text, code) for text in newsletters]),
        (f"a report of {len(pages)} pages", pages, [texts.report(pages, code)]),
    ):
        amount = words(read)
        found = [Contender("Veille", partial(extracted, documents), amount), Contender("spaCy", partial(spacy, read), amount, "Veille")]
        if presidio:
            found.append(Contender("presidio-analyzer", partial(presidio, read), amount, "Veille"))
        found += _dates("\n\n".join(read), code)
        ratio = compare(f"{code}, {title}: {amount:,} words", "words", found, rounds)["spaCy"]
        is_met &= ratio >= LEAST_RATIO or read is newsletters
        nursery.settle()  # what one table has left behind is not the next one's to collect
    is_met &= _pdf(pages, code, rounds)
    _web(posts, code, rounds)
    return is_met


def _dates(text: str, code: str) -> list[Contender]:
    """Where the dates are and which days, beside dateparser, which reads the beginning only."""
    text = view(text).text
    found = [Contender("Veille, dates", partial(_days, text, code), words([text]))]
    if is_installed("dateparser"):
        part = text[:DATEPARSER_CHARACTERS]
        found.append(Contender("dateparser", partial(contenders.dateparser(code), part), words([part]), "Veille, dates"))
    return found


def _days(text: str, code: str) -> object:
    language = languages.load(code)
    return dates.resolve(dates.find(text, language), text, [Passage(0, len(text), language, text)], texts.PUBLISHED)


def _pdf(pages: Sequence[str], code: str, rounds: int) -> bool:
    """The report as a PDF, read to text."""
    if not is_installed("reportlab"):
        return True
    data, count = drawings.flowed([line for page in pages for line in page.split("\n\n") if line.isprintable()], columns=1)
    found = [
        Contender("Veille", lambda: list(formats.read(data, name="report.pdf")), count),
        Contender("pdfplumber", partial(contenders.pdfplumber, data), count, "Veille"),
    ]
    return compare(f"{code}, the report as a PDF of {count} pages", "pages", found, rounds)["pdfplumber"] >= LEAST_PDF_RATIO


def _web(posts: Sequence[str], code: str, rounds: int) -> None:
    """Pages with a menu and a footer, read to text: in this process, and by trafilatura's command."""
    with tempfile.TemporaryDirectory() as folder:
        pages, one = Path(folder, "pages"), Path(folder, "one")
        for place, count in ((pages, len(posts)), (one, 1)):
            place.mkdir()
            for number, post in enumerate(posts[:count]):
                (place / f"{number}.html").write_text(_page(post, code), encoding="utf-8")
        read = {path: path.read_bytes() for path in sorted(pages.iterdir())}
        found = [
            Contender("Veille", lambda: [list(formats.read(data, name=path.name)) for path, data in read.items()], len(read)),
            Contender("trafilatura, its command", partial(contenders.trafilatura, pages, Path(folder, "out")), len(read), "Veille"),
            Contender("of which its start", partial(contenders.trafilatura, one, Path(folder, "out")), len(read)),
        ]
        compare(f"{code}, {len(read)} web pages", "pages", found, rounds)


def _page(post: str, code: str) -> str:
    title, *rest = [line for line in post.split("\n") if line.strip()]
    paragraphs = "".join(f"<p>{html.escape(line)}</p>" for line in rest)
    head = f"<title>{html.escape(title)}</title><meta property='article:published_time' content='{texts.PUBLISHED}'>"
    return f"<!doctype html><html lang={code}><head>{head}</head><body>{MENU}<main><article><h1>{html.escape(title)}</h1>{paragraphs}</article></main>{FOOTER}</body></html>"


def _mixed(megabytes: int) -> bool:
    """Posts of both languages, megabyte by megabyte: ours has to find the language, spaCy is told it."""
    spacy = {code: contenders.spacy(code) for code in languages.codes()}
    ours: list[float] = []
    theirs: list[float] = []
    resident: list[float] = []
    read = 0
    for number, part in enumerate(texts.mixed(megabytes + 1)):
        documents = [texts.document(text, None) for _, text in part]
        by_language = {code: [text for its, text in part if its == code] for code in spacy}
        before = processor_seconds()
        extracted(documents)
        between = processor_seconds()
        for code, of_it in by_language.items():
            spacy[code](of_it)
        if number:  # the first fills the tables of both
            ours.append(between - before)
            theirs.append(processor_seconds() - between)
            read += words([text for _, text in part])
        resident.append(resident_mb())
    ratios = [their / our for our, their in zip(ours, theirs, strict=True)]
    tenths = quantiles(ratios, n=10, method="inclusive") if len(ratios) > 1 else ratios * 9
    print(f"\n{megabytes} MB of mixed posts: {read:,} words, megabyte by megabyte\n")
    print(f"Veille {read / sum(ours):,.0f} words/s, spaCy {read / sum(theirs):,.0f}: ours is {sum(theirs) / sum(ours):.2f} times as fast", end=" ")
    print(f"(of ten megabytes nine above {tenths[0]:.2f}, nine below {tenths[-1]:.2f})")
    print(f"resident memory, with spaCy's: {resident[0]:.0f} MB after the first, {resident[-1]:.0f} MB after the last")
    return sum(theirs) >= LEAST_RATIO * sum(ours)


if __name__ == "__main__":
    sys.exit(main())
