"""Definitions of the fills of a `Tensor` recipe: numpy arrays from a seeded generator, before rounding to the dtype."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pytest_kernelbench.wire.matrices import MATRICES, matrix, with_diagonal

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[Any]
    Shape = tuple[int, ...]

INDEPENDENT = ("normal", "uniform", "integers")
"""Fills that draw their elements independently, so that one element can be drawn again."""

SMALLEST_NORMAL = {"float16": 2.0**-14, "bfloat16": 2.0**-126, "float32": 2.0**-126, "float64": 2.0**-1022}
"""Smallest normal number of each floating-point dtype; denormals are smaller in magnitude."""

LARGEST = {"float16": 65504.0, "bfloat16": 3.38e38, "float32": 3.4e38, "float64": 1.79e308}
"""About the largest number of each floating-point dtype."""

JUNK = -1.0e4
"""Contents of an `out=` tensor before the call: finite in every floating-point dtype, and unlike any result."""


def fill(name: str, arguments: tuple[float, ...], shape: Shape, dtype: str, rng: np.random.Generator) -> Array:
    """Return the values of a fill as a float64 array of this shape; `quantise` rounds them for integer dtypes.

    The fill `wide` is int64, since its values have more digits than float64.

    Where `dtype` is complex, fills that relate the real and the imaginary part (hermitian matrices and the like) return
    complex128. All other fills return float64, and the caller calls them once for each part.
    """
    import numpy as np

    if name in MATRICES:
        return matrix(name, arguments, shape, dtype, rng)
    if name == "denormals":
        return np.asarray(_denormals(rng, shape, SMALLEST_NORMAL.get(dtype, 1.0)))
    if name in ("lowest", "highest"):
        return np.asarray((-1.0 if name == "lowest" else 1.0) * _extreme(rng, shape, LARGEST.get(dtype, 100.0)))
    if name == "wide":
        return _wide(rng, shape, dtype)
    return np.asarray(_VALUES[name](rng, shape, *arguments), dtype="float64")


def _normal(rng: np.random.Generator, shape: Shape, mean: float = 0.0, std: float = 1.0) -> Array:
    return mean + std * rng.standard_normal(shape)


def _uniform(rng: np.random.Generator, shape: Shape, low: float, high: float) -> Array:
    return rng.uniform(low, high, shape)


def _integers(rng: np.random.Generator, shape: Shape, low: float, high: float) -> Array:
    return rng.integers(int(low), int(high), shape).astype("float64")


def _constant(rng: np.random.Generator, shape: Shape, value: float) -> Array:
    import numpy as np

    return np.full(shape, value)


def _outliers(rng: np.random.Generator, shape: Shape) -> Array:
    values = rng.standard_normal(shape)
    return values * _sparse(rng, shape, 100.0, 1.0)


def _signed_zeros(rng: np.random.Generator, shape: Shape) -> Array:
    import numpy as np

    return np.copysign(rng.standard_normal(shape) * (rng.random(shape) < 0.3), rng.standard_normal(shape))


def _denormals(rng: np.random.Generator, shape: Shape, smallest: float) -> Array:
    return smallest * rng.uniform(-1.0, 1.0, shape)


def _extreme(rng: np.random.Generator, shape: Shape, largest: float) -> Array:
    """Positive and large: even the maximum of a row is beyond what a kernel may take for infinite."""
    return largest * rng.uniform(0.5, 0.9, shape)


def _wide(rng: np.random.Generator, shape: Shape, dtype: str) -> Array:
    """Plus or minus half of the largest integer, and up to 500 more or less: int64 that no narrower dtype can hold.

    Numbers of the same sign differ in digits that float64 does not have.
    """
    import numpy as np

    whole = dtype.startswith(("int", "uint"))
    bits = np.iinfo(dtype).bits - 2 if whole else 20
    small = min(500, 2 ** (bits - 1))
    values = (1 - 2 * rng.integers(0, 2, shape)) * np.int64(2**bits) + rng.integers(-small, small, shape)
    return np.asarray(values, dtype="int64" if whole else "float64")


def _nan(rng: np.random.Generator, shape: Shape) -> Array:
    values = rng.standard_normal(shape)
    return values + _sparse(rng, shape, math.nan, 0.0)


def _inf(rng: np.random.Generator, shape: Shape) -> Array:
    import numpy as np

    values = rng.standard_normal(shape)
    return np.where(_sparse(rng, shape, 1.0, 0.0) > 0, np.copysign(np.inf, values), values)


def _infinite_start(rng: np.random.Generator, shape: Shape) -> Array:
    """The first half of each row is -inf, as masking leaves it, so that the first blocks of a row hold nothing else."""
    import numpy as np

    values = rng.standard_normal(shape)
    if shape:
        values[..., : shape[-1] // 2] = -np.inf
    return values


def _distinct(rng: np.random.Generator, shape: Shape) -> Array:
    count = math.prod(shape)
    return (rng.permutation(count) - count // 2).astype("float64").reshape(shape)


def _bernoulli(rng: np.random.Generator, shape: Shape, probability: float) -> Array:
    return (rng.random(shape) < probability).astype("float64")


def _signs(rng: np.random.Generator, shape: Shape) -> Array:
    """Each element is 1 or -1, with equal probability."""
    return 1.0 - 2.0 * _bernoulli(rng, shape, 0.5)


CERTAIN = 2.0**-40
"""Logarithms of probabilities that are closer to 0 than this are 0."""


def _log_probabilities(rng: np.random.Generator, shape: Shape, dim: float) -> Array:
    import numpy as np

    if not shape:
        return np.zeros(shape)
    values = rng.standard_normal(shape)
    total: Array = np.exp(values).sum(axis=int(dim), keepdims=True)
    logs: Array = values - np.log(total)
    # One outcome is certain: its logarithm is 0, and not the rounding of this subtraction, which may be positive.
    return np.where(np.abs(logs) < CERTAIN, 0.0, logs)


def _probabilities(rng: np.random.Generator, shape: Shape) -> Array:
    """Positive numbers whose sum is 1 in each row."""
    import numpy as np

    values = np.exp(rng.standard_normal(shape))
    return np.asarray(values / values.sum(axis=-1, keepdims=True)) if shape else np.ones(shape)


def _symmetric(rng: np.random.Generator, shape: Shape, diagonal: float | None = None) -> Array:
    """Symmetric and indefinite; with `diagonal` 0, elimination needs a row exchange or a 2 by 2 pivot at once."""
    values = rng.standard_normal(shape)
    return with_diagonal((values + values.swapaxes(-1, -2)) / 2, diagonal)


def _dominant(rng: np.random.Generator, shape: Shape) -> Array:
    """Any shape; column diagonally dominant, so that elimination needs no row exchanges."""
    import numpy as np

    values = rng.standard_normal(shape)
    values *= 0.5 / np.abs(values).sum(axis=-2, keepdims=True)
    on_diagonal = np.copysign(rng.uniform(1.0, 2.0, shape), values)
    return np.where(np.eye(shape[-2], shape[-1], dtype=bool), on_diagonal, values)


def _small_pivots(rng: np.random.Generator, shape: Shape, first: float) -> Array:
    """A `dominant` matrix with rows rotated by one and `first` as its first element: elimination needs exchanges."""
    import numpy as np

    values = np.roll(_dominant(rng, shape), 1, axis=-2)
    if shape[-2] > 1:
        values[..., :1, :1] = first
    return values


def _sparse(rng: np.random.Generator, shape: Shape, chosen: float, rest: float) -> Array:
    """Return `chosen` at one in 32 elements, at least at one, and `rest` everywhere else."""
    import numpy as np

    values = np.full(math.prod(shape), rest)
    if values.size:
        values[rng.choice(values.size, max(1, values.size // 32), replace=False)] = chosen
    return values.reshape(shape)


def generator(seed: int, path: str) -> np.random.Generator:
    """Return the random generator of one argument: it depends on the seed and on the path of the argument alone.

    Judge and runner therefore draw the same values, and two arguments with equal seeds differ.
    """
    import zlib

    import numpy as np

    return np.random.Generator(np.random.Philox(key=[seed, zlib.crc32(path.encode())]))


def quantise(values: Any, dtype: str) -> Any:
    """Round float64 values for an integer or bool dtype; values for floating-point dtypes are returned as they are.

    Values that are not all integers are scaled by 10 first, so that a standard normal fill does not become mostly zero.
    """
    import numpy as np

    if dtype == "bool":
        return values > 0.5
    if dtype.startswith(("int", "uint")):
        limits = np.iinfo(dtype)
        if values.dtype == np.int64:  # of the fill `wide`, whose digits float64 would lose
            return np.clip(values, limits.min, limits.max).astype(dtype)
        finite = np.nan_to_num(values, nan=0.0, posinf=3.0, neginf=-3.0)
        scaled = finite if np.all(finite == np.round(finite)) else np.round(10 * finite)
        return np.clip(scaled, max(limits.min, -(2.0**53)), min(limits.max, 2.0**53)).astype(dtype)
    return values


_VALUES: dict[str, Callable[..., Array]] = {
    "normal": _normal,
    "uniform": _uniform,
    "integers": _integers,
    "constant": _constant,
    "outliers": _outliers,
    "signed_zeros": _signed_zeros,
    "nan": _nan,
    "inf": _inf,
    "infinite_start": _infinite_start,
    "distinct": _distinct,
    "bernoulli": _bernoulli,
    "signs": _signs,
    "log_probabilities": _log_probabilities,
    "probabilities": _probabilities,
    "symmetric": _symmetric,
    "dominant": _dominant,
    "small_pivots": _small_pivots,
    "junk": functools.partial(_constant, value=JUNK),
}
"""Fills that are real in every dtype."""
