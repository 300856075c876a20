"""Hostile folders: links, pipes, names that no file should have. Beside the hostile, a good file that must come out."""

from __future__ import annotations

import os
import socket
from pathlib import Path

from hostile.case import Case, Group
from hostile.prose import BOTH, MIDDLE, around

_NAMES = (
    *(
        "a\nb",
        "a\tb",
        "a\x1b[31mb",
        "a\x7fb",
        " ",
        "  début",
        "fin ",
        "-rf",
        "--help",
        "a'b\"c",
        "a;id",
        "$(id)",
        "`id`",
        "%s%n",
        "a|b",
        "*",
        "?",
        "é" * 120,
        "x" * 251,
        "\u202etxt",
        "\u200b",
    ),
    *(
        "e\u0301t\u00e9",
        "con",
        "nul",
        "a:b",
        "a\\b",
        "\\..\\..\\x",
        "=1+1",
        "<script>",
        "'; DROP TABLE documents; --",
        "a.pdf.",
        "..a",
        "...",
        "😀",
        "\udcff\udcfe",
        "\udce9t\udce9",
    ),
)


def _good(folder: Path) -> None:
    (folder / "bon.txt").write_text(around(f"{MIDDLE} Dossier {folder.name!a}."), encoding="utf-8")


def _names(folder: Path) -> None:
    _good(folder)
    for number, name in enumerate(_NAMES):
        (folder / f"{name}.txt").write_text(around(f"Nom numéro {number}."), encoding="utf-8")


def _loop(folder: Path) -> None:
    _good(folder)
    (folder / "encore").symlink_to(folder.resolve())
    (folder / "soi.txt").symlink_to("soi.txt")
    (folder / "un.txt").symlink_to("deux.txt")
    (folder / "deux.txt").symlink_to("un.txt")


def _ways_out(folder: Path) -> None:
    _good(folder)
    (folder / "mots.txt").symlink_to("/etc/passwd")
    (folder / "racine").symlink_to("/")
    (folder / "dehors.txt").symlink_to("../../../../../../etc/hostname")
    (folder / "rien.txt").symlink_to("nulle/part.txt")


def _inside(folder: Path) -> None:
    _good(folder)
    (folder / "lien.txt").symlink_to("bon.txt")


def _pipes(folder: Path) -> None:
    _good(folder)
    os.mkfifo(folder / "tuyau.txt")


def _sockets(folder: Path) -> None:
    _good(folder)
    here = os.getcwd()
    os.chdir(folder)  # the path of a socket may have 108 bytes
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind("prise.txt")
    finally:
        os.chdir(here)


def _unreadable(folder: Path) -> None:
    _good(folder)
    (folder / "secret.txt").write_text(around(MIDDLE), encoding="utf-8")
    (folder / "secret.txt").chmod(0)
    (folder / "secrets").mkdir()
    (folder / "secrets" / "un.txt").write_text(around(MIDDLE), encoding="utf-8")
    (folder / "secrets").chmod(0)


def _deep(folder: Path) -> None:
    """A path of over 4,096 bytes, which most calls of the system refuse."""
    _good(folder)
    here = os.getcwd()
    os.chdir(folder)
    try:
        for _ in range(25):
            os.mkdir("d" * 200)
            os.chdir("d" * 200)
        Path("fond.txt").write_text(around(MIDDLE), encoding="utf-8")
    finally:
        os.chdir(here)


def _levels(folder: Path) -> None:
    _good(folder)
    place = folder
    for _ in range(150):
        place = place / "n"
        place.mkdir()
    (place / "fond.txt").write_text(around("Au fond de 150 dossiers."), encoding="utf-8")


def _databases(folder: Path) -> None:
    _good(folder)
    for name in ("autre.db", "autre.db-wal", "autre.db-shm", ".cache.txt"):
        (folder / name).write_bytes(b"SQLite format 3\0" + bytes(400))


def _copies(folder: Path) -> None:
    _good(folder)
    for number in range(200):
        (folder / f"copie {number}.txt").write_text(around(MIDDLE), encoding="utf-8")
    os.link(folder / "copie 1.txt", folder / "lien dur.txt")


def _sparse(folder: Path) -> None:
    _good(folder)
    with (folder / "creux.txt").open("wb") as file:
        file.truncate(5_000_000_000)


def _many(folder: Path) -> None:
    _good(folder)
    for number in range(2_000):
        (folder / f"{number}.txt").touch()


def _not_utf8(folder: Path) -> None:
    _good(folder)
    inner = folder / "\udcff\udcfe"
    inner.mkdir()
    (inner / "\udce9.txt").write_text(around("Sous un dossier dont le nom n’est pas de l’UTF-8."), encoding="utf-8")


def cases() -> list[Case]:
    """All of them."""
    group = Group("folder")
    group.folder("names", "done", _names, keeps=BOTH)
    group.folder("loop", "done! skipped!", _loop, keeps=BOTH)
    group.folder("ways_out", "done! skipped!", _ways_out, keeps=BOTH)
    group.folder("link_inside", "done", _inside, keeps=BOTH)
    group.folder("pipe", "done! skipped!", _pipes, keeps=BOTH)
    group.folder("socket", "done! skipped!", _sockets, keeps=BOTH)
    group.folder("unreadable", "done! unreadable skipped", _unreadable, keeps=BOTH)
    group.folder("deep", "done! skipped unreadable", _deep, keeps=BOTH)
    group.folder("levels_150", "done", _levels, keeps=BOTH)
    group.folder("databases", "done", _databases, keeps=BOTH)
    group.folder("copies", "done", _copies, keeps=BOTH)
    group.folder("sparse", "done! too_large!", _sparse, keeps=BOTH)
    group.folder("empty_files_2000", "done! empty!", _many, keeps=BOTH)
    group.folder("\udcff\udcfe", "done", _not_utf8, keeps=BOTH)
    group.folder("empty", "", lambda folder: None)
    group.folder("a\nb\x1b[2J", "done", _good, keeps=BOTH)
    group.folder("x" * 255, "done", _good, keeps=BOTH)
    group.folder("..z", "", _good)  # hidden, as any name that begins with a dot
    return group.cases
