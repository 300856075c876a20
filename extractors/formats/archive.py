"""Zip archives, which office documents are too: opened in memory, their members counted before and while they inflate."""

from __future__ import annotations

import io
import stat
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import PurePosixPath

from extractors.errors import DamagedDocument, DocumentError, EmptyDocument, EncryptedDocument, TooLarge, UnsupportedFormat
from extractors.formats.parts import Allowance, BadPart, Part, named
from extractors.options import Options

STARTS = (b"PK\x03\x04", b"PK\x05\x06")  # of a zip file, of an empty one
_ENTRY = b"PK\x01\x02"  # before each member in the table of contents
_MOST_ENTRIES = 10_000
_HIGHEST_RATIO = 100  # of bytes inflated to bytes stored; text reaches 20
_SMALL = 1_000_000  # bytes inflated below which a ratio says nothing
_LEFT_OUT = frozenset({"__macosx", "thumbs.db", "desktop.ini"})  # what systems put beside people's files
_ENCRYPTED = 0x1  # bit of a member's flags
_FAULTS = (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, RuntimeError)


@contextmanager
def opened(data: bytes, name: str) -> Iterator[zipfile.ZipFile]:
    """An archive with no more members, and none larger for its size, than files of people have.

    Raises DamagedDocument where its table of contents cannot be read, TooLarge for a bomb.
    """
    if data.count(_ENTRY) > _MOST_ENTRIES:  # before zipfile makes an object of each
        raise TooLarge(f"{name}: over {_MOST_ENTRIES:,} files in it; split it")
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except (*_FAULTS, NotImplementedError) as error:
        raise DamagedDocument(f"{name}: not a whole zip file ({error}); fetch it again") from error
    with archive:
        for member in archive.infolist():
            _check_ratio(member.file_size, member.compress_size, f"{name}/{member.filename}")
        yield archive


def inflated(archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str) -> bytes:
    """The bytes of a member; raises EncryptedDocument, DamagedDocument, UnsupportedFormat."""
    if member.flag_bits & _ENCRYPTED:
        raise EncryptedDocument(f"{name}: locked with a password; unpack it and give the files in it")
    try:
        return archive.read(member)  # no more than the size it declares, which is checked
    except NotImplementedError as error:
        raise UnsupportedFormat(f"{name}: packed in a way that cannot be read ({error}); unpack it and give the file") from error
    except _FAULTS as error:
        raise DamagedDocument(f"{name}: cannot be unpacked ({error}); fetch the archive again") from error


def members(data: bytes, name: str, options: Options, allowance: Allowance) -> Iterator[Part | BadPart]:
    """Each file of an archive, hidden ones left out; nothing is written anywhere.

    Raises, before the first of them, what is wrong with the whole.
    """
    with opened(data, name) as archive:
        found = [member for member in archive.infolist() if _is_document(member)]
        if not found:
            raise EmptyDocument(f"{name}: no file in this archive; put some in it or leave it out")
        if all(member.flag_bits & _ENCRYPTED for member in found):
            raise EncryptedDocument(f"{name}: locked with a password; unpack it and give the files in it")
        allowance.take(len(found), sum(member.file_size for member in found), name)
        taken: dict[str, int] = {}
        for member in found:
            origin = named(name, member.filename, taken)
            try:
                if stat.S_ISLNK(member.external_attr >> 16):
                    raise UnsupportedFormat(f"{origin}: a link to another file; put that file itself into the archive")
                if member.file_size > options.max_bytes:
                    raise TooLarge(f"{origin}: {member.file_size:,} bytes, over the limit of {options.max_bytes:,}; split it or raise max_bytes")
                yield Part(inflated(archive, member, origin), origin)
            except DocumentError as error:
                yield BadPart(origin, error)


def _check_ratio(inflated_bytes: int, stored_bytes: int, name: str) -> None:
    if inflated_bytes > max(_SMALL, _HIGHEST_RATIO * stored_bytes):
        raise TooLarge(f"{name}: {stored_bytes:,} bytes that unpack to {inflated_bytes:,}, as no document does; unpack it and give the files in it")


def _is_document(member: zipfile.ZipInfo) -> bool:
    steps = PurePosixPath(member.filename.replace("\\", "/")).parts
    hidden = any(step.lower() in _LEFT_OUT or (step.startswith(".") and step not in (".", "..")) for step in steps)
    return not member.is_dir() and not hidden
