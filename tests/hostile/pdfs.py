"""Hostile PDFs, written object by object."""

from __future__ import annotations

import io
import random
import zlib
from collections.abc import Callable, Sequence
from functools import partial

from hostile.case import NATIVE, Case, Group
from hostile.prose import BOTH, END, MIDDLE, START, prose

_NATIVE = " ".join(NATIVE)
_FONT = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>"
_BOX = b"[0 0 595 842]"


class _Pdf:
    """A PDF under way: objects, then the table of them."""

    def __init__(self) -> None:
        self.objects: list[bytes] = []

    def add(self, body: bytes) -> int:
        """Number of a new object."""
        self.objects.append(body)
        return len(self.objects)

    def stream(self, data: bytes, entries: bytes = b"", length: int | None = None) -> int:
        return self.add(b"<<%s/Length %d>>stream\n%s\nendstream" % (entries, len(data) if length is None else length, data))

    def written(self, root: int, trailer: bytes = b"") -> bytes:
        out = io.BytesIO()
        out.write(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
        places = []
        for number, body in enumerate(self.objects, start=1):
            places.append(out.tell())
            out.write(b"%d 0 obj\n%s\nendobj\n" % (number, body))
        start = out.tell()
        out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(places) + 1))
        out.write(b"".join(b"%010d 00000 n \n" % place for place in places))
        out.write(b"trailer\n<</Size %d/Root %d 0 R%s>>\nstartxref\n%d\n%%%%EOF\n" % (len(places) + 1, root, trailer, start))
        return out.getvalue()


def words(text: str, x: float = 72, y: float = 770, size: float = 11) -> bytes:
    """Operators that show a text, a line a sentence."""
    lines = [line.encode("cp1252", "replace").replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)") for line in text.split("\n")]
    return b"BT /F1 %g Tf %g TL %g %g Td " % (size, size * 1.3, x, y) + b" ".join(b"(%s) Tj T*" % line for line in lines) + b" ET\n"


_STORY_LINES = (START[:70], START[70:], MIDDLE[:80], END[:60], END[60:])
_STORY = words("\n".join(_STORY_LINES))


def made(
    contents: Sequence[bytes] = (_STORY,),
    *,
    page: bytes = b"",
    root: bytes = b"",
    box: bytes = _BOX,
    font: bytes = _FONT,
    trailer: bytes = b"",
    resources: bytes = b"",
    entries: bytes = b"",
) -> bytes:
    """A PDF of a page for each content; the rest goes into the page, the root, and so on."""
    pdf = _Pdf()
    pdf.add(b"")
    pdf.add(b"")
    pdf.add(font)
    kids = []
    for content in contents:
        stream = pdf.stream(content, entries)
        kids.append(pdf.add(b"<</Type/Page/Parent 2 0 R/MediaBox %s/Resources<</Font<</F1 3 0 R>>%s>>/Contents %d 0 R%s>>" % (box, resources, stream, page)))
    pdf.objects[0] = b"<</Type/Catalog/Pages 2 0 R%s>>" % root
    pdf.objects[1] = b"<</Type/Pages/Count %d/Kids[%s]>>" % (len(kids), b" ".join(b"%d 0 R" % kid for kid in kids))
    return pdf.written(1, trailer)


def _several(pages: int) -> bytes:
    texts = [prose(400, number, 80).replace("\n\n", "\n") for number in range(pages)]
    return made([words("\n".join(text.split("\n"))) for text in ("\n".join(_STORY_LINES), *texts)])


def _truncated(share: float) -> bytes:
    whole = _several(8)
    return whole[: int(len(whole) * share)]


def _own_form(depth: int) -> bytes:
    """Forms that draw the next one, the last the first."""
    pdf = _Pdf()
    pdf.add(b"<</Type/Catalog/Pages 2 0 R>>")
    pdf.add(b"<</Type/Pages/Count 1/Kids[3 0 R]>>")
    pdf.add(b"<</Type/Page/Parent 2 0 R/MediaBox %s/Resources<</XObject<</X 5 0 R>>>>/Contents 4 0 R>>" % _BOX)
    pdf.stream(b"/X Do")
    for number in range(depth):
        following = 5 + (number + 1) % depth
        pdf.stream(b"/X Do /X Do", b"/Type/XObject/Subtype/Form/BBox[0 0 100 100]/Resources<</XObject<</X %d 0 R>>>>" % following)
    return pdf.written(1)


def _branching_forms(depth: int) -> bytes:
    """Each form draws the next one ten times: ten to the `depth` drawings."""
    pdf = _Pdf()
    pdf.add(b"<</Type/Catalog/Pages 2 0 R>>")
    pdf.add(b"<</Type/Pages/Count 1/Kids[3 0 R]>>")
    pdf.add(b"<</Type/Page/Parent 2 0 R/MediaBox %s/Resources<</XObject<</X 6 0 R>>/Font<</F1 5 0 R>>>>/Contents 4 0 R>>" % _BOX)
    pdf.stream(_STORY + b"/X Do")
    pdf.add(_FONT)
    for number in range(depth):
        pdf.stream(b"/X Do " * 10, b"/Type/XObject/Subtype/Form/BBox[0 0 100 100]/Resources<</XObject<</X %d 0 R>>>>" % (7 + number))
    pdf.stream(words("mot"), b"/Type/XObject/Subtype/Form/BBox[0 0 100 100]/Resources<</Font<</F1 5 0 R>>>>")
    return pdf.written(1)


def _own_glyph() -> bytes:
    """A Type 3 font whose letter shows itself."""
    pdf = _Pdf()
    pdf.add(b"<</Type/Catalog/Pages 2 0 R>>")
    pdf.add(b"<</Type/Pages/Count 1/Kids[3 0 R]>>")
    pdf.add(b"<</Type/Page/Parent 2 0 R/MediaBox %s/Resources<</Font<</F1 5 0 R>>>>/Contents 4 0 R>>" % _BOX)
    pdf.stream(b"BT /F1 12 Tf 72 700 Td (aaaa) Tj ET")
    pdf.add(
        b"<</Type/Font/Subtype/Type3/FontBBox[0 0 750 750]/FontMatrix[.001 0 0 .001 0 0]/CharProcs<</a 6 0 R>>/Encoding<</Differences[97/a]>>"
        b"/FirstChar 97/LastChar 97/Widths[1000]/Resources<</Font<</F1 5 0 R>>>>>>"
    )
    pdf.stream(b"1000 0 0 0 750 750 d1 BT /F1 12 Tf (a) Tj ET")
    return pdf.written(1)


def _deep_tree(depth: int) -> bytes:
    """A page at the end of `depth` nodes with one child each."""
    pdf = _Pdf()
    pdf.add(b"<</Type/Catalog/Pages 4 0 R>>")
    pdf.add(_FONT)
    pdf.stream(_STORY)
    for number in range(depth):
        parent = b"" if number == 0 else b"/Parent %d 0 R" % (3 + number)
        pdf.add(b"<</Type/Pages/Count 1/Kids[%d 0 R]%s>>" % (5 + number, parent))
    pdf.add(b"<</Type/Page/Parent %d 0 R/MediaBox %s/Resources<</Font<</F1 2 0 R>>>>/Contents 3 0 R>>" % (3 + depth, _BOX))
    return pdf.written(1)


def _tree(count: bytes, kids: bytes) -> bytes:
    pdf = _Pdf()
    pdf.add(b"<</Type/Catalog/Pages 2 0 R>>")
    pdf.add(b"<</Type/Pages/Count %s/Kids[%s]>>" % (count, kids))
    pdf.add(b"<</Type/Page/Parent 2 0 R/MediaBox %s/Resources<</Font<</F1 5 0 R>>>>/Contents 4 0 R>>" % _BOX)
    pdf.stream(_STORY)
    pdf.add(_FONT)
    return pdf.written(1)


def _bent(old: bytes, new: bytes) -> bytes:
    whole = made()
    assert old in whole
    return whole.replace(old, new)


def _rubbed_out(share: float) -> bytes:
    """A PDF with some of its bytes replaced by chance."""
    data = bytearray(_several(5))
    dice = random.Random(int(share * 10_000))
    for _ in range(int(len(data) * share)):
        data[dice.randrange(20, len(data))] = dice.randrange(256)
    return bytes(data)


def _flate(data: bytes, times: int = 1) -> bytes:
    for _ in range(times):
        data = zlib.compress(data, 9)
    filters = b"/Filter[" + b"/FlateDecode" * times + b"]"
    return made([data], entries=filters)


def _zeros(megabytes: int) -> bytes:
    packer = zlib.compressobj(9)
    block = b" " * 1_000_000
    return made([b"".join(packer.compress(block) for _ in range(megabytes)) + packer.compress(_STORY) + packer.flush()], entries=b"/Filter/FlateDecode")


def _encrypted(user: str) -> bytes:
    from reportlab.lib.pdfencrypt import StandardEncryption
    from reportlab.pdfgen.canvas import Canvas

    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(595, 842), invariant=1, encrypt=StandardEncryption(user, ownerPassword="garde", canModify=0, strength=128))
    for number, line in enumerate(_STORY_LINES):
        canvas.drawString(72, 770 - 15 * number, line)
    canvas.save()
    return out.getvalue()


def _unmapped(*, with_widths: bool) -> bytes:
    """A composite font whose letters map to nothing."""
    pdf = _Pdf()
    pdf.add(b"<</Type/Catalog/Pages 2 0 R>>")
    pdf.add(b"<</Type/Pages/Count 1/Kids[3 0 R]>>")
    pdf.add(b"<</Type/Page/Parent 2 0 R/MediaBox %s/Resources<</Font<</F1 5 0 R>>>>/Contents 4 0 R>>" % _BOX)
    pdf.stream(b"BT /F1 12 Tf 72 700 Td <" + b"".join(b"%04x" % (3 + n % 80) for n in range(600)) + b"> Tj ET")
    pdf.add(b"<</Type/Font/Subtype/Type0/BaseFont/ABCDEF+Secret/Encoding/Identity-H/DescendantFonts[6 0 R]>>")
    widths = b"/W[0[" + b"500 " * 90 + b"]]" if with_widths else b""
    pdf.add(
        b"<</Type/Font/Subtype/CIDFontType2/BaseFont/ABCDEF+Secret/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>/FontDescriptor 7 0 R%s>>"
        % widths
    )
    pdf.add(b"<</Type/FontDescriptor/FontName/ABCDEF+Secret/Flags 4/FontBBox[0 0 1 1]/ItalicAngle 0/Ascent 1/Descent 0/CapHeight 1/StemV 1>>")
    return pdf.written(1)


def _to_unicode(cmap: bytes) -> bytes:
    pdf = _Pdf()
    pdf.add(b"<</Type/Catalog/Pages 2 0 R>>")
    pdf.add(b"<</Type/Pages/Count 1/Kids[3 0 R]>>")
    pdf.add(b"<</Type/Page/Parent 2 0 R/MediaBox %s/Resources<</Font<</F1 5 0 R/F2 7 0 R>>>>/Contents 4 0 R>>" % _BOX)
    pdf.stream(_STORY.replace(b"/F1", b"/F2") + b"BT /F1 12 Tf 72 400 Td (" + b"a" * 2_000 + b") Tj ET")
    pdf.add(b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/ToUnicode 6 0 R>>")
    pdf.stream(cmap)
    pdf.add(_FONT)
    return pdf.written(1)


def _cmap(line: bytes) -> bytes:
    return b"/CIDInit /ProcSet findresource begin 12 dict begin begincmap 1 begincodespacerange <00> <ff> endcodespacerange\n" + line + b"\nendcmap end end"


def _two_roots() -> bytes:
    """Two PDFs one after the other: the last one counts."""
    return made([words("Une version ancienne et périmée de ce texte.")]) + made()


def _lattice(side: int) -> bytes:
    """A grid of ruled lines, which a search for tables crosses with one another."""
    lines = b"".join(b"%d 0 m %d 842 l S 0 %d m 595 %d l S\n" % (x, x, x, x) for x in range(1, side))
    return made([_STORY + b"0.2 w\n" + lines])


def _scattered(count: int) -> bytes:
    """One letter here, one there."""
    dice = random.Random(7)
    letters = b"".join(b"1 0 0 1 %d %d Tm (%c) Tj " % (dice.randrange(595), dice.randrange(842), 97 + dice.randrange(26)) for _ in range(count))
    return made([_STORY, b"BT /F1 6 Tf " + letters + b"ET"])


def _strings(count: int) -> bytes:
    """So many strings of ten thousand letters."""
    return b"BT /F1 1 Tf 9 9 Td " + (b"(" + b"bon mot " * 1_250 + b") Tj T* ") * count + b"ET"


def _objects(count: int) -> bytes:
    pdf = _Pdf()
    pdf.add(b"<</Type/Catalog/Pages 2 0 R>>")
    pdf.add(b"<</Type/Pages/Count 1/Kids[3 0 R]>>")
    pdf.add(b"<</Type/Page/Parent 2 0 R/MediaBox %s/Resources<</Font<</F1 5 0 R>>>>/Contents 4 0 R>>" % _BOX)
    pdf.stream(_STORY)
    pdf.add(_FONT)
    for _ in range(count):
        pdf.add(b"[1 2 3]")
    return pdf.written(1)


def _chained_xref() -> bytes:
    """A table of objects whose predecessor is itself."""
    whole = made()
    place = whole.rindex(b"xref\n0")
    return whole.replace(b"/Root 1 0 R", b"/Root 1 0 R/Prev %d" % place)


def _picture() -> bytes:
    pdf = _Pdf()
    pdf.add(b"<</Type/Catalog/Pages 2 0 R>>")
    pdf.add(b"<</Type/Pages/Count 1/Kids[3 0 R]>>")
    pdf.add(b"<</Type/Page/Parent 2 0 R/MediaBox %s/Resources<</XObject<</I 5 0 R>>>>/Contents 4 0 R>>" % _BOX)
    pdf.stream(b"500 0 0 700 40 40 cm /I Do")
    pdf.stream(
        zlib.compress(bytes(range(256)) * 40), b"/Type/XObject/Subtype/Image/Width 80/Height 128/ColorSpace/DeviceGray/BitsPerComponent 8/Filter/FlateDecode"
    )
    return pdf.written(1)


def _huge_picture() -> bytes:
    pdf = _Pdf()
    pdf.add(b"<</Type/Catalog/Pages 2 0 R>>")
    pdf.add(b"<</Type/Pages/Count 1/Kids[3 0 R]>>")
    pdf.add(b"<</Type/Page/Parent 2 0 R/MediaBox %s/Resources<</XObject<</I 5 0 R>>/Font<</F1 6 0 R>>>>/Contents 4 0 R>>" % _BOX)
    pdf.stream(_STORY + b"500 0 0 700 40 40 cm /I Do")
    pdf.stream(b"x", b"/Type/XObject/Subtype/Image/Width 1000000/Height 1000000/ColorSpace/DeviceRGB/BitsPerComponent 8")
    pdf.add(_FONT)
    return pdf.written(1)


def _nested(opening: bytes, closing: bytes, depth: int) -> bytes:
    return made(root=b"/Deep " + opening * depth + closing * depth)


def _page_trees(group: Group) -> None:
    group.file("tree_deep.pdf", f"done damaged no_text {_NATIVE}", partial(_deep_tree, 20_000), needs_isolation=True)
    group.file("tree_own_parent.pdf", f"done damaged no_text {_NATIVE}", partial(_tree, b"2", b"3 0 R 2 0 R"), needs_isolation=True)
    group.file("tree_only_itself.pdf", f"done damaged no_text {_NATIVE}", partial(_tree, b"1", b"2 0 R"), needs_isolation=True)
    group.file("tree_no_pages.pdf", "damaged no_text empty", partial(_tree, b"0", b""))
    group.file("tree_counts_too_many.pdf", "done damaged too_large", partial(_tree, b"2000000000", b"3 0 R"), keeps=BOTH)
    group.file("tree_counts_below_zero.pdf", "done damaged no_text", partial(_tree, b"-5", b"3 0 R"), keeps=BOTH)
    group.file("tree_same_page_200_times.pdf", "done", partial(_tree, b"200", b"3 0 R " * 200))
    group.file(
        "tree_missing_pages.pdf", "done damaged", partial(_tree, b"4", b"3 0 R 90 0 R 91 0 R 3 0 R"), keeps=BOTH, warns="page_damaged pages_without_text"
    )
    group.file("pages_5000.pdf", "too_large", lambda: made([words(f"Page {n}") for n in range(5_000)]))


def _tables_of_objects(group: Group) -> None:
    whole = made()
    start = whole.rindex(b"startxref")
    group.file("xref_wrong_places.pdf", "done damaged", lambda: made().replace(b" 00000 n ", b" 00000 n ").replace(b"00000000", b"00009999"), keeps=BOTH)
    group.file("xref_start_outside.pdf", "done damaged", whole[:start] + b"startxref\n999999999\n%%EOF\n", keeps=BOTH)
    group.file("xref_start_below_zero.pdf", "done damaged", whole[:start] + b"startxref\n-40\n%%EOF\n", keeps=BOTH)
    group.file("xref_own_predecessor.pdf", "done damaged", _chained_xref, keeps=BOTH)
    group.file("xref_none.pdf", "done damaged", whole[: whole.rindex(b"xref\n0")] + b"%%EOF\n", keeps=BOTH)
    group.file("xref_size_of_millions.pdf", "done damaged", lambda: _bent(b"/Size 6", b"/Size 2147483647"), keeps=BOTH)
    group.file("root_missing.pdf", "damaged", lambda: _bent(b"/Root 1 0 R", b"/Root 77 0 R"))
    group.file("root_is_a_number.pdf", "damaged", lambda: _bent(b"/Root 1 0 R", b"/Root 12"))
    group.file("objects_100000.pdf", "done", partial(_objects, 100_000), keeps=BOTH)
    group.file("head_late.pdf", "done", b"\n" * 900 + whole, keeps=BOTH)
    group.file("head_too_late.pdf", "damaged type_mismatch unsupported_format", b"ordures \n" * 500 + whole)
    group.file("tail_of_rubbish.pdf", "done damaged", whole + b"\0" * 5_000, keeps=BOTH)
    group.file("two_in_one.pdf", "done damaged", _two_roots, keeps=BOTH)
    group.file("head_alone.pdf", "damaged", b"%PDF-1.7\n")
    group.file("head_and_end.pdf", "damaged", b"%PDF-1.7\n%%EOF\n")
    for number in range(1, 5):
        group.file(f"rubbed_out_{number}.pdf", f"done damaged no_text unsupported_language {_NATIVE}", partial(_rubbed_out, number / 200), needs_isolation=True)


def _contents(group: Group) -> None:
    group.file("form_of_itself.pdf", f"no_text damaged {_NATIVE}", partial(_own_form, 1), needs_isolation=True)
    group.file("forms_in_a_ring.pdf", f"no_text damaged {_NATIVE}", partial(_own_form, 5), needs_isolation=True)
    group.file("forms_that_branch.pdf", f"done too_large damaged {_NATIVE}", partial(_branching_forms, 8), needs_isolation=True)
    group.file("glyph_of_itself.pdf", f"done no_text damaged unsupported_language {_NATIVE}", _own_glyph, needs_isolation=True)
    group.file("characters_3000000.pdf", f"done too_large {_NATIVE}", lambda: _flate(_STORY + _strings(300), 2), needs_isolation=True)
    group.file("characters_9000000.pdf", f"too_large {_NATIVE}", lambda: _flate(_STORY + _strings(900), 2), needs_isolation=True)
    group.file(
        "string_of_a_million.pdf", "done", lambda: _flate(_STORY + b"BT /F1 1 Tf 9 9 Td (" + b"bon mot " * 125_000 + b") Tj ET"), keeps=BOTH, warns="page_cut"
    )
    group.file("bomb_300_megabytes.pdf", f"done damaged {_NATIVE}", partial(_zeros, 300), needs_isolation=True)
    group.file("filters_60.pdf", f"done damaged no_text {_NATIVE}", lambda: _flate(_STORY, 60), needs_isolation=True)
    group.file("saves_a_million.pdf", f"done {_NATIVE}", lambda: _flate(b"q " * 1_000_000 + _STORY), keeps=BOTH, needs_isolation=True)
    group.file("string_without_end.pdf", "done damaged no_text", lambda: made([_STORY + b"BT /F1 9 Tf (sans fin " + b"(" * 5_000]), keeps=BOTH)
    group.file("array_deep_in_content.pdf", f"done damaged no_text {_NATIVE}", lambda: made([b"[" * 200_000 + _STORY]), needs_isolation=True)
    group.file("array_deep_in_root.pdf", f"done damaged {_NATIVE}", partial(_nested, b"[", b"]", 100_000), needs_isolation=True)
    group.file("dictionary_deep_in_root.pdf", f"done damaged {_NATIVE}", partial(_nested, b"<</A ", b">>", 100_000), needs_isolation=True)
    group.file("picture_inline_without_end.pdf", "done damaged no_text", lambda: made([_STORY + b"BI /W 9999 /H 9999 /BPC 8 /CS /RGB ID xx"]), keeps=BOTH)
    group.file("picture_alone.pdf", "no_text", _picture)
    group.file("picture_of_a_terapixel.pdf", f"done {_NATIVE}", _huge_picture, keeps=BOTH, needs_isolation=True)
    group.file("page_blank.pdf", "no_text", lambda: made([b""]))
    group.file("page_blank_among_others.pdf", "done", lambda: made([_STORY, b"", _STORY]), keeps=BOTH, warns="pages_without_text")
    group.file("lines_ruled_1600.pdf", f"done {_NATIVE}", partial(_lattice, 800), keeps=BOTH)
    group.file("letters_scattered_20000.pdf", f"done {_NATIVE}", partial(_scattered, 20_000), keeps=BOTH)
    group.file("words_outside_the_page.pdf", "done no_text", lambda: made([words(START, 9_000, -4_000) + words(END, -5_000, 9_000)]), keeps=BOTH)
    group.file("words_unseen.pdf", "done", lambda: made([b"3 Tr " + _STORY]), keeps=BOTH)
    group.file("words_of_no_size.pdf", "done no_text", lambda: made([words(START + "\n" + END, size=0)]))
    group.file("words_of_a_mile.pdf", "done no_text", lambda: made([words(START + "\n" + END, size=1e7)]))
    group.file("words_turned.pdf", "done", lambda: made([b"0 1 -1 0 500 100 cm " + words(START + "\n" + END, 0, 0)]), keeps=BOTH)


def _pages(group: Group) -> None:
    for name, box in (
        ("huge", b"[0 0 1e9 1e9]"),
        ("nothing", b"[0 0 0 0]"),
        ("below_zero", b"[595 842 0 0]"),
        ("rubbish", b"[/a (b) null 3]"),
        ("far", b"[-1e30 -1e30 1e30 1e30]"),
    ):
        group.file(f"box_{name}.pdf", "done damaged no_text", partial(made, box=box), keeps=BOTH)
    group.file("page_turned_by_37.pdf", "done", partial(made, page=b"/Rotate 37"), keeps=BOTH)
    group.file("page_of_huge_units.pdf", "done", partial(made, page=b"/UserUnit 1e9"), keeps=BOTH)
    for name, length in (("too_short", b"5"), ("too_long", b"999999"), ("below_zero", b"-1"), ("huge", b"99999999999999999999"), ("itself", b"4 0 R")):
        group.file(f"length_{name}.pdf", "done damaged no_text", partial(_bent, b"/Length %d" % len(_STORY), b"/Length " + length), keeps=BOTH)
    group.file("stream_without_end.pdf", "done damaged no_text", lambda: _bent(b"\nendstream", b"\n"), keeps=BOTH)
    group.file("script_at_opening.pdf", "done", partial(made, root=b"/OpenAction<</S/JavaScript/JS(while(true){app.alert\\(1\\)})>>"), keeps=BOTH)
    group.file("program_at_opening.pdf", "done", partial(made, root=b"/OpenAction<</S/Launch/F(/bin/true)>>"), keeps=BOTH)
    group.file("form_of_xml.pdf", "done", partial(made, root=b"/AcroForm<</Fields[]/XFA(<xdp><script>1</script></xdp>)>>"), keeps=BOTH)
    group.file("file_embedded.pdf", "done", _embedded, keeps=BOTH)
    group.file("outline_in_a_ring.pdf", "done", partial(made, root=b"/Outlines<</First 1 0 R/Last 1 0 R/Count 9>>"), keeps=BOTH)
    group.file("encrypted_with_a_password.pdf", "encrypted", partial(_encrypted, "sesame"))
    group.file("encrypted_for_the_owner.pdf", "done", partial(_encrypted, ""), keeps=BOTH)
    group.file("encrypted_by_a_stranger.pdf", "encrypted damaged", partial(made, trailer=b"/Encrypt<</Filter/Stranger/V 9/R 9>>"))
    group.file(
        "title_of_a_megabyte.pdf",
        "done",
        lambda: made(trailer=b"/Info<</Title(" + b"Un titre sans fin " * 60_000 + b")/Author(" + b"x" * 500_000 + b")>>"),
        keeps=BOTH,
    )


def _embedded() -> bytes:
    return made(root=b"/Names<</EmbeddedFiles<</Names[(../../evil.sh)<</F(../../evil.sh)/EF<</F 4 0 R>>>>]>>>>")


def _fonts(group: Group) -> None:
    group.file("font_without_unicode.pdf", "done no_text unsupported_language damaged", partial(_unmapped, with_widths=True), warns="letters_unknown")
    group.file("font_without_anything.pdf", "done no_text unsupported_language damaged", partial(_unmapped, with_widths=False), warns="letters_unknown")
    group.file("font_missing.pdf", "done damaged no_text", partial(made, font=b"null"), keeps=BOTH)
    group.file("font_of_numbers.pdf", "done damaged no_text", partial(made, font=b"[1 2 3]"), keeps=BOTH)
    group.file(
        "font_maps_letter_to_4000.pdf",
        "done damaged too_large",
        lambda: _to_unicode(_cmap(b"1 beginbfchar <61> <" + b"00e9" * 4_000 + b"> endbfchar")),
        keeps=BOTH,
    )
    group.file("font_maps_all_to_zero.pdf", "done damaged", lambda: _to_unicode(_cmap(b"1 beginbfrange <00> <ff> <0000> endbfrange")), keeps=BOTH)
    group.file("font_maps_to_halves.pdf", "done damaged", lambda: _to_unicode(_cmap(b"1 beginbfchar <61> <d800> endbfchar")), keeps=BOTH)
    group.file(
        "font_map_of_two_thousand_million.pdf",
        f"done damaged {_NATIVE}",
        lambda: _to_unicode(_cmap(b"1 beginbfrange <00000000> <7fffffff> <0041> endbfrange")),
        needs_isolation=True,
    )


def _truncations(group: Group) -> None:
    for number in range(1, 13):
        share = number / 13
        group.file(f"cut_at_{number}_of_13.pdf", "damaged", partial(_truncated, share))
    group.file("cut_in_the_last_line.pdf", "damaged done", lambda: _several(8)[:-4], keeps=BOTH)


def cases() -> list[Case]:
    """All of them."""
    group = Group("pdf")
    parts: tuple[Callable[[Group], None], ...] = (_truncations, _page_trees, _tables_of_objects, _contents, _pages, _fonts)
    for part in parts:
        part(group)
    return group.cases
