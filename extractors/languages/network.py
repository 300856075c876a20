"""spaCy's networks in fewer steps: the same vectors to the fifth decimal and the same entities, in a third of the time.

spaCy's small pipelines all have one design: hashed features of a word are mixed
into a vector, four convolutions mix the vectors of neighbours, and a greedy
automaton reads entities off the result. What a word alone gives is kept from one
text to the next; the convolutions are plain matrix products; and since the
automaton sees a word, the first word of the open entity and the word before, the
scores of all words outside of entities are one product too. `annotation.py`
compares both with spaCy's own when it loads a model.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from spacy.tokens import Doc

    Floats = NDArray[np.float32]
    Integers = NDArray[np.int64]

_KEPT_WORDS = 20_000  # vectors kept: 8 MB; a text of 300 pages has fewer words
_BLOCK = 512  # rows in a product: what the next layer needs of them is still in the cache
_WORD = ["ORTH", "NORM", "SPACY"]  # what the features of a word are made of


class UnknownDesignError(Exception):
    """A model that is not built as those that are known here."""


@dataclass(frozen=True, eq=False, slots=True)
class _Layer:
    """One convolution: weights by piece, so that the best piece is the largest of three blocks."""

    weights: Floats
    bias: Floats
    scale: Floats
    shift: Floats


@dataclass(eq=False, slots=True)
class Encoder:
    """A `tok2vec` network: a vector for each token of each text. table: what the words seen so far give by themselves, a row a word."""

    embed: Any
    layers: Sequence[_Layer]
    width: int
    table: Any = None

    @classmethod
    def of(cls, model: Any) -> Encoder:
        """The encoder of a tok2vec model; raises UnknownDesignError."""
        import numpy as np

        try:
            embed, convolutions = model.layers
            names = [node.name for node in embed.walk()]
            columns = next(node.attrs["columns"] for node in embed.walk() if node.name == "extract_features")
            layers = [_layer(block) for block in convolutions.layers[0].layers]
        except (AttributeError, KeyError, StopIteration, ValueError) as error:
            raise UnknownDesignError(repr(error)) from error
        known = {"NORM", "PREFIX", "SUFFIX", "SHAPE", "SPACY", "IS_SPACE", "LOWER", "ORTH"}
        if convolutions.attrs.get("pad") != len(layers) or not {*columns} <= known or "hashembed" not in names:
            raise UnknownDesignError(model.name)
        width = layers[0].scale.size
        return cls(embed, layers, width, np.zeros((0, width), dtype="f"))

    def vectors(self, numbers: Sequence[Integers]) -> list[Floats]:
        """A row a token for texts whose words are given by the numbers of their rows; texts do not touch each other."""
        import numpy as np

        pad = len(self.layers)
        out: list[Floats] = []
        for group in _groups(numbers):
            mixed = np.zeros((sum(map(len, group)) + pad * (len(group) + 1), self.width), dtype="f")
            spans, at = [], pad
            for one in group:
                mixed[at : at + len(one)] = self.table[one]
                spans.append((at, at + len(one)))
                at += len(one) + pad
            self._convolve(mixed)
            out += [mixed[start:end] for start, end in spans]
        return out

    def learn(self, words: Doc) -> None:
        """Add a row for each word of a Doc."""
        import numpy as np

        self.table = np.concatenate([self.table, self.embed.predict([words])[0]])

    def _convolve(self, mixed: Floats) -> None:
        """Mix each row with its neighbours, in place, once a layer."""
        import numpy as np

        width = self.width
        windows = np.zeros((len(mixed), 3 * width), dtype="f")
        for layer in self.layers:
            windows[1:, :width] = mixed[:-1]
            windows[:, width : 2 * width] = mixed
            windows[:-1, 2 * width :] = mixed[1:]
            pieces = windows @ layer.weights
            pieces += layer.bias
            best = np.maximum(pieces[:, :width], pieces[:, width : 2 * width])
            np.maximum(best, pieces[:, 2 * width :], out=best)
            best -= best.mean(axis=1, keepdims=True)
            variance = np.einsum("ij,ij->i", best, best) / width + 1e-8
            best *= (variance**-0.5)[:, None]
            best *= layer.scale
            best += layer.shift
            mixed += best


def _groups(texts: Sequence[Integers]) -> Iterable[list[Integers]]:
    """Texts together until they make a block."""
    group: list[Integers] = []
    for text in texts:
        group.append(text)
        if sum(map(len, group)) >= _BLOCK:
            yield group
            group = []
    if group:
        yield group


@dataclass(eq=False, slots=True)
class Words:
    """The words seen so far, numbered alike in the tables of some encoders."""

    encoders: Sequence[Encoder]
    known: dict[bytes, int] = field(default_factory=dict)

    def numbers(self, docs: Sequence[Doc]) -> list[Integers]:
        """For each token of each text the row that holds its word's vector."""
        import numpy as np

        keys = [row_keys(doc.to_array(_WORD)) for doc in docs]
        new = dict.fromkeys(key for row in keys for key in row if key not in self.known)
        if len(self.known) + len(new) > _KEPT_WORDS:
            self._forget()
            new = dict.fromkeys(key for row in keys for key in row)
        if new:
            self._learn(docs[0].vocab, list(new))
        return [np.array([self.known[key] for key in row], dtype="int64") for row in keys]

    def _forget(self) -> None:
        self.known = {}
        for encoder in self.encoders:
            encoder.table = encoder.table[:0]

    def _learn(self, vocab: Any, keys: Sequence[bytes]) -> None:
        import numpy as np
        from spacy.tokens import Doc

        rows = np.frombuffer(b"".join(keys), dtype="uint64").reshape(len(keys), len(_WORD)).tolist()
        words = Doc(vocab, words=[orth for orth, _, _ in rows], spaces=[bool(space) for _, _, space in rows])
        for token, (_, norm, _) in zip(words, rows, strict=True):
            token.norm_ = vocab.strings[norm]
        self.known.update(zip(keys, range(len(self.known), len(self.known) + len(keys)), strict=True))
        for encoder in self.encoders:
            encoder.learn(words)


def row_keys(rows: NDArray[np.uint64]) -> list[bytes]:
    """Each row of a matrix as bytes: one object a row instead of one a number, to be looked up."""
    import numpy as np

    return np.ascontiguousarray(rows).view(f"V{rows.shape[1] * rows.itemsize}").ravel().tolist() if len(rows) else []


def _layer(block: Any) -> _Layer:
    import numpy as np

    nodes = {node.name: node for node in block.walk()}
    maxout, norm = nodes["maxout"], nodes["layernorm"]
    weights, bias = maxout.get_param("W"), maxout.get_param("b")
    outputs, pieces, inputs = weights.shape
    if nodes["expand_window"].attrs["window_size"] != 1 or pieces != 3 or inputs != 3 * outputs:
        raise ValueError(block.name)
    return _Layer(
        np.ascontiguousarray(weights.transpose(2, 1, 0).reshape(inputs, pieces * outputs)), bias.T.reshape(-1), norm.get_param("G"), norm.get_param("b")
    )


@dataclass(frozen=True, eq=False, slots=True)
class EntityReader:
    """An `ner` network: the entities of texts, as spaCy's greedy automaton finds them.

    features: the part of a state's hidden layer that each of its three words
    gives; absent: the same where there is none. labels: entity types; begin,
    inside, last, unit: column of each type's action; out: column of no entity.
    """

    encoder: Encoder
    features: Floats
    feature_bias: Floats
    absent: Floats
    hidden_bias: Floats
    scores: Floats
    score_bias: Floats
    labels: Sequence[str]
    actions: Mapping[str, Integers]
    out: int

    @classmethod
    def of(cls, component: Any) -> EntityReader:
        """The reader of a spaCy entity recogniser; raises UnknownDesignError."""
        import numpy as np

        try:
            tok2vec, lower, upper = component.model.layers
            encoder, linear = Encoder.of(tok2vec.layers[0]), tok2vec.layers[-1]
            names = [component.moves.get_class_name(number) for number in range(component.moves.n_moves)]
            labels = sorted(name.removeprefix("B-") for name in names if name.startswith("B-"))
            actions = {kind: np.array([names.index(f"{kind}-{label}") for label in labels]) for kind in "BILU"}
            weights, bias, pad = (lower.get_param(name) for name in ("W", "b", "pad"))
            parts, _, pieces, _ = weights.shape
            first, first_bias = linear.get_param("W"), linear.get_param("b")
            if (parts, pieces) != (3, 2) or component.cfg["beam_width"] != 1 or component.model.attrs["unseen_classes"]:
                raise UnknownDesignError(component.name)
            blocks = weights.transpose(0, 2, 1, 3).reshape(-1, weights.shape[-1])
            out = names.index("O")
        except (AttributeError, KeyError, ValueError) as error:
            raise UnknownDesignError(repr(error)) from error
        return cls(
            encoder,
            np.ascontiguousarray((blocks @ first).T),
            blocks @ first_bias,
            pad[0].transpose(0, 2, 1).reshape(3, -1),
            bias.T.reshape(-1),
            np.ascontiguousarray(upper.get_param("W").T),
            upper.get_param("b"),
            labels,
            actions,
            out,
        )

    def entities(self, docs: Sequence[Doc], numbers: Sequence[Integers], starts: Sequence[Iterable[int]]) -> list[list[tuple[int, int, str]]]:
        """First token, token after the last, and type of each entity of each text.

        numbers: of the texts' words in the encoder's table. starts: the tokens that start the sentences of each text, across which no entity goes.
        """
        import numpy as np

        lengths = [len(doc) for doc in docs]
        offsets = np.cumsum([0, *lengths])
        goes_on = np.ones(offsets[-1] + 1, dtype=bool)  # the next token belongs to the same sentence
        for offset, length, firsts in zip(offsets, lengths, starts, strict=False):
            goes_on[[offset + first - 1 for first in (*firsts, length)]] = False
        is_space = np.concatenate([doc.to_array("IS_SPACE") for doc in docs]).astype(bool)
        features = (np.concatenate(self.encoder.vectors(numbers)) @ self.features + self.feature_bias).reshape(offsets[-1], 3, -1)
        opening, units = self._openings(features, goes_on, is_space)
        ends = self._ends(features, goes_on, opening)
        found = _walked(sorted({**{start: (start + 1, label) for start, label in units.items()}, **ends}.items()))
        out: list[list[tuple[int, int, str]]] = [[] for _ in docs]
        texts = np.searchsorted(offsets, [start for start, _, _ in found], side="right") - 1
        for number, (start, end, label) in zip(texts.tolist(), found, strict=True):
            out[number].append((start - int(offsets[number]), end - int(offsets[number]), self.labels[label]))
        return out

    def _scored(self, hidden: Floats) -> Floats:
        """Scores of all actions from the two pieces of each hidden unit."""
        import numpy as np

        half = hidden.shape[1] // 2
        return np.maximum(hidden[:, :half], hidden[:, half:]) @ self.scores + self.score_bias

    def _openings(self, features: Floats, goes_on: Any, is_space: Any) -> tuple[dict[int, int], dict[int, int]]:
        """Tokens that would open an entity where none is open, and those that would be one: each with its label."""
        import numpy as np

        scores = self._scored(features[:, 0] + (self.absent[1] + self.absent[2] + self.hidden_bias))
        begin, unit = (np.where(is_space[:, None], -np.inf, scores[:, self.actions[kind]]) for kind in "BU")
        begin[~goes_on[: len(begin)]] = -np.inf
        ranked = np.stack([scores[:, self.out], begin.max(axis=1), unit.max(axis=1)]).argmax(axis=0)
        return tuple(  # type: ignore[return-value]
            {int(token): int(label) for token, label in zip(tokens, table[tokens].argmax(axis=1), strict=True)}
            for table, tokens in ((begin, np.flatnonzero(ranked == 1)), (unit, np.flatnonzero(ranked == 2)))
        )

    def _ends(self, features: Floats, goes_on: Any, opening: Mapping[int, int]) -> dict[int, tuple[int, int]]:
        """For each token that opens an entity where that ends, and its label; all entities grow together by a token a turn."""
        import numpy as np

        start, label = np.array(list(opening), dtype=int), np.array(list(opening.values()), dtype=int)
        at = start + 1
        out: dict[int, tuple[int, int]] = {}
        while len(start):
            scores = self._scored(features[at, 0] + features[start, 1] + features[at - 1, 2] + self.hidden_bias)
            turn = np.arange(len(start))
            grows = goes_on[at] & (scores[turn, self.actions["I"][label]] > scores[turn, self.actions["L"][label]])
            out.update(zip(start[~grows].tolist(), zip((at[~grows] + 1).tolist(), label[~grows].tolist(), strict=True), strict=True))
            start, label, at = start[grows], label[grows], at[grows] + 1
        return out


def _walked(found: Iterable[tuple[int, tuple[int, int]]]) -> list[tuple[int, int, int]]:
    """The entities that remain, read from left to right: none opens inside another."""
    out: list[tuple[int, int, int]] = []
    for start, (end, label) in found:
        if not out or start >= out[-1][1]:
            out.append((start, end, label))
    return out
