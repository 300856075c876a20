"""Hostile plain text: encodings, runs without a blank, odd characters, and the worst inputs of our own patterns."""

from __future__ import annotations

import random
from functools import partial

from hostile.case import Case, Group
from hostile.prose import BOTH, END, ENGLISH_BOTH, ENGLISH_END, ENGLISH_START, MIDDLE, START, around, prose

# Runs that a tokenizer or a pattern may go back and forth over.
_RUNS = (
    *(
        "!",
        "(",
        ")",
        "1",
        "a",
        "A",
        ".",
        ",",
        "-",
        "_",
        "/",
        "\\",
        "'",
        '"',
        "«",
        "[",
        "{",
        "@",
        "#",
        "*",
        "=",
        "~",
        "é",
        "ß",
        "…",
        "—",
        "\u00a0",
        "\u200b",
        "\u202e",
        "\u0301",
    ),
    *(
        "a.",
        "A.",
        "a-",
        "1.",
        "1/",
        "1:",
        "1,",
        "a@",
        "(a)",
        "http://",
        "www.",
        "a.fr/",
        "l'",
        "😀",
        "👩‍👩‍👧",
        "字",
        "ا",
        "\ufffd",
        "\u0e33",
        "%",
        "&amp;",
        "A-",
        "1er-",
    ),
)
# Words in a row for which a grammar of ours has a rule, without the end that the rule waits for.
_SERIES = (
    *(
        "du 3 au ",
        "le 3, ",
        "mardi ",
        "juin ",
        "1er ",
        "le 12 et ",
        "lundi, mardi, ",
        "entre 2010 et ",
        "12/",
        "3 - ",
        "2010-",
        "2010, ",
        "depuis ",
        "au mois de ",
        "la semaine du ",
    ),
    *(
        "Ministère de la ",
        "Union des ",
        "Office de l’",
        "Comité (",
        "Conseil et ",
        "Jean de la ",
        "M. ",
        "Dr. ",
        "A. B. ",
        "SA ",
        "Banque, ",
        "Association pour la Promotion ",
    ),
    *(
        "à Paris, ",
        "près de ",
        "dans le nord de ",
        "Saint-",
        "La Haye-",
        "au Niger et au ",
        "formation ",
        "atelier de ",
        "a été ",
        "qui ",
        "« ",
        "\n- ",
        "\n1. ",
        "\n\n\n",
        " \n",
        "\t",
        "> ",
    ),
    *("from May to ", "on Monday, ", "the 3rd of ", "the Ministry of ", "Bank of the ", "in the ", "Mr. ", "University of the ", "between 2 and ", "early "),
)


def _encodings(group: Group) -> None:
    story = around(MIDDLE)
    for encoding in ("utf_16", "utf_16_le", "utf_16_be", "utf_32", "utf_8_sig", "cp1252", "iso8859_15"):
        group.file(f"in_{encoding}.txt", "done", story.replace("’", "'").encode(encoding), keeps=BOTH)
    group.file("in_mac_roman.txt", "done", story.replace("’", "'").encode("mac_roman"), keeps=BOTH, warns="encoding_guessed bad_bytes control_characters")
    group.file("in_utf_7.txt", "done", story.encode("utf_7"), keeps=BOTH)
    group.file("in_ebcdic.txt", "unsupported_format unsupported_language damaged", story.replace("’", "'").encode("cp500"))
    group.file("one_bad_byte.txt", "done", story.encode() + b"\xff", keeps=BOTH, warns="bad_bytes")
    group.file(
        "bad_bytes_here_and_there.txt",
        "done",
        lambda: b"\xc3".join(part.encode() for part in around(prose(9_000)).split("\n\n")),
        keeps=BOTH,
        warns="bad_bytes encoding_guessed",
    )
    group.file(
        "two_encodings.txt",
        "done",
        START.encode() + b"\n\n" + (MIDDLE + " Été, à, ù. " * 9).encode("cp1252") + b"\n\n" + END.encode(),
        keeps=BOTH,
        warns="bad_bytes encoding_guessed",
    )
    group.file("mark_in_the_middle.txt", "done", around("\ufeff" + MIDDLE + "\ufffe"), keeps=BOTH)
    group.file("mark_alone.txt", "empty", b"\xef\xbb\xbf")
    group.file("marks_alone_utf_16.txt", "empty", b"\xff\xfe")
    group.file("utf_16_of_an_odd_length.txt", "done", story.encode("utf_16") + b"x", keeps=BOTH, warns="bad_bytes")
    group.file("utf_16_of_half_characters.txt", "done", story.encode("utf_16") + b"\x00\xd8\x00\xd8", keeps=BOTH, warns="bad_bytes control_characters")
    group.file("utf_8_overlong.txt", "done", story.encode() + b" \xc0\xaf\xe0\x80\xaf", keeps=BOTH, warns="bad_bytes encoding_guessed")
    group.file("zeros_alone.txt", "empty", bytes(4_000))
    group.file("zeros_between.txt", "done", f"{story}\nFeuillet de zéros.".encode().replace(b", ", b",\0 "), keeps=BOTH, warns="control_characters")
    group.file("controls.txt", "done unsupported_format", around("".join(map(chr, range(1, 32))) * 30 + prose(9_000)), keeps=BOTH)
    group.file("binary.txt", "unsupported_format", lambda: random.Random(3).randbytes(50_000))
    group.file("empty.txt", "empty", b"")
    group.file("blanks.txt", "empty", b" \n\t" * 5_000)


def _characters(group: Group) -> None:
    zalgo = "".join(c + "\u0301\u0323\u0489\u0334" * 8 for c in MIDDLE)
    group.file("marks_combining.txt", "done", around(zalgo), keeps=BOTH)
    group.file("marks_combining_100000.txt", "done", lambda: around("e" + "\u0301" * 100_000), keeps=BOTH)
    group.file("marks_in_disorder_100000.txt", "done", lambda: around("e" + "\u0323\u0301\u0327" * 33_000), keeps=BOTH)
    group.file("decomposed.txt", "done", around("E\u0301te\u0301 a\u0300 l’e\u0301cole. " * 40), keeps=BOTH)
    group.file("jamo.txt", "done", lambda: around("\u1100\u1161\u11a8" * 9_000), keeps=BOTH)
    group.file("letters_that_compose_to_18.txt", "done", lambda: around("\ufdfa " * 9_000), keeps=BOTH)
    group.file("directions.txt", "done", around("\u202e" + MIDDLE + "\u202c\u2066\u2067\u2069\u200f"), keeps=BOTH)
    group.file("invisible.txt", "done", around("\u200b\u200c\u200d\u2060\ufeff\u00ad".join(MIDDLE)), keeps=BOTH)
    group.file("tags_of_unicode.txt", "done", around("".join(chr(0xE0000 + ord(c)) for c in MIDDLE if ord(c) < 127)), keeps=BOTH)
    group.file("private_use.txt", "done", around("".join(map(chr, range(0xE000, 0xE400))) + "\U0010ffff"), keeps=BOTH)
    group.file("emoji.txt", "done", lambda: around("😀🎉👩‍👩‍👧‍👦🇫🇷 " * 2_000), keeps=BOTH)
    group.file(
        "all_of_unicode.txt",
        "done",
        lambda: around("".join(chr(c) for c in range(0xA0, 0x3000)) + " " + " ".join(chr(c) for c in range(0x3000, 0x5000))),
        keeps=BOTH,
    )
    group.file("digits_of_other_scripts.txt", "done", around("le ٣ juin ٢٠٢٤, le ३ mai २०२४, ²³ juin ①②③④, Ⅷ mai"), keeps=BOTH)
    group.file("case_that_grows.txt", "done", lambda: around("İstanbul ŉ ǰ ΐ ﬃ ẞ " * 500), keeps=BOTH)
    group.file("lines_a_million.txt", "done", lambda: around("\n" * 1_000_000), keeps=BOTH)
    group.file("lines_of_a_letter_200000.txt", "done", lambda: around("a\n" * 200_000), keeps=BOTH)
    group.file("line_ends_of_every_kind.txt", "done", lambda: around("mot\r\n\r\x0b\x0c\x85\u2028\u2029" * 9_000), keeps=BOTH)
    group.file("line_of_a_megabyte.txt", "done", lambda: around(prose(1_000_000, paragraph=10**9)), keeps=BOTH)
    group.file("paragraphs_of_a_megabyte.txt", "done", lambda: around(prose(1_000_000)), keeps=BOTH)
    group.file("wrapped_half_a_megabyte.txt", "done", _wrapped, keeps=BOTH)
    group.file("letters_apart.txt", "done", lambda: around(" ".join(MIDDLE * 200)), keeps=BOTH)
    group.file("words_once_each.txt", "done", _strange_words, keeps=BOTH)
    group.file("capitals.txt", "done", lambda: around(prose(20_000).upper()), keeps=BOTH)
    group.file("names_20000.txt", "done", _names, keeps=BOTH)
    group.file("over_five_million_characters.txt", "too_large", lambda: "bon mot " * 700_000)
    group.file("over_100_megabytes.txt", "too_large", lambda: b"bon mot " * 12_600_000)
    group.file(
        "formulas.txt",
        "done",
        around("=1+1\n+2\n-3\n@SUM(A1)\n'; DROP TABLE documents; --\n<script>alert(1)</script>\n{{7*7}}\n${jndi:ldap://x}\n%s%n%x\n../../etc/passwd"),
        keeps=BOTH,
    )
    group.file(
        "other_languages.txt",
        "unsupported_language",
        "Die Gemeinde hat gestern eine neue Schule für Musik eröffnet, und alle Bürger der Stadt waren dazu eingeladen. " * 5,
    )
    group.file("other_script.txt", "unsupported_language", "Мэр города вчера подписал соглашение о строительстве нового моста через реку. " * 5)
    group.file("no_language.txt", "unsupported_language done", "12 34 56 78")
    group.file("rubbish_of_letters.txt", "unsupported_language done", _rubbish)


def _wrapped() -> str:
    import textwrap

    return around("\n\n".join(textwrap.fill(part, 72) for part in prose(500_000).split("\n\n")))


def _strange_words() -> str:
    dice = random.Random(5)
    return around(" ".join("".join(dice.choice("bcdfglmnprst") + dice.choice("aeiouéè") for _ in range(4)) for _ in range(6_000)))


def _names() -> str:
    dice = random.Random(6)
    words = ["".join((dice.choice("BCDFGLMNPRST"), *(dice.choice("aeiou") + dice.choice("lmnrst") for _ in range(3)))) for _ in range(20_000)]
    return around(", ".join(words))


def _rubbish() -> str:
    dice = random.Random(4)
    return " ".join("".join(dice.choice("qwxzkjvbh") for _ in range(dice.randrange(2, 9))) for _ in range(3_000))


def _runs(group: Group) -> None:
    for number, run in enumerate(_RUNS):
        group.file(f"run_{number:02}.txt", "done", partial(_run, run), keeps=BOTH)
    for number, run in enumerate(("!", "a.", "(a)", "1/")):
        group.file(f"run_alone_{number:02}.txt", "unsupported_language done", run * (20_000 // len(run)))
        group.file(f"run_of_a_megabyte_{number:02}.txt", "done", partial(_run, run, 1_000_000), keeps=BOTH, warns="long_run")
        group.file(f"runs_of_499_{number:02}.txt", "done", lambda run=run: around(" ".join([(run * 500)[:499]] * 40)), keeps=BOTH)
    for number, series in enumerate(_SERIES):
        group.file(f"series_{number:02}.txt", "done", lambda series=series: around(series * (20_000 // len(series))), keeps=BOTH)
    for number, series in enumerate(("du 3 au ", "Ministère de la ", "à Paris, ", "1er ", "« ")):
        group.file(f"series_of_half_a_megabyte_{number:02}.txt", "done", lambda series=series: around(series * (500_000 // len(series))), keeps=BOTH)
    group.file("run_in_english.txt", "done", f"{ENGLISH_START}\n\n{'Attention!' + '!' * 20_000}\n\n{ENGLISH_END}", keeps=ENGLISH_BOTH, warns="long_run")


def _run(run: str, characters: int = 20_000) -> str:
    return around("Attention" + run * (characters // len(run)))


def cases() -> list[Case]:
    """All of them."""
    group, runs = Group("text"), Group("runs")
    _encodings(group)
    _characters(group)
    _runs(runs)
    return [*group.cases, *runs.cases]
