"""A user's own event types: read from a folder and checked, with file, line and cure in every message."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, NoReturn

from extractors import languages
from extractors.errors import InvalidRequest

_NAME = re.compile(r"[a-z][a-z_]*\Z")  # as records.EventType has it
_LINE = re.compile(r"at line (\d+)")
_OF_TYPE = ("name", "label", "definition", "gathering", "lasting")
_LISTS = ("words", "cues", "objects", "unless", "yields_to", "examples", "counterexamples")
_FLAGS = ("reflexive", "needs_place")
_MOST_NEED = 6


def tables(folder: Path, known: Collection[str]) -> Iterator[dict[str, Any]]:
    """The checked table of each TOML file of a folder, by file name; `known` are the types that exist.

    Raises InvalidRequest.
    """
    if not folder.is_dir():
        raise InvalidRequest(f"{folder}: there is no such folder of event types; make it, or set none")
    seen: dict[str, Path] = {}
    for path in sorted(folder.glob("*.toml")):
        table = _Checked(path).table(known)
        name = table["name"]
        if name in seen:
            raise InvalidRequest(f"{path}:1: type {name!r} is already in {seen[name].name}; give it another name, or put both into one file")
        seen[name] = path
        yield table


class _Checked:
    """One file while it is checked: its text, so that a message can name the line."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise InvalidRequest(f"{path}:1: cannot be read as UTF-8 text ({error}); save it as UTF-8") from error

    def table(self, known: Collection[str]) -> dict[str, Any]:
        """The whole file's table."""
        try:
            table = tomllib.loads(self._text)
        except tomllib.TOMLDecodeError as error:
            at = _LINE.search(str(error))
            self._refuse(int(at[1]) if at else self._text.count("\n") + 1, f"this is not TOML: {error}; put quotes around words and commas between them")
        self._keys(table, (*_OF_TYPE, *languages.codes()), "")
        name = table.get("name")
        if not isinstance(name, str) or not _NAME.match(name):
            self._refuse(self._line("name"), f'name is {name!r}; give one of small letters and _, such as name = "oil_spill"')
        if name not in known:
            self._texts(table, "label", is_needed=True)
        self._texts(table, "definition", is_needed=False)
        for key in ("gathering", "lasting"):
            if not isinstance(table.get(key, False), bool):
                self._refuse(self._line(key), f"{key} is true or false, without quotes")
        sections = [code for code in languages.codes() if code in table]
        if not sections:
            self._refuse(1, f"type {name!r} has no words; add an entry that begins with [[{languages.codes()[0]}.nouns]]")
        for code in sections:
            self._section(code, table[code], {*known, name})
        return table

    def _texts(self, table: Mapping[str, Any], key: str, *, is_needed: bool) -> None:
        texts = table.get(key)
        if texts is None and not is_needed:
            return
        if not isinstance(texts, dict) or not texts or not all(isinstance(text, str) for text in texts.values()):
            example = ", ".join(f'{code} = "…"' for code in languages.codes())
            self._refuse(self._line(key), f"{key} is {texts!r}; give a text by language: {key} = {{ {example} }}")

    def _section(self, code: str, section: object, known: Collection[str]) -> None:
        if not isinstance(section, dict):
            self._refuse(self._line(code), f"{code} is a value; entries begin with [[{code}.nouns]] or [[{code}.verbs]]")
        self._keys(section, ("nouns", "verbs"), f"[[{code}.")
        for word_class, entries in section.items():
            if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
                self._refuse(self._line(f"[{code}.{word_class}"), f"an entry begins with [[{code}.{word_class}]], in two pairs of brackets")
            for number, entry in enumerate(entries):
                self._entry(entry, self._line(f"[[{code}.{word_class}]]", number), known)

    def _entry(self, entry: dict[str, Any], first: int, known: Collection[str]) -> None:
        self._keys(entry, ("need", *_LISTS, *_FLAGS), "", first)
        for key in _LISTS:
            words = entry.get(key, [])
            if not isinstance(words, list) or not all(isinstance(word, str) and word.strip() for word in words):
                self._refuse(self._line(key, after=first), f'{key} is {words!r}; give words in quotes: {key} = ["…", "…"]')
        if not entry.get("words"):
            self._refuse(first, 'the entry has no words; add words = ["…"]')
        need = entry.get("need")
        if not isinstance(need, int) or isinstance(need, bool) or not 0 <= need <= _MOST_NEED:
            self._refuse(self._line("need", after=first), f"need is {need!r}; give a number from 0 (the word is enough) to {_MOST_NEED}, such as need = 1")
        for key in _FLAGS:
            if not isinstance(entry.get(key, False), bool):
                self._refuse(self._line(key, after=first), f"{key} is true or false, without quotes")
        for name in entry.get("yields_to", []):
            if name not in known:
                self._refuse(self._line("yields_to", after=first), f"there is no event type {name!r}; those that exist: {', '.join(sorted(known))}")

    def _keys(self, table: Mapping[str, Any], allowed: Collection[str], prefix: str, first: int = 1) -> None:
        for key in table:
            if key not in allowed:
                near = difflib.get_close_matches(key, allowed, n=1)
                hint = f"did you mean {near[0]}?" if near else f"those known: {', '.join(allowed)}"
                self._refuse(self._line(prefix + key, after=first), f"unknown key {key!r}; {hint}")

    def _line(self, key: str, number: int = 0, after: int = 1) -> int:
        """Line, from 1, of the nth place from a line on where a key or header stands; that line itself where it stands nowhere."""
        for line, text in enumerate(self._text.split("\n"), 1):
            stripped = text.strip()
            if line >= after and stripped.startswith(key) and not stripped.removeprefix(key)[:1].isalnum():
                if number == 0:
                    return line
                number -= 1
        return after

    def _refuse(self, line: int, message: str) -> NoReturn:
        raise InvalidRequest(f"{self._path}:{line}: {message}")
