"""What the documentation says is what the program does: its parts are current, its commands parse, its examples run."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
import shlex
import threading
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import make_docs
import pytest
import uvicorn
from typer.main import get_command

from extractors import Document, extract
from extractors.options import Options
from service import exports, pages, server
from service.api import create_app
from service.cli import app
from service.settings import Settings

ROOT = Path(__file__).parent.parent
PAGES = sorted((ROOT / "docs").glob("*.md"))
ALL = [*PAGES, *sorted(ROOT.glob("README*.md"))]
_FENCED = re.compile(r"^```(\w+)\n(.*?)^```", re.DOTALL | re.MULTILINE)


def blocks(page: Path, language: str) -> list[str]:
    return [code for kind, code in _FENCED.findall(page.read_text(encoding="utf-8")) if kind == language]


def shell_commands() -> Iterator[Any]:
    """Every `veille …` of the pages: of shell examples, and of words in backquotes."""
    for page in ALL:
        lines = [line for code in blocks(page, "sh") for line in code.replace("\\\n", " ").splitlines()]
        for line in [*lines, *re.findall(r"`(veille [^`]*)`", page.read_text(encoding="utf-8"))]:
            for part in re.split(r"&&|\||>|(?<!\S)#", line):
                if part.strip().startswith("veille "):
                    yield pytest.param(part.strip(), id=f"{page.name}: {part.strip()}"[:90])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_the_program_says_of_itself_is_current(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert make_docs.written(text) == text, "run: python tests/make_docs.py"


def test_every_part_that_can_be_made_is_on_some_page() -> None:
    assert set(re.findall(r"<!-- (\w+) -->", "".join(page.read_text(encoding="utf-8") for page in PAGES))) - {"end"} == set(make_docs.PARTS)


@pytest.mark.parametrize("line", list(shell_commands()))
def test_a_command_in_the_documentation_is_one_of_the_program(line: str) -> None:
    """Each word up to the first option or argument is a command, and each option one of it."""
    words = shlex.split(line)[1:]
    command: Any = get_command(app)
    while words and words[0] in getattr(command, "commands", {}):
        command = command.commands[words.pop(0)]
    if words and words[0].isupper():  # `veille COMMAND --help`
        return
    assert not hasattr(command, "commands") or not words, f"{words[0]}: no such command"
    known = {flag for option in command.params for flag in (*option.opts, *option.secondary_opts)} | {"--help"}
    assert {word.partition("=")[0] for word in words if re.match(r"--?[a-z]", word)} <= known


def test_the_examples_in_python_run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(ROOT)
    scope: dict[str, Any] = {}
    for code in blocks(ROOT / "docs" / "python.md", "python"):
        if "frames" in code:
            pytest.importorskip("pandas")
        exec(compile(code, "docs/python.md", "exec"), scope)  # noqa: S102 - our own page
    assert capsys.readouterr().out.startswith("2024-06-")
    assert scope["page"].startswith("<!DOCTYPE html>")
    assert len(scope["in_2024"]) and scope["by_type"].sum() == len(scope["events"])


def test_the_program_of_the_page_on_http_posts_a_text_and_corrects_its_event(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    [program] = blocks(ROOT / "docs" / "api.md", "python")
    running = uvicorn.Server(uvicorn.Config(create_app(Settings(tmp_path / "veille.db", Options(), workers=0)), log_level="error", ws="none"))
    listening = server.listen("127.0.0.1", 0)
    thread = threading.Thread(target=running.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        exec(compile(program.replace("http://127.0.0.1:8000", server.address(listening)), "docs/api.md", "exec"), {})  # noqa: S102 - our own page
    finally:
        running.should_exit = True
        thread.join()
    assert capsys.readouterr().out.splitlines() == re.findall(r"# (.*)", program)


def test_the_event_type_of_the_page_on_extending_finds_what_its_examples_say(tmp_path: Path) -> None:
    [kind] = blocks(ROOT / "docs" / "extending.md", "toml")
    (tmp_path / "inspection.toml").write_text(kind, encoding="utf-8")
    sentences = tomllib.loads(kind)
    entries = [entry for language in ("fr", "en") for entries in sentences[language].values() for entry in entries]
    for name, is_found in (("examples", True), ("counterexamples", False)):
        for sentence in [sentence for entry in entries for sentence in entry.get(name, ())]:
            found = extract(Document(sentence), Options(types_folder=tmp_path)).events
            assert ("inspection" in [event.type for event in found]) is is_found, sentence


def first_cells(title: str) -> set[str]:
    """What stands in backquotes in the first cell of each row below a heading of docs/service.md."""
    text = (ROOT / "docs" / "service.md").read_text(encoding="utf-8")
    part = text.partition(f"\n## {title}\n")[2].partition("\n## ")[0]
    return {word for row in re.findall(r"^\|(.*?) \|", part, re.MULTILINE) for word in re.findall(r"`([^`]+)`", row)}


def test_the_page_on_the_service_has_a_row_for_every_address_page_command_and_format() -> None:
    described = create_app(Settings(ROOT / "nowhere.db", Options(), workers=0)).openapi()["paths"]
    addresses = {f"{method.upper()} {path.removeprefix('/api/v1')}" for path, operations in described.items() for method in operations}
    assert {word for word in first_cells("Addresses") if " /" in word} == addresses
    assert {word for word in first_cells("Commands") if word.startswith("veille ")} == {" ".join(path) for path in make_docs.command_paths()}
    modules = [importlib.import_module(f"service.pages.{found.name}") for found in pkgutil.iter_modules(pages.__path__)]
    shown = [route for module in modules if hasattr(module, "router") for route in module.router.routes]
    of_people = {re.sub(r":\w+}", "}", route.path) for route in shown if "GET" in route.methods}
    assert first_cells("Pages") == of_people - {"/static/{edition}/{name}"} | {"/docs", "/data"}
    suffixes = {form.suffix for form in (*exports.EVENT_FORMATS.values(), *exports.DOCUMENT_FORMATS.values())}
    assert first_cells("Formats") == suffixes


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_test_that_a_page_names_is_there(page: Path) -> None:
    defined = {name for path in (ROOT / "tests").glob("test_*.py") for name in re.findall(r"^def (test_\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)}
    assert set(re.findall(r"`(test_\w+)`", page.read_text(encoding="utf-8"))) - defined == set()


@pytest.mark.parametrize("name", ["README.md", "README.fr.md"])
def test_a_readme_is_short_and_names_every_command_and_setting(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert len(text.splitlines()) < 300
    table = text.partition("| --- | --- |\n| `veille ingest")[2].partition("\n\n")[0]
    commands = {path[1] for path in make_docs.command_paths()} - {"ingest"}
    assert {command for command in commands if f"`veille {command}" not in table} == set()
    named = set(re.findall(r"VEILLE_[A-Z_]+", inspect.getdoc(Settings) or "")) - {"VEILLE_FAILPOINTS"}  # of tests, on the page on reliability
    assert {variable for variable in named if f"`{variable}`" not in text} == set()


@pytest.mark.parametrize("page", ALL, ids=lambda page: page.name)
def test_every_file_that_a_page_leads_to_is_there(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)[^)]*\)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []
