"""Names that begin with their noun: *Office des Nations unies contre la drogue et le crime*.

A body noun takes up what belongs to it (adjectives, complements, coordinated
complements, a name set right after it); what it took up then decides whether
the whole is a name, a common noun, or a common noun that introduces a name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from extractors.names.lexicon import Lexicon
from extractors.names.words import Phrase, Word, opens, starts_line

UNKNOWN: Phrase = ("",)  # a body noun that no list holds
_OF_UNKNOWN = frozenset({"capital"})
_DASHES = frozenset("–—")
_FOREIGN = 2  # small words between two capitals of a foreign name: Brot für die Welt
LONGEST = 30  # words of a name; the longest of the public lists has 24


class Name(NamedTuple):
    """A name among the words of a passage: `start` to `end`, exclusive."""

    start: int
    end: int
    rule: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Growth:
    """How far a body noun has grown, and what speaks for a name.

    complements, adjectives: how many. proper: a complement is a proper name;
    nested: one is a body itself. apposed: where a name set right after begins;
    introduced: a complement stood before it.
    linked: the kind of the last preposition, "of" or "target"; targeted: one was
    "target". bare: the last complement has no article. split: where the first
    coordinated complement begins. ministry: the last complement is a ministry.
    chained: a noun follows a noun (*équipe sécurité*). closed: nothing may follow.
    """

    start: int
    head: Phrase
    end: int
    complements: int = 0
    adjectives: int = 0
    proper: bool = False
    nested: bool = False
    apposed: int | None = None
    introduced: bool = False
    linked: str = ""
    targeted: bool = False
    bare: bool = False
    split: int | None = None
    ministry: bool = False
    chained: bool = False
    closed: bool = False


@dataclass(frozen=True, slots=True)
class HeadGrammar:
    """The names of one passage that begin with their noun.

    atoms: index of a word that starts a known name → index after it.
    """

    words: Sequence[Word]
    lexicon: Lexicon
    atoms: Mapping[int, int]

    def names(self) -> Iterator[Name]:
        """Every name of the passage, nested ones too."""
        openings, within = self.lexicon.head_openings, 0
        for at, word in enumerate(self.words):
            if at >= within and (word.is_capital or word.folded in openings) and word.is_word and (head := self._head(at)) is not None:
                within = at + len(head)  # in conseil d'administration, administration is no head
                yield from map(self._qualified, self._named(self._grown(at, head)))

    def _qualified(self, name: Name) -> Name:
        """A name with the adjective in a capital before its noun: *Nouvelle Alliance*."""
        at = name.start - 1
        if at < 0 or not self.words[name.start].is_capital or not self.lexicon.has("before", self.words[at]) or not self.words[at].is_capital:
            return name
        return name._replace(start=at) if at and self.lexicon.has("determiners", self.words[at - 1]) else name

    # ---------------------------------------------------------------- is it a name?

    def _named(self, grown: Growth) -> Iterator[Name]:
        first, kinds = self.words[grown.start], self._kinds_of(grown.head)
        is_capital = first.is_capital and not first.is_sign
        if grown.split is not None and first.folded != grown.head[0]:
            yield from self._shared(grown)
        elif grown.apposed is not None and not is_capital and self._only_introduces(grown, grown.apposed):
            yield Name(grown.apposed, grown.end, "apposition", 0.7)
        elif grown.head is UNKNOWN and not grown.complements:
            return
        elif (
            is_capital and not self._is_sentence(grown) and not self._is_heading(grown) and (grown.complements or grown.adjectives or grown.apposed is not None)
        ):
            yield Name(grown.start, grown.end, "head", 0.85)
        elif (grown.complements or grown.adjectives) and self._is_ordered(grown):
            yield Name(grown.start - 1, grown.end, "head", 0.7)
        elif not is_capital and not self._is_generic(grown) and (self._is_own_name(grown, kinds) or self._is_letterhead(grown, kinds)):
            yield Name(grown.start, grown.end, "head", 0.7)

    def _is_letterhead(self, grown: Growth, kinds: frozenset[str]) -> bool:
        """Whether a name in capitals has a line of capitals to itself: DIRECTION GÉNÉRALE DES DOUANES."""
        first = self.words[grown.start]
        if not first.text.isupper() or not starts_line(self.words, grown.start) or "organ" in kinds or not grown.complements:
            return False
        return grown.end == len(self.words) or self.words[grown.end].is_break

    def _is_ordered(self, grown: Growth) -> bool:
        """*2e régiment étranger de parachutistes*"""
        number = self.words[grown.start - 1].text if grown.start else ""
        return number[:1].isdigit() and not number.isdigit() and grown.head[0] in self.lexicon.lists_of("ordered")

    def _only_introduces(self, grown: Growth, apposed: int) -> bool:
        """Whether the noun is common and the name set after it is the whole name: *le groupe Exemple*."""
        if (
            self._kinds_of(grown.head) <= {"capital"}
            or grown.head[0] in self.lexicon.lists_of("kept")
            or self.lexicon.has("not_bodies", self.words[apposed - 1])
        ):
            return False
        return grown.introduced or "apposition" in self._kinds_of(grown.head) or self.words[apposed].is_sign or apposed in self.atoms

    def _is_own_name(self, grown: Growth, kinds: frozenset[str]) -> bool:
        """Whether a noun in small letters and what it took up are a body's own name."""
        if "organ" in kinds or self._is_staff(grown):
            return False
        if "any" in kinds and grown.complements:
            return True
        if "place" in kinds and (grown.proper or grown.apposed is not None):
            return True
        if "proper" in kinds and (grown.apposed is not None or (grown.complements > 1 or grown.adjectives) and (grown.nested or grown.proper)):
            return True
        if grown.proper and kinds != {"apposition"} and self._follows_noun(grown, "territorial"):
            return True
        if "place" not in kinds and kinds != {"apposition"} and self._is_official(grown):
            return True
        return grown.nested and (grown.chained or "apposition" in kinds and grown.complements > 1)

    def _is_staff(self, grown: Growth) -> bool:
        """*équipe sécurité du PNUD*: the people or a service of a body, which is what is named."""
        if grown.head[0] not in self.lexicon.lists_of("staffs") and " ".join(grown.head) not in self.lexicon.lists_of("staffs"):
            return False
        return grown.nested and grown.complements == 1 or self._opens_body(grown.start + 1)

    def _is_generic(self, grown: Growth) -> bool:
        """Whether an article or a possessive says "any one": *une association de quartier*."""
        return grown.apposed is None and grown.start > 0 and self.lexicon.has("indefinite", self.words[grown.start - 1])

    def _is_official(self, grown: Growth) -> bool:
        """*agence nationale de la sécurité*: an official adjective right after the noun, then a complement."""
        before = self.words[grown.start - 1] if grown.start else None
        is_definite = before is not None and any(self.lexicon.has(name, before) for name in ("determiners", "of", "to"))
        return is_definite and grown.complements > 0 and self._follows_noun(grown, "official")

    def _follows_noun(self, grown: Growth, name: str) -> bool:
        """Whether an adjective of a list ends the noun or stands right after it."""
        after = grown.start + len(grown.head)
        return any(self.lexicon.has(name, w) for w in self.words[after - 1 : min(after + 1, grown.end)])

    def _is_sentence(self, grown: Growth) -> bool:
        """Whether the capital is a line's first and nothing else speaks for a name: *Coordination efficace*, *Sénat belge*."""
        if grown.complements or grown.apposed is not None:
            return False
        last = self.words[grown.end - 1]
        is_alone = self.lexicon.phrase("alone", self.words, grown.start) is not None and self._is_demonym(last)
        return is_alone or opens(self.words, grown.start) and not last.is_capital

    def _is_heading(self, grown: Growth) -> bool:
        """Whether a line's first word is a noun that needs more than a complement: *Coordination des secours après le séisme*."""
        return starts_line(self.words, grown.start) and not grown.proper and grown.apposed is None and self._kinds_of(grown.head) <= {"apposition", "capital"}

    def _shared(self, grown: Growth) -> Iterator[Name]:
        """*ministères de l'Intérieur et de la Justice*: two bodies, the second without its noun."""
        if grown.split is None or not ("any" in self._kinds_of(grown.head) or self.words[grown.start].is_capital):
            return
        yield Name(grown.start, grown.split, "head", 0.8)
        second = grown.split + 1
        while second < grown.end and any(self.lexicon.has(name, self.words[second]) for name in ("of", "determiners")):
            second += 1
        if second < grown.end and self.words[second].is_capital:
            yield Name(second, grown.end, "head", 0.7)

    # ---------------------------------------------------------------- what belongs to it?

    def _head(self, at: int) -> Phrase | None:
        """The body noun at a word; a plural only of a ministry or with a capital."""
        head, word = self.lexicon.head(self.words, at), self.words[at]
        if head is not None:
            return head if word.is_capital or word.tag not in ("AUX", "VERB") else None
        singular = (word.folded[:-1],)
        if word.folded.endswith("s") and singular in self.lexicon.kinds:
            return singular if word.is_capital or "any" in self.lexicon.kinds[singular] else None
        return UNKNOWN if self._is_unlisted(at) else None

    def _is_unlisted(self, at: int) -> bool:
        """Whether a noun of no list has a capital, an article and an official adjective: *la Concertation nationale*."""
        word = self.words[at]
        if not word.is_capital or word.tag not in ("NOUN", "PROPN") or not at or at + 1 >= len(self.words) or not self.lexicon.heads:
            return False
        if word.label in ("PERSON", "PLACE") or self.lexicon.has("not_bodies", word) or self.lexicon.has("titles", word):
            return False
        is_definite = any(self.lexicon.has(name, self.words[at - 1]) for name in ("determiners", "contracted"))
        after = self.words[at + 1]
        return is_definite and not after.is_capital and any(self.lexicon.has(name, after) for name in ("official", "territorial"))

    def _kinds_of(self, head: Phrase) -> frozenset[str]:
        return _OF_UNKNOWN if head is UNKNOWN else self.lexicon.kinds[head]

    def _kinds(self, at: int) -> frozenset[str]:
        head = self._head(at)
        return frozenset() if head is None else self._kinds_of(head)

    def _grown(self, at: int, head: Phrase) -> Growth:
        has_complement = any(self.lexicon.has("of", w) for w in self.words[at : at + len(head)])
        is_qualified = len(head) > 1 and self.words[at + 1].tag == "ADJ"
        grown = Growth(at, head, at + len(head), adjectives=int(is_qualified), linked="of" if has_complement else "", bare=has_complement)
        while grown.end < len(self.words) and grown.end - at < LONGEST:
            step = self._step(grown)
            if step is None:
                break
            grown = step
        return self._trimmed(grown)

    def _step(self, grown: Growth) -> Growth | None:
        """One more part of the name, None where it ends."""
        word = self.words[grown.end]
        if word.is_break or grown.closed:
            return None
        if self.lexicon.has("of", word):
            return self._complement(grown, grown.end + 1, "of")
        if self.lexicon.has("into", word) and (abroad := self._abroad(grown)) is not None:
            return abroad
        if self.lexicon.has("among", word):
            is_mutual = grown.linked and word.tag == "ADP" and self.lexicon.has("mutual", self.words[grown.end - 1])
            return self._complement(grown, grown.end + 1, "target") if is_mutual else None
        if self.lexicon.has("to", word) or self.lexicon.has("targets", word):
            return self._target(grown, word)
        if self.lexicon.has("conjunctions", word):
            return self._coordination(grown)
        if word.text == ",":
            return self._series(grown)
        return self._adjective(grown) or self._apposition(grown)

    def _target(self, grown: Growth, word: Word) -> Growth | None:
        """A complement with "à", "pour", "contre", "sur", "en", for the nouns that take one."""
        is_capital = self.words[grown.start].is_capital
        is_governed = self.lexicon.has("governing", self.words[grown.end - 1])
        is_targeted = is_governed or not self.lexicon.lists_of("targeted").isdisjoint(grown.head)
        if self.lexicon.has("targets", word):
            return self._complement(grown, grown.end + 1, "target") if is_targeted and (is_capital or is_governed or not grown.complements) else None
        if self._is_campus(grown):
            return replace(grown, end=self._capitals(grown.end + 1))
        if not is_targeted or grown.complements and not is_governed:
            return None
        found = self._complement(grown, grown.end + 1, "target")
        if found is not None and not is_capital and self._opens_body(grown.end + 1):
            return None
        return found if found is None or is_capital or not self.words[found.end - 1].is_capital else None

    def _abroad(self, grown: Growth) -> Growth | None:
        """*Bureau intégré des Nations unies | en Haïti*, *ambassade de France | au Mali*: where a body of another is."""
        at, is_capital = grown.end + 1, self.words[grown.start].is_capital
        if at < len(self.words) and self.lexicon.has("determiners", self.words[at]):
            at += 1
        if not (grown.proper or is_capital and grown.adjectives) or grown.head[0] not in self.lexicon.lists_of("abroad") or at >= len(self.words):
            return None
        land = self.words[at]
        if not land.is_capital or land.label != "PLACE" or not (is_capital or "place" in self._kinds_of(grown.head)):
            return None
        end = self._capitals(at)
        if self.lexicon.has("geographic", land) and end + 2 < len(self.words) and self.lexicon.has("of", self.words[end]):  # en Afrique de l'Ouest
            end = self._capitals(end + 1 + self.lexicon.has("determiners", self.words[end + 1]))
        elif self.lexicon.has("geographic", land) and end < len(self.words) and self.words[end].tag == "ADJ" and not self.words[end].is_capital:
            end += 1  # pour l'Afrique australe
        return replace(grown, end=end, closed=True)

    def _opens_body(self, at: int) -> bool:
        """Whether a body noun, its article aside, stands at a word: *lie l'observatoire à | la direction …*."""
        while at < len(self.words) - 1 and any(self.lexicon.has(name, self.words[at]) for name in ("of", "determiners")):
            at += 1
        return at < len(self.words) and (at in self.atoms or self._head(at) is not None)

    def _is_campus(self, grown: Growth) -> bool:
        """*université de l'Ohio à Athens*"""
        if (
            not grown.complements
            or grown.head[0] not in self.lexicon.lists_of("campus")
            or not self.words[grown.end - 1].is_capital
            or grown.end + 1 >= len(self.words)
        ):
            return False
        town = self.words[grown.end + 1]
        return town.label != "PERSON" and town.is_capital

    def _adjective(self, grown: Growth) -> Growth | None:
        word = self.words[grown.end]
        if not word.is_word or word.folded in self.lexicon.calendar or self.lexicon.has("outside", word):
            return None
        is_anti = not word.is_capital and word.folded.startswith(tuple(self.lexicon.lists_of("adjective_openings")))
        is_adjective = word.tag == "ADJ" or is_anti or self._is_chapter(grown, word) or self._is_participle(grown) or self._is_relational(grown)
        if not is_adjective or self._is_verb(grown.end) or self._is_introduced(grown, word):
            return None
        last = self.words[grown.end - 1]
        if not word.is_capital and last.is_capital and grown.complements and last.label == "PLACE" and not self.lexicon.has("geographic", last):
            return None
        if self.atoms.get(grown.start) == grown.end and not self._is_chapter(grown, word):
            return replace(grown, end=grown.end + 1) if self._is_of_kind(word) else None  # École nationale d'administration | publique
        opens_other_name = (
            word.is_capital and grown.complements and (word.label in ("PERSON", "PLACE") or not grown.proper and not self.words[grown.start].is_capital)
        )
        return None if opens_other_name else replace(grown, end=grown.end + 1, adjectives=grown.adjectives + (grown.complements == 0))

    def _is_chapter(self, grown: Growth, word: Word) -> bool:
        """Whether a people's adjective makes a known body's national branch: *Croix-Rouge malienne*, whatever the model takes it for."""
        return grown.end == grown.start + len(grown.head) and grown.head[0] in self.lexicon.lists_of("chapters") and self._ends_as_demonym(word)

    def _is_introduced(self, grown: Growth, word: Word) -> bool:
        """Whether a capital that the model takes for an adjective is the name that a common noun introduces: *l'ONG Exemple*."""
        noun = self.words[grown.start]
        is_common = not noun.is_capital or noun.is_sign
        return word.is_capital and is_common and grown.end == grown.start + len(grown.head) and "apposition" in self._kinds_of(grown.head)

    def _is_participle(self, grown: Growth) -> bool:
        """Whether a participle stands where an adjective would: *droit comparé*, *cols bleus regroupés de Pau*."""
        word, after = self.words[grown.end], self.words[min(grown.end + 1, len(self.words) - 1)]
        if word.tag != "VERB" or word.is_capital:
            return False
        if word.text.casefold() in self.lexicon.participles:
            return True
        is_closed = self.lexicon.has("of", after) or after.text in ("(", ")") or after.tag in ("AUX", "VERB")
        return is_closed and grown.complements > 0 and word.text.endswith(tuple(self.lexicon.participle_endings))

    def _is_relational(self, grown: Growth) -> bool:
        """Whether a small word after the noun, other adjectives aside, is an adjective by its form: *Tribunal suprême électoral*, *DROITS HUMAINS*."""
        word = self.words[grown.end]
        if word.text.isupper() and not word.is_capital and not self.lexicon.lists_of("not_demonyms").isdisjoint((word.folded, word.folded.removesuffix("s"))):
            return True
        return not word.is_capital and not grown.complements and grown.apposed is None and word.tag != "VERB" and self._is_of_kind(word)

    def _is_of_kind(self, word: Word) -> bool:
        """Whether an adjective says of what kind a body is: *nationale*, *publique*."""
        endings = tuple(self.lexicon.lists_of("relational_endings"))
        is_listed = self.lexicon.has("official", word) or self.lexicon.has("territorial", word)
        return not word.is_capital and (is_listed or bool(endings) and word.folded.endswith(endings)) and not self._is_demonym(word)

    def _is_verb(self, at: int) -> bool:
        """Whether what the model takes for an adjective or a noun is a verb with its object: *financent trente projets*, *finance des postes*."""
        word, after = self.words[at], self.words[min(at + 1, len(self.words) - 1)]
        if word.is_capital:
            return False
        is_before_object = after.tag in ("DET", "NUM") and not self.lexicon.has("contracted", after)
        if word.folded.endswith(tuple(self.lexicon.lists_of("plural_endings"))) and is_before_object:
            return True
        is_verbal = not self.lexicon.lists_of("verbal").isdisjoint((word.folded, word.folded.removesuffix("nt")))
        return is_verbal and (is_before_object or after.tag not in ("ADJ", "NOUN", "PROPN") and not self.lexicon.has("of", after))

    def _apposition(self, grown: Growth) -> Growth | None:
        """A name set right after: *association Exemple*, *groupe dit Exemple*, *lycée 12*; or a noun after a noun."""
        at, word = grown.end, self.words[grown.end]
        if self.lexicon.has("naming", word) and at + 1 < len(self.words) and self.words[at + 1].is_capital:
            return replace(grown, end=self._capitals(at + 1), apposed=at + 1, introduced=True, complements=grown.complements + 1)
        if at in self.atoms and word.is_capital:
            apposed, introduced = (at, grown.complements > 0) if grown.apposed is None else (grown.apposed, grown.introduced)
            return None if grown.proper else replace(grown, end=self.atoms[at], apposed=apposed, introduced=introduced, proper=True)
        if word.text[0].isdigit():
            return replace(grown, end=at + 1, proper=True, complements=1, closed=True) if self._is_numbered(grown) else None
        if not word.is_capital:
            return replace(grown, end=at + 1, chained=True) if self._is_chained(grown) else None
        if self._is_foreign(grown, word):
            return None
        if grown.complements and self.lexicon.has("territories", self.words[at - 1]) and not word.is_sign:
            return replace(grown, end=self._capitals(at), proper=True)
        end = self._numbered(grown, self._capitals(at) if grown.proper else self._paired(at))
        is_first = grown.apposed is None and not grown.proper
        return replace(grown, end=end, apposed=at if is_first else grown.apposed, introduced=grown.introduced or is_first and grown.complements > 0)

    def _numbered(self, grown: Growth, end: int) -> int:
        """Index after the number that closes the name of one of a town's several bodies: *université Lyon 2*."""
        if grown.head[0] not in self.lexicon.lists_of("numerous") or end >= len(self.words):
            return end
        is_number = self.words[end].text.isdigit() and len(self.words[end].text) == 1
        return end + 1 if is_number and not (end + 1 < len(self.words) and self.words[end + 1].tag == "NOUN") else end

    def _paired(self, at: int) -> int:
        """Index after a name set right after its noun, which may be two words with "et": *association Paix et Partage*."""
        end = self._capitals(at)
        if end - at != 1 or end + 1 >= len(self.words) or not self.lexicon.has("conjunctions", self.words[end]):
            return end
        first, second = self.words[at], self.words[end + 1]
        is_pair = second.is_capital and not second.is_sign and not first.is_sign and end + 1 not in self.atoms and self._capitals(end + 1) == end + 2
        return end + 2 if is_pair and not self._is_plural_verb(end + 2) else end

    def _is_plural_verb(self, at: int) -> bool:
        if at >= len(self.words) or self.words[at].tag not in ("AUX", "VERB"):
            return False
        plural, singular = (tuple(self.lexicon.lists_of(name)) for name in ("plural_endings", "singular_endings"))
        return self.words[at].folded.endswith(plural) and not (singular and self.words[at].folded.endswith(singular))

    def _is_numbered(self, grown: Growth) -> bool:
        return grown.end == grown.start + len(grown.head) and " ".join(grown.head) in self.lexicon.lists_of("numbered")

    def _is_chained(self, grown: Growth) -> bool:
        """*équipe sécurité*: a noun right after a noun, both small."""
        last, word = self.words[grown.end - 1], self.words[grown.end]
        if not word.tag == last.tag == "NOUN" or self.lexicon.has("outside", word) or word.folded in self.lexicon.calendar or self._is_verb(grown.end):
            return False
        if grown.linked and self.lexicon.has("verbal", word):
            return False
        return not last.is_capital if self.words[grown.start].is_capital else not grown.complements

    def _is_foreign(self, grown: Growth, word: Word) -> bool:
        """Whether a capital right after the name belongs to the sentence: a date, a person, an office."""
        if word.folded in self.lexicon.calendar or self.lexicon.is_no_acronym(word) or self.lexicon.has("common_capitals", word):
            return True
        is_named_after = not self.lexicon.lists_of("named_after").isdisjoint((grown.head[0], " ".join(grown.head)))
        if self.lexicon.has("titles", word) and not is_named_after and grown.end + 1 < len(self.words) and self.words[grown.end + 1].is_capital:
            return True
        if grown.proper:
            return word.label in ("PERSON", "PLACE")
        if is_named_after:
            return False
        if grown.complements and not self.words[grown.end - 1].is_capital and word.label == "PLACE":
            return False  # préfecture de la région Grand Est
        is_only_word = self._capitals(grown.end) == grown.end + 1
        introduces = "apposition" in self._kinds_of(grown.head) or grown.head[0] in self.lexicon.lists_of("introducers")
        names_body = grown.head[0] in self.lexicon.lists_of("impersonal")  # la coalition Exemple Exemple
        is_person = (
            word.label == "PERSON"
            and not names_body
            and not (introduces and grown.adjectives)
            and not (is_only_word and (introduces or self.words[grown.start].is_capital))
        )
        return is_person or self._kinds_of(grown.head) <= {"any", "place"}

    def _complement(self, grown: Growth, at: int, link: str) -> Growth | None:
        """A noun phrase after a preposition, up to its noun; its adjectives are taken up later."""
        bare = at >= len(self.words) or not self.lexicon.has("determiners", self.words[at])
        noun = self._noun(at if bare else at + 1)
        if noun is None:
            return None
        at, word = noun, self.words[noun]
        is_place = word.is_capital and (word.label == "PLACE" and word.tag == "PROPN" or bare and not self.lexicon.has("contracted", self.words[noun - 1]))
        if link == "target" and (is_place or self.lexicon.has("loose", word)):
            return None
        is_body = at in self.atoms or word.is_capital and (word.is_sign and not self.lexicon.is_no_acronym(word) or bool(self._kinds(at) & {"any", "place"}))
        return replace(
            grown,
            end=self._complement_end(at),
            complements=grown.complements + 1,
            proper=grown.proper or word.is_capital and not self.lexicon.has("common_capitals", word),
            nested=grown.nested or grown.ministry or is_body,
            linked=link,
            targeted=grown.targeted or link == "target",
            bare=bare,
            ministry="any" in self._kinds(at),
        )

    def _complement_end(self, at: int) -> int:
        """Index after the noun of a complement: a known name, capitals, or a body noun of several words."""
        if at in self.atoms:
            return self.atoms[at]
        return self._capitals(at) if self.words[at].is_capital else at + len(self.lexicon.head(self.words, at) or " ")

    def _noun(self, at: int) -> int | None:
        """Index of the noun of a phrase, over the adjectives before it."""
        while at + 1 < len(self.words) and self.words[at].tag == "ADJ" and not self.words[at].is_capital and self._is_noun(at + 1):
            at += 1
        return at if at < len(self.words) and self._is_noun(at) else None

    def _is_noun(self, at: int) -> bool:
        word = self.words[at]
        if not word.is_word or word.folded in self.lexicon.calendar or self.lexicon.has("titles", word):
            return False
        if at in self.atoms:
            return True
        if word.is_capital:
            return word.label != "PERSON" or at > 0 and self.words[at - 1].label == "PERSON" and self.lexicon.has("of", self.words[at - 1])
        return word.tag in ("NOUN", "PROPN", "X") and not self.lexicon.has("outside", word)

    def _capitals(self, at: int) -> int:
        """Index after the capitals that begin at a word, and the small words of another language between them."""
        end = at + 1
        while end < len(self.words):
            if self.words[end].is_capital and not self.lexicon.has("determiners", self.words[end]):
                end += 1
                continue
            if self._is_dash_within(end):
                end += 2
                continue
            beyond = end
            while beyond < len(self.words) and beyond - end < _FOREIGN and self.lexicon.has("foreign", self.words[beyond]):
                beyond += 1
            if beyond == end or beyond == len(self.words) or not self.words[beyond].is_capital:
                break
            end = beyond + 1
        return end

    def _is_dash_within(self, at: int) -> bool:
        """Whether a dash at a word, no space on either side, holds two names together: *Auvergne–Rhône-Alpes*."""
        word = self.words[at]
        if word.text not in _DASHES or at + 1 >= len(self.words):
            return False
        before, after = self.words[at - 1], self.words[at + 1]
        return before.end == word.start and word.end == after.start and after.is_capital

    # ---------------------------------------------------------------- coordination

    def _coordination(self, grown: Growth) -> Growth | None:
        """*… contre la drogue et le crime*, *… économique et social*, *… de recherche et développement*."""
        at = grown.end + 1
        if at >= len(self.words) or not self.words[at].is_word:
            return None
        word, before = self.words[at], self.words[grown.end - 1]
        if word.tag == before.tag == "ADJ" and not word.is_capital:
            return replace(grown, end=at + 1)
        if self._is_bare(grown) and word.tag == "NOUN" and not word.is_capital:
            return replace(grown, end=at + 1, chained=True)
        if not grown.linked:
            return None
        if self.lexicon.has("of", word) and grown.linked == "of" or self.lexicon.has("targets", word) and grown.linked == "target":
            return self._joined(grown, at + 1, grown.end)
        if self.lexicon.has("determiners", word):
            return self._joined(grown, at, grown.end) if grown.targeted else None
        if grown.bare and (not word.is_capital or before.is_capital and word.label not in ("PERSON", "PLACE")):
            return self._joined(grown, at, grown.end)
        return None

    def _is_bare(self, grown: Growth) -> bool:
        """Whether a noun without "de" follows the noun of a name in capitals: *Commission vérité et réconciliation*."""
        last = self.words[grown.end - 1]
        if grown.linked or last.is_capital or not self.words[grown.start].is_capital or grown.end <= grown.start + len(grown.head):
            return False
        return grown.chained or not self._is_demonym(last) and not any(self.lexicon.has(name, last) for name in ("official", "territorial"))

    def _joined(self, grown: Growth, at: int, split: int) -> Growth | None:
        """The second of two coordinated complements, unless another body or place begins there."""
        joined = self._complement(grown, at, grown.linked)
        if joined is None:
            return None
        start = at + 1 if self.lexicon.has("determiners", self.words[at]) else at
        word, before = self.words[start], self.words[grown.end - 1]
        is_ministry = "any" in self._kinds_of(grown.head)
        if start in self.atoms or word.is_sign or self._opens_other_body(start, is_ministry or grown.bare and joined.bare and not word.is_capital):
            return None
        if word.label == "PLACE" and word.is_capital and before.label != "PLACE" and (joined.bare or not is_ministry):
            return None
        if (
            grown.proper
            and before.is_capital
            and not word.is_capital
            and (not is_ministry and before.tag == "PROPN" or not self.lexicon.has("of", self.words[at - 1]))
        ):
            return None
        return replace(joined, split=split if grown.split is None else grown.split)

    def _opens_other_body(self, at: int, is_field: bool) -> bool:
        """Whether a body noun at a word begins another name; is_field: it may be what the first body deals with (*de justice et police*)."""
        kinds = self._kinds(at)
        if is_field:
            return bool(kinds & {"any", "proper"} or kinds & {"place"} and at + 1 < len(self.words) and self.lexicon.has("of", self.words[at + 1]))
        return bool(kinds) and (self.words[at].is_capital or bool(kinds & {"any", "place"}))

    def _series(self, grown: Growth) -> Growth | None:
        """*…, des transports, du logement et de l'énergie*: items that an "et" closes."""
        item: Growth | None = grown
        while item is not None and item.end + 1 < len(self.words) and self.words[item.end].text == ",":
            item = self._item(item)
        if item is None or item.end >= len(self.words) or not self.lexicon.has("conjunctions", self.words[item.end]):
            return None
        return self._coordination(item)

    def _item(self, grown: Growth) -> Growth | None:
        """One item after a comma, its adjectives included."""
        at = grown.end + 1
        word, before = self.words[at], self.words[grown.end - 1]
        item: Growth | None = None
        if self.lexicon.has("of", word) and grown.linked == "of":
            item = self._joined(grown, at + 1, grown.end)
        elif word.tag == before.tag == "ADJ" and not word.is_capital:
            item = replace(grown, end=at + 1)
        elif self._is_bare(grown) and word.tag == "NOUN" and not word.is_capital:
            item = replace(grown, end=at + 1, chained=True)
        while item is not None and item.end < len(self.words) and (longer := self._adjective(item)) is not None:
            item = longer
        return item

    # ---------------------------------------------------------------- what does not belong to it

    def _trimmed(self, grown: Growth) -> Growth:
        """Without a people's adjective that qualifies the whole: *ministère de la Justice | malien*."""
        last = self.words[grown.end - 1]
        if (
            grown.complements
            and self.words[grown.end - 2].is_capital
            and self._is_demonym(last)
            and not self.lexicon.has("geographic", self.words[grown.end - 2])
        ):
            return replace(grown, end=grown.end - 1)
        return grown

    def _is_demonym(self, word: Word) -> bool:
        return word.tag == "ADJ" and self._ends_as_demonym(word)

    def _ends_as_demonym(self, word: Word) -> bool:
        """Whether a small word is a people's adjective by its form, whatever the model takes it for."""
        endings, not_demonyms = tuple(self.lexicon.lists_of("demonym_endings")), self.lexicon.lists_of("not_demonyms")
        is_small = not word.is_capital and bool(endings)
        return is_small and word.folded.endswith(endings) and not_demonyms.isdisjoint((word.folded, word.folded.removesuffix("s")))
