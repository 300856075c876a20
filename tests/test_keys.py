"""Keys: digests in a file, each with a name and a scope, and out as soon as they are revoked."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner, Result

from extractors.errors import InvalidRequest
from extractors.options import Options
from service import cli, keys
from service.api import create_app
from service.settings import Settings

POST = "Un atelier de formation sur la médiation s'est tenu à Bamako le 3 juin 2024."
API = "/api/v1"


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("VEILLE_KEY_FILE", str(tmp_path / "keys"))
    return tmp_path / "keys"


def veille(*arguments: str) -> Result:
    return CliRunner().invoke(cli.app, ["keys", *arguments])


def test_a_key_is_printed_once_and_its_digest_kept_for_its_owner_alone(path: Path) -> None:
    word = veille("add", "alice").stdout.strip()
    assert len(word) > 30
    assert word not in path.read_text(encoding="utf-8")
    assert path.stat().st_mode & 0o777 == 0o600
    assert [(key.name, key.scope, key.digest) for key in keys.load(path)] == [("alice", "write", keys.digest(word))]
    shown = veille("list").stdout
    assert "alice" in shown and keys.digest(word) not in shown


def test_keys_are_added_and_revoked_beside_what_a_person_wrote(path: Path) -> None:
    path.write_text("# ours\nwritten-by-hand-long\n", encoding="utf-8")
    veille("add", "bob", "--scope", "read")
    assert [(key.name, key.scope) for key in keys.load(path)] == [("key-2", "write"), ("bob", "read")]
    assert veille("revoke", "key-2").exit_code == 0
    assert [key.name for key in keys.load(path)] == ["bob"]
    assert path.read_text(encoding="utf-8").startswith("# ours\n")
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("arguments", "said"), [(["add", "alice"], "of this name"), (["add", "a b"], "blanks"), (["revoke", "carol"], "carol"), (["revoke", "alice"], "last key")]
)
def test_what_cannot_be_is_refused_in_a_line(path: Path, arguments: list[str], said: str) -> None:
    veille("add", "alice")
    refused = veille(*arguments)
    assert (refused.exit_code, said in refused.stderr) == (cli.USAGE, True)


def test_a_line_that_says_more_is_refused_by_its_number(path: Path) -> None:
    path.write_text("a-key-of-some-length scope=admin\n", encoding="utf-8")
    with pytest.raises(InvalidRequest, match="line 1"):
        keys.load(path)


def test_a_key_to_read_reads_and_changes_nothing(path: Path, tmp_path: Path) -> None:
    writer, reader = veille("add", "alice").stdout.strip(), veille("add", "bob", "--scope", "read").stdout.strip()
    with TestClient(create_app(Settings(tmp_path / "v.db", Options(), workers=0, key_file=path)), base_url="http://localhost") as client:
        may, may_not = {"X-API-Key": writer}, {"X-API-Key": reader}
        posted = client.post(f"{API}/documents?wait=60", files=[("files", ("post.txt", POST))], headers=may)
        document = posted.json()["files"][0]["document"]["id"]
        [event] = client.get(f"{API}/events", headers=may_not).json()["items"]
        assert client.post(f"{API}/extract", json={"text": POST}, headers=may_not).status_code == 200
        for refused in (
            client.post(f"{API}/documents", files=[("files", ("post.txt", POST))], headers=may_not),
            client.delete(f"{API}/documents/{document}", headers=may_not),
            client.patch(f"{API}/events/{event['id']}", json={"review": "accept"}, headers={**may_not, "If-Match": "*"}),
        ):
            assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
        assert client.patch(f"{API}/events/{event['id']}", json={"review": "accept"}, headers={**may, "If-Match": "*"}).status_code == 200
        assert [review["reviewer"] for review in client.get(f"{API}/reviews", headers=may_not).json()["items"]] == ["alice"]


def test_a_revoked_key_is_out_at_once_and_a_broken_file_lets_nobody_in(path: Path, tmp_path: Path) -> None:
    first, second = veille("add", "alice").stdout.strip(), veille("add", "bob").stdout.strip()
    with TestClient(create_app(Settings(tmp_path / "v.db", Options(), workers=0, key_file=path)), base_url="http://localhost") as client:
        statuses = lambda: [client.get(f"{API}/events", headers={"X-API-Key": word}).status_code for word in (first, second)]  # noqa: E731
        assert statuses() == [200, 200]
        veille("revoke", "alice")
        assert statuses() == [401, 200]
        path.write_text("short\n", encoding="utf-8")
        os.utime(path, (0, 0))
        assert statuses() == [401, 401]
