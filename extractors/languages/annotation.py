"""spaCy's annotation of texts, no more of it than the finders read.

Tokens, tags, lemmas and entities everywhere; heads and dependencies only in the
sentences that the caller wants parsed, each parsed alone. What spaCy's attribute
ruler and lemmatizer make of a tagged word is asked once and kept. A pipeline that
is not built as those we know, or with which a shortcut gives something else than
spaCy itself, runs as it is.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from extractors.languages.network import Encoder, EntityReader, UnknownDesignError
from extractors.spans import Span

if TYPE_CHECKING:
    from spacy.language import Language as Pipeline
    from spacy.tokens import Doc

_BATCH = 16  # texts read together: 4 to 16 run as fast as 64, at a quarter of the memory
_KEPT_READINGS = 100_000  # of tagged words
_CLOSE = 1e-3  # how far a fast vector may be from spaCy's, whose values go up to 10
_TAGGED = ["ORTH", "TAG", "POS", "MORPH", "DEP"]
_WRITTEN = ["TAG", "POS", "MORPH", "LEMMA", "HEAD", "DEP", "ENT_IOB", "ENT_TYPE"]
_COMPONENTS = {"tok2vec", "tagger", "morphologizer", "parser", "attribute_ruler", "lemmatizer", "ner"}
WANTED = "wanted"  # in the user data of a Doc: the numbers of its wanted words
_SEPARATOR = "·"  # between words that are asked about together, so that no rule sees two of them

Wanted = Callable[[Sequence[str], Sequence[str]], Iterable[int]]


@dataclass(frozen=True, slots=True)
class Text:
    """What is to be annotated, and the spans of its sentences."""

    text: str
    sentences: Sequence[Span]


class _Reading(NamedTuple):
    """What a tagged word is: hashes of spaCy's strings, and the word and its lemma in small letters."""

    tag: int
    pos: int
    morph: int
    lemma: int
    form: str
    lemma_form: str


@dataclass(eq=False, slots=True)
class Annotator:
    """One language's spaCy pipeline.

    encoder, entities: the faster networks; None where the pipeline runs as it is.
    """

    nlp: Pipeline
    encoder: Encoder | None = None
    entities: EntityReader | None = None
    pairs: Any = None
    _readings: dict[tuple[int, ...], _Reading] = field(default_factory=dict)

    @classmethod
    def of(cls, nlp: Pipeline, probe: str) -> Annotator:
        """The fast annotator of a pipeline if on a probe, a text of some sentences, it agrees with spaCy; else a plain one."""
        try:
            fast = cls(nlp, Encoder.of(nlp.get_pipe("tok2vec").model), EntityReader.of(nlp.get_pipe("ner")))
        except (KeyError, UnknownDesignError):
            return cls(nlp)
        if not {*nlp.pipe_names} <= _COMPONENTS or "parser" not in nlp.pipe_names or not fast.agrees(probe):
            return cls(nlp)
        fast.pairs = _pairs(nlp)
        return fast

    @property
    def is_fast(self) -> bool:
        """Whether the shortcuts are taken."""
        return self.encoder is not None

    def agrees(self, probe: str) -> bool:
        """Whether vectors and entities of a text are spaCy's own."""
        import numpy as np

        assert self.encoder is not None
        assert self.entities is not None
        ner = self.nlp.get_pipe("ner")
        doc = self.nlp.make_doc(probe)
        for fast, model in ((self.encoder, self.nlp.get_pipe("tok2vec").model), (self.entities.encoder, ner.model.get_ref("tok2vec").layers[0])):
            if not np.allclose(fast.vectors([doc])[0], model.predict([doc])[0], atol=_CLOSE):
                return False
        found = self.entities.entities([doc], [[0]])[0]
        return found == [(e.start, e.end, e.label_) for e in ner(doc).ents]

    def read(self, texts: Sequence[Text], wanted: Wanted) -> Iterable[Doc]:
        """A Doc a text, in order.

        wanted: given the words of a text in small letters and their lemmas, tells
        the numbers of those whose sentences are to be parsed; they stay in the
        Doc's user data, under WANTED.
        """
        if not self.is_fast:
            yield from self.nlp.pipe((text.text for text in texts), batch_size=_BATCH)
            return
        for start in range(0, len(texts), _BATCH):
            yield from self._batch(texts[start : start + _BATCH], wanted)

    def _batch(self, texts: Sequence[Text], wanted: Wanted) -> list[Doc]:
        assert self.encoder is not None
        assert self.entities is not None
        if len(self._readings) > _KEPT_READINGS:
            self._readings.clear()
        docs = [self.nlp.make_doc(text.text) for text in texts]
        bounds = [_bounds(doc, text.sentences) for doc, text in zip(docs, texts, strict=True)]
        for doc, vectors in zip(docs, self.encoder.vectors(docs), strict=True):
            doc.tensor = vectors
        for name in ("tagger", "morphologizer"):
            if name in self.nlp.pipe_names:
                pipe = self.nlp.get_pipe(name)
                pipe.set_annotations(docs, pipe.predict(docs))
        tagged = [doc.to_array(_TAGGED).tolist() for doc in docs]
        self._ask([tuple(key) for keys in tagged for key in keys])
        hits = [self._hits(keys, wanted) for keys in tagged]
        parses = self._parses(docs, [_holding(starts, found) for starts, found in zip(bounds, hits, strict=True)])
        for keys, parse in zip(tagged, parses, strict=True):
            for token, (_, dep) in parse.items():
                keys[token][-1] = dep
        self._ask([tuple(keys[token]) for keys, parse in zip(tagged, parses, strict=True) for token in parse])
        for doc, found in zip(docs, hits, strict=True):
            doc.user_data[WANTED] = found
        for doc, keys, parse, entities in zip(docs, tagged, parses, self.entities.entities(docs, [starts[:-1] for starts in bounds]), strict=True):
            self._write(doc, keys, parse, entities)
        return docs

    def _hits(self, keys: Sequence[Sequence[int]], wanted: Wanted) -> list[int]:
        """The wanted words of a text, in order."""
        readings = [self._readings[tuple(key)] for key in keys]
        return sorted(wanted([r.form for r in readings], [r.lemma_form for r in readings]))

    def _parses(self, docs: Sequence[Doc], spans: Sequence[Sequence[Span]]) -> list[dict[int, tuple[int, int]]]:
        """For each text its parsed tokens, each with the distance to its head and its dependency."""
        from spacy.tokens import Doc

        parser, strings = self.nlp.get_pipe("parser"), self.nlp.vocab.strings
        parts: list[Doc] = []
        for doc, sentences in zip(docs, spans, strict=True):
            words = doc.to_array(["ORTH", "SPACY"]).tolist() if sentences else []
            for start, end in sentences:
                part = Doc(doc.vocab, words=[strings[word] for word, _ in words[start:end]], spaces=[bool(space) for _, space in words[start:end]])
                part.tensor = doc.tensor[start:end]
                parts.append(part)
        parsed = iter(list(parser.pipe(parts, batch_size=4 * len(parts) or 1)))
        return [
            {start + i: (head, dep) for (start, _), part in zip(sentences, parsed, strict=False) for i, (head, dep) in enumerate(_heads(part))}
            for sentences in spans
        ]

    def _write(self, doc: Doc, keys: Sequence[Sequence[int]], parse: dict[int, tuple[int, int]], entities: Sequence[tuple[int, int, str]]) -> None:
        import numpy as np

        readings = [self._readings[tuple(key)] for key in keys]
        rows = np.zeros((len(doc), len(_WRITTEN)), dtype="uint64")
        rows[:, :4] = [reading[:4] for reading in readings]
        rows[:, 6] = 2  # outside of entities
        if parse:
            heads = np.array([parse.get(token, (0, 0)) for token in range(len(doc))], dtype=object)
            rows[:, 4:6] = heads
        for start, end, label in entities:
            rows[start:end, 6] = 1
            rows[start, 6] = 3
            rows[start:end, 7] = doc.vocab.strings[label]
        doc.from_array(_WRITTEN, rows)
        if self.pairs is not None:
            self.pairs(doc)

    def _ask(self, keys: Iterable[tuple[int, ...]]) -> None:
        """Have spaCy's attribute ruler and lemmatizer read the tagged words that are new."""
        import numpy as np
        from spacy.tokens import Doc

        new = [key for key in dict.fromkeys(keys) if key not in self._readings]
        if not new:
            return
        vocab = self.nlp.vocab
        neutral = (0, 0, vocab.strings["PUNCT"], 0, 0)
        words = Doc(vocab, words=[word for orth, *_ in new for word in (vocab.strings[orth], _SEPARATOR)])
        words.from_array(_TAGGED[1:], np.array([row[1:] for key in new for row in (key, neutral)], dtype="uint64"))
        for name in ("attribute_ruler", "lemmatizer"):
            if name in self.nlp.pipe_names:
                words = self.nlp.get_pipe(name)(words)
        for key, token in zip(new, list(words)[::2], strict=True):
            self._readings[key] = _Reading(token.tag, token.pos, token.morph.key, token.lemma, token.lower_, token.lemma_.lower())


def _bounds(doc: Doc, sentences: Sequence[Span]) -> list[int]:
    """The tokens that start the sentences of a text, and the number of its tokens."""
    import numpy as np

    ends = doc.to_array(["LENGTH", "SPACY"]).sum(axis=1).cumsum()
    firsts = np.searchsorted(ends, [start for start, _ in sentences if start]) + 1
    return sorted({0, len(doc), *firsts.tolist()})


def _holding(starts: Sequence[int], hits: Sequence[int]) -> list[Span]:
    """Tokens of the sentences that hold a wanted word, as (first, after the last)."""
    return [(start, end) for start, end in pairwise(starts) if (at := bisect_left(hits, start)) < len(hits) and hits[at] < end]


def _heads(doc: Doc) -> list[tuple[int, int]]:
    """For each token the distance to its head, and the hash of its dependency."""
    return [(head, dep) for head, dep in doc.to_array(["HEAD", "DEP"]).tolist()]


def _pairs(nlp: Pipeline) -> Any:
    """The rules of the attribute ruler that look at more than one word, as a ruler of their own; None where there is none."""
    from spacy.pipeline import AttributeRuler

    if "attribute_ruler" not in nlp.pipe_names:
        return None
    rules = [rule for rule in nlp.get_pipe("attribute_ruler").patterns if any(len(pattern) > 1 for pattern in rule["patterns"])]
    if not rules:
        return None
    ruler = AttributeRuler(nlp.vocab)
    ruler.add_patterns(rules)
    return ruler
