"""CSV: a document a row, its columns found by their names."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace

from extractors.document import Document
from extractors.errors import DamagedDocument, DocumentError, EmptyDocument, InvalidRequest, TooLarge, VeilleError
from extractors.formats import json_lines
from extractors.formats.json_lines import FIELDS
from extractors.formats.parts import BadPart
from extractors.formats.text import clean, decode
from extractors.options import Options

_DELIMITERS = ",;\t|"
_SEPARATOR_LINE = "sep="  # Excel's own first line, which names the delimiter
_LONGEST_HEAD = 4_096


def delimiter(head: str) -> str | None:
    """What divides the cells of a table whose first row has a column `text`, None where there is none."""
    lines = head.lstrip("\ufeff")[:_LONGEST_HEAD].replace("\r\n", "\n").replace("\r", "\n").split("\n")
    line = lines[1] if len(lines) > 1 and lines[0].lower().startswith(_SEPARATOR_LINE) else lines[0]
    found = {mark: _names(_cells(line, mark)) for mark in _DELIMITERS}
    best = max(found, key=lambda mark: len(found[mark]))
    return best if "text" in found[best] else None


def is_documents(head: str) -> bool:
    """Whether a text without a telling name begins with a row of nothing but our columns, two at least."""
    mark = delimiter(head)
    if mark is None:
        return False
    names = _names(_cells(head.lstrip("\ufeff").replace("\r", "\n").split("\n", 1)[0], mark))
    return len(names) > 1 and set(names) <= set(FIELDS)


def read_each(data: bytes, name: str, options: Options) -> Iterator[Document | BadPart]:
    """Each row as a document, or as what is wrong with it; the others go on.

    Columns that are not ours are kept as metadata. Raises InvalidRequest where the first row has no column `text`,
    EmptyDocument where there is no other.
    """
    text, encoding, notices = decode(data)
    text = text.lstrip("\ufeff") if "\n" in text else text.lstrip("\ufeff").replace("\r", "\n")
    mark = delimiter(text[: 2 * _LONGEST_HEAD])
    if mark is None:
        raise InvalidRequest(f"{name}: no column `text` in the first row; give that name to the column that holds the texts")
    csv.field_size_limit(max(csv.field_size_limit(), options.max_characters + 1))  # stdlib's own limit is 128 KB a cell
    rows = csv.reader(_lines(text), delimiter=mark, strict=True)
    names: list[str] | None = None
    number, is_blank = 0, True
    while True:
        number += 1
        origin = f"{name}#{number}"
        try:
            row = next(rows)
        except StopIteration:
            break
        except csv.Error as error:
            is_blank = False
            yield BadPart(origin, _fault(str(error), f"{name}, row {number}", options), line=number)
            continue
        if names is None:
            names = None if not row or row[0].lower().startswith(_SEPARATOR_LINE) else _checked(_names(row), name)
        elif any(cell.strip() for cell in row):
            is_blank = False
            item = _document(dict(zip(names, row, strict=False)), len(row) - len(names), origin, options)
            yield replace(item, encoding=encoding, warnings=(*notices, *item.warnings)) if isinstance(item, Document) else item
    if is_blank:
        raise EmptyDocument(f"{name}: no row below the names of the columns; put the texts in it or leave it out")


def _fault(reason: str, where: str, options: Options) -> DocumentError:
    """What is wrong with a row that csv cannot read."""
    if "field limit" in reason:
        return TooLarge(f"{where}: a cell over the limit of {options.max_characters:,} characters; split it or raise max_characters")
    return DamagedDocument(f"{where}: not a whole row ({reason}); close its quotation marks")


def _document(fields: dict[str, str], too_many: int, origin: str, options: Options) -> Document | BadPart:
    number = int(origin.rpartition("#")[2])
    try:
        if too_many > 0:
            raise DamagedDocument(f"{origin}: {too_many} more cells than columns; put quotation marks around cells that hold the delimiter")
        text, notices = clean(fields.get("text", ""))
        found = json_lines.document({**{key: value for key, value in fields.items() if value.strip()}, "text": text}, origin, options)
    except VeilleError as error:
        return BadPart(origin, error, fields.get("id") or None, number)
    row = json.dumps(fields, ensure_ascii=False, sort_keys=True).encode("utf_8", "surrogatepass")
    return replace(found, sha256=hashlib.sha256(row).hexdigest(), media_type="text/csv", warnings=notices)


def _lines(text: str) -> Iterator[str]:
    """Cut at line ends alone, as csv reads them: U+2028 may stand inside a cell."""
    start = 0
    while (end := text.find("\n", start)) >= 0:
        yield text[start : end + 1]
        start = end + 1
    if start < len(text):
        yield text[start:]


def _cells(line: str, mark: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=mark), [])
    except csv.Error:
        return []


def _names(row: Sequence[str]) -> list[str]:
    """Names of columns: ours in small letters, others as they stand."""
    return [name.strip().lower() if name.strip().lower() in FIELDS else name.strip() for name in row]


def _checked(names: list[str], name: str) -> list[str]:
    """The names, none of ours among them twice: one column would hide the other."""
    twice = next((field for field in FIELDS if names.count(field) > 1), None)
    if twice is not None:
        raise InvalidRequest(f"{name}: two columns `{twice}`; give one of them another name")
    return names
