"""How the name of a body is read off a passage; `organisations.py` asks, these modules answer.

- words: a passage as words, with spaCy's tags and labels
- lexicon: the word lists of languages/*.toml, compiled
- reading: both together, read once for all that looks for names
- heads: names that begin with their noun: office … contre la drogue et le crime
- titles: names in capitals around their noun: Ministry of Law
- cues: names that a table, quotation marks, a role or a place beside them gives away
- guesses: what only spaCy's model says, sifted
- acronyms: signs (ONUDC), their long forms, and which signs are bodies
"""
