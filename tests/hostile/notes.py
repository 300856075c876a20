"""Hostile Markdown."""

from __future__ import annotations

import zlib

from hostile.case import Case, Group
from hostile.prose import BOTH, MIDDLE, around, prose

_MARKS = (
    "[",
    "![",
    "*",
    "**",
    "_",
    "`",
    "~~",
    "](",
    "[a](",
    "[a][",
    "<",
    "<a ",
    "&",
    "\\",
    "*a ",
    "**a *",
    "_a __",
    "[a](b ",
    "`` ` ",
    "![a][b] ",
    "*a_b",
    "]",
    "<!--",
    "&#0;",
    "a@b.c ",
    "***a** ",
    "[^1]",
)


def _runs(group: Group) -> None:
    for number, mark in enumerate(_MARKS):
        group.file(f"mark_{number:02}_of_20_kilobytes.md", "done", lambda mark=mark: around(mark * (20_000 // len(mark))), keeps=BOTH)
    for number, mark in enumerate(("[", "*a ", "[a](", "`` ` ", "_a __")):
        group.file(f"mark_{number:02}_of_a_megabyte.md", "done", lambda mark=mark: around(mark * (1_000_000 // len(mark))), keeps=BOTH)


def _blocks(group: Group) -> None:
    for name, mark in (("quotations", ">"), ("quotations_spaced", "> "), ("bullets", "- "), ("numbers", "1. "), ("mixed", "> - ")):
        for times in (300, 10_000):
            group.file(f"nested_{name}_{times}.md", "done", lambda mark=mark, times=times: around(mark * times + MIDDLE), keeps=BOTH)
    group.file("list_indented_400.md", "done", lambda: around("\n".join("  " * n + "- point" for n in range(400))), keeps=BOTH)
    group.file("lines_of_quotations_5000.md", "done", lambda: around("\n".join(">" * (n % 60) + " mot" for n in range(5_000))), keeps=BOTH)
    group.file("table_of_500_columns.md", "done", lambda: around("\n".join(["|a" * 500, "|-" * 500, *["|mot" * 500] * 20])), keeps=BOTH)
    group.file("table_of_10000_rows.md", "done", lambda: around("\n".join(["|a|b|", "|-|-|", *["|un mot|deux|"] * 10_000])), keeps=BOTH)
    group.file("table_rule_of_100000.md", "done", lambda: around("a|b\n" + "-|" * 100_000), keeps=BOTH)
    group.file("references_20000.md", "done", lambda: around("\n".join(f"[{n}]: http://exemple.example" for n in range(20_000))), keeps=BOTH)
    group.file("reference_titles_never_closed.md", "done", lambda: around("[a]: <b> 'c\n" * 10_000), keeps=BOTH)
    group.file("fence_never_closed.md", "done", lambda: around("```\n" + MIDDLE), keeps=BOTH)
    group.file("fences_20000.md", "done", lambda: around("```\nmot\n```\n" * 20_000), keeps=BOTH)
    group.file("headings_underlined_20000.md", "done", lambda: around("mot\n" * 20_000 + "==="), keeps=BOTH)
    group.file("rules_20000.md", "done", lambda: around("* * *\n" * 20_000), keeps=BOTH)
    group.file("blocks_of_html_5000.md", "done", lambda: around("<div>\n\n" * 5_000), keeps=BOTH)
    group.file("comment_never_closed.md", "done", lambda: around("<!-- caché " + prose(2_000)), keeps="Tulle")
    group.file(
        "prose_with_marks.md",
        "done",
        lambda: around("\n\n".join(f"*{part}* [lien](http://exemple.example/{n})" for n, part in enumerate(prose(80_000).split("\n\n")))),
        keeps=BOTH,
    )
    group.file("links_to_scripts.md", "done", around("[lire](javascript:alert(1)) ![x](data:text/html;base64,PHNjcmlwdD4=) <javascript:alert(1)>"), keeps=BOTH)


def _front(yaml: str) -> str:
    """Front matter over a text that no other case has: texts that are the same are one document, with the notices of the first."""
    return f"---\n{yaml}\n---\n\n{around(f'{MIDDLE} Feuillet {zlib.crc32(yaml.encode())}.')}"


def _front_matter(group: Group) -> None:
    laughs = "a0: &a0 [x, x]\n" + "\n".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12))
    group.file("front_aliases_that_laugh.md", "done", _front(laughs), keeps=BOTH, warns="bad_front_matter")
    group.file("front_alias_of_itself.md", "done", _front("a: &a [*a]"), keeps=BOTH, warns="bad_front_matter")
    group.file("front_merges.md", "done", _front("a: &a {x: 1}\nb: {<<: *a}"), keeps=BOTH, warns="bad_front_matter")
    group.file("front_object.md", "done", _front("a: !!python/object/apply:os.system ['true']"), keeps=BOTH)
    group.file("front_deep.md", "done", _front("a: " + "[" * 5_000), keeps=BOTH)
    group.file("front_deep_mappings.md", "done", _front("a: " + "{a: " * 4_000), keeps=BOTH)
    group.file("front_deep_and_closed.md", "done", _front("a: " + "[" * 400 + "]" * 400), keeps=BOTH)
    group.file("front_of_megabytes.md", "done", lambda: _front("a: " + "x" * 900_000), keeps=BOTH)
    group.file("front_never_closed.md", "done", lambda: "---\n" + "a: b\n" * 20_000 + around(MIDDLE), keeps=BOTH)
    group.file("front_keys_of_lists.md", "done", _front("? [a, b]\n: c\n? {a: b}\n: c"), keeps=BOTH)
    group.file("front_keys_twice.md", "done", _front("title: un\ntitle: deux\ntitle: trois"), keeps=BOTH)
    group.file("front_of_wrong_types.md", "done", _front("title: [1, {a: b}]\ndate: {a: b}\nlang: [fr]\nsource: 12"), keeps=BOTH)
    group.file("front_day_of_digits.md", "done", _front("date: " + "9" * 5_000), keeps=BOTH, warns="bad_published")
    group.file("front_script_in_title.md", "done", _front("title: <script>alert(1)</script>"), keeps=BOTH)
    group.file("front_blanks.md", "done", "---" + " " * 15_000 + "\n" + around(MIDDLE), keeps=BOTH)
    group.file("front_number_of_digits.md", "done", _front("a: 1" + "0" * 9_000), keeps=BOTH)


def cases() -> list[Case]:
    """All of them."""
    group = Group("markdown")
    _runs(group)
    _blocks(group)
    _front_matter(group)
    return group.cases
