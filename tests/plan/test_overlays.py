"""Files laid over each other: what merges, what replaces, what null takes out, and what is refused."""

import copy
from pathlib import Path

import pytest
import yaml

from distilbeto.errors import UserError
from distilbeto.plan.config import Config
from distilbeto.plan.loading import load_config
from distilbeto.plan.overlays import merge, read_layers
from distilbeto.plan.runs import finetuning_runs, hyperparameters_of, scored_cells

ROOT = Path(__file__).parents[2]
THESIS = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))
MINE = """
models:
  mine: {name: Mine, random_seed: 1, tokenizer: s_albert, architecture: {model_type: bert, hidden_size: 128,
    num_hidden_layers: 2, num_attention_heads: 2, intermediate_size: 512}}
"""


def laid_over(*overlays: str) -> Config:
    return load_config(merge([copy.deepcopy(THESIS), *map(yaml.safe_load, overlays)]))


def test_nothing_laid_over_changes_nothing() -> None:
    assert merge([THESIS]) == THESIS == merge([THESIS, {}])


def test_a_row_changes_what_it_gives_of_the_row_of_the_same_names() -> None:
    before = hyperparameters_of(laid_over(), "ner", "distilbeto")
    config = laid_over("finetuning: {rows: [{task: ner, model: distilbeto, epochs: 9}]}")
    assert hyperparameters_of(config, "ner", "distilbeto") == before.model_copy(update={"epochs": 9})
    others = [row for row in config.finetuning.rows if (row.task, row.model) != ("ner", "distilbeto")]
    assert others == [row for row in laid_over().finetuning.rows if (row.task, row.model) != ("ner", "distilbeto")]


def test_a_row_of_other_names_is_added_and_a_later_file_changes_it() -> None:
    row = "{task: ner, model: mine, batch_size: 8, max_length: 64, learning_rate: 1.0e-4, epochs: 1}"
    rows = f"finetuning: {{rows: [{row}]}}"
    config = laid_over(MINE, rows, "finetuning: {rows: [{model: mine, task: ner, batch_size: 4}]}")
    found = hyperparameters_of(config, "ner", "mine")
    assert (found.batch_size, found.epochs, len(config.finetuning.rows)) == (4, 1, 64)


def test_null_among_rows_takes_out_those_before() -> None:
    row = "{task: %s, model: default, batch_size: 8, max_length: 384, learning_rate: 1.0e-4, epochs: 1}"
    config = laid_over(f"finetuning: {{rows: [null, {', '.join(row % task for task in THESIS['tasks'])}]}}")
    assert [(row.task, row.model) for row in config.finetuning.rows] == [(task, "default") for task in THESIS["tasks"]]


def test_a_row_that_a_file_gives_twice_is_refused() -> None:
    with pytest.raises(UserError, match="more than one row for task 'ner' and model 'distilbeto'"):
        laid_over("finetuning: {rows: [{task: ner, model: distilbeto, epochs: 1}, {task: ner, model: distilbeto}]}")


def test_a_new_row_without_all_fields_is_named_by_its_task_and_model() -> None:
    with pytest.raises(UserError) as caught:
        laid_over(MINE, "finetuning: {rows: [{task: ner, model: mine, epochs: 1, bach_size: 8}]}")
    assert "finetuning.rows (task ner, model mine).max_length: missing" in str(caught.value)
    assert "finetuning.rows (task ner, model mine).bach_size: unknown key" in str(caught.value)


def test_a_column_is_changed_added_or_all_are_taken_out() -> None:
    def headings(overlay: str) -> list[str]:
        tables = laid_over(overlay).tables
        return [column.heading for column in [*tables.classification, *tables.question_answering]]

    before = headings("{}")
    changed = headings("tables: {classification: [{task: ner, test: ner_test, heading: Names}]}")
    assert changed == [heading if heading != "NER" else "Names" for heading in before]
    column = "tables: {classification: [{task: ner, test: ner_dev, heading: Dev}]}"
    added = headings(f"{column}\ntasks: {{ner: {{tests: [ner_test, ner_dev]}}}}")
    assert added == [*before[:5], "Dev", *before[5:]]
    assert headings("tables: {question_answering: []}") == before[:5]


def test_other_lists_replace() -> None:
    assert laid_over("seeds: [1, 2]", "seeds: [3]").seeds == [3]


def test_a_model_goes_with_its_rows_and_what_names_it() -> None:
    config = laid_over("latency: {onnx: [s_albert_tiny, s_albert_large]}", "models: {s_albert_large: null}")
    assert "s_albert_large" not in config.models
    assert not [row for row in config.finetuning.rows if row.model == "s_albert_large"]
    assert config.latency.onnx == ["s_albert_tiny"]
    assert config.finetuning.grids["lrec2022"].spaces[0].models == ["s_albert_xlarge", "s_albert_xxlarge"]
    assert len(finetuning_runs(config)) == 49


def test_a_task_goes_with_its_rows_and_columns() -> None:
    config = laid_over("tasks: {tar: null}")
    assert {row.task for row in config.finetuning.rows} == set(THESIS["tasks"]) - {"tar"}
    assert [column.task for column in config.tables.question_answering] == ["mlqa"]
    assert (len(finetuning_runs(config)), len(scored_cells(config))) == (48, 48)


def test_a_space_of_a_grid_goes_with_all_its_models() -> None:
    config = laid_over("models: {s_albert_large: null, s_albert_xlarge: null, s_albert_xxlarge: null}")
    assert [space.models for space in config.finetuning.grids["lrec2022"].spaces] == [None]


def test_a_name_that_comes_back_after_null_is_new() -> None:
    tiny = "models: {s_albert_tiny: {name: New, random_seed: 1, tokenizer: s_albert, architecture: %s}}"
    shape = "{model_type: bert, hidden_size: 8, num_hidden_layers: 1, num_attention_heads: 1, intermediate_size: 8}"
    config = laid_over("models: {s_albert_tiny: null}", tiny % shape)
    assert config.models["s_albert_tiny"].source is None


def test_a_teacher_is_not_taken_out_from_under_its_student() -> None:
    with pytest.raises(UserError, match=r"students\.distilbeto\.teacher: beto_uncased is taken out"):
        laid_over("models: {beto_uncased: null}")
    gone = laid_over("models: {beto_uncased: null, distilbeto: null}\nstudents: {distilbeto: null}")
    assert len(gone.models) == 7


def test_null_for_a_name_that_is_not_there_is_refused() -> None:
    with pytest.raises(UserError, match=r"tasks\.nre: null takes out what is there, and there is no 'nre'"):
        laid_over("tasks: {nre: null}")


def test_null_for_a_field_is_its_value() -> None:
    assert laid_over("sources: {spanish_corpora: {sha256: null}}").sources["spanish_corpora"].sha256 is None


def test_keys_that_stand_twice_are_all_named_with_both_lines(tmp_path: Path) -> None:
    one, other = tmp_path / "one.yaml", tmp_path / "other.yaml"
    one.write_text("sources:\n  a: {location: x}\nseeds: [1]\nsources:\n  b: {location: y}\n", encoding="utf-8")
    other.write_text("models:\n  mine:\n    name: A\n    source: a\n    name: B\n", encoding="utf-8")
    with pytest.raises(UserError) as caught:
        read_layers([one, other])
    assert "one.yaml: sources, on line 1 and on line 4" in str(caught.value)
    assert "other.yaml: models.mine.name, on line 3 and on line 5" in str(caught.value)


def test_the_same_key_in_two_mappings_and_through_an_alias_is_no_repetition(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text("a: &a {name: 1, other: 2}\nb: {<<: *a, name: 3}\nc: [*a, {name: 1}]\n", encoding="utf-8")
    assert read_layers([file]) == [
        {"a": {"name": 1, "other": 2}, "b": {"name": 3, "other": 2}, "c": [{"name": 1, "other": 2}, {"name": 1}]}
    ]


def test_a_file_of_json_keeps_its_numbers(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    file.write_text('{"learning_rate": 1e-05}', encoding="utf-8")
    assert read_layers([file]) == [{"learning_rate": 1e-5}]


def test_values_of_the_command_line_are_yaml() -> None:
    assert read_layers([], ["only={seeds: [43]}", "offline=True"]) == [{"only": {"seeds": [43]}}, {"offline": True}]
    with pytest.raises(UserError, match="the value of only is not YAML"):
        read_layers([], ["only={seeds: [43"])
