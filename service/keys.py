"""The keys of the service: a file of their digests, with a name and a scope each, read again whenever it changes.

    sha256:9f86d081…  name=alice  scope=read

A key itself stands in the file only if somebody wrote it there; `veille keys add` never does.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from extractors.errors import InvalidRequest

Scope = Literal["read", "write"]
_DIGEST = "sha256:"
_LEAST_CHARACTERS = 16
_log = logging.getLogger("veille")


@dataclass(frozen=True, slots=True)
class Key:
    """One key. name: who is named for a review; scope: write may do everything, read changes nothing."""

    digest: str
    name: str
    scope: Scope = "write"

    def line(self) -> str:
        """The key as its file has it."""
        return f"{_DIGEST}{self.digest}  name={self.name}  scope={self.scope}\n"


class Ring:
    """The keys of a file, as it is now: who is revoked is out at once. Without a file there are none."""

    def __init__(self, path: Path | None) -> None:
        self._path, self._keys, self._seen = path, load(path) if path is not None else (), _mark(path)

    def __bool__(self) -> bool:
        return self._path is not None

    def find(self, key: str) -> Key | None:
        """The key that somebody sends, in a time that does not tell how much of it is right; None where it is none of ours."""
        return self.of_digest(digest(key))

    def of_digest(self, wanted: str) -> Key | None:
        """The key with a digest."""
        found = [key for key in self._now() if hmac.compare_digest(key.digest.encode(), wanted.encode("utf-8", "surrogatepass"))]
        return found[0] if found else None

    def _now(self) -> Sequence[Key]:
        if self._path is not None and (mark := _mark(self._path)) != self._seen:
            try:
                self._keys = load(self._path)
            except InvalidRequest as error:
                _log.error("%s: nobody is let in until then", error)
                self._keys = ()
            self._seen = mark
        return self._keys


def load(path: Path) -> tuple[Key, ...]:
    """The keys in a file, one a line, each as it is or as `sha256:` and its digest, with `name=` and `scope=` behind it.

    Raises InvalidRequest for a file that cannot be read, holds none, or holds one that can be guessed.
    """
    try:
        lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        reason = (isinstance(error, OSError) and error.strerror) or "not text"
        raise InvalidRequest(f"{path}: the keys cannot be read ({reason}); name another file in VEILLE_KEY_FILE") from error
    keys = [_parsed(path, number, line) for number, line in enumerate(lines, start=1) if line and not line.startswith("#")]
    if not keys:
        raise InvalidRequest(f"{path}: holds no key; make one with `veille keys add NAME`")
    return tuple(keys)


def make(path: Path) -> str:
    """Make the first key, in a new file that only its owner may read, and return it; it is kept nowhere."""
    word = secrets.token_urlsafe(32)
    _create(path, Key(digest(word), "first").line())
    return word


def add(path: Path, name: str, scope: Scope) -> str:
    """Make a key of a name, add its digest to the file, and return it; it is kept nowhere. Raises InvalidRequest for a name that is taken."""
    if not name.isprintable() or not name or any(character.isspace() for character in name):
        raise InvalidRequest(f"{name!r}: give the key a name without blanks")
    known = load(path) if path.exists() else ()
    if any(key.name == name for key in known):
        raise InvalidRequest(f"{name}: there is a key of this name; revoke it first, or take another name")
    word = secrets.token_urlsafe(32)
    if path.exists():
        _replace(path, path.read_text(encoding="utf-8").rstrip("\n") + "\n" + Key(digest(word), name, scope).line())
    else:
        _create(path, Key(digest(word), name, scope).line())
    return word


def revoke(path: Path, name: str) -> None:
    """Take a key out of the file. Raises InvalidRequest where there is none of this name, and for the last one."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    known = load(path)
    if all(key.name != name for key in known):
        raise InvalidRequest(f"{name}: there is no key of this name; there are {', '.join(key.name for key in known)}")
    if len(known) == 1:
        raise InvalidRequest(f"{name}: is the last key, and nobody could come in any more; add another first")
    kept = [
        line
        for number, line in enumerate(lines, start=1)
        if not line.strip() or line.strip().startswith("#") or _parsed(path, number, line.strip()).name != name
    ]
    _replace(path, "\n".join(kept) + "\n")


def digest(key: str) -> str:
    """Plain SHA-256: a key is long and random, so that there is nothing to guess it from."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def _parsed(path: Path, number: int, line: str) -> Key:
    word, *said = line.split()
    if len(word) < _LEAST_CHARACTERS:
        raise InvalidRequest(f"{path}: key {number} is shorter than {_LEAST_CHARACTERS} characters and can be guessed; write a longer one")
    known = word.removeprefix(_DIGEST).lower() if word.startswith(_DIGEST) else digest(word)
    about = dict(part.partition("=")[::2] for part in said)
    scope = about.pop("scope", "write")
    name = about.pop("name", f"key-{number}")
    if about or scope not in get_args(Scope):
        raise InvalidRequest(f"{path}, line {number}: after the key come name=… and scope=read or scope=write, and nothing else")
    return Key(known, name, "read" if scope == "read" else "write")


def _mark(path: Path | None) -> tuple[int, int, int] | None:
    """What changes when a file does; None where it is not there."""
    try:
        found = os.stat(path) if path is not None else None
    except OSError:
        return None
    return None if found is None else (found.st_mtime_ns, found.st_size, found.st_ino)


def _create(path: Path, content: str) -> None:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise InvalidRequest(f"{path}: the key cannot be kept there ({error.strerror}); name another file in VEILLE_KEY_FILE") from error
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(content)


def _replace(path: Path, content: str) -> None:
    """Put a new file in the place of the old one, whole or not at all."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    _create(part, content)
    try:
        os.replace(part, path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise InvalidRequest(f"{path}: cannot be written ({error.strerror}); check its permissions") from error
