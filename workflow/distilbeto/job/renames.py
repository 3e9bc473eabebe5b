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
}
VALUES = {
    "kind": {"classification": "sequence_classification", "tagging": "token_classification"},
}


def new_key(block: str, key: str) -> str | None:
    """Today's name of `key` in `block`; None where it is not an old name."""
    return KEYS.get(f"{block}.{key}") or KEYS.get(key)


def renamed(settings: Any, block: str = "") -> Any:
    """Plain data, such as the settings that a result records, under today's names."""
    if isinstance(settings, list):
        return [renamed(each, block) for each in settings]
    if not isinstance(settings, dict):
        return VALUES[block].get(settings, settings) if block in VALUES and isinstance(settings, str) else settings
    return {new_key(block, key) or key: renamed(value, key) for key, value in settings.items()}


# What the scorers counted of a task, as a param of the rules `score` and `score_onnx`.
COUNTED = {
    "classes": ["sequence_classification"],
    "tags": ["token_classification"],
    "spans": ["token_classification", "--spans"],
    "qa": ["question_answering"],
}


def renamed_params(values: list[Any]) -> list[Any]:
    """The params of a rule that are no blocks of settings, under today's names."""
    return [now for value in values for now in (COUNTED.get(value, [value]) if isinstance(value, str) else [value])]
