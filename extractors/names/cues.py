"""Names that the text around them gives away: a table, quotation marks, a role, a place beside a common noun."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from itertools import pairwise

from extractors import gazetteers
from extractors.gazetteers import bodies
from extractors.gazetteers.bodies import fold
from extractors.names.guesses import is_common_word, is_something_else
from extractors.names.heads import Name
from extractors.names.reading import QUOTED_WORDS, Reading, is_country, is_known_place, is_realm
from extractors.names.words import CLOSING, OPENING, Word, opens
from extractors.spans import Span

_PIECE = re.compile(r"[^\W_]+")
_GAP = re.compile(r"[ ,'&/.·-]{1,3}")  # between two words of one known name
_HYPHENED = re.compile(r"-\w")
_BESIDE = re.compile(r" ([A-ZÀ-Ý][\w-]+)(?! [A-ZÀ-Ý])")
_UNMISTAKABLE = 5  # letters of an acronym that no word of a line in capitals is taken for
_EXPLAINED = 3  # words from an article to the noun that explains a name: a Danish shipping company
_CURRENCIES = tuple("$€£¥")
_BRACKETS = {"(": ")", "[": "]"}
_SENTENCE_ENDS = frozenset(".!?»”")
_PART = 2  # words of the name of a known body's part
_AGENCY = 6  # words of the name of a paper whose report a line opens
_DATED = 10  # words of the town and date before it
_DASHES = frozenset("–—-")
_ASIDE = 6  # words between a common noun and the quotation marks of the name it introduces


def listed(reading: Reading) -> Iterator[tuple[Span, str]]:
    """Spans in the view of the names and acronyms of organisations.csv, with their keys."""
    yield from _listed_names(reading)
    yield from _listed_acronyms(reading)


def _listed_names(reading: Reading) -> Iterator[tuple[Span, str]]:
    known, text = bodies.load(), reading.passage.text
    pieces = list(_PIECE.finditer(text))
    written = [p.group() for p in pieces]
    folded = [fold(p) for p in written]
    after = 0
    for at, first in enumerate(folded):
        hit = known.longest(written, folded, at) if at >= after and first in known.by_first_word else None
        if hit is None or not all(_GAP.fullmatch(text, a.end(), b.start()) for a, b in pairwise(pieces[at : at + hit[0]])):
            continue
        start, end = pieces[at].start(), _with_form(reading, _with_country(text, pieces[at + hit[0] - 1].end()))
        after = at + hit[0]
        if known.by_key[hit[1]].kind == "platform" and _is_medium(reading, reading.passage.start + start):
            continue
        if not _HYPHENED.match(text, end) and text[max(0, start - 1) : start] != "-":
            yield (reading.passage.start + start, _with_part(reading, _with_team(reading, reading.passage.start + end, hit[1]), hit[1])), hit[1]


def _is_medium(reading: Reading, start: int) -> bool:
    """Whether a platform is only where something was said: *sur Twitter*, *la page Facebook*."""
    at = bisect_left(reading.words, start, key=lambda w: w.start)
    before = reading.over_determiners(at)
    if at and reading.lexicon.has("presences", reading.words[at - 1]):
        return True
    return before >= 0 and reading.lexicon.has("via", reading.words[before])


def _with_country(text: str, end: int) -> int:
    """Where a known name ends with the country or continent of its branch: *Amnesty International | France*, *Greenpeace | Europe*."""
    beside = _BESIDE.match(text, end)
    return beside.end() if beside is not None and is_realm(beside.group(1)) else end


def _with_form(reading: Reading, end: int) -> int:
    """Where a known name ends with its company's legal form: *General Motors | Co.*"""
    at = reading.ends.get(reading.passage.start + end)
    if at is None or at >= len(reading.words) or not reading.words[at].is_capital or not reading.lexicon.has("legal_forms", reading.words[at]):
        return end
    return reading.end(at + 1) - reading.passage.start


def _with_team(reading: Reading, end: int, key: str) -> int:
    """Where a network's name ends with that of a team of it: *Example Foundation | Labs*."""
    after = reading.ends.get(end)
    if after is None or after >= len(reading.words) or bodies.load().by_key[key].kind != "ngo":
        return end
    word = reading.words[after]
    is_team = word.is_capital and word.start == end + 1 and not word.is_sign and word.label in ("ORG", "")
    return word.end if is_team and not (after + 1 < len(reading.words) and reading.words[after + 1].is_capital) else end


def _with_part(reading: Reading, end: int, key: str) -> int:
    """Where a known name ends with that of a part of it, which the model has in the same name: *SNCF | Réseau*."""
    after, words = reading.ends.get(end), reading.words
    if after is None or after >= len(words) or words[after - 1].label != "ORG" or bodies.load().by_key[key].kind == "platform":
        return end
    last = after
    while last < len(words) and last - after < _PART and _is_part(reading, last):
        last += 1
    is_whole = last > after and not (last < len(words) and (words[last].label == "ORG" or words[last].is_capital))
    return words[last - 1].end if is_whole and not is_something_else(reading, after, last) else end


def _is_part(reading: Reading, at: int) -> bool:
    """Whether a capital goes on with the model's name of a body, one space after it."""
    word, before = reading.words[at], reading.words[at - 1]
    is_foreign = word.folded in reading.lexicon.calendar or reading.any_has("titles", word) or reading.any_has("last", word)
    return word.is_capital and word.label == "ORG" and word.start == before.end + 1 and not is_foreign and not reading.lexicon.is_no_acronym(word)


def _listed_acronyms(reading: Reading) -> Iterator[tuple[Span, str]]:
    known = bodies.load()
    for at in reading.capitals:
        word = reading.words[at]
        key = known.acronym(word.text)
        is_shouted = word.text.isupper() and not word.is_sign and len(word.text) < _UNMISTAKABLE
        is_sum = reading.passage.text[word.end - reading.passage.start : word.end - reading.passage.start + 1] in _CURRENCIES  # AU$2.5 million
        if key is not None and not is_shouted and not is_sum and not reading.lexicon.is_no_acronym(word) and _branch(reading, at) is None:
            yield (word.start, _with_part(reading, word.end, key)), key


def branches(reading: Reading) -> Iterator[Name]:
    """Acronyms with the country set right beside them, *UNICEF Mali*, or the place of a body that has its like elsewhere: *CTIC Dakar*, *PJ de Lille*."""
    for at in reading.capitals:
        word = reading.words[at]
        if word.is_sign and not reading.lexicon.is_no_acronym(word) and (end := _branch(reading, at) or _local(reading, at)) is not None:
            yield Name(at, end, "branch", 0.7)
        elif "-" in word.text and _is_hyphened_branch(word.text):
            yield Name(at, at + 1, "branch", 0.7)


def _is_hyphened_branch(text: str) -> bool:
    """*WANEP-Togo*: an acronym and the country of its branch in one word."""
    acronym, _, country = text.rpartition("-")
    return sum(map(str.isupper, acronym)) > 1 and "-" not in acronym and not country.isupper() and is_country(country)


def _branch(reading: Reading, at: int) -> int | None:
    words = reading.words
    if not words[at].is_sign or at + 1 >= len(words) or not words[at + 1].is_capital or words[at + 1].is_sign or words[at + 1].start != words[at].end + 1:
        return None
    if at + 2 < len(words) and words[at + 2].is_capital:
        return None
    is_branch = is_country(words[at + 1].text) and not is_country(f"{words[at].text} {words[at + 1].text}")  # DR Congo is a country
    return at + 2 if is_branch else None


def _local(reading: Reading, at: int) -> int | None:
    """Index after the place that tells a body with an acronym from those of the same acronym elsewhere, None where none follows."""
    words, lexicon = reading.words, reading.lexicon
    start = at + 1
    is_of = start < len(words) and lexicon.has("local_of", words[start])
    while start < len(words) and (lexicon.has("local_of", words[start]) or is_of and lexicon.has("determiners", words[start])):
        start += 1
    if start >= len(words) or bodies.load().acronym(words[at].text) is not None:
        return None
    if not is_of and words[start].start != words[at].end + 1:
        return None
    end = start
    while end < len(words) and words[end].is_capital and not words[end].is_sign and (end == start or words[end].start == words[end - 1].end + 1):
        end += 1
    is_place = end > start and all(w.label == "PLACE" or (w.label != "PERSON" and not is_of) for w in words[start:end])
    text = reading.passage.text[words[start].start : words[end - 1].end] if end > start else ""
    return end if is_place and is_known_place(text) and not is_known_place(f"{words[at].text} {text}") else None


def quoted(reading: Reading) -> Iterator[Name]:
    """*l'association « Cité verte »*, *l'« association pour la lecture »*: the name between the quotation marks."""
    for at in reading.at("introducers", *OPENING):
        word = reading.words[at]
        if word.text in OPENING and at + 2 < len(reading.words) and reading.lexicon.head(reading.words, at + 1) is not None:
            yield from _wholly_quoted(reading, at)
        elif reading.lexicon.has("introducers", word) and (opening := _opening(reading, at + 1)) is not None and reading.words[opening + 1].is_capital:
            closing = reading.closing(opening)
            if closing is not None:
                yield Name(opening + 1, closing, "quoted", 0.85)


def _wholly_quoted(reading: Reading, opening: int) -> Iterator[Name]:
    """A quotation that opens with a body noun and has no verb, where the sentence wants a noun."""
    closing = reading.closing(opening, 2 * QUOTED_WORDS)
    before = reading.words[opening - 1] if opening else None
    if closing is None or before is None or not (reading.lexicon.has("determiners", before) or reading.lexicon.has("of", before)):
        return
    inside = reading.words[opening + 1 : closing]
    if len(inside) > 2 and all(w.is_word and w.tag not in ("VERB", "AUX", "PRON") for w in inside):
        yield Name(opening + 1, closing, "quoted", 0.7)


def _opening(reading: Reading, at: int) -> int | None:
    """The quotation mark at a word, or after a few small words: *l'ONG malienne « Cité verte »*, *un gang, dit « Exemple »*."""
    words = reading.words
    for index in range(at, min(at + _ASIDE + 1, len(words) - 2)):
        if words[index].text in OPENING:
            return index
        is_aside = words[index].text == "," and (words[index + 1].text in OPENING or reading.lexicon.has("naming", words[index + 1]))
        if words[index].is_capital or not words[index].is_word and not is_aside:
            return None
    return None


def represented(reading: Reading) -> Iterator[Name]:
    """*fondatrice d'« Exemple »*, *PDG d'Exemple*, *founder of Example*: what a person of that role stands for."""
    words, lexicon = reading.words, reading.lexicon
    for at in reading.at("roles", "people"):
        start = _after_role(reading, at)
        if start is not None and start + 1 < len(words) and words[start].is_sign and lexicon.has("introducers", words[start]):
            start += 1
        name = _represented(reading, start) if start is not None and start < len(words) else None
        if name is not None:
            yield name


def _after_role(reading: Reading, at: int) -> int | None:
    """Index after a role and its "de", "of" or "chez"; people need none: *les développeurs Exemple*."""
    words, lexicon = reading.words, reading.lexicon
    role, people = lexicon.phrase("roles", words, at), lexicon.phrase("people", words, at)
    start = at + len(role or people or ())
    if start == at or start + 1 >= len(words):
        return None
    if lexicon.has("of", words[start]) or lexicon.has("at", words[start]):
        return start + 1 + lexicon.has("determiners", words[start + 1])
    return start if people is not None and words[start].is_capital else None


def _represented(reading: Reading, start: int) -> Name | None:
    words = reading.words
    if words[start].text in OPENING:
        closing = reading.closing(start) if start + 1 < len(words) and words[start + 1].is_capital else None
        return None if closing is None else Name(start + 1, closing, "role", 0.7)
    end = start
    while end < len(words) and words[end].is_capital and words[end].label != "PEOPLE" and not _is_place(words[end]):
        end += 1
    is_person = end - start > 1 and words[start].label == "PERSON"  # the model takes unknown single names for persons
    if start < end < len(words) - 1 and reading.lexicon.has("of", words[end]) and words[end + 1].is_capital and words[end - 1].label != "PERSON":
        end += 2  # Ciments d'Afrique
    if end == start or is_person or is_something_else(reading, start, end):
        return None
    is_common = is_common_word(reading, start) or reading.lexicon.has("common_capitals", words[start])
    if end - start == 1 and (is_common or is_known_place(words[start].text)):
        return None
    return Name(start, end, "role", 0.6)


def _is_place(word: Word) -> bool:
    """Whether the model and the gazetteer call a word a place; alone, each is often wrong about companies."""
    return word.label == "PLACE" and bool(gazetteers.candidates(word.text))


def credited(reading: Reading) -> Iterator[Name]:
    """The media to which a digest credits its items: *Twelve are hurt. (Blue Anchor News)*; one such line alone says nothing."""
    found = [name for at in reading.at(*_BRACKETS) if at and (name := _credit(reading, at)) is not None]
    if len(found) > 1:
        yield from found


def _credit(reading: Reading, opening: int) -> Name | None:
    """A name in brackets between the end of a sentence and that of its line."""
    words = reading.words
    if words[opening - 1].text not in _SENTENCE_ENDS:
        return None
    end = opening + 1
    while end < len(words) and end - opening <= QUOTED_WORDS and (words[end].is_capital or reading.any_has("determiners", words[end])):
        end += 1
    if end == opening + 1 or end >= len(words) or words[end].text != _BRACKETS[words[opening].text] or not words[opening + 1].is_capital:
        return None
    is_last = end + 1 == len(words) or words[end + 1].text == "\n"
    is_place = end == opening + 2 and _is_place(words[opening + 1])
    return Name(opening + 1, end, "credit", 0.7) if is_last and not is_place else None


def datelined(reading: Reading) -> Iterator[Name]:
    """*COTONOU, 5 mai 2021 (Le Matin clair) –*: the agency or paper whose report a line's opening names in brackets."""
    words = reading.words
    for opening in reading.at(*_BRACKETS):
        end = opening + 1
        while end < len(words) and end - opening <= _AGENCY and (words[end].is_capital or end > opening + 1 and words[end].is_word):
            end += 1
        if end == opening + 1 or end + 1 >= len(words) or words[end].text != _BRACKETS[words[opening].text] or words[end + 1].text not in _DASHES:
            continue
        if _opens_report(reading, opening) and _may_report(reading, opening + 1, end):
            yield Name(opening + 1, end, "dateline", 0.7)


def _may_report(reading: Reading, start: int, end: int) -> bool:
    """Whether words may name a paper: no place, date or product, and no office of the one who writes (*Service communication*)."""
    words = reading.words[start:end]
    if any(w.folded in reading.lexicon.calendar or w.text.isdigit() for w in words) or is_known_place(" ".join(w.text for w in words)):
        return False
    is_office = (reading.lexicon.head(reading.words, start) is not None or reading.any_has("last", words[-1])) and words[0].label != "ORG"
    is_common = len(words) == 1 and is_common_word(reading, start)
    return not (is_office or is_common or is_something_else(reading, start, end))


def _opens_report(reading: Reading, at: int) -> bool:
    """Whether nothing but a town and a date stands before a word in its line."""
    words, lexicon = reading.words, reading.lexicon
    start = at
    while start and words[start - 1].text != "\n" and at - start <= _DATED:
        start -= 1
    before = words[start:at]
    if start and words[start - 1].text != "\n" or any(w.text in _SENTENCE_ENDS for w in before):
        return False
    towns = [w for w in before if w.is_capital and w.folded not in lexicon.calendar]
    is_dated = any(w.text.isdigit() for w in before) or len(before) == len(towns)
    small = [w for w in before if w.is_word and not w.is_capital and not w.text[0].isdigit() and w.folded not in lexicon.calendar]
    return is_dated and len(towns) <= _PART + 1 and not [w for w in small if not reading.any_has("determiners", w) and not reading.any_has("of", w)]


def incorporated(reading: Reading) -> Iterator[Name]:
    """*Cimenterie du Nord SA*: capitals that a company's legal form closes."""
    words, lexicon = reading.words, reading.lexicon
    for at in reading.at("legal_forms"):
        if not at or not words[at - 1].is_capital or words[at].text.islower() and len(words[at].text) < _UNMISTAKABLE - 1:
            continue
        start = begin = at
        while begin and (words[begin - 1].is_capital or lexicon.has("of", words[begin - 1]) or words[begin - 1].text == "&"):
            if begin > 1 and lexicon.has("of", words[begin - 1]) and words[begin - 2].tag == "NOUN" and opens(words, begin - 2):
                break  # Shares of General Example Co.
            begin -= 1
            start = begin if words[begin].is_capital else start
        while start < at and (lexicon.has("determiners", words[start]) or lexicon.has("openers", words[start])):
            start += 1
        if start < at:
            yield Name(start, at + 1, "company", 0.7)


def explained(reading: Reading) -> Iterator[Name]:
    """*Blue Anchor, a shipping company*, *Terra Verte, une association locale*: a common noun after a comma says what a name is."""
    words, lexicon = reading.words, reading.lexicon
    for at in reading.at(","):
        if not 0 < at < len(words) - 2 or not _is_explanation(reading, at + 1):
            continue
        end = at - (words[at - 1].text in CLOSING)
        start = end
        while start and words[start - 1].is_capital and not lexicon.has("openers", words[start - 1]) and not lexicon.has("determiners", words[start - 1]):
            start -= 1
        is_person = any(w.label == "PERSON" for w in words[start:end]) and end - start > 1
        is_place = start < end and is_known_place(" ".join(w.text for w in words[start:end]))
        if start < end and not is_person and not is_place and not is_something_else(reading, start, end) and not is_common_word(reading, start):
            yield Name(start, end, "explained", 0.6)


def introduced(reading: Reading) -> Iterator[Name]:
    """*the charity Blue Anchor*: capitals right after the common noun, in a language whose names do not begin with theirs."""
    words, lexicon = reading.words, reading.lexicon
    for at in reading.at("introducers") if not lexicon.heads else ():
        if at + 1 == len(words) or words[at].is_capital:
            continue
        start = end = at + 1
        while end < len(words) and words[end].is_capital and words[end].folded not in lexicon.calendar:
            end += 1
        if start == end or words[start].label in ("PERSON", "PEOPLE") or is_something_else(reading, start, end) or is_common_word(reading, start):
            continue
        if not is_known_place(" ".join(w.text for w in words[start:end])):
            yield Name(start, end, "introduced", 0.6)


def _is_explanation(reading: Reading, at: int) -> bool:
    """Whether an article and, adjectives aside, the noun of a body stand at a word."""
    words, lexicon = reading.words, reading.lexicon
    if not lexicon.has("determiners", words[at]) and not lexicon.has("indefinite", words[at]):
        return False
    for index in range(at + 1, min(at + 1 + _EXPLAINED, len(words) - 1)):
        if lexicon.has("introducers", words[index]):
            return words[index + 1].tag not in ("NOUN", "PROPN") and words[index + 1].text != "'s"
        if words[index].tag not in ("ADJ", "NOUN", "PROPN"):
            return False
    return False


def alone(reading: Reading) -> Iterator[Name]:
    """Bodies that one capitalised noun names: *le Sénat*, *the Supreme Court*; and *the Comoros government*, *the Danish embassy*."""
    words, lexicon = reading.words, reading.lexicon
    for at in reading.capitals:
        word = words[at]
        noun = lexicon.phrase("alone", words, at)
        if noun is not None and not _goes_on(reading, at + len(noun)) and not (at and words[at - 1].tag in ("NUM", "ADJ")):
            yield Name(at, at + len(noun), "alone", 0.8)
        elif (
            at + 1 < len(words) and (lower := lexicon.phrase("lower", words, at + 1)) is not None and (word.label in ("PLACE", "ORG") or is_country(word.text))
        ):
            start = at
            while start and words[start - 1].is_capital and words[start - 1].label in ("PLACE", "ORG") and not lexicon.has("openers", words[start - 1]):
                start -= 1
            yield Name(start, at + 1 + len(lower), "government", 0.7)
        elif at + 1 < len(words) and word.label == "PEOPLE" and (noun := lexicon.phrase("national", words, at + 1)) is not None:
            yield Name(at, at + 1 + len(noun), "government", 0.7)


def governments(reading: Reading) -> Iterator[Name]:
    """*the government of Guyana*, where the noun's name of a place makes it a body's."""
    words, lexicon = reading.words, reading.lexicon
    for at in reading.at("lower_of"):
        noun = lexicon.phrase("lower_of", words, at)
        if noun is None or at + 2 >= len(words) or words[at].is_capital or not lexicon.has("of", words[at + len(noun)]):
            continue
        start = at + len(noun) + 1
        while start < len(words) and lexicon.has("determiners", words[start]):
            start += 1
        end = start
        while end < len(words) and words[end].is_capital and words[end].folded not in lexicon.calendar:
            end += 1
        if end > start and (words[start].label == "PLACE" or is_known_place(words[start].text)):
            yield Name(at, end, "government", 0.7)


def territories(reading: Reading) -> Iterator[Name]:
    """*la région Bretagne a voté une aide*, *financé par la commune de Plouha*: a territory that acts is its council."""
    for at in reading.at("lands"):
        end = _territory(reading, at)
        if end is not None and (_is_agent(reading, at) or _is_acting(reading, at, end)):
            yield Name(at, end, "territory", 0.6)


def _territory(reading: Reading, at: int) -> int | None:
    """Index after the name of the territory whose noun stands at a word."""
    words, lexicon = reading.words, reading.lexicon
    noun = lexicon.phrase("lands", words, at)
    start = at + len(noun or ())
    if noun is None or not at or not lexicon.has("determiners", words[at - 1]):
        return None
    while start < len(words) and (lexicon.has("of", words[start]) or lexicon.has("determiners", words[start])):
        start += 1
    end = start
    while end < len(words) and words[end].is_capital and words[end].label != "PERSON":
        end += 1
    return end if end > start and words[start].folded not in lexicon.calendar else None


def _is_agent(reading: Reading, at: int) -> bool:
    """Whether a participle and "par" stand before a noun: *financé par la région*."""
    before, words = reading.over_determiners(at), reading.words
    if before < 1 or not reading.lexicon.has("by", words[before]) or reading.lexicon.has("passing", words[before - 1]):
        return False
    return words[before - 1].text.endswith(reading.lexicon.agent_endings)


def _is_acting(reading: Reading, at: int, end: int) -> bool:
    """Whether a noun opens its clause and what follows its name is what a council does: *a voté*, *finance*."""
    before, words, lexicon = reading.over_determiners(at), reading.words, reading.lexicon
    is_subject = before < 0 or not words[before].is_word or lexicon.has("conjunctions", words[before])
    if not is_subject or end >= len(words):
        return False
    if lexicon.has("council_verbs", words[end]):
        return True
    verb = next((w for w in words[end + 1 : end + 4] if w.tag == "VERB" or lexicon.has("council_acts", w)), None)
    return words[end].tag == "AUX" and verb is not None and lexicon.has("council_acts", verb)


def _goes_on(reading: Reading, at: int) -> bool:
    """Whether a complement or an adjective follows, so that the noun alone is not the name."""
    if at >= len(reading.words):
        return False
    word = reading.words[at]
    return reading.lexicon.has("of", word) or word.tag == "ADJ" and word.is_word


def is_placed(reading: Reading, at: int) -> bool:
    """Whether a town's or a hall's name says where: *dans la Ville de Pau*, *les quartiers de la Ville de Pau*, *à la Maison des jeunes*."""
    before, lexicon = reading.over_determiners(at), reading.lexicon
    if before < 0:
        return False
    preposition = reading.words[before]
    if lexicon.has("towns", reading.words[at]):
        is_of_part = before > 0 and lexicon.has("of", preposition) and lexicon.has("parts", reading.words[before - 1])
        return is_of_part or lexicon.has("inside", preposition)
    return lexicon.has("where", preposition) and lexicon.phrase("venues", reading.words, at) is not None
