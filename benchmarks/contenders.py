"""Who is run beside whom: ours and its peers, and the table that compares them round by round."""

from __future__ import annotations

import io
import logging
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from statistics import median

from timing import seconds_in_rounds

from extractors import languages, pipeline
from extractors.document import Document


@dataclass(frozen=True)
class Contender:
    """A program and how much it reads in a run, in the table's unit. beside: the one of ours that does the same; None for ours."""

    name: str
    run: Callable[[], object]
    amount: float
    beside: str | None = None


def compare(title: str, unit: str, contenders: Sequence[Contender], rounds: int) -> dict[str, float]:
    """Print a table of rates, and of how many times as fast ours is; the median of the rounds' ratios by contender."""
    seconds = seconds_in_rounds({each.name: each.run for each in contenders}, rounds)
    amounts = {each.name: each.amount for each in contenders}
    print(f"\n{title}\n\n{'':26} {unit + '/s':>9} {'slowest – fastest':>20}  × as fast is ours (least – most)")
    found: dict[str, float] = {}
    for each in contenders:
        took = seconds[each.name]
        told = ""
        if each.beside:
            share = amounts[each.beside] / each.amount
            ratios = sorted(share * theirs / ours for theirs, ours in zip(took, seconds[each.beside], strict=True))
            found[each.name] = median(ratios)
            told = f"{found[each.name]:.{2 if ratios[0] < 10 else 0}f} ({ratios[0]:.2f} – {ratios[-1]:.2f}){'' if each.beside == 'Veille' else f', beside {each.beside}'}"
        print(
            f"{each.name:26} {each.amount / median(took):>9,.0f} {each.amount / max(took):>9,.0f} – {each.amount / min(took):<8,.0f}  {told}".rstrip(),
            flush=True,
        )
    return found


def is_installed(module: str) -> bool:
    """Whether a peer is there; where it is not, a line says how to get it."""
    if find_spec(module) is None:
        print(f"{module} is left out: it is not installed (pip install '.[bench]')")
        return False
    return True


def words(texts: Sequence[str]) -> int:
    """Words: what blanks part."""
    return sum(len(text.split()) for text in texts)


# ---------------------------------------------------------------- ours


def extracted(documents: Sequence[Document]) -> None:
    """The whole of `extract`, document by document; raises what any of them does."""
    for found in pipeline.extract_many(documents):
        if isinstance(found, Exception):
            raise found


# ---------------------------------------------------------------- peers


def spacy(code: str, without: Sequence[str] = ("attribute_ruler", "lemmatizer")) -> Callable[[Sequence[str]], None]:
    """Stock spaCy with the same model, in the batches of its own default: tagger, parser, entity recogniser."""
    import spacy

    nlp = spacy.load(languages.load(code).table["model"]["name"], exclude=list(without))

    def run(texts: Sequence[str]) -> None:
        for _ in nlp.pipe(texts):
            pass

    return run


def presidio(code: str) -> Callable[[Sequence[str]], None]:
    """presidio-analyzer with the same spaCy model and its own recognisers."""
    from presidio_analyzer import AnalyzerEngine
    from presidio_analyzer.nlp_engine import NlpEngineProvider

    logging.getLogger("presidio-analyzer").setLevel(logging.ERROR)
    model = {"lang_code": code, "model_name": languages.load(code).table["model"]["name"]}
    engine = NlpEngineProvider(nlp_configuration={"nlp_engine_name": "spacy", "models": [model]}).create_engine()
    analyser = AnalyzerEngine(nlp_engine=engine, supported_languages=[code])

    def run(texts: Sequence[str]) -> None:
        for text in texts:
            analyser.analyze(text, language=code)

    return run


def dateparser(code: str) -> Callable[[str], object]:
    """dateparser's `search_dates`, told the language."""
    from dateparser.search import search_dates

    return lambda text: search_dates(text, languages=[code])


def pdfplumber(data: bytes) -> str:
    """pdfplumber's `extract_text` with its defaults, page after page."""
    import pdfplumber as library

    with library.open(io.BytesIO(data)) as opened:
        return "\n".join(page.extract_text() for page in opened.pages)


def trafilatura(pages: Path, out: Path) -> None:
    """trafilatura's own command line on a folder of web pages, in one process."""
    command = [sys.executable, "-m", "trafilatura.cli", "--input-dir", str(pages), "--output-dir", str(out), "--parallel", "1"]
    subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - our own folder
