"""The words of the tables in Spanish: plain text, which each renderer escapes for itself."""

from distilbeto.reports.tables.words import Words

SPANISH = Words(
    language="es",
    babel="spanish,es-tabla,es-noquoting",
    decimal_mark=",",
    headings={
        "model": "Modelo",
        "average": "Promedio",
        "parameters": "Parámetros (M)",
        "seconds": "Tiempo (s)",
        "mean": "Promedio",
        "median": "Mediana (s)",
        "load": "Carga (s)",
        "memory": "Memoria (MiB)",
        "pytorch": "PyTorch (s)",
        "onnx": "ONNX (s)",
        "int8": "int8 (s)",
        "bytes": "MB",
        "score": "F1",
        "examples": "N° ejemplos",
        "this": "Este experimento",
        "thesis": "Memoria",
        "lrec2022": "LREC 2022",
        "kept.thesis": "Promedio que conserva (protocolo de la memoria)",
        "kept.official": "Promedio que conserva (métricas oficiales)",
        "less.parameters": "Parámetros de menos",
        "less.seconds": "Tiempo de menos",
        "stage": "Etapa",
        "stage.data": "Conjuntos de datos",
        "stage.corpus": "Corpus",
        "stage.models": "Maestros y rivales",
        "stage.distillation": "Destilación",
        "stage.search": "Búsqueda de hiperparámetros",
        "stage.finetuning": "Fine-tuning",
        "stage.tests": "Predicción y puntajes",
        "stage.latency": "Medición de tiempos, ONNX",
        "stage.tables": "Tablas",
        "stage.total": "Total",
        "jobs": "Trabajos",
        "hours": "Horas",
        "processor_kwh": "Procesador (kWh)",
        "processor_wh": "Procesador (Wh)",
        "gpu_kwh": "GPU (kWh)",
        "gpu_wh": "GPU (Wh)",
        "kg_co2e": "CO2e (kg)",
        "g_co2e": "CO2e (g)",
        "lb_co2e": "CO2e (lb)",
        "what": "Qué",
        "emission.this": "Este experimento",
        "emission.flight": "Viaje aéreo, un pasajero, Nueva York - San Francisco",
        "emission.person": "Persona, un año",
        "emission.american": "Persona de EE. UU., un año",
        "emission.car": "Automóvil y su combustible, vida útil",
        "emission.pipeline": "Pipeline de PLN (parsing, SRL)",
        "emission.pipeline_tuned": "Pipeline de PLN, con ajuste y experimentación",
        "emission.transformer": "Transformer (big)",
        "emission.architecture_search": "Transformer (big), con búsqueda de arquitectura",
    },
    captions={
        "5.1": "Tiempo de entrenamiento en las tareas de GLUES (s).",
        "hyperparameters": "Hiperparámetros del entrenamiento en la tarea {subject}.",
        "differences": "Diferencia de este experimento con {subject}, en puntos.",
        "energy": "Energía de los trabajos por etapa, y el CO2 equivalente de su generación.",
        "emissions": "Emisiones de este experimento junto a las de la tabla 3.2.",
        "runtimes": "Los mismos modelos en PyTorch y en onnxruntime, tal cual y cuantizados: tiempo, tamaño, NER.",
        "runs": "Tiempo de inferencia de cada ejecución sobre las oraciones de NER en la CPU (s).",
        "kept": "Lo que {subject} conserva y lo que ahorra frente a su maestro.",
        "5.2": "Modelos s-ALBERT y DistilBETO frente a resultados publicados. Lo mejor de cada columna, destacado.",
        "5.3": "Respuesta a preguntas: F1 / emparejamiento exacto. Cada columna nombra el conjunto de entrenamiento y "
        "el de prueba, en ese orden. Lo mejor de cada columna, destacado.",
        "5.4": "Promedio de las columnas de las tablas 5.2 y 5.3; cada columna de respuesta a preguntas cuenta "
        "como la media de F1 y emparejamiento exacto.",
        "5.5": "Tiempo medio de inferencia sobre las oraciones de NER en la CPU, de a una; carga del modelo y "
        "memoria que ocupa, con las activaciones.",
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
            "differences": "Según el protocolo de la memoria; lo publicado está truncado a dos decimales.",
            "5.4": "Según el protocolo de la memoria. En los resultados publicados, POS y NER cuentan palabras; en los "
            "demás, subtokens: sus promedios no son del todo comparables.",
        },
        "official": {
            "5.2": "Métricas oficiales: POS y NER sobre palabras (UPOS, conlleval), como los resultados publicados; "
            "decimales redondeados. Con las mismas predicciones, el protocolo de la memoria cuenta subtokens.",
            "5.3": "Métricas oficiales: normalizador español de MLQA en MLQA, el de SQuAD v1.1 en XQuAD; decimales "
            "redondeados. Con las mismas predicciones, el protocolo de la memoria usa en ambos el de SQuAD v1.1.",
            "differences": "Según las métricas oficiales; lo publicado es lo mejor de una búsqueda de hiperparámetros.",
            "5.4": "Según las métricas oficiales.",
        },
        "": {
            "5.1": "Segundos de entrenamiento y de evaluación por época, según run.json; sobre ellos, los ejemplos de "
            "entrenamiento (la memoria cuenta en QA las ventanas).",
            "hyperparameters": "Como se ejecutaron. bs: batch size; ag: acumulación de gradiente; msl: máximo largo de "
            "secuencia; lr: learning rate; e: épocas.",
            "energy": "De todos los intentos, también los fallidos y los repetidos. Procesador y GPU según sus "
            "contadores (RAPL, NVML); de un procesador que usan también otros trabajos, la parte de su tiempo ocupado. "
            "Sin Snakemake mismo, figuras, la fabricación de las máquinas ni los trabajos que se mataron sin aviso.",
            "emissions": "Todas las filas salvo la primera: Strubell et al. (2019); en la tabla 3.2 de la memoria, el "
            "automóvil perdió los miles.",
            "kept": "En porcentaje del maestro. Promedio: el de la tabla 5.4, con el publicado del maestro donde aquí "
            "no se midió; donde faltan celdas, el de las pruebas que tienen ambos. Parámetros y tiempo: los de la "
            "tabla 5.5.",
        },
        "runtimes": {
            "runtimes": "int8: cuantización dinámica de onnxruntime. MB: del archivo de pesos. F1 sobre palabras "
            "(conlleval), de la primera semilla; los modelos que aquí no se ajustaron a NER no lo tienen.",
        },
        "intervals": dict.fromkeys(
            ("5.2", "5.3"),
            "Por bootstrap sobre los ejemplos de prueba, según las métricas oficiales. Dicen cuánto variaría un puntaje"
            " con otro conjunto de prueba semejante, no con otra semilla.",
        ),
    },
    kinds={"official": "oficial", "runtimes": "ONNX", "intervals": "intervalos"},
    searched="Hiperparámetros de los modelos medidos: los mejores de la grilla {grid} en el conjunto de desarrollo.",
    superscripts="Publicado en",
    without_superscript="sin superíndice",
    several_seeds="Media y desviación estándar de {count} semillas.",
    far="En negrita, las diferencias de más de dos desviaciones estándar de las semillas.",
    no_deviation="Con una sola semilla no se sabe cuánto de una diferencia es azar.",
    several_runs="Media y desviación estándar de {count} ejecuciones.",
    reasons={
        "not published": "no publicado",
        "not measured": "no medido",
        "no record": "sin registro",
        "no counter": "una GPU sin contador de energía",
    },
    energy={
        "estimated": "Estimado en {watts} W por núcleo ocupado, donde el procesador no tiene un contador legible: "
        "{share} % de su tiempo.",
        "intensity": "Electricidad de {grams} g CO2e/kWh{place}; sobreconsumo del edificio: x {overhead}.",
        "incomplete": "{stage}: sin {missing} de {jobs} trabajos, de los que nada se registró.",
    },
)
