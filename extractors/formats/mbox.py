"""Mailboxes: the mails of an .mbox file, each to be read like a mail of its own.

The standard library's reader wants a path, and cuts at every line that begins with "From ", which people write too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from extractors.errors import TooLarge, TypeMismatch
from extractors.formats.parts import Allowance, BadPart, Part
from extractors.options import Options

# Who sent a mail and when ("From awa@reseau.example Tue Mar 12 23:30:00 2024"), or a bare mark, and then a header.
_FIRST_LINE = re.compile(rb"^From (?:[^\n]{0,300}\b\d{1,2}:\d\d[^\n]{0,60}|-? *\r?)\n(?=[!-9;-~]{1,76}:|>?From )", re.MULTILINE)
_QUOTED = re.compile(rb"^>(?=>*From )", re.MULTILINE)  # how writers keep such lines of a text apart


def is_mailbox(data: bytes, *, is_named_so: bool) -> bool:
    """Whether a file begins with the line before a mail, and where its name does not say so has a second one."""
    found = _FIRST_LINE.finditer(data)
    first = next(found, None)
    return first is not None and not data[: first.start()].strip() and (is_named_so or next(found, None) is not None)


def members(data: bytes, name: str, options: Options, allowance: Allowance) -> Iterator[Part | BadPart]:
    """Each mail of a mailbox in its order. Raises TypeMismatch where it does not begin with one."""
    starts = list(_FIRST_LINE.finditer(data))
    if not starts or data[: starts[0].start()].strip():
        raise TypeMismatch(
            f"{name}: named as a mailbox but does not begin with the line before a mail (`From …`); give it the suffix of what it is (.eml, .txt)"
        )
    for number, first_line in enumerate(starts, start=1):
        origin = f"{name}/{number}.eml"
        try:
            allowance.take(1, 0, name)
        except TooLarge as error:
            yield BadPart(origin, error)
            return
        end = starts[number].start() if number < len(starts) else len(data)
        mail = data[first_line.end() : end]
        yield Part(_QUOTED.sub(b"", mail) if b"\n>" in mail else mail, origin)
