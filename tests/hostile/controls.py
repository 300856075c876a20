"""Good documents that stand among the hostile ones: their records must be the same as without them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from make_office import docx, odt, p

from hostile.case import repacked, zipped
from hostile.pdfs import made, words

_FRENCH = (
    "Un atelier de formation sur le compostage s’est tenu à Clermont-Ferrand le {day} septembre 2023.",
    "La chambre d’agriculture du Puy-de-Dôme l’avait organisé avec l’université, et une trentaine de maraîchers y ont pris part.",
    "Un second atelier est prévu à Aurillac en novembre 2023.",
)
_ENGLISH = (
    "A workshop on coastal erosion was held in Galway on {day} September 2023.",
    "The University of Galway hosted it together with the county council, and some thirty engineers took part.",
    "A second workshop is planned in Cork in November 2023.",
)


def _page(lines: tuple[str, ...]) -> str:
    return f"<!doctype html><html><head><title>Atelier</title></head><body><article>{''.join(f'<p>{line}</p>' for line in lines)}</article></body></html>"


def _mail(lines: tuple[str, ...]) -> str:
    head = "From: Awa <awa@reseau.example>\nTo: tous@reseau.example\nSubject: Atelier\nDate: Tue, 12 Sep 2023 10:00:00 +0000\nMessage-ID: <1@reseau.example>\nContent-Type: text/plain; charset=utf-8\n"
    return head + "\n" + "\n\n".join(lines) + "\n"


def _table(lines: tuple[str, ...]) -> str:
    return f'published,text\n2023-09-20,"{" ".join(lines)}"\n'


_WRITERS: Mapping[str, Callable[[tuple[str, ...]], bytes | str]] = {
    "txt": "\n\n".join,
    "md": lambda lines: "# Atelier\n\n" + "\n\n".join(lines) + "\n",
    "html": _page,
    "docx": lambda lines: repacked(docx("".join(map(p, lines)))),
    "odt": lambda lines: repacked(odt("".join(f"<text:p>{line}</text:p>" for line in lines))),
    "pdf": lambda lines: made([words("\n".join(lines))]),
    "eml": _mail,
    "jsonl": lambda lines: json.dumps({"text": "\n\n".join(lines), "published": "2023-09-20"}, ensure_ascii=False) + "\n",
    "csv": _table,
    "zip": lambda lines: zipped([("atelier.txt", "\n\n".join(lines))]),
}


def controls(day: int) -> dict[str, bytes]:
    """Names and bytes of a document of each format, in French and English; no two days (1 to 28) give the same."""
    out = {}
    for number, (suffix, write) in enumerate(_WRITERS.items()):
        sentences = _FRENCH if number % 2 == 0 else _ENGLISH
        lines = tuple(line.format(day=day) for line in sentences) + (f"{'Format' if number % 2 else 'Forme'} : {suffix}.",)
        made_of = write(lines)
        # the first, the last and one in the middle of a folder that is read in order
        out[f"{('00', 'mm', 'zz')[number % 3]}_control.{suffix}"] = made_of if isinstance(made_of, bytes) else made_of.encode()
    return out
