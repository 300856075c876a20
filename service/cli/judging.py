"""The command that scores records against gold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from extractors.errors import InvalidRequest
from service.cli.options import THRESHOLD_MISSED, settings_of, write

if TYPE_CHECKING:
    from service.settings import Settings
    from service.tasks import Failure, Task

app = typer.Typer()


@app.command()
def evaluate(
    gold: Annotated[list[Path], typer.Argument(exists=True, help="Gold files (.json, .jsonl) or folders of them.", metavar="GOLD…")],
    predicted: Annotated[Path | None, typer.Option(exists=True, help="Records, a line each; without it, the gold texts are extracted.")] = None,
    fail_under: Annotated[float | None, typer.Option(min=0, max=1, help="Exit with 6 where a row's F1 is lower.")] = None,
    errors: Annotated[bool, typer.Option(help="List every disagreement.")] = False,
) -> None:
    """Score records against gold documents: precision, recall, F1."""
    from extractors import evaluate as evaluation
    from service import terminal

    golds = evaluation.load_gold(gold)
    records = _predictions(predicted) if predicted is not None else _extracted(golds, settings_of(None))
    result = evaluation.evaluate(golds, records)
    terminal.paragraph(result.table())
    if errors:
        write(f"{found}\n" for found in evaluation.disagreements(golds, records))
    low = [name for name, row in result.rows.items() if fail_under is not None and row.f1 < fail_under]
    if low:
        terminal.err(f"F1 under {fail_under}: {', '.join(low)}", "red")
        raise typer.Exit(THRESHOLD_MISSED)


def _predictions(path: Path) -> dict[str, Any]:
    """Records of a file by id; lines that report an error hold none."""
    import json

    records = {}
    with path.open(encoding="utf-8", newline="\n") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                record = json.loads(line) if line.strip() else {}
            except ValueError as error:
                raise InvalidRequest(f"{path}, line {number}: not JSON ({error}); give what `veille extract` wrote") from error
            if "entities" in record:
                records[record["id"]] = record
    return records


def _extracted(golds: Iterable[Mapping[str, Any]], settings: Settings) -> dict[str, Any]:
    """Records of the gold texts, from what an extractor is given: id, text, title, day of publication."""
    from extractors.formats import Hints
    from service import exports
    from service.tasks import Failure, File
    from service.workers import pool_of, results

    given = [{key: gold.get(key) for key in ("id", "text", "title", "published")} for gold in golds]
    data = "".join(exports.json_lines(given)).encode()
    records = {}
    with pool_of(settings, preload=False) as pool:
        for task, result in results(pool, [File(data, "gold.jsonl", Hints())]):
            if isinstance(result, Failure):
                _report_failure_of_gold(task, result)
            else:
                records[result.id] = result.model_dump(mode="json")
    return records


def _report_failure_of_gold(task: Task, failure: Failure) -> None:
    from service import terminal

    terminal.err(terminal.failure_line(str(task.tag or ""), failure.code, failure.message), "red")
