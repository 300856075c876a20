"""Every regular expression of the extractors against its worst inputs, at k, 2k and 4k characters.

    python benchmarks/patterns.py [--k 4000] [--all]

The worst inputs are made from the expression: what stands before a repetition,
then what it repeats over and over, then something that fits nothing; and runs of
what texts are made of. A pattern that its module only matches from the start is
timed so; the others look through the whole of the input. Least processor time of
some runs counts. Exits with 1 where four times the input takes over 6.25 times
as long (a ratio of 2.5 for each doubling).
"""

from __future__ import annotations

import argparse
import re
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import process_time
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

_HIGHEST_RATIO = 2.5**2
_SHORTEST_S = 0.002  # at 4k: below it there is nothing to measure, and nothing to fear
_ROUNDS = 3
_MANY = 40  # repetitions that may go on as long
_NOTHING = "\x00"  # what ends an input so that no match is whole
_RUNS = (
    "a",
    "A",
    " ",
    "1",
    "-",
    ".",
    ",",
    "'",
    "\n",
    "é",
    "(",
    "<",
    "/",
    "|",
    ":",
    "a ",
    "A ",
    "1 ",
    "a-",
    "A-",
    "A.",
    "1/",
    "l'",
    "\n ",
    "<a ",
    "- ",
    "« ",
    "Aa ",
    "Aa de ",
    "1 a ",
    "a, ",
)
_CHARACTERS = "aA1 -.,'’éÉ\n\t()<>/|:;\"«»_@&#*[]{}!?%=\u00a0"
_SAMPLES = (
    "Un atelier de formation s'est tenu à Bamako (Mali) du 3 au 5 juin 2024. L'Office du Niger (ON) l'avait organisé avec M. Diallo, qui est ministre.",
    "A workshop was held in Dakar, Senegal from 3 to 5 June 2024. The University of Dakar (UD) hosted it with Mr. Smith, who is a minister.",
)


@dataclass(slots=True)
class Pattern:
    """An expression, where it was compiled, and the methods that its module calls on it where they are known."""

    compiled: re.Pattern[str]
    where: str
    methods: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Timing:
    """Least seconds at k, 2k and 4k characters of one input."""

    seconds: tuple[float, float, float]
    shown: str

    @property
    def ratio(self) -> float:
        return self.seconds[2] / max(self.seconds[0], 1e-7) if self.seconds[2] > _SHORTEST_S else 0.0


def collected() -> list[Pattern]:
    """Every pattern that our modules compile when they are loaded and while some documents are read."""
    found: dict[tuple[Any, int], Pattern] = {}
    original = re._compile  # type: ignore[attr-defined]  # noqa: SLF001 - where re.compile and re.sub meet

    def noting(pattern: Any, flags: int) -> Any:
        compiled = original(pattern, flags)
        frame = sys._getframe(2)  # noqa: SLF001 - who asked for it
        path = Path(frame.f_code.co_filename)
        if ROOT / "extractors" in path.parents and isinstance(compiled.pattern, str):
            found.setdefault((compiled.pattern, compiled.flags), Pattern(compiled, f"{path.relative_to(ROOT)}:{frame.f_lineno}"))
        return compiled

    re._compile = noting  # type: ignore[attr-defined]  # noqa: SLF001
    try:
        _use_everything()
    finally:
        re._compile = original  # type: ignore[attr-defined]  # noqa: SLF001
    return _with_methods(found.values())


def _use_everything() -> None:
    import importlib
    import pkgutil
    import warnings

    import extractors
    from extractors import formats, pipeline
    from extractors.document import Document

    for module in pkgutil.walk_packages(extractors.__path__, "extractors."):
        if not module.name.endswith(".build"):
            importlib.import_module(module.name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for text in _SAMPLES:
            pipeline.extract(Document(text))
            page = f"<html><head><title>{text[:30]}</title></head><body><article><p>{text}</p><ul><li>un</li></ul></article></body></html>"
            for name, data in (
                ("a.html", page),
                ("a.md", f"---\ntitle: a\n---\n\n# A\n\n{text}"),
                ("a.eml", f"From: a@b.example\nSubject: {text[:20]}\n\n{text}"),
            ):
                formats.read(data.encode(), name=name)


def _with_methods(patterns: Iterable[Pattern]) -> list[Pattern]:
    """Patterns with what is called on their global names, in the modules that have them."""
    names: dict[int, list[tuple[str, str]]] = {}
    for module in [module for name, module in list(sys.modules.items()) if name.startswith("extractors.")]:
        source = Path(str(module.__file__)).read_text(encoding="utf-8") if str(getattr(module, "__file__", "")).endswith(".py") else ""
        for name, value in vars(module).items():
            if isinstance(value, re.Pattern):
                names.setdefault(id(value), []).append((name, source))
    out = list(patterns)
    for pattern in out:
        calls = [set(re.findall(rf"\b{re.escape(name)}\.(\w+)", source)) for name, source in names.get(id(pattern.compiled), ())]
        passed_on = [re.search(rf"\b{re.escape(name)}\b(?!\.\w|\s*=|\s*:)", source) for name, source in names.get(id(pattern.compiled), ())]
        pattern.methods = frozenset() if not calls or any(passed_on) else frozenset[str]().union(*calls)
    return out


# --- inputs


def inputs(pattern: str, flags: int) -> Iterator[tuple[str, str]]:
    """What stands first and what is repeated, for each input to try."""
    yield from (("", run) for run in _RUNS)
    seen: set[tuple[str, str]] = set()
    tree = re._parser.parse(pattern, flags)  # type: ignore[attr-defined]  # noqa: SLF001 - sre_parse, as it was called
    for before, body in _repetitions(tree, ""):
        for piece in _texts(body):
            if piece and (before, piece) not in seen:
                seen.add((before, piece))
                yield before, piece


def _repetitions(nodes: Any, before: str) -> Iterator[tuple[str, Any]]:
    """Each repetition without a near end, with a text that leads to it."""
    for operation, argument in nodes:
        name = str(operation)
        if name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
            _, most, body = argument
            if most >= _MANY:
                yield before, body
            yield from _repetitions(body, before)
        elif name == "SUBPATTERN":
            yield from _repetitions(argument[3], before)
        elif name == "BRANCH":
            for branch in argument[1]:
                yield from _repetitions(branch, before)
        elif name in ("ASSERT", "ASSERT_NOT", "ATOMIC_GROUP"):
            yield from _repetitions(argument[1] if name != "ATOMIC_GROUP" else argument, before)
        before += _text([(operation, argument)])


def _texts(body: Any) -> Iterator[str]:
    """Some texts that the body of a repetition may match: of a set, several of its characters."""
    nodes = list(body)
    if len(nodes) == 1 and str(nodes[0][0]) in ("IN", "ANY", "NOT_LITERAL", "CATEGORY"):
        fitting = _fitting(nodes[0])
        yield from dict.fromkeys([*fitting[:1], *(c for c in "a 1-A.\n<" if c in fitting)])
    elif len(nodes) == 1 and str(nodes[0][0]) in ("BRANCH", "SUBPATTERN"):
        argument = nodes[0][1]
        for branch in argument[1] if str(nodes[0][0]) == "BRANCH" else [argument[3]]:
            yield from list(_texts(branch))[:6]
    else:
        yield _text(nodes)


def _text(nodes: Iterable[Any]) -> str:
    """A short text that some nodes match, where no look around says otherwise."""
    parts = []
    for operation, argument in nodes:
        name = str(operation)
        if name == "LITERAL":
            parts.append(chr(argument))
        elif name in ("IN", "ANY", "NOT_LITERAL", "CATEGORY"):
            parts.append(next(iter(_fitting((operation, argument))), ""))
        elif name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
            parts.append(_text(argument[2]) * max(argument[0], int(argument[1] > 0)))
        elif name == "SUBPATTERN":
            parts.append(_text(argument[3]))
        elif name == "ATOMIC_GROUP":
            parts.append(_text(argument))
        elif name == "BRANCH":
            parts.append(_text(argument[1][0]))
    return "".join(parts)


def _fitting(node: Any) -> list[str]:
    """Characters that a set matches, usual ones first."""
    operation, argument = node
    if str(operation) == "ANY":
        return list(_CHARACTERS.replace("\n", ""))
    if str(operation) == "NOT_LITERAL":
        return [c for c in _CHARACTERS if ord(c) != argument]
    items = [(str(kind), value) for kind, value in argument]
    is_negated = bool(items) and items[0][0] == "NEGATE"
    more = [chr(value) for kind, value in items if kind == "LITERAL"] + [chr(value[0]) for kind, value in items if kind == "RANGE"]
    return [c for c in (*_CHARACTERS, *(() if is_negated else more)) if any(_holds(item, c) for item in items[is_negated:]) is not is_negated]


def _holds(item: tuple[str, Any], character: str) -> bool:
    kind, value = item
    if kind == "LITERAL":
        return ord(character) == value
    if kind == "RANGE":
        return bool(value[0] <= ord(character) <= value[1])
    classes = {
        "CATEGORY_DIGIT": r"\d",
        "CATEGORY_NOT_DIGIT": r"\D",
        "CATEGORY_SPACE": r"\s",
        "CATEGORY_NOT_SPACE": r"\S",
        "CATEGORY_WORD": r"\w",
        "CATEGORY_NOT_WORD": r"\W",
    }
    return kind == "CATEGORY" and re.match(classes[str(value)], character) is not None


# --- times


def worst(pattern: Pattern, k: int) -> Timing:
    """The input of a pattern whose time grows fastest."""
    run = _way(pattern)
    found = Timing((0.0, 0.0, 0.0), "")
    for before, piece in inputs(pattern.compiled.pattern, pattern.compiled.flags & ~re.UNICODE):
        seconds = [_least(run, before + piece * (size // len(piece)) + _NOTHING, 1) for size in (k, 2 * k, 4 * k)]
        if Timing((seconds[0], seconds[1], seconds[2]), "").ratio > _HIGHEST_RATIO:  # once more, with care
            seconds = [_least(run, before + piece * (size // len(piece)) + _NOTHING, _ROUNDS) for size in (k, 2 * k, 4 * k)]
        timing = Timing((seconds[0], seconds[1], seconds[2]), f"{before!r} then {piece!r} over and over")
        found = max(found, timing, key=lambda t: (t.ratio > _HIGHEST_RATIO, t.seconds[2]))
    return found


def _way(pattern: Pattern) -> Callable[[str], object]:
    if pattern.methods and pattern.methods <= {"match", "fullmatch"}:
        return pattern.compiled.fullmatch if pattern.methods == {"fullmatch"} else pattern.compiled.match
    return lambda text: deque(pattern.compiled.finditer(text), 0)


def _least(run: Callable[[str], object], text: str, rounds: int) -> float:
    best = float("inf")
    for _ in range(rounds):
        start = process_time()
        run(text)
        best = min(best, process_time() - start)
    return best


def main(arguments: Sequence[str] | None = None) -> int:
    """Time every pattern; print those that grow too fast, or all."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--k", type=int, default=4_000, help="characters of the shortest input")
    parser.add_argument("--all", action="store_true", help="print every pattern, the slowest first")
    given = parser.parse_args(arguments)
    patterns = sorted(collected(), key=lambda pattern: pattern.where)
    timed = [(worst(pattern, given.k), pattern) for pattern in patterns]
    bad = [(timing, pattern) for timing, pattern in timed if timing.ratio > _HIGHEST_RATIO]
    for timing, pattern in sorted(timed if given.all else bad, key=lambda pair: -pair[0].seconds[2]):
        at = " ".join(f"{1000 * seconds:9.2f}" for seconds in timing.seconds)
        print(f"{at} ms  {pattern.where}  {pattern.compiled.pattern[:80]!r}\n{'':34}{timing.shown[:120]}")
    print(
        f"{len(patterns)} patterns at {given.k:,}, {2 * given.k:,} and {4 * given.k:,} characters; {len(bad)} take over {_HIGHEST_RATIO:g} times as long for four times as much"
    )
    return int(bool(bad))


if __name__ == "__main__":
    sys.exit(main())
