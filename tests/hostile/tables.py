"""Hostile JSON Lines and CSV: files of many documents, whose good rows must come out whatever stands beside them."""

from __future__ import annotations

import json

from hostile.case import Case, Group
from hostile.prose import BOTH, END, MIDDLE, START, around, prose

_GOOD = json.dumps({"id": "bon", "text": around(MIDDLE)}, ensure_ascii=False)
_CSV_GOOD = f'bon,"{START} {END}"'


def _lines(*lines: str | bytes) -> bytes:
    """A good line, these, and a good line."""
    found = [_GOOD.replace("bon", "premier"), *lines, _GOOD.replace("bon", "dernier")]
    return b"\n".join(line.encode("utf_8", "surrogatepass") if isinstance(line, str) else line for line in found) + b"\n"


def _text(text: str, **fields: object) -> str:
    return json.dumps({"id": "hostile", "text": text, **fields}, ensure_ascii=False)


def _json(group: Group) -> None:
    group.file("head_of_a_pdf.jsonl", "done", _lines(_text(f"%PDF-1.7 {START}")).replace(b'"premier"', b'"%PDF-1.7"'), keeps=BOTH)
    group.file("head_of_a_zip.jsonl", "done", _lines(_text(f"PK\x03\x04 {START}")), keeps=BOTH)
    group.file("deep_100000.jsonl", "done! damaged!", lambda: _lines("[" * 100_000, '{"a":' * 100_000))
    group.file("deep_field_200.jsonl", "done! invalid_request!", _lines(f'{{"text": "{START}", "a": {"[" * 200}{"]" * 200}}}'))
    for depth in (500, 900, 990):
        group.file(f"deep_field_{depth}.jsonl", "done! invalid_request damaged", _lines(f'{{"text": "{START}", "a": {"[" * depth}{"]" * depth}}}'))
    group.file("integer_of_5000_digits.jsonl", "done! damaged!", _lines(f'{{"text": "{START}", "n": {"9" * 5_000}}}'))
    group.file("integer_as_id.jsonl", "done", _lines(f'{{"id": {"9" * 4_000}, "text": "{START}"}}'), keeps=BOTH)
    group.file("not_a_number.jsonl", "done", _lines(f'{{"text": "{START}", "n": NaN, "m": Infinity, "o": -Infinity, "p": 1e999}}'), keeps=BOTH)
    group.file(
        "half_characters.jsonl",
        "done",
        _lines(f'{{"text": "{START} \\ud800 \\udfff\\ud800", "title": "\\udc00", "a\\ud800": 1}}'),
        keeps=BOTH,
        warns="bad_characters",
    )
    group.file("line_separator.jsonl", "done", _lines(_text(f"{START}\u2028{END}\u2029\x85")), keeps=BOTH)
    group.file("marks_in_disorder.jsonl", "done", lambda: _lines(_text(around("e" + "\u0323\u0301\u0327" * 12_000))), keeps=BOTH)
    group.file("ids_alike.jsonl", "done conflict invalid_request", _lines(*[_text(f"{START} Numéro {n}.") for n in range(20)]), keeps=BOTH)
    group.file(
        "ids_odd.jsonl",
        "done invalid_request",
        _lines(
            *[
                _text(START, id=value)
                for value in ("../../etc", "\0", "a" * 100_000, "\u202e", "'; DROP TABLE documents;--", " ", "<script>", [], {}, True, 1.5, None)
            ]
        ),
        keeps=BOTH,
    )
    group.file("line_of_30_megabytes.jsonl", "done! too_large!", lambda: _lines(_text("bon mot " * 3_750_000)))
    group.file("line_of_30_megabytes_cut.jsonl", "done! damaged!", lambda: _lines(_text("bon mot " * 3_750_000)[:-5]))
    group.file("lines_of_nothing_100000.jsonl", "done", lambda: _lines("\n" * 100_000), keeps=BOTH)
    group.file("lines_bad_5000.jsonl", "done! damaged!", lambda: _lines("{\n" * 4_999 + "{"))
    group.file("blanks_of_10_megabytes.jsonl", "done", lambda: _lines(" " * 10_000_000), keeps=BOTH)
    group.file(
        "types_wrong.jsonl",
        "done! invalid_request! empty",
        _lines("1", "null", '"mot"', "[]", "true", "{}", '{"text": 1}', '{"text": null}', '{"text": ["a"]}', '{"text": ""}'),
    )
    group.file(
        "fields_wrong.jsonl",
        "done! invalid_request!",
        _lines(
            _text(START, published="hier"),
            _text(START, title=[1]),
            _text(START, language="!!"),
            _text(START, source={"a": 1}),
            _text(START, published=20240101),
        ),
    )
    group.file("fields_huge.jsonl", "done invalid_request", lambda: _lines(_text(START, title="Un titre " * 120_000, source="s" * 1_000_000)), keeps=BOTH)
    group.file("fields_unknown_20000.jsonl", "done", lambda: _lines(_text(START, **{f"champ{n}": n for n in range(20_000)})), keeps=BOTH)
    group.file("published_of_a_megabyte.jsonl", "done! invalid_request!", lambda: _lines(_text(START, published="1 " * 500_000)))
    group.file("bytes_bad.jsonl", "done! damaged!", _lines(b'{"text": "\xff\xfe\xfa"}'))
    group.file("key_twice.jsonl", "done", _lines(f'{{"text": "un", "text": "{START}"}}'), keeps=BOTH)
    group.file("in_utf_16.jsonl", "done", _lines().decode().encode("utf_16"), keeps=BOTH)
    group.file("marked_utf_8.jsonl", "done", b"\xef\xbb\xbf" + _lines(), keeps=BOTH)
    group.file("cut_in_the_last_line.jsonl", "done! damaged!", _lines()[:-30])
    group.file("zeros.jsonl", "done damaged unsupported_format", lambda: _lines(b"\0" * 50_000))
    group.file("carriage_returns_alone.jsonl", "damaged", _lines().replace(b"\n", b"\r"))
    group.file(
        "language_unknown.jsonl",
        "done! unsupported_language!",
        _lines(_text("Die Gemeinde hat gestern eine neue Schule für Musik eröffnet und alle Bürger waren dazu eingeladen.", language="de")),
    )


def _table(*rows: str, head: str = "id,text") -> str:
    return "\n".join([head, _CSV_GOOD.replace("bon", "rang 1"), *rows, _CSV_GOOD.replace("bon", "rang dernier")]) + "\n"


def _csv(group: Group) -> None:
    group.file(
        "columns_10000.csv",
        "done",
        lambda: _table(*[f'x,"{START}",' + "v," * 9_998] * 3, head="id,text," + ",".join(f"c{n}" for n in range(10_000))),
        keeps=BOTH,
    )
    group.file("columns_alike.csv", "invalid_request", lambda: _table(head="id,text" + ",text" * 3))
    group.file("columns_of_nothing.csv", "done", lambda: _table(f'x,"{START}"' + "," * 3_000, head="id,text" + "," * 3_000), keeps=BOTH)
    group.file("cells_more_than_columns.csv", "done! damaged!", _table(f'x,"{START}",' + "y," * 20_000))
    group.file("cells_fewer_than_columns.csv", "done! empty!", _table("x"))
    group.file("quotes_never_closed.csv", "done! damaged!", lambda: _table('x,"sans fin ' + prose(200_000)))
    group.file("quotes_never_closed_1000.csv", "done damaged!", lambda: _table(*['x,"sans fin, "ici" et là'] * 1_000))
    group.file("quotes_doubled.csv", "done", lambda: _table(f'x,"{START} {"" * 2}{chr(34) * 100_000} {END}"'), keeps=BOTH)
    group.file("zeros.csv", "done damaged empty unsupported_format", lambda: _table(f'x,"{START}\0\0\0 {END}"', "\0" * 30_000), keeps=BOTH)
    group.file("cell_of_6_megabytes.csv", "done! too_large!", lambda: _table(f'x,"{"bon mot " * 750_000}"'))
    group.file("cell_of_half_a_megabyte.csv", "done", lambda: _table(f'x,"{prose(500_000, paragraph=10**9)}"'), keeps=BOTH)
    formulas = ("=1+1", "@SUM(A1)", "-2+3", "+1", "=cmd|'/c calc'!A1", "\t=1")
    group.file("cells_that_compute.csv", "done", _table(*[f'"{formula}","{START}"' for formula in formulas]), keeps=BOTH)
    group.file("rows_blank_alone.csv", "empty", "id,text\n,\n")
    group.file("rows_blank_200000.csv", "done", lambda: _table(",\n" * 200_000), keeps=BOTH)
    group.file("rows_bad_5000.csv", "done! damaged!", lambda: _table(*["x,mot,mot,mot,mot"] * 5_000))
    group.file("head_alone.csv", "empty", "id,text\n")
    group.file("head_of_a_megabyte.csv", "done unsupported_format invalid_request", lambda: _table(head="id,text," + "c" * 1_000_000), keeps=BOTH)
    group.file("head_without_text.csv", "unsupported_format invalid_request", _table(head="id,corps"))
    group.file("delimiters_mixed.csv", "done damaged invalid_request empty", _table("a;b;c", "a\tb\tc", "a|b|c"), keeps=BOTH)
    group.file("in_utf_16.csv", "done", _table().encode("utf_16"), keeps=BOTH)
    group.file("in_cp1252.csv", "done", _table().replace("’", "'").replace(END, f"{END} Été à Sète.").encode("cp1252"), keeps=BOTH, warns="encoding_guessed")
    group.file("carriage_returns_alone.csv", "done", _table().replace("\n", "\r"), keeps=BOTH)
    group.file("line_ends_in_cells.csv", "done", _table(f'x,"{START}\r\n\u2028\x0b\x0c{END}"'), keeps=BOTH)


def cases() -> list[Case]:
    """All of them."""
    lines, table = Group("json_lines"), Group("csv")
    _json(lines)
    _csv(table)
    return [*lines.cases, *table.cases]
