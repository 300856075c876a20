"""What the hostile files say where they say anything: sentences of our own, the first and the last easily found again."""

from __future__ import annotations

import random

START = "La commune de Tulle a inauguré le 14 mars 2023, avec les élèves et leurs parents, une école de musique qui était attendue dans toute la vallée."
END = "Le maire de Brive, qui était présent avec les élus, a signé la convention dans la salle des fêtes le 21 avril 2023."
MIDDLE = "Les habitants du quartier ont suivi avec attention les travaux de la salle, que la région avait promis depuis longtemps."
BOTH = "Tulle Brive"  # the words that START and END are known by
ENGLISH_START = "The town of Sligo opened a training centre for nurses on 14 March 2023."
ENGLISH_END = "The mayor of Ennis signed the agreement on 21 April 2023 in front of the press."
ENGLISH_BOTH = "Sligo Ennis"

_SUBJECTS = ("Le conseil municipal", "La préfecture", "L’association des parents", "Le lycée agricole", "La chambre de commerce", "Un collectif d’habitants")
_VERBS = ("a présenté", "a discuté", "prépare", "soutient", "a refusé", "examine avec soin")
_OBJECTS = (
    "le projet de piste cyclable",
    "la rénovation du marché couvert",
    "un plan contre les inondations",
    "le budget de la bibliothèque",
    "l’ouverture d’un musée",
)
_ENDS = ("dans la vallée", "avant la fin du mois", "avec ses voisins", "malgré la pluie", "pour la troisième fois", "selon son président")


def around(middle: str, joint: str = "\n\n") -> str:
    """A text between the two sentences that must be found again."""
    return joint.join((START, middle, END))


def prose(characters: int, seed: int = 1, paragraph: int = 600) -> str:
    """Running French of about so many characters, in paragraphs of about `paragraph`."""
    dice = random.Random(seed)
    parts: list[str] = []
    length = since = 0
    while length < characters:
        sentence = " ".join(dice.choice(words) for words in (_SUBJECTS, _VERBS, _OBJECTS, _ENDS)) + "."
        since += len(sentence)
        parts += [sentence, "\n\n" if since > paragraph else " "]
        since = 0 if since > paragraph else since
        length += len(sentence) + 1
    return "".join(parts).strip()
