"""The words of the tables, in both languages."""

from typing import NamedTuple


class Words(NamedTuple):
    babel: str
    decimal_mark: str
    model: str
    headings: dict[str, str]
    captions: dict[str, str]
    protocols: dict[str, dict[str, str]]
    official: str
    sources: str
    several_seeds: str


SOURCES = "(a) Wu \\& Dredze (2019), (b) Yang et al. (2019), (c) Lewis et al. (2019), (d) Carrino et al. (2019)"

SPANISH = Words(
    babel="spanish,es-tabla,es-noquoting",
    decimal_mark=",",
    model="Modelo",
    headings={"average": "Promedio", "parameters": "Parámetros (M)", "seconds": "Tiempo (s)"},
    captions={
        "5.2": "Modelos s-ALBERT y DistilBETO frente a resultados publicados. En negrita, el mejor de cada columna.",
        "5.3": "Respuesta a preguntas: F1 / emparejamiento exacto. Cada columna nombra el conjunto de entrenamiento y "
        "el de prueba, en ese orden.",
        "5.4": "Promedio de las ocho columnas de las tablas 5.2 y 5.3; cada columna de respuesta a preguntas cuenta "
        "como la media de F1 y emparejamiento exacto.",
        "5.5": "Tiempo medio de inferencia sobre 100 oraciones de NER en la CPU, de a una.",
    },
    protocols={
        "thesis": {
            "5.2": "Protocolo de la memoria: POS y NER sobre todos los subtokens, decimales truncados; los resultados "
            "publicados cuentan palabras, y en POS y NER no son comparables con los demás.",
            "5.3": "Protocolo de la memoria: normalizador inglés de SQuAD v1.1 también en MLQA, decimales truncados.",
            "5.4": "Según el protocolo de la memoria.",
        },
        "official": {
            "5.2": "Métricas oficiales: POS y NER sobre palabras (UPOS, conlleval), decimales redondeados.",
            "5.3": "Métricas oficiales: normalizador español de MLQA en MLQA, el de SQuAD v1.1 en XQuAD, "
            "decimales redondeados.",
            "5.4": "Según las métricas oficiales.",
        },
    },
    official="oficial",
    sources=f"Superíndices: {SOURCES}; BETO: Cañete et al. (2020).",
    several_seeds="Media y desviación estándar de {count} semillas.",
)

ENGLISH = Words(
    babel="english",
    decimal_mark=".",
    model="Model",
    headings={"average": "Average", "parameters": "Parameters (M)", "seconds": "Time (s)"},
    captions={
        "5.2": "The s-ALBERT models and DistilBETO beside published results. The best of each column is bold.",
        "5.3": "Question answering: F1 / exact match. Each column names the training set and the test set, in "
        "that order.",
        "5.4": "Mean of the eight columns of Tables 5.2 and 5.3; a question answering column counts as the mean of "
        "F1 and exact match.",
        "5.5": "Mean inference time over 100 NER sentences on the CPU, one at a time.",
    },
    protocols={
        "thesis": {
            "5.2": "As the thesis scored: POS and NER over all subtokens, decimals cut; published results count words, "
            "and in POS and NER they do not compare with the others.",
            "5.3": "As the thesis scored: SQuAD v1.1's English normalizer on MLQA too, decimals cut.",
            "5.4": "As the thesis scored.",
        },
        "official": {
            "5.2": "Official metrics: POS and NER over words (UPOS, conlleval), decimals rounded.",
            "5.3": "Official metrics: MLQA's Spanish normalizer on MLQA, SQuAD v1.1's on XQuAD, decimals rounded.",
            "5.4": "Official metrics.",
        },
    },
    official="official",
    sources=f"Superscripts: {SOURCES}; BETO: Cañete et al. (2020).",
    several_seeds="Mean and standard deviation over {count} seeds.",
)

WORDS = {"es": SPANISH, "en": ENGLISH}
