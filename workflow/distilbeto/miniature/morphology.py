"""Regular Spanish inflection, as far as the lexicon needs it."""

UNACCENTED = str.maketrans("áéíóú", "aeiou")
VERB_ENDINGS = {
    "ar": {"past": ("ó", "aron"), "imperfect": ("aba", "aban"), "participle": ("ado", "ados")},
    "er": {"past": ("ió", "ieron"), "imperfect": ("ía", "ían"), "participle": ("ido", "idos")},
    "ir": {"past": ("ió", "ieron"), "imperfect": ("ía", "ían"), "participle": ("ido", "idos")},
}


def plural(form: str) -> str:
    """libro, libros; pensión, pensiones; juez, jueces; mayor, mayores."""
    if form[-1] in "aeioué":
        return f"{form}s"
    if form[-1] == "z":
        return f"{form[:-1]}ces"
    if form[-2] in "áéíóú":
        return f"{form[:-2]}{form[-2:].translate(UNACCENTED)}es"
    return f"{form}es"


def feminine(adjective: str) -> str:
    """nuevo, nueva; importante, importante."""
    return f"{adjective[:-1]}a" if adjective.endswith("o") else adjective


def feminine_profession(profession: str) -> str:
    """ministro, ministra; pintor, pintora; juez, jueza; poeta, poeta."""
    return f"{profession}a" if profession[-1] in "rz" else feminine(profession)


def inflected(form: str, *, is_feminine: bool, is_plural: bool) -> str:
    """An adjective, given in the masculine singular, as it agrees with its noun."""
    form = feminine(form) if is_feminine else form
    return plural(form) if is_plural else form


def verb(infinitive: str, tense: str, *, is_plural: bool = False) -> str:
    """The third person of a regular verb in a tense: past, imperfect or future."""
    if tense == "future":
        return f"{infinitive}{'án' if is_plural else 'á'}"
    return infinitive[:-2] + VERB_ENDINGS[infinitive[-2:]][tense][is_plural]


def participle(infinitive: str, *, is_feminine: bool = False, is_plural: bool = False) -> str:
    masculine = infinitive[:-2] + VERB_ENDINGS[infinitive[-2:]]["participle"][0]
    return inflected(masculine, is_feminine=is_feminine, is_plural=is_plural)
