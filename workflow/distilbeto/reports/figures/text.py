"""The words of the figures, in both languages."""

from typing import NamedTuple


class Words(NamedTuple):
    decimal_mark: str
    thousands: str
    length: str
    percentage: str
    of_sequences: str
    of_tokens: str
    median: str
    mean: str
    summary: tuple[str, str]
    step: str
    losses: dict[str, str]
    held_out_loss: str
    held_out_accuracy: str
    speed: str
    teacher: str
    average: str
    parameters: str
    seconds: str
    partial: str
    published: str
    difference: str


SPANISH = Words(
    decimal_mark=",",
    thousands="\N{NARROW NO-BREAK SPACE}",
    length="Tokens de una secuencia",
    percentage="Porcentaje en cada clase de {width} tokens",
    of_sequences="de las secuencias",
    of_tokens="de los tokens",
    median="mediana",
    mean="media",
    summary=(
        "{lines} líneas: {cut} cortadas, {empty} vacías. {sequences} secuencias, {tokens} tokens.",
        "De los trozos: {kept} conservados, {short} demasiado cortos, {unknown} de tokens desconocidos.",
    ),
    step="Paso",
    losses={
        "distillation": "Destilación (KL · T²)",
        "masked_lm": "Modelo de lenguaje enmascarado",
        "cosine": "Coseno de estados ocultos",
    },
    held_out_loss="Texto reservado: pérdida enmascarada",
    held_out_accuracy="Texto reservado: aciertos (%)",
    speed="Tokens por segundo",
    teacher="maestro",
    average="Promedio (métricas oficiales)",
    parameters="Parámetros (millones)",
    seconds="Segundos para {count} oraciones en la CPU",
    partial="Promedio de las {tests} pruebas, de {of}, que tienen todos los modelos medidos.",
    published="Círculo vacío: promedio publicado, no medido aquí.",
    difference="Este experimento menos lo publicado (puntos)",
)

ENGLISH = Words(
    decimal_mark=".",
    thousands=",",
    length="Tokens of a sequence",
    percentage="Percentage in each bin of {width} tokens",
    of_sequences="of the sequences",
    of_tokens="of the tokens",
    median="median",
    mean="mean",
    summary=(
        "{lines} lines: {cut} cut, {empty} empty. {sequences} sequences, {tokens} tokens.",
        "Of the pieces: {kept} kept, {short} too short, {unknown} of unknown tokens.",
    ),
    step="Step",
    losses={
        "distillation": "Distillation (KL · T²)",
        "masked_lm": "Masked language model",
        "cosine": "Cosine of hidden states",
    },
    held_out_loss="Held-out text: masked loss",
    held_out_accuracy="Held-out text: accuracy (%)",
    speed="Tokens a second",
    teacher="teacher",
    average="Average (official metrics)",
    parameters="Parameters (million)",
    seconds="Seconds for {count} sentences on the CPU",
    partial="Average of the {tests} tests of {of} that all measured models have.",
    published="Open circle: a published average, not measured here.",
    difference="This experiment minus what was published (points)",
)

WORDS = {"es": SPANISH, "en": ENGLISH}


def number(value: float, words: Words, decimals: int = 0) -> str:
    """A number as the language writes it: 19 376 663 or 3,5 in Spanish."""
    written = f"{value:,.{decimals}f}"
    return written.replace(",", "\0").replace(".", words.decimal_mark).replace("\0", words.thousands)


def percent(share: float, words: Words) -> str:
    """A share in percent, with enough decimals to tell a small one from none."""
    decimals = 0 if share == 0 else 1 if share >= 0.001 else 3
    return f"{number(100 * share, words, decimals)} %"
