"""What makes extraction fast, in operations counted: no test here looks at a clock."""

from __future__ import annotations

import re
from typing import Any

import pytest

from extractors import languages, pipeline, syntax, triggers
from extractors.document import Document
from extractors.languages import loading, network
from extractors.options import DEFAULT

TEXT = "L'atelier s'est tenu à Cotonou le 3 mars 2024. Le maire était là. La mairie l'avait organisé avec l'Office du Niger."


def french_words() -> list[str]:
    """spaCy's patterns of French words with hyphens, as many as compile in a moment."""
    languages.pipeline("fr", DEFAULT)
    from spacy.lang.fr import tokenizer_exceptions

    patterns: list[str] = tokenizer_exceptions._regular_exp
    return [*patterns[::40], *patterns[-1:]]


def test_a_factored_pattern_finds_what_the_list_of_patterns_finds() -> None:
    listed = "(?iu)" + "|".join(f"(?:{pattern})" for pattern in french_words())
    short = loading.factored(listed)
    assert short is not None
    assert len(short) * 2 < len(listed)
    heads = [re.sub(r"\[(.).*?\]", r"\1", pattern.lstrip("^")).split("[")[0].rstrip("+*?$") for pattern in french_words()]
    tails = ("", "s", "ée", "-", "-s", "—ville", "'eau", "’homme", "-de-saint-l'eau", "1", " ", "É", "@x.org")
    words = [form for head in (*heads, "a", "Val", "saut", "http://a-b.fr") for tail in tails for form in (head + tail, (head + tail).upper())]
    one, other = re.compile(listed), re.compile(short)
    assert [word for word in words if bool(one.match(word)) is not bool(other.match(word))] == []
    assert any(map(one.match, words))


@pytest.mark.parametrize("pattern", ["abc", "(?:a", "(?i)a|b"])
def test_what_is_no_list_of_patterns_stays_as_it_is(pattern: str) -> None:
    assert loading.factored(pattern) is None


def test_the_models_are_loaded_without_what_is_never_used() -> None:
    french = languages.pipeline("fr", DEFAULT)
    assert len(french.tokenizer.token_match.__self__.pattern) < 100_000  # spaCy's own has 1,450,369
    assert len(french.vocab.strings) < 400_000  # half a million more where its strings are read
    assert type(french.get_pipe("lemmatizer").lookups.get_table("lemma_index").get("noun")) is frozenset


def test_both_languages_are_read_by_the_faster_networks() -> None:
    assert [languages.annotator(code, DEFAULT).is_fast for code in languages.codes()] == [True, True]


def test_a_word_is_learnt_once_for_both_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    pipeline.extract(Document(TEXT, language="fr"))
    learnt: list[int] = []
    plain = network.Encoder.learn
    monkeypatch.setattr(network.Encoder, "learn", lambda self, words: (learnt.append(len(words)), plain(self, words))[1])
    pipeline.extract(Document(f"{TEXT} Zorglubine.", language="fr"))
    assert learnt == [1, 1]


def test_short_documents_are_read_in_one_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    batches: list[int] = []
    plain = network.Encoder.vectors

    def counted(self: network.Encoder, numbers: Any) -> Any:
        batches.append(len(numbers))
        return plain(self, numbers)

    monkeypatch.setattr(network.Encoder, "vectors", counted)
    found = list(pipeline.extract_many(Document(TEXT.replace("2024", str(2000 + year)), language="fr") for year in range(8)))
    assert batches == [8, 8]  # once for tags and heads, once for entities
    assert len({record.events[0].start for record in found if not isinstance(record, Exception)}) == 8


def test_only_words_that_may_open_a_trigger_are_looked_at_closely(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[int] = []
    plain = triggers._may_open
    monkeypatch.setattr(triggers, "_may_open", lambda *given: (looked.append(given[1]), plain(*given))[1])
    forms = TEXT.lower().replace("'", "' ").replace(".", " .").split()
    found = list(triggers.may_open(triggers.lexicon(languages.load("fr")), forms, forms))
    assert forms[found[0]] == "atelier"
    assert len(set(looked)) < len(forms) / 2


def test_a_form_of_a_word_is_spelled_out_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    plain = syntax.Cues.of
    monkeypatch.setattr(syntax.Cues, "of", lambda self, form, lemma: (asked.append(form), plain(self, form, lemma))[1])
    syntax._kept_forms(languages.load("fr")).clear()
    document = Document("\n\n".join([TEXT] * 30), language="fr")
    pipeline.extract(document)
    assert 0 < len(asked) < 80
