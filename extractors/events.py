"""Events: which words tell of one, and what, when, where, who and whether it is certain."""

from __future__ import annotations

import uuid
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import chain, groupby, islice

from extractors import attachment, clauses, coreference, event_types, extents, signs, status, triggers
from extractors.arguments import Telling, tell
from extractors.attachment import Case
from extractors.coreference import Account, Thread
from extractors.event_types import EventType
from extractors.records import Event, Evidence, Precision, Role, Status
from extractors.scene import Moment, Scene
from extractors.syntax import VERBAL

__all__ = ["Scene", "find", "resolve"]

find = triggers.find

_NAMESPACE = uuid.UUID("6f0d8a52-2c0e-5d0b-9b7e-0b8f2f4a7c11")  # ours: makes event ids stable across machines
_NEAR_PARAGRAPHS = 3  # within which *the event* and *cette rencontre* take one up
_QUOTES = {"«": "»", "“": "”"}
_TITLE_CHARACTERS = 110
_LOOKED_BACK = 40  # events of its type, the latest told of, among which a telling looks for its own: a long report has thousands
_PAUSES = frozenset(",;:()–—")
_OPENS_CLAUSE = (*VERBAL, "SCONJ")
_OPENS = -0.5  # log-odds from which a telling makes an event of its own: where the chance is half the F1 to be had, F1 is highest
_SAME = 0.0  # log-odds from which a telling is of an event that the text has told of before
_JOINS = -2.5  # and from which it can add to one that another telling has made


def resolve(found: Sequence[triggers.Trigger], scene: Scene) -> list[Event]:
    """One event a real occurrence, with its days, place, organisations and status, in reading order."""
    types = event_types.load_all(scene.types_folder)
    told = cases(found, scene)
    days = [moment(case) for case in told]
    statuses = status.of(told, days, types)
    return [_event(case, extents.going_on(when, scene) if how == "ongoing" else when, how) for case, when, how in zip(told, days, statuses, strict=True)]


def moment(case: Case) -> Moment | None:
    """The days of an event, those that the text draws out from the one that it names included."""
    return extents.stretched(attachment.moment(case), case)


def cases(found: Sequence[triggers.Trigger], scene: Scene) -> list[Case]:
    """Each real occurrence with its tellings, in reading order of the first."""
    told, scene = told_of(found, scene)
    threads = _grouped(told, scene)
    starts = sorted(t.trigger.start for thread in threads for t in thread.tellings)
    return [Case(thread.tellings, starts, scene) for thread in threads]


def told_of(found: Sequence[triggers.Trigger], scene: Scene) -> tuple[list[Telling], Scene]:
    """The tellings that may be of an event, of each word that of its likeliest type, and the scene that knows all triggers."""
    scene = scene.with_triggers(found)
    types = event_types.load_all(scene.types_folder)
    return _explained([t for t in _likeliest(tellings(found, scene), types) if _may_tell(t)]), scene


def event_id(document_id: str, type_name: str, trigger: tuple[int, int]) -> str:
    """The id of an event: uuid5 of its document, type and first trigger span."""
    return str(uuid.uuid5(_NAMESPACE, f"{document_id}|{type_name}|{trigger[0]}-{trigger[1]}"))


def tellings(found: Sequence[triggers.Trigger], scene: Scene) -> list[Telling]:
    """What the sentence of each trigger says, but for triggers inside a name or a date."""
    scene = scene.with_triggers(found)
    told = (
        tell(list(readings), scene) for span, readings in groupby(found, key=lambda t: t.span) if not (scene.named.touches(span) or scene.dated.holds(span))
    )
    return signs.in_context(list(chain.from_iterable(told)), scene)


def _may_tell(told: Telling) -> bool:
    if (told.trigger.entry.needs_place and not told.places) or told.clause.is_none:
        return False
    return told.log_odds >= _OPENS or (told.log_odds >= _JOINS and (told.is_demonstrative or told.is_definite or told.is_heading))


def _likeliest(told: Sequence[Telling], types: Mapping[str, EventType]) -> list[Telling]:
    """Of a word's several types, the likeliest; *the second session* of a training is one too."""
    rivals: dict[tuple[int, int], list[Telling]] = {}
    for telling in told:
        rivals.setdefault(telling.trigger.span, []).append(telling)
    likeliest: list[Telling] = []
    last: Telling | None = None  # gathering told by a word of its own
    for readings in rivals.values():
        best = max(readings, key=lambda t: t.log_odds)
        if best.takes_up and last is not None and best.section == last.section and best.paragraph - last.paragraph <= _NEAR_PARAGRAPHS:
            alike = next((t for t in readings if t.trigger.type == last.trigger.type), best)
            best = replace(alike, log_odds=best.log_odds)
        elif types[best.trigger.type].is_gathering and best.log_odds >= _OPENS:
            last = best
        likeliest.append(best)
    return likeliest


def _explained(told: Sequence[Telling]) -> list[Telling]:
    """Without those that another event of the same sentence explains: people killed *in a crash*."""
    types: dict[tuple[int, int], set[str]] = {}
    for telling in told:
        types.setdefault(telling.sentence, set()).add(telling.trigger.type)
    return [t for t in told if not t.trigger.entry.yields_to & types[t.sentence]]


def _grouped(told: Iterable[Telling], scene: Scene) -> list[Thread]:
    """Tellings of the same occurrence together."""
    threads: list[Thread] = []
    by_type: dict[str, list[Thread]] = defaultdict(list)
    for telling in told:
        alike = by_type[telling.trigger.type]
        same, account = _taken_up(telling, threads, scene), None
        if same is None and alike:
            account = Account.of(telling, scene)
            same = _likeliest_same(account, alike)
        if same is not None:
            same.add(telling, account)
            _move_to_end(alike, same)
        elif telling.log_odds >= _OPENS and not telling.is_vague:
            thread = Thread(scene)
            thread.add(telling, account)
            threads.append(thread)
            alike.append(thread)
    return threads


def _move_to_end(alike: list[Thread], told_again: Thread) -> None:
    """Keep events in the order in which they were last told of; one told of long ago stays where it is."""
    for at in range(len(alike) - 1, max(len(alike) - 1 - _LOOKED_BACK, -1), -1):
        if alike[at] is told_again:
            alike.append(alike.pop(at))
            return


def _likeliest_same(account: Account, alike: Sequence[Thread]) -> Thread | None:
    """The event of its type that an account is likeliest of, the later of equals, where it is likelier of that one than new."""
    best: Thread | None = None
    most = _SAME
    for back, thread in enumerate(islice(reversed(alike), _LOOKED_BACK)):
        odds = coreference.log_odds(account, thread, back)
        if odds > most:
            best, most = thread, odds
    return best


def _taken_up(telling: Telling, threads: Sequence[Thread], scene: Scene) -> Thread | None:
    """The event that *cette rencontre* or *the event* takes up: of any type for a vague noun, else a gathering."""
    if not (telling.is_demonstrative or telling.is_vague or (telling.takes_up and telling.is_definite)):
        return None
    types = event_types.load_all(scene.types_folder)
    for thread in reversed(threads):
        last, kind = thread.tellings[-1], thread.tellings[0].trigger.type
        if telling.paragraph - last.paragraph > _NEAR_PARAGRAPHS or telling.section != last.section:
            break
        fits = telling.is_vague or (types[kind].is_gathering and types[telling.trigger.type].is_gathering)
        if fits and (telling.moment is None or telling.moment.agrees_with(thread.moment)):
            return thread
    return None


def _event(case: Case, moment: Moment | None, told_as: Status) -> Event:
    tellings, kind, scene = case.tellings, case.tellings[0].trigger.type, case.scene
    best = max(tellings, key=lambda t: (t.moment is not None, t.evidence, -t.trigger.start))
    first = min(tellings, key=lambda t: t.trigger.start).trigger
    quote = scene.text[best.sentence[0] : best.sentence[1]]
    odds = max(t.log_odds for t in tellings)
    return Event(
        id=event_id(scene.document_id, kind, first.span),
        type=kind,
        status=told_as,
        title=_title(tellings, scene),
        mentions=sorted({t.trigger.span for t in tellings}),
        start=moment.start if moment else None,
        end=moment.end if moment else None,
        precision=_precision(moment),
        edtf=None if moment else next((t.moment.first.edtf for t in tellings if t.moment is not None), None),
        places=[p.id for p in attachment.places(case)],
        organisations=[o.id for o in attachment.organisations(case)],
        roles=_roles(tellings, scene),
        evidence=Evidence(start=best.sentence[0], end=best.sentence[1], quote=quote),
        confidence=round(signs.confidence(odds, len(tellings)), 3),
        rule=best.trigger.rule,
    )


def _precision(moment: Moment | None) -> Precision | None:
    if moment is None:
        return None
    return moment.first.precision if moment.first is moment.last else "range"


def _title(tellings: Sequence[Telling], scene: Scene) -> str:
    """The event's own words: its heading, else the phrase of its first noun, else its clause."""
    heading = next((t for t in tellings if t.is_heading), None)
    if heading is not None:
        return _shortened(scene.text[heading.sentence[0] : heading.sentence[1]])
    nouns = [t for t in tellings if t.trigger.entry.word_class == "nouns"]
    best = max(nouns or tellings, key=lambda t: (t.evidence, -t.trigger.start))
    phrase = scene.text[best.trigger.start : _quoted_end(_phrase_end(best.trigger, scene), best, scene)] if nouns else ""
    if " " in phrase:
        return _shortened(phrase)
    return _shortened(scene.text[best.sentence[0] : best.sentence[1]])


def _phrase_end(trigger: triggers.Trigger, scene: Scene) -> int:
    """Where the noun phrase of a trigger ends: before a relative clause, a verb or a pause."""
    offset, words = scene.passages[trigger.passage].start, scene.words_of(trigger.passage)
    inside = {w.i for w in words[trigger.token].below()}
    end = trigger.end
    for word in words[trigger.token + 1 : trigger.sentence[1]]:
        is_inside = word.i in inside or offset + word.start < trigger.end
        opens_clause = word.pos in _OPENS_CLAUSE or "PronType=Rel" in word.morph or word.dep.startswith(("acl", "relcl"))
        if not is_inside or opens_clause or word.lower in _PAUSES:
            break
        end = offset + word.end
    return end


def _quoted_end(end: int, telling: Telling, scene: Scene) -> int:
    """Where a phrase ends that stops at an opening quotation mark or inside a name in quotation marks: conférence « Sortir du rang »."""
    opened = max(telling.trigger.start, *(scene.text.rfind(mark, telling.trigger.start, end) for mark in _QUOTES))
    closing = _QUOTES.get(scene.text[opened])
    if closing is None or closing in scene.text[opened:end]:
        return end
    closed = scene.text.find(closing, opened, telling.sentence[1])
    return closed + 1 if closed >= 0 else opened


def _shortened(words: str) -> str:
    """At most _TITLE_CHARACTERS of a phrase, cut where it pauses, else between words."""
    phrase = " ".join(words.split()).rstrip(" .;:,«“([–—-")
    if len(phrase) <= _TITLE_CHARACTERS:
        return phrase
    pause = max(phrase.rfind(mark, 30, _TITLE_CHARACTERS) for mark in (", ", " (", "; ", ": ", " – "))
    return phrase[:pause] if pause > 0 else phrase[: phrase.rfind(" ", 0, _TITLE_CHARACTERS)] + "…"


def _roles(tellings: Sequence[Telling], scene: Scene) -> dict[Role, list[str]]:
    """What each organisation does, where the verb that it is subject, agent or object of says so."""
    roles: dict[Role, list[str]] = {}
    for telling in tellings:
        number = telling.trigger.passage
        for body in telling.organisations:
            low, high = (bisect_left(body.mentions, (edge,)) for edge in telling.sentence)
            for span in body.mentions[low:high]:
                root = scene.root_of(span, number)
                for role in clauses.roles_of(root, scene.passages[number].language) if root is not None else ():
                    if body.id not in roles.setdefault(role, []):
                        roles[role].append(body.id)
    return roles
