"""Hostile archives."""

from __future__ import annotations

import gzip
import io
import stat
import struct
import tarfile
import zlib
from functools import partial

from hostile.case import Case, Group, repacked, zipped
from hostile.prose import BOTH, MIDDLE, around, prose

_GOOD = ("bon.txt", around(MIDDLE))
_LINK = stat.S_IFLNK | 0o777


def _with(*members: tuple[str, bytes | str]) -> bytes:
    return zipped([_GOOD, *members])


def _bombs(group: Group) -> None:
    group.file("ratio_1000.zip", "too_large", lambda: _with(("zeros.txt", bytes(100_000_000))))
    group.file("ratio_below_a_megabyte.zip", "done! empty!", lambda: _with(("zeros.txt", bytes(900_000))), keeps=BOTH)
    group.file("ratio_70.zip", "done! too_large!", lambda: _with(("mots.txt", _thin(40_000_000))), keeps=BOTH)
    group.file("sum_of_members.zip", "too_large", lambda: zipped([(f"{n}.txt", _thin(30_000_000)) for n in range(8)]))
    group.file("members_10001.zip", "too_large", lambda: zipped([(f"{n}.txt", "x") for n in range(10_001)]))
    group.file("members_65535_declared.zip", "damaged", lambda: _entries_declared(65_535))
    group.file("members_overlapping.zip", "too_large damaged", _overlapping)
    group.file("of_itself.zip", "too_large damaged done empty", _quine)
    group.file("nested_4.zip", "done", lambda: _nested(4), keeps=BOTH)
    group.file("nested_30.zip", "too_large", lambda: _nested(30))
    group.file("tree_of_archives.zip", "done unsupported_language too_large!", _tree)
    group.file("size_that_lies.zip", "damaged", _liar)


def _thin(size: int) -> bytes:
    """Text that packs to about a seventieth."""
    block = prose(200_000).encode()
    return (block + b" " * (len(block) * 4)) * (size // (len(block) * 5))


def _nested(depth: int) -> bytes:
    data = _with()
    for _ in range(depth - 1):
        data = zipped([("dedans.zip", data)], stored=True)
    return data


def _tree() -> bytes:
    """Sixteen archives of sixteen of sixteen of sixteen, a file in each of the last."""
    data = zipped([("zero.txt", "mot")])
    for _ in range(4):
        data = zipped([(f"{n}.zip", data) for n in range(16)])
    return data


def _overlapping() -> bytes:
    """Entries of the table of contents that all point to one member."""
    block = bytes(9_000_000)
    packed = zlib.compressobj(9, zlib.DEFLATED, -15)
    data = packed.compress(block) + packed.flush()
    head = struct.pack("<4s5H3I2H", b"PK\x03\x04", 20, 0, 8, 0, 33, zlib.crc32(block), len(data), len(block), 5, 0) + b"a.txt"
    out = io.BytesIO(head + data)
    out.seek(0, 2)
    start = out.tell()
    for number in range(500):
        name = b"%03d.txt" % number
        out.write(struct.pack("<4s6H3I5H2I", b"PK\x01\x02", 20, 20, 0, 8, 0, 33, zlib.crc32(block), len(data), len(block), len(name), 0, 0, 0, 0, 0, 0) + name)
    size = out.tell() - start
    out.write(struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 500, 500, size, start, 0))
    return out.getvalue()


def _quine() -> bytes:
    """An archive whose one member is made to look like the archive: a start of it, as deep as it goes."""
    data = zipped([("x.txt", around(MIDDLE))])
    for _ in range(3):
        data = zipped([("r/r.zip", data), ("r/r.zip.zip", data)])
    return data


def _entries_declared(count: int) -> bytes:
    data = bytearray(_with())
    place = data.rindex(b"PK\x05\x06")
    data[place + 8 : place + 12] = struct.pack("<2H", count, count)
    return bytes(data[: place + 12]) + struct.pack("<2IH", 0xFFFFFFF0, 0xFFFFFFF0, 0)


def _liar() -> bytes:
    """A member of a megabyte that says it has ten bytes."""
    data = bytearray(zipped([("a.txt", prose(1_000_000))]))
    for mark, place in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        start = data.index(mark)
        data[start + place : start + place + 4] = struct.pack("<I", 10)
    return bytes(data)


def _links() -> bytes:
    """An archive of links out of it, with a good archive inside."""
    return zipped([("lien.txt", "/etc/passwd"), ("bon.zip", _with()), ("autre", "../../../../etc")], modes={"lien.txt": _LINK, "autre": _LINK})


def _locked(*, all_of_it: bool) -> bytes:
    data = bytearray(_with(("autre.txt", "mot")))
    starts = [place for place in range(len(data)) if data[place : place + 4] in (b"PK\x03\x04", b"PK\x01\x02")]
    for start in starts:
        flag = start + (6 if data[start + 2] == 3 else 8)
        if all_of_it or b"autre" in data[start : start + 60]:
            data[flag] |= 1
    return bytes(data)


def _names(group: Group) -> None:
    for number, name in enumerate(
        (
            "../../../../tmp/evil.txt",
            "/etc/evil.txt",
            "C:\\evil.txt",
            "..\\..\\evil.txt",
            "a/../../../evil.txt",
            "~/evil.txt",
            "con.txt",
            "a\x1b[2Jb.txt",
            "\u202etxt.exe",
            "a" * 3_000 + ".txt",
            "a/" * 500 + "b.txt",
            " ",
            ".",
            "..",
            "-rf",
            "a;id.txt",
            "$(id).txt",
            "a\nb.txt",
        )
    ):
        outcome = "done" if number not in (11, 12, 13) else "done empty damaged"
        group.file(f"name_{number:02}.zip", outcome, lambda name=name: _with((name, around(MIDDLE))), keeps=BOTH)
    group.file("name_of_no_encoding.zip", "done", lambda: _with(("aaaa.txt", around(MIDDLE))).replace(b"aaaa.txt", b"\xff\xfe\xe9\x80.txt"), keeps=BOTH)
    group.file("name_with_a_zero.zip", "done damaged", lambda: _with(("aaaa.txt", around(MIDDLE))).replace(b"aaaa.txt", b"aa\0a.txt"), keeps=BOTH)
    group.file("names_alike.zip", "done", lambda: zipped([("a.txt", around(f"Numéro {n}.")) for n in range(30)]), keeps=BOTH)
    group.file("links.zip", "done! unsupported_format!", _links, keeps=BOTH)
    group.file("folders_alone.zip", "empty", lambda: zipped([(f"{n}/", "") for n in range(50)]))
    group.file("hidden_alone.zip", "empty", lambda: zipped([(".cache", "x"), ("__MACOSX/a.txt", "x")]))


def _shapes(group: Group) -> None:
    group.file("locked.zip", "encrypted", lambda: _locked(all_of_it=True))
    group.file("locked_in_part.zip", "done! encrypted!", lambda: _locked(all_of_it=False), keeps=BOTH)
    group.file(
        "packed_in_an_odd_way.zip", "unsupported_format damaged", lambda: zipped([("a.txt", around(MIDDLE))]).replace(b"\x14\0\0\0\x08\0", b"\x14\0\0\0\x63\0")
    )
    group.file("empty.zip", "empty", b"PK\x05\x06" + bytes(18))
    group.file("head_alone.zip", "damaged", b"PK\x03\x04" + bytes(40))
    for number in range(1, 6):
        group.file(f"cut_at_{number}_of_6.zip", "damaged", lambda number=number: (whole := _with(("b.txt", prose(9_000))))[: len(whole) * number // 6])
    group.file("comment_of_64_kilobytes.zip", "done", lambda: _with()[:-2] + b"\xff\xff" + b"c" * 65_535, keeps=BOTH)
    group.file("rubbish_before.zip", "unsupported_format damaged type_mismatch", lambda: bytes(range(256)) * 9 + _with())
    group.file(
        "bad_members_among_good.zip",
        "done! unsupported_format! empty! type_mismatch!",
        lambda: _with(("a.exe", b"\x7fELF" + bytes(99)), ("b.txt", b""), ("c.pdf", b"\xff\xd8\xff" + bytes(99)), ("d.txt", around("Suite."))),
        keeps=BOTH,
    )
    group.file(
        "broken_sum.zip",
        "done! damaged!",
        lambda: _with(("b.txt", "un mot de trop")).replace(struct.pack("<I", zlib.crc32(b"un mot de trop")), b"abcd"),
        keeps=BOTH,
    )
    group.file("package_of_the_web.zip", "done unsupported_format empty type_mismatch", lambda: repacked(_with(("[Content_Types].xml", "<a/>"))))


def _tar(*, of_devices: bool = False, name: str = "bon.txt") -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        member = tarfile.TarInfo(name)
        data = around(MIDDLE).encode()
        member.size = len(data)
        archive.addfile(member, io.BytesIO(data))
        if of_devices:
            for kind in (tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE):
                device = tarfile.TarInfo(f"../../dev/{kind.decode()}")
                device.type, device.linkname, device.devmajor = kind, "/etc/passwd", 1
                archive.addfile(device)
    return out.getvalue()


def _others(group: Group) -> None:
    group.file("devices.tar", "unsupported_format", partial(_tar, of_devices=True))
    group.file("climbing.tar", "unsupported_format", partial(_tar, name="../../../tmp/evil.txt"))
    group.file("tar.gz", "unsupported_format", lambda: gzip.compress(_tar(of_devices=True), mtime=0))
    group.file("bomb.gz", "unsupported_format", lambda: gzip.compress(bytes(50_000_000), mtime=0))
    for suffix, start in (("bz2", b"BZh9"), ("xz", b"\xfd7zXZ\0"), ("7z", b"7z\xbc\xaf\x27\x1c"), ("rar", b"Rar!\x1a\x07")):
        group.file(f"archive.{suffix}", "unsupported_format", start + bytes(600))


def cases() -> list[Case]:
    """All of them."""
    group = Group("archive")
    for part in (_bombs, _names, _shapes, _others):
        part(group)
    return group.cases
