"""Write the parts of docs/*.md that the program itself knows: `python tests/make_docs.py`.

Such a part stands between `<!-- name -->` and `<!-- end -->`; everything else in the files is written by hand.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, get_args

import typer
from typer.main import get_command
from typer.testing import CliRunner

DOCS = Path(__file__).parents[1] / "docs"
_PART = re.compile(r"(<!-- (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)
_WIDTH = 100
_TAGS = ("documents", "events", "reviews", "organisations and places", "jobs", "health")


def written(text: str) -> str:
    """A page with its parts as they are now."""
    return _PART.sub(lambda found: f"{found[1]}{PARTS[found[2]]()}\n{found[3]}", text)


def commands() -> str:
    """The help of every command."""
    return "".join(f"\n## {' '.join(path)}\n\n```\n{_help(path)}\n```\n" for path in command_paths())


def command_paths() -> Iterator[tuple[str, ...]]:
    """("veille", "jobs", "list") and so on, in the order of the help."""
    from service.cli import app

    def paths(command: Any, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        for name, sub in getattr(command, "commands", {}).items():
            yield from paths(sub, (*path, name)) if hasattr(sub, "commands") else [(*path, name)]

    yield from paths(get_command(app), ("veille",))


def _help(path: Sequence[str]) -> str:
    from service.cli import app

    result = CliRunner().invoke(app, [*path[1:], "--help"], prog_name="veille", terminal_width=_WIDTH, max_content_width=_WIDTH, color=False)
    return "\n".join(line.rstrip() for line in result.stdout.strip().splitlines())


def addresses() -> str:
    """A table of each address, by what it is about."""
    from service.api import create_app
    from service.settings import load

    found: dict[str, list[tuple[str, str, str]]] = {tag: [] for tag in _TAGS}
    for path, operations in create_app(load({})).openapi()["paths"].items():
        for method, about in operations.items():
            said = about["description"].split("\n\n")[0].replace("\n", " ")
            found.setdefault(about["tags"][0], []).append((f"`{method.upper()}`", f"`{path.removeprefix('/api/v1')}`", said))
    return "".join(f"\n## {tag.capitalize()}\n\n{_table(('method', 'path', 'does'), rows)}\n" for tag, rows in found.items())


def codes() -> str:
    """The codes of errors."""
    from service import problems

    return _table(("code", "says"), [(f"`{code}`", problems.problem(400, code, "").title) for code in get_args(problems.Code)])


def read() -> str:
    """Formats that are read."""
    from extractors.formats import kinds

    known = [kind for name, kind in vars(kinds).items() if isinstance(kind, kinds.Kind) and not name.startswith("_")]
    return _table(("format", "suffixes"), [(kind.noun, " ".join(f"`{suffix}`" for suffix in sorted(kind.suffixes))) for kind in known])


def formats_written() -> str:
    """Formats of events."""
    from service.exports import EVENT_FORMATS

    rows = [
        (form.label, f"`{form.suffix}`", f"`{form.wire or form.name}`", f"`{form.media_type}`", f"`{form.needs[1]}`" if form.needs else "")
        for form in EVENT_FORMATS.values()
    ]
    return _table(("format", "suffix", "over HTTP", "media type", "extra"), rows)


def document() -> str:
    """Formats of one document."""
    from service.exports import DOCUMENT_FORMATS

    return _table(("format", "suffix", "media type"), [(form.label, f"`{form.suffix}`", f"`{form.media_type}`") for form in DOCUMENT_FORMATS.values()])


def settings() -> str:
    """The variables, as the class that holds them explains them."""
    from service.settings import Settings

    text = inspect.getdoc(Settings) or ""
    entries = re.split(r"\n(?=VEILLE_)", text[text.index("VEILLE_") :])
    return "\n".join(f"- {re.sub(r'VEILLE_[A-Z_]+', lambda name: f'`{name[0]}`', ' '.join(entry.split()))}" for entry in entries)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '&#124;') for cell in line)} |" for line in lines)


PARTS: dict[str, Callable[[], str]] = {
    "commands": commands,
    "addresses": addresses,
    "codes": codes,
    "read": read,
    "written": formats_written,
    "document": document,
    "settings": settings,
}

if __name__ == "__main__":
    for page in sorted(DOCS.glob("*.md")):
        before = page.read_text(encoding="utf-8")
        if (after := written(before)) != before:
            page.write_text(after, encoding="utf-8")
            typer.echo(f"{page.name}: written")
