"""spaCy's dependency parser, all sentences of a batch a step at a time: the same heads and labels in a third of the time.

spaCy's parser is a greedy arc-eager automaton: a stack and a buffer of words, and a network that tells from eight
words of them what to do next. spaCy asks and obeys sentence by sentence, with dozens of calls of its matrix library
a step; here the sentences go together, so that a step of all of them is a few operations on arrays.
`annotation.py` compares the outcome with spaCy's own when it loads a model.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from extractors.languages.network import UnknownDesignError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from spacy.tokens import Doc

    Floats = NDArray[np.float32]
    Integers = NDArray[np.int64]
    Hashes = NDArray[np.uint64]

_FEATURES = 8  # words of a state that the network sees
_MOST_WORDS = 8_192  # of sentences parsed together: 32 MB of features
_MOVES = "SDLRB"  # shift, reduce, arc to the left, arc to the right, break
_SHIFT, _REDUCE, _LEFT, _RIGHT, _BREAK = range(len(_MOVES))
_LIFTED = "||"  # in the label of a word that hangs too high, since arcs must not cross
_BARRED = -1e9  # added to the score of an action that a state does not allow


@dataclass(frozen=True, eq=False, slots=True)
class Parser:
    """A `parser` network and its automaton.

    first, second: what makes of a word's vector its part in a state's hidden layer, by where it stands in the state;
    absent: the same where no word does. scores: of each action, for each hidden unit and for each move that is barred.
    moves, labels: of each action, its move and, as hashes, the label of its arc; root: the label of a word without head;
    lifted: those of words that are to be lowered.
    """

    first: Floats
    first_bias: Floats
    second: Floats
    absent: Floats
    hidden_bias: Floats
    scores: Floats
    score_bias: Floats
    moves: Integers
    labels: Hashes
    root: int
    lifted: frozenset[int]

    @classmethod
    def of(cls, component: Any) -> Parser:
        """The parser of a spaCy component; raises UnknownDesignError."""
        import numpy as np

        try:
            words, lower, upper = component.model.layers
            linear = words.layers[-1]
            names = [component.moves.get_class_name(number) for number in range(component.moves.n_moves)]
            weights, bias, pad = (lower.get_param(name) for name in ("W", "b", "pad"))
            features, _, pieces, inputs = weights.shape
            is_known = (features, pieces) == (_FEATURES, 2) and component.cfg["beam_width"] == 1 and not component.model.attrs["unseen_classes"]
            moves, _, labels = zip(*(name.partition("-") for name in names), strict=True)
            if not is_known or "subtok" in labels or not {*moves} <= {*_MOVES} or words.layers[0].name != "tok2vec-listener":
                raise UnknownDesignError(component.name)
            strings, numbers = component.vocab.strings, np.array([_MOVES.index(move) for move in moves])
            barred = np.where(numbers == np.arange(len(_MOVES))[:, None], _BARRED, 0)
        except (AttributeError, KeyError, ValueError) as error:
            raise UnknownDesignError(repr(error)) from error
        return cls(
            np.ascontiguousarray(linear.get_param("W").T),
            linear.get_param("b"),
            np.ascontiguousarray(weights.transpose(0, 2, 1, 3).reshape(-1, inputs).T),
            pad[0].transpose(0, 2, 1).reshape(_FEATURES, -1),
            bias.T.reshape(-1),
            np.concatenate([upper.get_param("W").T, barred]).astype("f"),
            upper.get_param("b"),
            numbers,
            np.array([strings.add(label) if label else 0 for label in labels], dtype="uint64"),
            strings.add("ROOT"),
            frozenset(strings.add(label) for label in labels if _LIFTED in label),
        )

    def read(self, sentences: Sequence[Floats]) -> Iterator[tuple[Integers, Hashes]]:
        """For the vectors of each sentence's words, in order: how far each word's head stands from it, 0 for a root, and its label as a hash."""
        group: list[Floats] = []
        for sentence in sentences:
            if group and sum(map(len, group)) + len(sentence) > _MOST_WORDS:
                yield from self._together(group)
                group = []
            group.append(sentence)
        if group:
            yield from self._together(group)

    def _together(self, sentences: Sequence[Floats]) -> Iterator[tuple[Integers, Hashes]]:
        import numpy as np

        lengths = np.array([len(sentence) for sentence in sentences])
        state = _States.of(lengths)
        features = self._features(np.concatenate(sentences))
        while len(state.top):
            state.follow(self._best(state, features), self.moves, self.labels)
        is_root = state.heads < 0
        state.labels[is_root] = self.root
        distances = np.where(is_root, 0, state.heads - np.arange(len(is_root)))
        for start, length in zip(state.starts.tolist(), lengths.tolist(), strict=True):
            yield distances[start : start + length], state.labels[start : start + length]

    def is_lifted(self, labels: Hashes) -> bool:
        """Whether some word of a sentence is to be lowered."""
        return bool(self.lifted) and not self.lifted.isdisjoint(labels.tolist())

    def _features(self, vectors: Floats) -> Floats:
        """A row a word and place in the state, then a row a place for no word."""
        import numpy as np

        width = self.absent.shape[1]
        features = np.empty((len(vectors) + 1, _FEATURES * width), dtype="f")
        np.matmul(vectors @ self.first + self.first_bias, self.second, out=features[:-1])
        features[-1] = self.absent.reshape(-1)
        return features.reshape(-1, width)

    def _best(self, state: _States, features: Floats) -> Integers:
        """The number of the best action that each state allows."""
        import numpy as np

        pieces = features.take(state.seen(), axis=0).sum(axis=0)
        pieces += self.hidden_bias
        half = pieces.shape[1] // 2
        hidden = np.empty((len(pieces), len(self.scores)), dtype="f")
        np.maximum(pieces[:, :half], pieces[:, half:], out=hidden[:, :half])
        hidden[:, half:] = state.barred().T
        scores = hidden @ self.scores
        scores += self.score_bias
        best: Integers = scores.argmax(axis=1)
        return best


@dataclass(eq=False, slots=True)
class _States:
    """The states of some sentences, whose words are numbered through; the number after the last is no word.

    Stacks and buffers of all sentences stand in one array each, the first word of a buffer on top; below each are
    places of no word, so that one may look below its bottom. starts: number of each sentence's first word. heads: -1
    for none. left, right: the last child that a word has got on a side; elder: the right child that its head had before it.
    Of the sentences that are not done: top, front: where the topmost word of the stack and the first word of the
    buffer stand; bottom: where both would if there were none. topmost, first: these words.
    """

    starts: Integers
    stack: Integers
    buffer: Integers
    heads: Integers
    labels: Hashes
    left: Integers
    right: Integers
    elder: Integers
    is_returned: Any
    opens: Any
    top: Integers
    front: Integers
    bottom: Integers
    topmost: Integers
    first: Integers

    @classmethod
    def of(cls, lengths: Integers) -> _States:
        """The states in which nothing is read yet."""
        import numpy as np

        count, number = int(lengths.sum()), np.arange(len(lengths))
        starts = np.cumsum(lengths) - lengths
        bottom = starts + 3 * number + 2
        buffer = np.full(count + 3 * len(lengths), count)
        word = np.arange(count)
        sentence = np.repeat(number, lengths)
        buffer[bottom[sentence] + starts[sentence] + lengths[sentence] - word] = word
        nothing = np.full(count + 1, count)
        opens = np.zeros(count + 1, dtype=bool)
        opens[starts[lengths > 0]] = True
        some = lengths > 0
        return cls(
            starts,
            np.full(count + 3 * len(lengths), count),
            buffer,
            np.full(count + 1, -1),
            np.zeros(count + 1, dtype="uint64"),
            nothing,
            nothing.copy(),
            nothing.copy(),
            np.zeros(count + 1, dtype=bool),
            opens,
            bottom[some],
            (bottom + lengths)[some],
            bottom[some],
            nothing[some[:0]],
            nothing[some[:0]],
        )

    def seen(self) -> Integers:
        """For each place in the state, and then each state, the row of features of the word that stands there."""
        import numpy as np

        self.first, self.topmost = first, topmost = self.buffer[self.front], self.stack[self.top]
        rows = np.empty((_FEATURES, len(first)), dtype="int64")
        rows[0], rows[1] = first, self.buffer[self.front - 1]
        rows[2], rows[3], rows[4] = topmost, self.stack[self.top - 1], self.stack[self.top - 2]
        rows[5], rows[6], rows[7] = self.left[first], self.left[topmost], self.right[topmost]
        rows *= _FEATURES
        rows += np.arange(_FEATURES)[:, None]
        return rows

    def barred(self) -> Any:
        """For each move, and then each state, whether it may not be made."""
        import numpy as np

        first, second = self.first, self.buffer[self.front - 1]
        waiting, has_no_stack, is_start = self.front - self.bottom, self.top == self.bottom, self.opens[first]
        is_short = waiting < 2
        barred = np.empty((len(_MOVES), len(first)), dtype=bool)
        barred[_SHIFT] = ~has_no_stack & (is_short | is_start | self.is_returned[first])
        barred[_REDUCE] = has_no_stack
        barred[_LEFT] = barred[_RIGHT] = has_no_stack | (waiting < 1) | is_start
        barred[_BREAK] = is_short | (second != first + 1) | self.opens[second]
        return barred

    def follow(self, actions: Integers, moves: Integers, labels: Hashes) -> None:
        """Make the move of each state, and leave those that are done."""
        chosen = moves[actions]
        is_left, is_right, is_reduce = chosen == _LEFT, chosen == _RIGHT, chosen == _REDUCE
        self.opens[self.buffer[self.front[chosen == _BREAK] - 1]] = True
        self._hang_right(self.first[is_right], self.topmost[is_right], labels[actions[is_right]])
        self._hang_left(self.topmost[is_left], self.first[is_left], labels[actions[is_left]])
        self._reduce(is_reduce)
        pushed = is_right | (chosen == _SHIFT)
        self.top += pushed
        self.front -= pushed
        self.top -= is_left | is_reduce
        self.stack[self.top[pushed]] = self.first[pushed]
        goes_on = (self.top > self.bottom) | (self.front > self.bottom)
        if not goes_on.all():
            self.top, self.front, self.bottom = self.top[goes_on], self.front[goes_on], self.bottom[goes_on]

    def _hang_right(self, child: Integers, head: Integers, labels: Hashes) -> None:
        """Hang the first words of buffers on the topmost of stacks."""
        self.heads[child], self.labels[child] = head, labels
        self.elder[child] = self.right[head]
        self.right[head] = child

    def _hang_left(self, child: Integers, head: Integers, labels: Hashes) -> None:
        """Hang the topmost words of stacks on the first of buffers; what they hung on before, which has had no other child since, loses them."""
        former = self.heads[child]
        moved = former >= 0
        self.right[former[moved]] = self.elder[child[moved]]
        self.heads[child], self.labels[child] = head, labels
        self.left[head] = child
        self.is_returned[head] = False

    def _reduce(self, reduced: Any) -> None:
        """Put those topmost words back on the buffer that have no head yet, unless alone; all leave the stack."""
        back = reduced & (self.heads[self.topmost] < 0) & (self.top - self.bottom > 1)
        if back.any():
            self.front += back
            self.buffer[self.front[back]] = self.topmost[back]
            self.is_returned[self.topmost[back]] = True


def lowered(sentence: Doc, distances: Integers, labels: Hashes) -> tuple[Integers, Hashes]:
    """What `read` gives of a sentence, its words given as a Doc, with those lowered to where they belong that hang too high."""
    import numpy as np
    from spacy.pipeline._parser_internals import nonproj

    sentence.from_array(["HEAD", "DEP"], np.stack([distances.view("uint64"), labels], axis=1))
    nonproj.deprojectivize(sentence)
    rows = sentence.to_array(["HEAD", "DEP"])
    return rows[:, 0].view("int64"), rows[:, 1]
