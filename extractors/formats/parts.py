"""What a file of many documents is made of: parts still to be read, and those that cannot be."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from extractors.errors import TooLarge, VeilleError

DEEPEST = 5  # archives and mails inside one another
_MEMBERS, _INFLATED_BYTES = 10_000, 200_000_000


@dataclass(frozen=True, slots=True)
class Part:
    """The bytes of one document inside a file. origin: where they lie, such as "mail.eml/note.pdf".

    is_body: the bytes are those of a whole mail, or of a record of a web archive, and the document is what its writer
    wrote, or the page that was fetched.
    is_whole: it is the whole file.
    """

    data: bytes
    origin: str
    is_body: bool = False
    is_whole: bool = False

    @property
    def sha256(self) -> str:
        """Of the bytes; of a body never that of its mail, which stands for the attachments too."""
        return hashlib.sha256(self.data + (b"\0body" if self.is_body else b"")).hexdigest()


@dataclass(frozen=True, slots=True)
class BadPart:
    """A line, row or member that gave no document, to be reported in its place.

    id: the part's own where it could be read, else None. line: from 1, of lines and rows.
    """

    origin: str
    error: VeilleError
    id: str | None = None
    line: int | None = None


@dataclass(slots=True)
class Allowance:
    """How much may still be unpacked from one file, archives inside it included."""

    members: int = _MEMBERS
    inflated_bytes: int = _INFLATED_BYTES

    def take(self, members: int, inflated_bytes: int, name: str) -> None:
        """Count what is about to be unpacked; raises TooLarge where it is more than is left."""
        self.members -= members
        self.inflated_bytes -= inflated_bytes
        if self.members < 0:
            raise TooLarge(f"{name}: over {_MEMBERS:,} files, those of archives inside it included; split it")
        if self.inflated_bytes < 0:
            raise TooLarge(f"{name}: unpacks to over {_INFLATED_BYTES:,} bytes, archives inside it included; split it")


def named(origin: str, name: str, taken: dict[str, int]) -> str:
    """The origin of a part: below its file, never above it, and unlike those `taken`, to which it is added.

    taken: each origin given so far, with the number that the last one of that name got.
    """
    steps = [step for step in name.replace("\\", "/").split("/") if step.strip() not in ("", ".", "..") and not step.endswith(":")]
    shown = "".join(character if character.isprintable() else "\ufffd" for character in "/".join(steps))[-500:] or "part"
    first = found = f"{origin}/{shown}"
    number = taken.get(first, 0)
    while found in taken:
        number += 1
        stem, dot, suffix = shown.rpartition(".")
        found = f"{origin}/{stem} ({number}).{suffix}" if dot and "/" not in suffix else f"{origin}/{shown} ({number})"
    taken[found] = 1
    taken[first] = max(number, 1)
    return found
