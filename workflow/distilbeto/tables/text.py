"""The words of the tables, in both languages: plain text, which each renderer escapes for itself."""

from typing import NamedTuple


class Words(NamedTuple):
    babel: str
    decimal_mark: str
    model: str
    headings: dict[str, str]
    captions: dict[str, str]
    interval_captions: dict[str, str]
    protocols: dict[str, dict[str, str]]
    kinds: dict[str, str]
    searched: str
    superscripts: str
    without_superscript: str
    several_seeds: str
    several_runs: str
    reasons: dict[str, str]


SPANISH = Words(
    babel="spanish,es-tabla,es-noquoting",
    decimal_mark=",",
    model="Modelo",
    headings={"average": "Promedio", "parameters": "Parámetros (M)", "seconds": "Tiempo (s)"},
    captions={
        "5.2": "Modelos s-ALBERT y DistilBETO frente a resultados publicados. Lo mejor de cada columna, destacado.",
        "5.3": "Respuesta a preguntas: F1 / emparejamiento exacto. Cada columna nombra el conjunto de entrenamiento y "
        "el de prueba, en ese orden. Lo mejor de cada columna, destacado.",
        "5.4": "Promedio de las columnas de las tablas 5.2 y 5.3; cada columna de respuesta a preguntas cuenta "
        "como la media de F1 y emparejamiento exacto.",
        "5.5": "Tiempo medio de inferencia sobre las oraciones de NER en la CPU, de a una.",
    },
    interval_captions={
        "5.2": "Intervalos de confianza del 95 % de los modelos s-ALBERT y DistilBETO.",
        "5.3": "Respuesta a preguntas: intervalos de confianza del 95 % de F1 / emparejamiento exacto.",
    },
    protocols={
        "thesis": {
            "5.2": "Protocolo de la memoria: POS y NER sobre todos los subtokens, de modo que una palabra larga cuenta "
            "varias veces; decimales truncados. Los resultados publicados cuentan palabras: en POS y NER no son "
            "comparables con los demás.",
            "5.3": "Protocolo de la memoria: normalizador inglés de SQuAD v1.1, también en MLQA; decimales truncados.",
            "5.4": "Según el protocolo de la memoria. En los resultados publicados, POS y NER cuentan palabras; en los "
            "demás, subtokens: sus promedios no son del todo comparables.",
        },
        "official": {
            "5.2": "Métricas oficiales: POS y NER sobre palabras (UPOS, conlleval), como los resultados publicados; "
            "decimales redondeados. Con las mismas predicciones, el protocolo de la memoria cuenta subtokens.",
            "5.3": "Métricas oficiales: normalizador español de MLQA en MLQA, el de SQuAD v1.1 en XQuAD; decimales "
            "redondeados. Con las mismas predicciones, el protocolo de la memoria usa en ambos el de SQuAD v1.1.",
            "5.4": "Según las métricas oficiales.",
        },
        "intervals": dict.fromkeys(
            ("5.2", "5.3"),
            "Por bootstrap sobre los ejemplos de prueba, según las métricas oficiales. Dicen cuánto variaría un puntaje"
            " con otro conjunto de prueba semejante, no con otra semilla.",
        ),
    },
    kinds={"official": "oficial", "intervals": "intervalos"},
    searched="Hiperparámetros de los modelos medidos: los mejores de la grilla {grid} en el conjunto de desarrollo.",
    superscripts="Publicado en",
    without_superscript="sin superíndice",
    several_seeds="Media y desviación estándar de {count} semillas.",
    several_runs="Media y desviación estándar de {count} ejecuciones.",
    reasons={"not published": "no publicado"},
)

ENGLISH = Words(
    babel="english",
    decimal_mark=".",
    model="Model",
    headings={"average": "Average", "parameters": "Parameters (M)", "seconds": "Time (s)"},
    captions={
        "5.2": "The s-ALBERT models and DistilBETO beside published results. The best of each column is marked.",
        "5.3": "Question answering: F1 / exact match. Each column names the training set and the test set, in "
        "that order. The best of each column is marked.",
        "5.4": "Mean of the columns of Tables 5.2 and 5.3; a question answering column counts as the mean of "
        "F1 and exact match.",
        "5.5": "Mean inference time over the NER sentences on the CPU, one at a time.",
    },
    interval_captions={
        "5.2": "95 % confidence intervals of the s-ALBERT models and DistilBETO.",
        "5.3": "Question answering: 95 % confidence intervals of F1 / exact match.",
    },
    protocols={
        "thesis": {
            "5.2": "As the thesis scored: POS and NER over all subtokens, so that a long word counts several times; "
            "decimals cut. Published results count words: in POS and NER they do not compare with the others.",
            "5.3": "As the thesis scored: SQuAD v1.1's English normalizer, on MLQA too; decimals cut.",
            "5.4": "As the thesis scored. In published results POS and NER count words, in the others subtokens: "
            "their averages do not fully compare.",
        },
        "official": {
            "5.2": "Official metrics: POS and NER over words (UPOS, conlleval), as in published results; decimals "
            "rounded. From the same predictions, the thesis counted subtokens.",
            "5.3": "Official metrics: MLQA's Spanish normalizer on MLQA, SQuAD v1.1's on XQuAD; decimals rounded. "
            "From the same predictions, the thesis used SQuAD v1.1's on both.",
            "5.4": "Official metrics.",
        },
        "intervals": dict.fromkeys(
            ("5.2", "5.3"),
            "By bootstrap over the test examples, under the official metrics. They say how far a score would move with "
            "another test set of the same kind, not with another seed.",
        ),
    },
    kinds={"official": "official", "intervals": "intervals"},
    searched="Hyperparameters of the measured models: the best of the grid {grid} on the development set.",
    superscripts="Published by",
    without_superscript="without superscript",
    several_seeds="Mean and standard deviation over {count} seeds.",
    several_runs="Mean and standard deviation over {count} runs.",
    reasons={"not published": "not published"},
)

WORDS = {"es": SPANISH, "en": ENGLISH}
