"""Random numbers without state: each is a hash of what it is for.

A draw that depends on nothing but the seed and its own place in the training is the same whatever was drawn before it,
in whatever batch, on whatever machine; so a resumed training needs no saved generator.
"""

import numpy as np
from numpy.typing import NDArray

# SplitMix64: Steele, Lea and Flood, Fast Splittable Pseudorandom Number Generators, OOPSLA 2014.
INCREMENT = np.uint64(0x9E3779B97F4A7C15)
FIRST_FACTOR = np.uint64(0xBF58476D1CE4E5B9)
SECOND_FACTOR = np.uint64(0x94D049BB133111EB)


def hash_of(*parts: int | NDArray[np.integer]) -> NDArray[np.uint64]:
    """64 bits that depend on every part and on their order; arrays are broadcast against each other."""
    with np.errstate(over="ignore"):
        state = np.zeros((), np.uint64)
        for part in parts:
            state = _mix(state ^ _as_uint64(part))
    return state


def uniform(*parts: int | NDArray[np.integer]) -> NDArray[np.float64]:
    """A number in the open interval (0, 1) for each element of the broadcast parts, 53 bits fine."""
    return ((hash_of(*parts) >> np.uint64(11)).astype(np.float64) + 0.5) * 2.0**-53


def torch_seed(*parts: int) -> int:
    """A seed for torch.manual_seed."""
    return int(hash_of(*parts) >> np.uint64(1))


def _as_uint64(part: int | NDArray[np.integer]) -> NDArray[np.uint64]:
    return np.asarray(part % 2**64 if isinstance(part, int) else part).astype(np.uint64)


def _mix(state: NDArray[np.uint64]) -> NDArray[np.uint64]:
    state = state + INCREMENT
    state = (state ^ (state >> np.uint64(30))) * FIRST_FACTOR
    state = (state ^ (state >> np.uint64(27))) * SECOND_FACTOR
    return state ^ (state >> np.uint64(31))
