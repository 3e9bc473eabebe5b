"""Numbers and names as text."""

import re
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal

EXACT = Decimal("1e-9")  # the error of a sum of binary fractions is below it, and differences that count are above
WHOLE = {"mebibytes", "train_seconds", "examples", "batch_size", "accumulation", "max_length", "epochs", "jobs"}
ESCAPES = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    '"': r"\textquotedbl{}",  # babel's Spanish makes it active
}


def decimals(value: float, mark: str, *, places: int = 2, truncate: bool = False) -> str:
    """`value` to two decimals, rounded, or truncated as the thesis printed its scores.

    28.999999999999996, which is 29 in binary fractions, is cut to 29.00.
    """
    exact = Decimal(repr(value)).quantize(EXACT, ROUND_HALF_UP)
    text = exact.quantize(Decimal(1).scaleb(-places), ROUND_DOWN if truncate else ROUND_HALF_UP)
    return f"{text:f}".replace(".", mark).replace("-", "\N{MINUS SIGN}")


def signed(value: float, mark: str) -> str:
    """+0,25 or a true minus, and no sign at zero."""
    text = decimals(abs(value), mark)
    return text if float(text.replace(mark, ".")) == 0 else ("+" if value > 0 else "\N{MINUS SIGN}") + text


def scientific(value: float, mark: str) -> str:
    """5e-5 for 0.00005: the fewest digits that say the same number."""
    mantissa, _, exponent = f"{Decimal(repr(value)).normalize():e}".partition("e")
    return f"{mantissa.replace('.', mark)}e{int(exponent)}"


def significant(value: float, mark: str) -> str:
    """Three digits that count, and all of a whole number: 0.00123, 12.3, 39, 11023."""
    if value >= 100 or value == int(value):
        return decimals(value, mark, places=0)
    return decimals(value, mark, places=2 - Decimal(repr(value)).adjusted())


def shortest(value: float, mark: str) -> str:
    """0.1, 0.01, 0: no digit more than the number needs."""
    return f"{Decimal(repr(value)).normalize():f}".replace(".", mark)


DIGITS = {
    "learning_rate": scientific,
    "weight_decay": shortest,
    **dict.fromkeys(("hours", "processor_kwh", "processor_wh", "gpu_kwh", "gpu_wh"), significant),
    **dict.fromkeys(("kg_co2e", "g_co2e", "lb_co2e"), significant),
}


def number_text(metric: str, value: float, mark: str, *, truncate: bool = False) -> str:
    """A number as tables print it."""
    if metric in WHOLE:
        return decimals(value, mark, places=0)
    if metric.startswith("difference."):
        return signed(value, mark)
    if metric in DIGITS:
        return DIGITS[metric](value, mark)
    if metric == "parameters" or metric.startswith("megabytes."):
        return decimals(value, mark, places=0 if value >= 1 else 2)
    return decimals(value, mark, truncate=truncate)


def escape(text: str) -> str:
    """Plain text as LaTeX."""
    return re.sub(r"[\\~^<>\"&%$#_{}]", lambda found: ESCAPES.get(found[0], "\\" + found[0]), text)


def without_latex(latex: str) -> str:
    r"""A name without its LaTeX: `BETO \textit{uncased}` is `BETO uncased`."""
    return re.sub(r"\\[a-zA-Z]+\{([^{}]*)\}", r"\1", latex).replace("\\&", "&").replace("\\", "")
