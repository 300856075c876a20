"""Hostile web pages."""

from __future__ import annotations

import base64
from functools import partial

from hostile.case import Case, Group
from hostile.prose import BOTH, END, MIDDLE, START, prose


def _page(middle: str, head: str = "<title>Une école à Tulle</title>", root: str = "<html lang=fr>") -> str:
    return f"<!doctype html>{root}<head>{head}</head><body><article><h1>Une école de musique</h1><p>{START}</p>{middle}<p>{END}</p></article></body></html>"


def _nested(tag: str, depth: int, *, is_closed: bool = True) -> str:
    return _page(f"<{tag}>" * depth + MIDDLE + (f"</{tag}>" * depth if is_closed else ""))


def _nesting(group: Group) -> None:
    for depth in (150, 300, 5_000, 100_000):
        group.file(f"nested_{depth}.html", "done", partial(_nested, "div", depth), keeps=BOTH)
    for tag in ("b", "a", "ul", "table", "blockquote", "font", "p"):
        group.file(f"never_closed_{tag}_20000.html", "done", partial(_nested, tag, 20_000, is_closed=False), keeps=BOTH)
    group.file("formats_misnested_3000.html", "done", lambda: _page("<b><i><u>mot</b></i></u>" * 3_000), keeps=BOTH)
    group.file("tables_in_tables_60.html", "done", lambda: _page("<table><tr><td>" * 60 + MIDDLE + "</td></tr></table>" * 60), keeps=BOTH)
    group.file("end_tags_alone_100000.html", "done", lambda: _page("</div>" * 100_000), keeps=BOTH)
    group.file("attributes_100000.html", "done", lambda: _page("<p " + " ".join(f"a{n}=1" for n in range(100_000)) + ">mot</p>"), keeps=BOTH)
    group.file("attribute_of_11_megabytes.html", "done", lambda: _page(f'<p title="{"x" * 11_000_000}">mot</p>'), keeps=BOTH)
    group.file("tag_name_of_a_megabyte.html", "done", lambda: _page(f"<{'x' * 1_000_000}>mot"), keeps=BOTH)
    group.file("angles_200000.html", "done", lambda: _page("<" * 200_000), keeps=BOTH)
    group.file("tags_never_ended_100000.html", "done", lambda: _page("<a " * 100_000), keeps="Tulle")
    group.file("comments_never_ended.html", "done", lambda: _page("<!-- " * 50_000), keeps="Tulle")
    group.file("comment_heads_50000.html", "done", "<!-- a -->" * 50_000 + _page(""), keeps=BOTH)
    group.file("declaration_of_a_megabyte.html", "done unsupported_format", "<!doctype html " + "x" * 1_000_000 + ">" + _page(""), keeps=BOTH)


def _volume(group: Group) -> None:
    group.file("text_node_of_11_megabytes.html", "too_large done", lambda: _page(f"<p>{'mot ' * 2_800_000}</p>"))
    group.file("text_node_of_11_megabytes_in_a_script.html", "done", lambda: _page(f"<script>{'mot ' * 2_800_000}</script>"), keeps=BOTH)
    group.file("table_rows_50000.html", "done", lambda: _page("<table>" + "<tr><td>Voiture<td>12<td>rouge</tr>" * 50_000 + "</table>"), keeps=BOTH)
    group.file(
        "table_rows_all_different_20000.html",
        "done",
        lambda: _page("<table>" + "".join(f"<tr><td>Voiture {n}<td>{n}" for n in range(20_000)) + "</table>"),
        keeps=BOTH,
    )
    group.file("paragraphs_30000.html", "done", lambda: _page("<p>Rien de neuf." * 30_000), keeps=BOTH)
    group.file("items_30000.html", "done", lambda: _page("<ul>" + "<li>Rien de neuf." * 30_000 + "</ul>"), keeps=BOTH)
    group.file("links_30000.html", "done", lambda: _page('<a href="/x">Rien</a> ' * 30_000), keeps=BOTH)
    group.file("breaks_100000.html", "done", lambda: _page("mot<br>" * 100_000), keeps=BOTH)
    group.file("spans_100000.html", "done", lambda: _page("<p>" + "<span>mot</span> " * 100_000 + "</p>"), keeps=BOTH)
    group.file("cells_30000_in_a_row.html", "done", lambda: _page("<table><tr>" + "<td>mot" * 30_000 + "</table>"), keeps=BOTH)
    group.file("pictures_in_base64.html", "done", lambda: _page(f'<img src="data:image/png;base64,{base64.b64encode(bytes(3_000_000)).decode()}">'), keeps=BOTH)
    group.file("metas_50000.html", "done", lambda: _page("", '<meta name="a" content="b">' * 50_000), keeps=BOTH)
    group.file("times_20000.html", "done", lambda: _page('<time datetime="2020-01-01">hier</time> ' * 20_000), keeps=BOTH)
    group.file("headings_20000.html", "done", lambda: _page("<h2>Titre</h2>" * 20_000), keeps=BOTH)
    group.file("articles_5000.html", "done", lambda: _page("".join(f"<article><h2>Numéro {n}</h2><p>{MIDDLE}</p></article>" for n in range(5_000))), keeps=BOTH)


def _lies(group: Group) -> None:
    for name, reference in (("decimal", "&#0;"), ("hexadecimal", "&#x0;"), ("bare", "&#0"), ("byte", "\0")):
        group.file(f"null_{name}.html", "done", _page(f"<p>{reference}{MIDDLE}{reference}</p>"), keeps=BOTH)
    group.file("references_beyond_unicode.html", "done", _page(f"<p>&#99999999999;&#xD800;&#x110000;&#-1;{MIDDLE}</p>"), keeps=BOTH)
    group.file("references_100000.html", "done", lambda: _page("&eacute;" * 100_000), keeps=BOTH)
    group.file("entities_that_laugh.html", "done", '<!doctype html [<!ENTITY l "lol"><!ENTITY m "&l;&l;&l;">]>' + _page("&m;"), keeps=BOTH)
    group.file("entity_of_a_file.html", "done", '<?xml version="1.0"?><!doctype html [<!ENTITY f SYSTEM "file:///etc/passwd">]>' + _page("&f;"), keeps=BOTH)
    group.file(
        "script_in_the_title.html", "done", _page("", "<title><script>alert(1)</script> &lt;script&gt;alert(2)&lt;/script&gt; École</title>"), keeps=BOTH
    )
    group.file(
        "script_in_linked_data.html",
        "done",
        _page("", '<script type="application/ld+json">{"@type":"NewsArticle","headline":"<script>alert(1)<\\/script>"}</script>'),
        keeps=BOTH,
    )
    group.file("linked_data_deep.html", "done", lambda: _page("", f'<script type="application/ld+json">{"[" * 100_000}</script>'), keeps=BOTH)
    group.file("linked_data_wide.html", "done", lambda: _page("", f'<script type="application/ld+json">[{"{},".rstrip() * 60_000}{{}}]</script>'), keeps=BOTH)
    group.file(
        "linked_data_of_wrong_types.html",
        "done",
        _page("", '<script type="application/ld+json">{"@type":[[1],{}],"headline":{"a":1},"author":[[[]],7,{"name":[1]}],"datePublished":[]}</script>'),
        keeps=BOTH,
    )
    group.file(
        "linked_data_whose_type_is_a_list_of_objects.html",
        "done",
        _page("", '<script type="application/ld+json">{"@type":[{"@id":"NewsArticle"}]}</script>'),
        keeps=BOTH,
    )
    group.file(
        "day_that_is_none.html",
        "done",
        _page("", '<meta property="article:published_time" content="9999-99-99T99:99:99"><meta name="date" content="' + "1" * 200_000 + '">'),
        keeps=BOTH,
    )
    for declared, real in (
        ("utf-16", "utf_8"),
        ("klingon", "utf_8"),
        ("utf-8", "cp1252"),
        ("iso-2022-kr", "utf_8"),
        ("utf-7", "utf_8"),
        ("x-user-defined", "cp1252"),
        ("rot13", "utf_8"),
    ):
        made = _page(f"<p>{MIDDLE}</p>", f'<meta charset="{declared}"><title>École</title>').encode(real)
        group.file(f"charset_{declared}_that_is_{real}.html", "done", made, keeps=BOTH)
    group.file("charset_idna.html", "done", lambda: _page("a" * 200_000, '<meta charset="idna">'), keeps=BOTH)
    group.file("charset_that_is_a_program.html", "done", lambda: _page("", '<meta charset="unicode_escape">').replace("<p>", "\\ud800<p>"), keeps=BOTH)
    group.file("base_and_refresh.html", "done", _page("", '<base href="file:///etc/"><meta http-equiv=refresh content="0;url=file:///etc/passwd">'), keeps=BOTH)
    group.file("namespaces_odd.html", "done", _page('<svg xmlns="x:y"><o:p>mot</o:p><a:b:c>mot</a:b:c></svg>'), keeps=BOTH)
    group.file("hidden_all.html", "done empty", f'<html><body><div style="display:none" hidden><p>{START}</p><p>{END}</p></div></body></html>')
    group.file("menu_alone.html", "done empty unsupported_language", "<html><body><nav>" + "<a href=/>Accueil</a> " * 200 + "</nav></body></html>")
    group.file("frames.html", "empty", "<!doctype html><html><frameset><frame src=a.html></frameset></html>")
    group.file("empty.html", "empty", "<!doctype html><html><head></head><body></body></html>")
    group.file("page_in_page.html", "done", lambda: _page(_page(prose(2_000))), keeps=BOTH)


def cases() -> list[Case]:
    """All of them."""
    group = Group("html")
    _nesting(group)
    _volume(group)
    _lies(group)
    return group.cases
