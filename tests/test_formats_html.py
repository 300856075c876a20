"""Pages of the web: what trafilatura drops from an article comes back, and what surrounds it stays out."""

from __future__ import annotations

from extractors.document import Document
from extractors.formats import read

FIRST = "Le réseau des médiathèques de la Drôme a réuni vingt animateurs à Valence pour parler des jeunes lecteurs, de leurs goûts et de leurs écrans."
SECOND = "La directrice a rappelé que les prêts ont augmenté d’un tiers en cinq ans, et que les bibliothèques de village en ont eu la plus grande part."
THIRD = "Un second rendez-vous est prévu à Crest, où une salle vient d’ouvrir dans l’ancienne gare, avec l’aide du département et de trois communes."


def page(body: str) -> Document:
    [document] = read(f"<html><head><title>Une page</title></head><body>{body}</body></html>".encode(), name="page.html")
    return document


def blocks(body: str) -> list[str]:
    return page(body).text.split("\n\n")


def test_a_list_between_paragraphs_is_kept() -> None:
    found = blocks(
        f"<h2>À Valence</h2><p>{FIRST}</p><p>Deux dates :</p><ul><li>le 3 mai, un atelier ;</li><li>le 7 juin, un forum.</li></ul><p>{SECOND}</p><p>{THIRD}</p>"
    )
    assert found == ["À Valence", FIRST, "Deux dates :", "- le 3 mai, un atelier ;\n- le 7 juin, un forum.", SECOND, THIRD]


def test_a_row_of_links_above_the_article_stays_out() -> None:
    menu = '<table><tr><td><a href="a">Accueil</a></td><td><a href="b">Agenda</a></td><td><a href="c">Nous joindre</a></td></tr></table>'
    assert blocks(f"{menu}<h2>À Valence</h2><p>{FIRST}</p><p>{SECOND}</p>") == ["À Valence", FIRST, SECOND]


def test_a_byline_and_its_day_are_kept() -> None:
    for byline in (
        '<p class="byline">Par Lise Odier, <time datetime="2024-03-05">5 mars 2024</time></p>',
        '<div class="meta">Par Lise Odier, <time>5 mars 2024</time></div>',
    ):
        assert blocks(f"<main><h1>À Valence</h1>{byline}<p>{FIRST}</p><p>{SECOND}</p></main>")[:2] == ["À Valence", "Par Lise Odier, 5 mars 2024"]


def test_items_of_several_paragraphs_and_lists_in_lists_are_kept() -> None:
    items = "<ul><li><p>Un point.</p><p>Sa suite.</p></li><li>Un autre<ul><li>et sa part</li></ul></li></ul>"
    for start, end in (("<article>", "</article>"), ('<div id="content">', "</div>")):
        found = blocks(f"{start}<h1>À Valence</h1><p>{FIRST}</p>{items}<p>{SECOND}</p>{end}")
        assert found == ["À Valence", FIRST, "- Un point.", "Sa suite.", "- Un autre\n- et sa part", SECOND]


def test_lists_at_the_end_of_an_article_are_kept() -> None:
    found = blocks(
        f'<div id="content"><div><h1>À Valence</h1><p>{FIRST}</p><p>{SECOND}</p><h2>À suivre</h2><ol><li>3 mai, Crest : atelier</li></ol></div></div>'
    )
    assert found[-2:] == ["À suivre", "- 3 mai, Crest : atelier"]


def test_a_section_of_nothing_but_definitions_is_kept() -> None:
    agenda = "<section><h2>Agenda</h2><dl><dt>3 mai</dt><dd>Atelier à Crest</dd></dl></section>"
    assert blocks(f"<main><section><h2>Valence</h2><p>{FIRST}</p></section><section><h2>Crest</h2><p>{THIRD}</p></section>{agenda}</main>")[-3:] == [
        "Agenda",
        "3 mai",
        "Atelier à Crest",
    ]


def test_items_that_are_links_are_kept_inside_an_article() -> None:
    items = '<ul><li><a href="1">3 mai, Crest : atelier des animateurs</a></li><li><a href="2">7 juin, Die : forum des jeunes lecteurs</a></li></ul>'
    assert "- 3 mai, Crest : atelier des animateurs\n- 7 juin, Die" in page(f"<article><h1>L’agenda</h1><p>{FIRST}</p>{items}<p>{SECOND}</p></article>").text


def test_what_surrounds_an_article_stays_out() -> None:
    around = (
        '<div class="cookie-banner"><p>Nous utilisons des cookies.</p></div>',
        '<div class="share"><p>Partager :</p><ul><li><a href="#">courriel</a></li></ul></div>',
        '<div class="related-posts"><h3>À lire aussi</h3><ul><li>Le bibliobus repart</li></ul></div>',
        "<aside><h2>Le plus lu</h2><ul><li>La gare de Crest</li></ul></aside>",
        '<form><p>Inscrivez-vous.</p></form><ul style="display: none"><li>caché</li></ul>',
        '<h3>Sur le même thème</h3><ul><li><a href="x">Une salle ouvre à Crest</a></li></ul>',
    )
    for furniture in around:
        assert blocks(f"<main><article><h1>À Valence</h1><p>{FIRST}</p><p>{SECOND}</p>{furniture}</article></main>") == ["À Valence", FIRST, SECOND]


def test_a_table_of_figures_stays_in_its_place() -> None:
    table = "<table><tr><th>Ville</th><th>Prêts</th></tr><tr><td>Valence</td><td>9 000</td></tr><tr><td>Crest</td><td>1 200</td></tr></table>"
    assert blocks(f"<article><h1>À Valence</h1><p>{FIRST}</p>{table}<p>{SECOND}</p></article>")[2] == "Ville | Prêts\nValence | 9 000\nCrest | 1 200"


def test_a_page_laid_out_by_a_table_is_read_in_paragraphs_without_its_menu() -> None:
    menu = '<td><a href="a">Accueil</a><br><a href="b">Agenda</a><br><a href="c">Contact</a></td>'
    found = blocks(f"<table><tr>{menu}<td><h1>À Valence</h1><p>{FIRST}</p><p>{SECOND}</p><ul><li>3 mai : atelier</li></ul><p>{THIRD}</p></td></tr></table>")
    assert found == ["À Valence", FIRST, SECOND, "- 3 mai : atelier", THIRD]


def test_a_title_that_the_path_above_repeats_is_read_once() -> None:
    path = '<div class="breadcrumb"><a href="/">Accueil</a> <span>À Valence</span></div>'
    assert page(f"{path}<main><h1>À Valence</h1><p>{FIRST}</p><p>{SECOND}</p></main>").text.count("À Valence\n") == 1
