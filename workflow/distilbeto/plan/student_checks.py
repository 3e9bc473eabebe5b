"""What no single block can check of a student: that its corpus fits it, and that its teacher can teach it."""

from collections.abc import Iterator

from distilbeto.distillation.settings import StudentSettings
from distilbeto.models.families import family_of, max_tokens
from distilbeto.models.layer_copy import problem_of_copy
from distilbeto.models.settings import Architecture
from distilbeto.plan.config import Config


def problems_of_students(config: Config) -> Iterator[str]:
    """One line for each thing in which a student, its corpus and its teacher do not fit each other."""
    for key, student in config.students.items():
        yield from _long_sequences(config, f"students.{key}", student.corpus, student.architecture)
        teacher = config.models.get(student.teacher or "")
        if teacher is not None:
            yield from _long_sequences(config, f"models.{student.teacher}", student.corpus, teacher.architecture)
            yield from _problems_with_teacher(config, key, student)
        yield from _circle(config, key)
    yield from _other_models(config)


def _long_sequences(config: Config, where: str, corpus: str, architecture: Architecture | None) -> Iterator[str]:
    if architecture is None:
        return  # not known before the teacher is fetched: the training asks again
    longest = config.corpora[corpus].sequences.max_tokens if corpus in config.corpora else 0
    positions = max_tokens(architecture)
    if longest > positions:
        yield f"corpora.{corpus}.sequences.max_tokens: {longest}, but {where} takes {positions}"


def _problems_with_teacher(config: Config, key: str, student: StudentSettings) -> Iterator[str]:
    teacher = config.models[str(student.teacher)]
    ours, theirs = student.architecture, teacher.architecture
    if not _same_tokenizer(config, student.tokenizer, teacher.tokenizer):
        yield (
            f"students.{key}.tokenizer: {student.tokenizer}, but models.{student.teacher} has {teacher.tokenizer}:"
            " a student learns from a teacher with the same tokenizer"
        )
    if theirs is None:
        return
    why = family_of(theirs.model_type).why_no_logits
    if why and student.losses.alpha_ce:
        yield (
            f"students.{key}.losses.alpha_ce: {student.losses.alpha_ce}, but {why}: models.{student.teacher} teaches by"
            " its hidden states alone; set alpha_ce to 0"
        )
    if why and student.initialization.layers is not None and student.initialization.copy_head_transform:
        yield (
            f"students.{key}.initialization.copy_head_transform: true, but models.{student.teacher} has no head for"
            f" masks: {why}; set it to false"
        )
    if student.losses.alpha_cos and ours.hidden_size != theirs.hidden_size:
        yield (
            f"students.{key}.losses.alpha_cos: {student.losses.alpha_cos}, but the student's hidden size is"
            f" {ours.hidden_size} and that of models.{student.teacher} {theirs.hidden_size}: their cosine is not"
            " defined; set alpha_cos to 0, or give the student the teacher's hidden size"
        )
    if student.initialization.layers is not None:
        problem = problem_of_copy(theirs, ours, layers=student.initialization.layers)
        if problem:
            yield (
                f"students.{key}.initialization.layers: {problem}; choose other layers or sizes,"
                " or random weights (layers: null)"
            )


def _circle(config: Config, key: str) -> Iterator[str]:
    seen: list[str] = []
    name: str | None = key
    while name in config.students and name not in seen:
        seen.append(name)
        teacher = config.students[name].teacher
        name = config.models[teacher].student if teacher in config.models else None
    if name in seen:
        yield f"students.{key}: the student is its own teacher ({' <- '.join([*seen, str(name)])})"


def _other_models(config: Config) -> Iterator[str]:
    """A model is what its student becomes: the same tokenizer and the same shape."""
    for key, model in config.models.items():
        student = config.students.get(model.student or "")
        if student is None or model.architecture is None:
            continue
        if not _same_tokenizer(config, model.tokenizer, student.tokenizer):
            yield f"models.{key}.tokenizer: {model.tokenizer}, but students.{model.student} has {student.tokenizer}"
        shapes = model.architecture.model_dump(), student.architecture.model_dump()
        for name in [name for name, value in shapes[0].items() if value != shapes[1][name]]:
            yield (
                f"models.{key}.architecture.{name}: {shapes[0][name]},"
                f" but that of students.{model.student} is {shapes[1][name]}"
            )


def _same_tokenizer(config: Config, first: str, second: str) -> bool:
    """Whether both names stand for one tokenizer; what is not there is named elsewhere."""
    tokenizers = [config.tokenizers[name] for name in (first, second) if name in config.tokenizers]
    return len({(each.source, each.lowercase, each.strip_accents) for each in tokenizers}) < 2
