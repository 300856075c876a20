"""The command line as its users see it: what is on stdout, what on stderr, and the exit code."""

from __future__ import annotations

import csv
import io
import json
import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from extractors import languages
from service import cli, queries
from service.cli import app

ROOT = Path(__file__).parent.parent
POST = "Un atelier de formation sur la médiation s'est tenu à Bamako le 3 juin 2024. L'Office du Niger l'avait organisé."
PLAN = "Le forum de la jeunesse aura lieu à Kayes du 4 au 6 novembre 2024. La mairie de Kayes a signé un accord le 2 mai 2024."
NOTE = "=HYPERLINK of the day: a workshop on mediation was held in Nairobi on 5 June 2024. It was the second of its kind."


def veille(*arguments: object, given: str | bytes | None = None) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments], given)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    posts = tmp_path_factory.mktemp("cli") / "posts"
    posts.mkdir()
    for name, text in (("post.txt", POST), ("plan.txt", PLAN), ("note.txt", NOTE), ("empty.txt", "")):
        (posts / name).write_text(text, encoding="utf-8")
    return posts


@pytest.fixture(scope="module")
def first(folder: Path) -> Result:
    """The first ingest of the folder, into `veille.db` beside it."""
    return veille("ingest", folder, "--db", folder.parent / "veille.db")


@pytest.fixture
def db(folder: Path, first: Result, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = folder.parent / "veille.db"
    monkeypatch.setenv("VEILLE_DB", str(path))
    return path


def lines(result: Result) -> list[Any]:
    return [json.loads(line) for line in result.stdout.split("\n") if line]


def test_ingest_sums_up_on_stderr_and_says_by_its_exit_code_that_a_file_failed(folder: Path, first: Result) -> None:
    assert first.exit_code == 3
    assert first.stdout == ""
    said = first.stderr.splitlines()
    assert len([line for line in said if line.startswith("failed (empty)") and "empty.txt" in line]) == 1
    counts = {words[0]: words[1] for line in said if (words := line.split()) and len(words) >= 2}
    assert counts["Documents"] == "3"
    assert (counts["new"], counts["known"], counts["failed"]) == ("3", "0", "1")
    assert "training" in first.stderr


def test_ingest_again_knows_everything_and_writes_a_json_line_a_file(folder: Path, db: Path) -> None:
    again = veille("ingest", folder, "--json")
    assert again.exit_code == 3
    told = {Path(line["source"]).name: line for line in lines(again)}
    assert {name: line["state"] for name, line in told.items()} == {"empty.txt": "failed", "note.txt": "known", "plan.txt": "known", "post.txt": "known"}
    assert told["empty.txt"]["error"]["code"] == "empty"
    assert "error" not in told["post.txt"]


def test_ingest_of_good_files_ends_with_zero(folder: Path, db: Path) -> None:
    assert veille("ingest", folder / "post.txt").exit_code == 0


def test_ingest_takes_the_day_of_publication(folder: Path, tmp_path: Path) -> None:
    where = tmp_path / "v.db"
    veille("ingest", folder / "post.txt", "--published", "2024-06-09", "--db", where)
    assert [row["published"] for row in lines(veille("documents", "-f", "jsonl", "--db", where))] == ["2024-06-09"]


def test_ingest_prunes_what_is_gone(tmp_path: Path) -> None:
    posts = tmp_path / "posts"
    posts.mkdir()
    for name, text in (("a.txt", POST), ("b.txt", PLAN)):
        (posts / name).write_text(text, encoding="utf-8")
    where = tmp_path / "v.db"
    veille("ingest", posts, "--db", where)
    (posts / "a.txt").unlink()
    assert "pruned" in veille("ingest", posts, "--db", where, "--prune").stderr
    assert len(lines(veille("documents", "-f", "jsonl", "--db", where))) == 1


def test_prune_keeps_everything_when_a_folder_is_empty_all_at_once(tmp_path: Path) -> None:
    posts = tmp_path / "posts"
    posts.mkdir()
    (posts / "a.txt").write_text(POST, encoding="utf-8")
    where = tmp_path / "v.db"
    veille("ingest", posts, "--db", where)
    (posts / "a.txt").unlink()
    assert "Not pruned" in veille("ingest", posts, "--db", where, "--prune").stderr
    assert len(lines(veille("documents", "-f", "jsonl", "--db", where))) == 1


def test_extract_writes_a_record_a_line_in_the_order_given(folder: Path) -> None:
    result = veille("extract", folder / "note.txt", folder / "post.txt")
    assert result.exit_code == 0
    records = lines(result)
    assert [record["language"] for record in records] == ["en", "fr"]
    assert [record["text"].strip() for record in records] == [NOTE, POST]


def test_extract_of_json_lines_keeps_ids_texts_and_the_place_of_a_bad_line() -> None:
    text = " Un atelier s'est tenu\u00a0à\u2028Bamako\r\nle 3\u00a0juin 2024.\n"
    given = [json.dumps({"id": "z-1", "text": text}), "{broken", json.dumps({"id": 7, "text": ""}), json.dumps({"id": "a", "text": POST, "desk": "Sahel"})]
    result = veille("extract", "-", given="\n".join(given).encode())
    assert result.exit_code == 3
    first, broken, empty, last = lines(result)
    assert (first["id"], first["text"]) == ("z-1", text)
    assert (broken["id"], broken["error"]["code"]) == (None, "damaged")
    assert (empty["id"], empty["error"]["code"]) == ("7", "empty")
    assert (last["id"], last["metadata"]) == ("a", {"desk": "Sahel"})
    assert len(result.stdout.splitlines()) == 4 == len(result.stdout.split("\n")) - 1  # no line end inside a record


def test_extract_names_the_line_whose_language_it_does_not_read() -> None:
    polish = "Policja zatrzymała wczoraj trzech mężczyzn podejrzanych o kradzież samochodów na terenie całego województwa mazowieckiego."
    result = veille("extract", "-", given=json.dumps({"id": "pl", "text": polish * 3}).encode() + b"\n" + json.dumps({"id": "b", "text": POST}).encode())
    refused, good = lines(result)
    assert (refused["id"], refused["error"]["code"]) == ("pl", "unsupported_language")
    assert good["id"] == "b"
    assert result.exit_code == 3


def test_extract_and_ingest_give_the_same_record(folder: Path, db: Path) -> None:
    [record] = lines(veille("extract", folder / "post.txt"))
    from service import store
    from service.store import documents

    with store.opened_for_reading(db) as opened:
        stored = documents.record(opened, record["id"])
    assert stored is not None and stored.model_dump(mode="json") == record


def test_extract_of_a_missing_file_is_one_failure(tmp_path: Path) -> None:
    result = veille("extract", tmp_path / "gone.txt")
    assert result.exit_code == 3
    assert lines(result)[0]["error"]["code"] == "unreadable"


def test_events_are_a_table_with_nothing_cut_in_a_pipe(db: Path) -> None:
    result = veille("events", "--type", "training", "--country", "ML")
    assert result.exit_code == 0
    header, row = result.stdout.splitlines()
    assert header.split()[:3] == ["date", "type", "event"]
    assert row.startswith("2024-06-03")
    assert "Bamako" in row and "…" not in row


@pytest.mark.parametrize("form", ["json", "jsonl"])
def test_events_as_json_carry_their_sentence_and_document(db: Path, form: str) -> None:
    result = veille("events", "-q", "ateliers", "-f", form)
    [event] = json.loads(result.stdout) if form == "json" else lines(result)
    assert event["evidence"]["quote"].startswith("Un atelier")
    assert event["places"][0]["name"] == "Bamako"
    assert event["document"]["language"] == "fr"


def test_no_event_is_an_empty_list_in_every_form(db: Path) -> None:
    assert json.loads(veille("events", "-q", "zzz", "-f", "json").stdout) == []
    assert veille("events", "-q", "zzz", "-f", "jsonl").stdout == ""
    assert len(veille("events", "-q", "zzz", "-f", "csv").stdout.splitlines()) == 1


def test_a_type_that_does_not_exist_is_told_and_no_empty_answer(db: Path, tmp_path: Path) -> None:
    for command in (("events",), ("export", str(tmp_path / "out.csv"))):
        result = veille(*command, "--type", "trainings")
        assert result.exit_code == 2
        assert "'trainings'" in result.stderr and "training," in result.stderr


def test_a_table_without_rows_says_so(db: Path) -> None:
    assert veille("events", "-q", "zzz").stderr.split() == ["Nothing", "passes", "these", "filters."]
    assert veille("documents", "-q", "zzz").stderr.split() == ["Nothing", "passes", "these", "filters."]


def test_csv_reads_back_whole_and_no_cell_is_a_formula(db: Path) -> None:
    result = veille("events", "-f", "csv")
    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    assert {row["type"] for row in rows} >= {"training", "agreement"}
    assert [cell for row in rows for cell in row.values() if cell.startswith(("=", "+", "@"))] == []
    [note] = [row for row in rows if row["language"] == "en"]
    assert note["document"].startswith("'=HYPERLINK")


@pytest.mark.parametrize("suffix", [".csv", ".jsonl"])
def test_export_writes_what_the_filters_let_through(db: Path, tmp_path: Path, suffix: str) -> None:
    out = tmp_path / f"events{suffix}"
    result = veille("export", out, "--type", "training")
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr.startswith("2 events")
    with out.open(encoding="utf-8", newline="") as file:
        types = [row["type"] for row in (csv.DictReader(file) if suffix == ".csv" else map(json.loads, file))]
    assert types == ["training", "training"]
    assert [path.name for path in tmp_path.iterdir()] == [out.name]


def test_an_export_that_cannot_be_written_says_so_in_one_line(db: Path, tmp_path: Path) -> None:
    for out, code in ((tmp_path / "no" / "e.csv", 1), (tmp_path / "e.xyz", 2)):
        result = veille("export", out)
        assert result.exit_code == code
        assert len(result.stderr.splitlines()) == 1
        assert out.name in result.stderr


def test_documents_lists_failures_with_their_reason(db: Path) -> None:
    [failed] = lines(veille("documents", "--state", "failed", "-f", "jsonl"))
    assert (failed["error_code"], Path(failed["source"]).name) == ("empty", "empty.txt")
    assert len(veille("documents").stdout.splitlines()) == 5


def test_show_prints_the_text_its_entities_and_its_events(db: Path, folder: Path) -> None:
    result = veille("show", folder / "post.txt")
    assert result.exit_code == 0
    assert POST in result.stdout
    assert "Places: Bamako [ML]" in result.stdout
    assert "2024-06-03  training (occurred)" in result.stdout


def test_nothing_that_a_terminal_would_obey_gets_out(tmp_path: Path) -> None:
    lines = tmp_path / "hostile.jsonl"
    lines.write_text(json.dumps({"id": "h", "title": "\x1b[2J[red]title", "text": POST + " \x1b]0;owned\x07 \u202e"}), encoding="utf-8")
    where = tmp_path / "v.db"
    veille("ingest", lines, "--db", where)
    for command in (["show", "h"], ["documents"], ["events"]):
        shown = veille(*command, "--db", where).stdout
        assert not set(shown) & {"\x1b", "\x07", "\u202e"}
    assert "[red]title" in veille("show", "h", "--db", where).stdout


@pytest.mark.parametrize("wanted", ["nothing", "0"])
def test_show_of_an_unknown_document_says_where_to_look(db: Path, wanted: str) -> None:
    result = veille("show", wanted)
    assert result.exit_code == 2
    assert "veille documents" in result.stderr


def test_types_lists_all_and_describes_one() -> None:
    assert veille("types").stdout.split()[:4] == ["type", "fr", "en", "definition"]
    assert "atelier" in veille("types", "training").stdout
    assert veille("types", "party").exit_code == 2


GOLD = {
    "id": "g",
    "language": "fr",
    "published": None,
    "title": "Atelier",
    "text": "Un atelier s'est tenu à Bamako le 3 juin 2024.",
    "entities": [
        {"id": "p1", "label": "PLACE", "name": "Bamako", "country": "ML", "lat": 12.65, "lon": -8.0, "mentions": [[24, 30]]},
        {"id": "d1", "label": "DATE", "start": "2024-06-03", "end": "2024-06-03", "mentions": [[34, 45]]},
    ],
    "events": [
        {"id": "v1", "type": "training", "status": "occurred", "mentions": [[3, 10]], "start": "2024-06-03", "end": "2024-06-03", "places": ["p1"], "organisations": []}
    ],
}  # fmt: skip


def test_evaluate_scores_records_and_fails_under_a_threshold(tmp_path: Path) -> None:
    gold, empty = tmp_path / "g.json", tmp_path / "none.jsonl"
    gold.write_text(json.dumps(GOLD), encoding="utf-8")
    empty.write_text(json.dumps({"id": "g", "error": {"code": "empty", "message": ""}}), encoding="utf-8")
    good = veille("evaluate", gold, "--fail-under", "0.9")
    assert good.exit_code == 0, good.output
    assert "documents 1, with a record 1" in good.stdout
    poor = veille("evaluate", gold, "--predicted", empty, "--fail-under", "0.5")
    assert poor.exit_code == 6
    assert "PLACE" in poor.stderr


def test_doctor_is_content_with_this_machine(db: Path) -> None:
    result = veille("doctor")
    assert result.exit_code == 0, result.stdout
    assert all(f"model {code}" in result.stdout for code in languages.codes())


def test_a_missing_model_is_a_fault_with_its_cure(monkeypatch: pytest.MonkeyPatch, folder: Path, tmp_path: Path) -> None:
    monkeypatch.setenv("VEILLE_MODEL_FR", "no_such_model")
    result = veille("doctor")
    assert result.exit_code == 5
    assert "VEILLE_MODEL_FR" in result.stdout
    stopped = veille("ingest", folder / "post.txt", "--db", tmp_path / "v.db")
    assert stopped.exit_code == 5
    assert len(stopped.stderr.splitlines()) == 1 and "no_such_model" in stopped.stderr


def test_db_check_backup_and_upgrade(db: Path, tmp_path: Path) -> None:
    assert "sound" in veille("db", "check").stderr
    assert veille("db", "backup", tmp_path / "copy.db").exit_code == 0
    assert veille("db", "backup", tmp_path / "copy.db").exit_code == 1
    assert veille("events", "--db", tmp_path / "copy.db", "-f", "csv").stdout == veille("events", "-f", "csv").stdout
    assert veille("db", "upgrade").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["events", "--limit", "-1"], 2, "limit"),
        (["events", "--from", "soon"], 2, "from"),
        (["events", "--sort", "colour"], 2, "sort"),
        (["events", "--db", "nowhere.db"], 1, "veille ingest"),
        (["ingest", "nowhere"], 2, "nowhere"),
        (["db", "upgrade", "--db", "nowhere.db"], 1, "no such database"),
        (["ingest", ".", "--db", "."], 1, "is a folder"),
    ],
    ids=str,
)
def test_a_mistake_is_named_without_a_traceback(db: Path, arguments: list[str], code: int, said: str) -> None:
    result = veille(*arguments)
    assert result.exit_code == code
    assert said in result.stderr
    assert "Traceback" not in result.output


@pytest.mark.parametrize(("variable", "value"), [("VEILLE_MAX_BYTES", "ten"), ("VEILLE_DEFAULT_LANGUAGE", "pl"), ("VEILLE_MAX_PAGES", "0")])
def test_a_setting_that_cannot_be_names_its_variable(monkeypatch: pytest.MonkeyPatch, variable: str, value: str) -> None:
    monkeypatch.setenv(variable, value)
    result = veille("doctor")
    assert result.exit_code == 2
    assert variable in result.stderr


def test_a_limit_from_the_environment_holds(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    monkeypatch.setenv("VEILLE_MAX_BYTES", "20")
    assert lines(veille("extract", folder / "post.txt"))[0]["error"]["code"] == "too_large"


@pytest.mark.parametrize(("options", "model"), [(cli.EVENT_FILTERS, queries.EventFilter), (cli.DOCUMENT_FILTERS, queries.DocumentFilter)])
def test_every_filter_is_an_option_and_every_option_a_filter(options: cli.FilterOptions, model: type[queries.Filter]) -> None:
    fields = {field.alias or name: field for name, field in model.model_fields.items()}
    assert {name for name, *_ in options} == set(fields)
    assert {name: many for name, _, _, many in options} == {name: field.default == () for name, field in fields.items()}


@pytest.mark.parametrize("command", ["ingest", "extract", "events", "documents", "show", "export", "types", "evaluate", "doctor"])
def test_every_command_explains_itself(command: str) -> None:
    result = veille(command, "--help")
    assert result.exit_code == 0
    assert len(result.stdout.splitlines()) > 5


def test_python_m_service_is_the_same_program() -> None:
    shown = subprocess.run([sys.executable, "-m", "service", "types"], capture_output=True, text=True, check=True, cwd=ROOT)
    assert shown.stdout == veille("types").stdout


def test_ctrl_c_ends_with_130_and_says_that_the_command_resumes(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from service import workers

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(workers, "arrivals", interrupted)
    result = veille("ingest", folder, "--db", tmp_path / "v.db")
    assert result.exit_code == 130
    assert "goes on from there" in result.stderr


def on_a_terminal(*arguments: object, **environment: str) -> str:
    """What a command writes on a terminal of 80 columns."""
    ours, theirs = pty.openpty()
    variables = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "80", "LINES": "24", **environment}
    command = [sys.executable, "-m", "service", *map(str, arguments)]
    with subprocess.Popen(command, stdout=theirs, stderr=theirs, stdin=theirs, cwd=ROOT, env=variables) as running:
        os.close(theirs)
        written = b""
        try:
            while chunk := os.read(ours, 65_536):
                written += chunk
        except OSError:  # Linux's way to say that the other end is closed
            pass
        os.close(ours)
    assert running.returncode in (0, 3)
    return written.decode()


def test_tables_fit_a_terminal_of_eighty_columns(db: Path) -> None:
    for command in ("events", "documents", "types"):
        shown = on_a_terminal(command, NO_COLOR="1")
        assert max(len(line.rstrip("\r")) for line in shown.replace("\x1b[1m", "").replace("\x1b[0m", "").split("\n")) <= 80
        assert "2024-06-03" in shown or command != "events"


def test_colour_is_there_on_a_terminal_and_gone_with_no_color(db: Path, folder: Path) -> None:
    assert "\x1b[32mBamako" in on_a_terminal("show", folder / "post.txt")
    assert "\x1b[3" not in on_a_terminal("show", folder / "post.txt", NO_COLOR="1")


def test_a_terminal_sees_a_bar_and_a_pipe_does_not(folder: Path, first: Result, tmp_path: Path) -> None:
    assert "━" in on_a_terminal("ingest", folder, "--db", tmp_path / "v.db")
    assert "━" not in first.stderr
