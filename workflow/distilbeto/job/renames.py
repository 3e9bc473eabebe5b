"""What settings were called in earlier versions: results and configurations outlive a name.

A result records its settings under the names of its day. `renamed` gives them today's, so that a rename makes no result
foreign or stale. A configuration with an old name is refused with the new one.
"""

from typing import Any

# A key by its name, or by its block and its name where the name alone says too little.
KEYS = {
    "masking.share": "mlm_probability",
    "masking.mask": "mask_replace_prob",
    "masking.random": "random_replace_prob",
    "warmup_share": "warmup_ratio",
    "max_gradient_norm": "max_grad_norm",
    "accumulation": "gradient_accumulation_steps",
    "step_sequences": "sequences_per_step",
    "max_unknown_share": "max_unk_rate",
    "selection.classification": "sequence_classification",
    "selection.tagging": "token_classification",
}
VALUES = {
    "kind": {"classification": "sequence_classification", "tagging": "token_classification"},
}


def new_key(block: str, key: str) -> str | None:
    """Today's name of `key` in `block`; None where it is not an old name."""
    return KEYS.get(f"{block}.{key}") or KEYS.get(key)


def new_value(key: str, value: Any) -> str | None:
    """Today's name of the `value` of `key`; None where it is not an old name."""
    return VALUES.get(key, {}).get(value) if isinstance(value, str) else None


def renamed(settings: Any, block: str = "") -> Any:
    """Plain data, such as the settings that a result records, under today's names."""
    if isinstance(settings, list):
        return [renamed(each, block) for each in settings]
    if not isinstance(settings, dict):
        return new_value(block, settings) or settings
    names = {new_key(block, key) or key: renamed(value, key) for key, value in settings.items()}
    return names | _spans_of(settings)


def _spans_of(settings: dict[str, Any]) -> dict[str, bool]:
    """What `spans` says of a task or a run of today, from one of before, whose labels told it by a B- among them."""
    if "spans" in settings or not {"kind", "labels", "selection"} <= settings.keys():
        return {}
    if settings["kind"] == "tagging":
        return {"spans": any(label.startswith("B-") for label in settings["labels"])}
    return {"spans": False} if "optimization" in settings else {}


# What the scorers counted of a task, as a param of the rules `score` and `score_onnx`.
COUNTED = {
    "classes": "--task sequence_classification",
    "tags": "--task token_classification",
    "spans": "--task token_classification --spans",
    "qa": "--task question_answering",
}


def renamed_params(values: list[Any]) -> list[Any]:
    """The params of a rule that are no blocks of settings, under today's names."""
    return [COUNTED.get(value, value) if isinstance(value, str) else value for value in values]
