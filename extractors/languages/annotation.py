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
from typing import TYPE_CHECKING, Any

from extractors.languages.network import Encoder, EntityReader, UnknownDesignError, Words, row_keys
from extractors.languages.parsing import Parser, lowered
from extractors.spans import Span

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from spacy.language import Language as Pipeline
    from spacy.tokens import Doc

    Hashes = NDArray[np.uint64]

_BATCH = 16  # texts read together: 4 to 16 run as fast as 64, at a quarter of the memory
_KEPT_READINGS = 100_000  # of tagged words
_CLOSE = 1e-3  # how far a fast vector may be from spaCy's, whose values go up to 10
_TAGGED = ["ORTH", "TAG", "POS", "MORPH", "DEP"]
_WRITTEN = ["TAG", "POS", "MORPH", "LEMMA", "HEAD", "DEP", "ENT_IOB", "ENT_TYPE"]
_COMPONENTS = {"tok2vec", "tagger", "morphologizer", "parser", "attribute_ruler", "lemmatizer", "ner"}
WANTED = "wanted"  # in the user data of a Doc: the numbers of its wanted words
_SEPARATOR = "·"  # between words that are asked about together, so that no rule sees two of them

Wanted = Callable[[Sequence[str], Sequence[str], Sequence[int]], Iterable[int]]


@dataclass(frozen=True, slots=True)
class Text:
    """What is to be annotated, and the spans of its sentences."""

    text: str
    sentences: Sequence[Span]


@dataclass(eq=False, slots=True)
class _Readings:
    """What spaCy's attribute ruler and lemmatizer make of tagged words, each asked once.

    numbers: of a tagged word, by its row of _TAGGED as bytes. hashes: a row a word of tag, part of speech, morphology and lemma.
    forms, lemmas: in small letters.
    """

    nlp: Pipeline
    numbers: dict[bytes, int] = field(default_factory=dict)
    hashes: Any = None
    forms: list[str] = field(default_factory=list)
    lemmas: list[str] = field(default_factory=list)

    def of(self, texts: Sequence[Hashes]) -> list[list[int]]:
        """For each text, rows of _TAGGED, the numbers of its words' readings."""
        import numpy as np

        keys = [row_keys(rows) for rows in texts]
        new = [key for key in dict.fromkeys(key for text in keys for key in text) if key not in self.numbers]
        if new:
            self._ask(new, np.frombuffer(b"".join(new), dtype="uint64").reshape(len(new), len(_TAGGED)))
        return [[self.numbers[key] for key in text] for text in keys]

    def forget(self) -> None:
        """Begin anew, where too many are kept."""
        self.numbers, self.hashes, self.forms, self.lemmas = {}, None, [], []

    def _ask(self, keys: Sequence[bytes], rows: Hashes) -> None:
        import numpy as np
        from spacy.tokens import Doc

        vocab = self.nlp.vocab
        separator, neutral = vocab.strings.add(_SEPARATOR), (0, 0, vocab.strings["PUNCT"], 0, 0)
        words = Doc(vocab, words=[word for orth in rows[:, 0].tolist() for word in (orth, separator)])
        between = np.array([neutral] * len(rows), dtype="uint64")
        words.from_array(_TAGGED[1:], np.stack([rows, between], axis=1).reshape(-1, len(_TAGGED))[:, 1:])
        for name in ("attribute_ruler", "lemmatizer"):
            if name in self.nlp.pipe_names:
                words = self.nlp.get_pipe(name)(words)
        asked = list(words)[::2]
        found = np.array([(token.tag, token.pos, token.morph.key, token.lemma) for token in asked], dtype="uint64")
        self.hashes = found if self.hashes is None else np.concatenate([self.hashes, found])
        self.numbers.update(zip(keys, range(len(self.forms), len(self.forms) + len(keys)), strict=True))
        self.forms += [token.lower_ for token in asked]
        self.lemmas += [token.lemma_.lower() for token in asked]


@dataclass(eq=False, slots=True)
class Annotator:
    """One language's spaCy pipeline.

    encoder, parser, entities: the faster networks, and the words that all number alike; None where the pipeline runs as it is.
    """

    nlp: Pipeline
    encoder: Encoder | None = None
    parser: Parser | None = None
    entities: EntityReader | None = None
    pairs: Any = None
    words: Words = field(init=False)
    _readings: _Readings = field(init=False)

    def __post_init__(self) -> None:
        self._readings = _Readings(self.nlp)
        self.words = Words([] if self.encoder is None or self.entities is None else [self.encoder, self.entities.encoder])

    @classmethod
    def of(cls, nlp: Pipeline, probe: str) -> Annotator:
        """The fast annotator of a pipeline if on a probe, a text of some sentences, it agrees with spaCy; else a plain one."""
        try:
            fast = cls(nlp, Encoder.of(nlp.get_pipe("tok2vec").model), Parser.of(nlp.get_pipe("parser")), EntityReader.of(nlp.get_pipe("ner")))
        except (KeyError, UnknownDesignError):
            return cls(nlp)
        if not {*nlp.pipe_names} <= _COMPONENTS or not fast.agrees(probe):
            return cls(nlp)
        fast.pairs = _pairs(nlp)
        return fast

    @property
    def is_fast(self) -> bool:
        """Whether the shortcuts are taken."""
        return self.encoder is not None

    def agrees(self, probe: str) -> bool:
        """Whether vectors, heads and entities of a text are spaCy's own."""
        import numpy as np

        assert self.encoder is not None
        assert self.entities is not None
        ner = self.nlp.get_pipe("ner")
        doc = self.nlp.make_doc(probe)
        numbers = self.words.numbers([doc])
        for fast, model in ((self.encoder, self.nlp.get_pipe("tok2vec").model), (self.entities.encoder, ner.model.get_ref("tok2vec").layers[0])):
            if not np.allclose(fast.vectors(numbers)[0], model.predict([doc])[0], atol=_CLOSE):
                return False
        found = self.entities.entities([doc], numbers, [[0]])[0]
        if found != [(e.start, e.end, e.label_) for e in ner(doc).ents]:
            return False
        doc.tensor = self.encoder.vectors(numbers)[0]
        distances, labels = self._parsed([doc], [[(0, len(doc))]])[0][0]
        theirs = self.nlp.get_pipe("parser")(doc).to_array(["HEAD", "DEP"])
        return np.array_equal(theirs, np.stack([distances.view("uint64"), labels], axis=1))

    def read(self, texts: Sequence[Text], wanted: Wanted) -> Iterable[Doc]:
        """A Doc a text, in order.

        wanted: given the words of a text in small letters, their lemmas and the
        numbers of those that open its sentences, tells the numbers of those whose
        sentences are to be parsed; they stay in the Doc's user data, under WANTED.
        """
        if not self.is_fast:
            yield from self.nlp.pipe((text.text for text in texts), batch_size=_BATCH)
            return
        for start in range(0, len(texts), _BATCH):
            yield from self._batch(texts[start : start + _BATCH], wanted)

    def _batch(self, texts: Sequence[Text], wanted: Wanted) -> list[Doc]:
        assert self.encoder is not None
        assert self.entities is not None
        if len(self._readings.forms) > _KEPT_READINGS:
            self._readings.forget()
        docs = [self.nlp.make_doc(text.text) for text in texts]
        bounds = [_bounds(doc, text.sentences) for doc, text in zip(docs, texts, strict=True)]
        numbers = self.words.numbers(docs)
        for doc, vectors in zip(docs, self.encoder.vectors(numbers), strict=True):
            doc.tensor = vectors
        for name in ("tagger", "morphologizer"):
            if name in self.nlp.pipe_names:
                pipe = self.nlp.get_pipe(name)
                pipe.set_annotations(docs, pipe.predict(docs))
        tagged = [doc.to_array(_TAGGED) for doc in docs]
        for doc, readings, starts in zip(docs, self._readings.of(tagged), bounds, strict=True):
            doc.user_data[WANTED] = self._hits(readings, starts, wanted)
        heads = self._parse(docs, [_holding(starts, doc.user_data[WANTED]) for doc, starts in zip(docs, bounds, strict=True)], tagged)
        entities = self.entities.entities(docs, numbers, [starts[:-1] for starts in bounds])
        for doc, readings, rows, distances, found in zip(docs, self._readings.of(tagged), tagged, heads, entities, strict=True):
            self._write(doc, readings, (distances, rows[:, -1]), found)
        return docs

    def _hits(self, readings: Sequence[int], starts: Sequence[int], wanted: Wanted) -> list[int]:
        """The wanted words of a text, in order."""
        forms, lemmas = self._readings.forms, self._readings.lemmas
        return sorted(wanted([forms[number] for number in readings], [lemmas[number] for number in readings], starts))

    def _parse(self, docs: Sequence[Doc], spans: Sequence[Sequence[Span]], tagged: Sequence[Hashes]) -> list[Hashes]:
        """Parse some sentences of each text, each alone, and put their dependencies into `tagged`; for each token the distance to its head."""
        import numpy as np

        heads: list[Hashes] = []
        for doc, sentences, rows, parsed in zip(docs, spans, tagged, self._parsed(docs, spans), strict=True):
            heads.append(np.zeros(len(doc), dtype="uint64"))
            for (start, end), (distances, labels) in zip(sentences, parsed, strict=True):
                heads[-1][start:end], rows[start:end, -1] = distances.view("uint64"), labels
        return heads

    def _parsed(self, docs: Sequence[Doc], spans: Sequence[Sequence[Span]]) -> list[list[tuple[Any, Hashes]]]:
        """For each of some sentences of each text the distances of its words to their heads, and their dependencies."""
        assert self.parser is not None
        found = self.parser.read([doc.tensor[start:end] for doc, sentences in zip(docs, spans, strict=True) for start, end in sentences])
        parsed: list[list[tuple[Any, Hashes]]] = []
        for doc, sentences in zip(docs, spans, strict=True):
            parsed.append([])
            for (start, end), (distances, labels) in zip(sentences, found, strict=False):
                is_lifted = self.parser.is_lifted(labels)
                parsed[-1].append(lowered(doc[start:end].as_doc(), distances, labels) if is_lifted else (distances, labels))
        return parsed

    def _write(self, doc: Doc, readings: Sequence[int], parse: tuple[Hashes, Hashes], entities: Sequence[tuple[int, int, str]]) -> None:
        """Give a Doc its tags, lemmas, heads and dependencies (`parse`) and entities."""
        import numpy as np

        rows = np.zeros((len(doc), len(_WRITTEN)), dtype="uint64")
        if len(doc):
            rows[:, :4] = self._readings.hashes[readings]
        rows[:, 4], rows[:, 5] = parse
        rows[:, 6] = 2  # outside of entities
        for start, end, label in entities:
            rows[start:end, 6] = 1
            rows[start, 6] = 3
            rows[start:end, 7] = doc.vocab.strings[label]
        doc.from_array(_WRITTEN, rows)
        if self.pairs is not None:
            self.pairs(doc)


def _bounds(doc: Doc, sentences: Sequence[Span]) -> list[int]:
    """The tokens that start the sentences of a text, and the number of its tokens."""
    import numpy as np

    ends = doc.to_array(["LENGTH", "SPACY"]).sum(axis=1).cumsum()
    firsts = np.searchsorted(ends, [start for start, _ in sentences if start]) + 1
    return sorted({0, len(doc), *firsts.tolist()})


def _holding(starts: Sequence[int], hits: Sequence[int]) -> list[Span]:
    """Tokens of the sentences that hold a wanted word, as (first, after the last)."""
    return [(start, end) for start, end in pairwise(starts) if (at := bisect_left(hits, start)) < len(hits) and hits[at] < end]


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
