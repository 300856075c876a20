"""The way of many documents: the same records in the same order, whatever is read together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

import pytest
import spacy
from spacy.tokens import Doc

from extractors import formats, languages, pipeline, sentences, triggers
from extractors.document import Document, Passage
from extractors.errors import EmptyDocument, UnsupportedLanguage
from extractors.languages.annotation import WANTED, Annotator, Text, Wanted
from extractors.languages.network import EntityReader, Words
from extractors.options import DEFAULT, Options
from extractors.pipeline import extract, extract_many
from extractors.records import Record

CORPUS = Path(__file__).parent.parent / "corpus"
FRENCH = Document("Le préfet de la Somme a inauguré mardi la maison de la rivière à Amiens.", published=date(2024, 3, 14))
ENGLISH = Document("The council opened the new library in Leeds on Tuesday, and the mayor thanked the builders.", published=date(2024, 3, 14))
MIXED = Document("Le conseil municipal s'est réuni lundi à Dole.\n\nThe town council met on Monday, and it approved the budget for the year.")
SPANISH = Document("El ayuntamiento aprobó el lunes el presupuesto de la ciudad para el próximo año, según informaron los concejales tras la reunión.")


def corpus() -> list[Document]:
    return [document for path in sorted(CORPUS.iterdir()) for document in formats.read(path.read_bytes(), name=path.name)]


def test_the_records_of_the_corpus_are_the_same_alone_and_together() -> None:
    documents = corpus()
    alone = [extract(document) for document in documents]
    assert list(extract_many(documents)) == alone
    assert list(extract_many(reversed(documents))) == alone[::-1]


def test_each_document_stands_in_its_place() -> None:
    documents = [FRENCH, ENGLISH, MIXED, FRENCH]
    assert [found.text for found in extract_many(documents) if isinstance(found, Record)] == [d.text for d in documents]


def test_an_exception_stands_where_its_record_would() -> None:
    found = list(extract_many([FRENCH, Document(""), ENGLISH, SPANISH, MIXED]))
    assert [type(each) for each in found] == [Record, EmptyDocument, Record, UnsupportedLanguage, Record]


def test_extract_raises_what_extract_many_hands_over() -> None:
    with pytest.raises(EmptyDocument, match="no text"):
        extract(Document(" \n"))


def test_a_document_that_breaks_the_parser_costs_no_other_one(monkeypatch: pytest.MonkeyPatch) -> None:
    parse = pipeline._parse

    def fragile(passages: Sequence[Passage], options: Options) -> list[Passage]:
        if any("Leeds" in passage.text for passage in passages):
            raise RuntimeError("it stumbled")
        return parse(passages, options)

    monkeypatch.setattr(pipeline, "_parse", fragile)
    found = list(extract_many([FRENCH, ENGLISH, MIXED]))
    assert [type(each) for each in found] == [Record, RuntimeError, Record]


def test_no_more_documents_are_taken_than_a_batch_holds() -> None:
    taken = []

    def endless() -> Iterator[Document]:
        while True:
            taken.append(FRENCH)
            yield FRENCH

    next(extract_many(endless()))
    assert len(taken) <= pipeline.BATCH_DOCUMENTS


def test_a_long_document_is_read_alone() -> None:
    long = Document("\n\n".join([FRENCH.text] * (pipeline.BATCH_CHARACTERS // len(FRENCH.text) + 1)))
    assert [len(batch) for batch in pipeline._batches([long, FRENCH, ENGLISH])] == [1, 2]


def test_no_document_gives_no_record() -> None:
    assert list(extract_many([])) == []


# ---------------------------------------------------------------- the faster reading beside spaCy's own

TEXTS = {
    "fr": "Le procureur de Pau, Alain Bertin, a ouvert une enquête lundi. Elle est confiée à la police aux frontières et à Europol.\n\nIl pleuvait.",
    "en": "Mayor Ruth Collins opened the Museum of Rivers in York on Monday. It is raining there, and it ain't over.\n\nNobody came.",
}


def annotated(code: str, wanted: Wanted) -> Doc:
    text = TEXTS[code]
    [doc] = languages.annotator(code, DEFAULT).read([Text(text, sentences.split(text, languages.load(code)))], wanted)
    return doc


@pytest.mark.parametrize("code", languages.codes())
def test_the_faster_reading_is_taken(code: str) -> None:
    assert languages.annotator(code, DEFAULT).is_fast


@pytest.mark.parametrize("code", languages.codes())
def test_words_are_tagged_as_by_spacy_itself(code: str) -> None:
    ours = annotated(code, lambda forms, lemmas, starts: range(len(forms)))
    spacys = languages.pipeline(code, DEFAULT)(TEXTS[code])
    assert [(t.text, t.pos_, str(t.morph), t.lemma_) for t in ours] == [(t.text, t.pos_, str(t.morph), t.lemma_) for t in spacys]
    assert [(e.text, e.label_) for e in ours.ents] == [(e.text, e.label_) for e in spacys.ents]


@pytest.mark.parametrize("code", languages.codes())
def test_only_the_sentences_of_wanted_words_are_parsed(code: str) -> None:
    doc = annotated(code, lambda forms, lemmas, starts: [3])
    assert [bool(token.dep_) for token in doc] == [token.i < next(t.i for t in doc if t.text == ".") + 1 for token in doc]


def test_entities_of_the_corpus_are_those_of_spacy_where_it_sees_no_sentences() -> None:
    for code in languages.codes():
        nlp = languages.pipeline(code, DEFAULT)
        docs = [nlp.make_doc(document.text[:3_000]) for document in corpus()]
        reader = EntityReader.of(nlp.get_pipe("ner"))
        ours = reader.entities(docs, Words([reader.encoder]).numbers(docs), [[0]] * len(docs))
        assert ours == [[(e.start, e.end, e.label_) for e in doc.ents] for doc in nlp.get_pipe("ner").pipe(docs)]


def test_a_pipeline_of_another_design_runs_as_it_is() -> None:
    annotator = Annotator.of(spacy.blank("fr"), TEXTS["fr"])
    assert not annotator.is_fast
    assert [doc.text for doc in annotator.read([Text("Bonjour à tous.", [(0, 15)])], lambda forms, lemmas, starts: ())] == ["Bonjour à tous."]


def test_a_pipeline_with_which_the_faster_reading_errs_runs_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(EntityReader, "entities", lambda self, docs, numbers, starts: [[(0, 1, "ORG")] for _ in docs])
    assert not Annotator.of(languages.pipeline("fr", DEFAULT), TEXTS["fr"]).is_fast


def test_every_trigger_is_where_one_may_be() -> None:
    for document in corpus():
        read = pipeline._parse(pipeline._draft(document, DEFAULT).passages, DEFAULT)
        where_they_may_be = triggers.find(read)
        for passage in read:
            assert passage.doc is not None
            del passage.doc.user_data[WANTED]
        assert where_they_may_be == triggers.find(read) != []
