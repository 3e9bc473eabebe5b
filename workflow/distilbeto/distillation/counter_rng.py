"""Random numbers without state (a counter-based generator): each is a hash of its seed and its place in the training.

A draw does not depend on what was drawn before it, on the batch, or on the machine. A resumed training therefore needs
no saved generator.
"""

import numpy as np
from numpy.typing import NDArray

# SplitMix64: Steele, Lea and Flood, Fast Splittable Pseudorandom Number Generators, OOPSLA 2014.
INCREMENT = np.uint64(0x9E3779B97F4A7C15)
FIRST_FACTOR = np.uint64(0xBF58476D1CE4E5B9)
SECOND_FACTOR = np.uint64(0x94D049BB133111EB)


def hash_parts(*parts: int | NDArray[np.integer]) -> NDArray[np.uint64]:
    """64 bits that depend on every part and on their order: an array of the shape to which the parts broadcast."""
    with np.errstate(over="ignore"):
        state = np.zeros((), np.uint64)
        for part in parts:
            state = _mix(state ^ _as_uint64(part))
    return state


def uniform(*parts: int | NDArray[np.integer]) -> NDArray[np.float64]:
    """Numbers in the open interval (0, 1), of 53 random bits: an array of the shape to which the parts broadcast."""
    draws = ((hash_parts(*parts) >> np.uint64(11)).astype(np.float64) + 0.5) * 2.0**-53
    return np.minimum(draws, 1 - 2.0**-53)  # the largest draw would round to 1


def torch_seed(*parts: int) -> int:
    """A seed for torch.manual_seed."""
    return int(hash_parts(*parts) >> np.uint64(1))


def _as_uint64(part: int | NDArray[np.integer]) -> NDArray[np.uint64]:
    return np.asarray(part % 2**64 if isinstance(part, int) else part).astype(np.uint64)


def _mix(state: NDArray[np.uint64]) -> NDArray[np.uint64]:
    state = state + INCREMENT
    state = (state ^ (state >> np.uint64(30))) * FIRST_FACTOR
    state = (state ^ (state >> np.uint64(27))) * SECOND_FACTOR
    return state ^ (state >> np.uint64(31))
