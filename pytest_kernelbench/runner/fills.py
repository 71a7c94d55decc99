"""What the fills of a `Tensor` recipe mean: numpy arrays from a seeded generator, before the dtype rounds them."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Shape = tuple[int, ...]

SMALLEST_NORMAL = {"float16": 2.0**-14, "bfloat16": 2.0**-126, "float32": 2.0**-126, "float64": 2.0**-1022}
"""Smallest normal number of each floating dtype; denormals lie below it."""

JUNK = -1.0e4
"""Contents of an `out=` tensor before the call: finite in every dtype and unlike any result."""


def fill(name: str, arguments: tuple[float, ...], shape: Shape, dtype: str, rng: np.random.Generator) -> Array:
    """Return float64 values of the shape; integer and bool dtypes round them later."""
    import numpy as np

    maker: dict[str, Callable[..., Array]] = {
        "normal": _normal,
        "uniform": _uniform,
        "integers": _integers,
        "constant": _constant,
        "outliers": _outliers,
        "signed_zeros": _signed_zeros,
        "nan": _nan,
        "inf": _inf,
        "distinct": _distinct,
        "bernoulli": _bernoulli,
        "log_probabilities": _log_probabilities,
        "symmetric": _symmetric,
        "positive_definite": _positive_definite,
        "nonsingular": _nonsingular,
        "junk": _junk,
    }
    if name == "denormals":
        return np.asarray(_denormals(rng, shape, SMALLEST_NORMAL.get(dtype, 1.0)))
    return np.asarray(maker[name](rng, shape, *arguments), dtype="float64")


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
    return values * _some(rng, shape, 100.0, 1.0)


def _signed_zeros(rng: np.random.Generator, shape: Shape) -> Array:
    import numpy as np

    return np.copysign(rng.standard_normal(shape) * (rng.random(shape) < 0.3), rng.standard_normal(shape))


def _denormals(rng: np.random.Generator, shape: Shape, smallest: float) -> Array:
    return smallest * rng.uniform(-1.0, 1.0, shape)


def _nan(rng: np.random.Generator, shape: Shape) -> Array:
    values = rng.standard_normal(shape)
    return values + _some(rng, shape, math.nan, 0.0)


def _inf(rng: np.random.Generator, shape: Shape) -> Array:
    import numpy as np

    values = rng.standard_normal(shape)
    return np.where(_some(rng, shape, 1.0, 0.0) > 0, np.copysign(np.inf, values), values)


def _distinct(rng: np.random.Generator, shape: Shape) -> Array:
    count = math.prod(shape)
    return (rng.permutation(count) - count // 2).astype("float64").reshape(shape)


def _bernoulli(rng: np.random.Generator, shape: Shape, probability: float) -> Array:
    return (rng.random(shape) < probability).astype("float64")


def _log_probabilities(rng: np.random.Generator, shape: Shape, dim: float) -> Array:
    import numpy as np

    if not shape:
        return np.zeros(shape)
    values = rng.standard_normal(shape)
    total: Array = np.exp(values).sum(axis=int(dim), keepdims=True)
    return values - np.log(total)


def _symmetric(rng: np.random.Generator, shape: Shape) -> Array:
    values = rng.standard_normal(shape)
    return (values + values.swapaxes(-1, -2)) / 2


def _positive_definite(rng: np.random.Generator, shape: Shape) -> Array:
    import numpy as np

    values = rng.standard_normal(shape)
    return values @ values.swapaxes(-1, -2) / max(1, shape[-1]) + np.eye(shape[-1])


def _nonsingular(rng: np.random.Generator, shape: Shape) -> Array:
    """Orthogonal times scales from 1/2 to 2 times orthogonal: a condition number of at most 4."""
    import numpy as np

    if math.prod(shape) == 0:
        return np.zeros(shape)
    left, _ = np.linalg.qr(rng.standard_normal(shape))
    right, _ = np.linalg.qr(rng.standard_normal(shape))
    product: Array = (left * rng.uniform(0.5, 2.0, (*shape[:-2], 1, shape[-1]))) @ right
    return product


def _junk(rng: np.random.Generator, shape: Shape) -> Array:
    return _constant(rng, shape, JUNK)


def _some(rng: np.random.Generator, shape: Shape, chosen: float, rest: float) -> Array:
    """Return `chosen` at about one element in 32, at least one, and `rest` elsewhere."""
    import numpy as np

    values = np.full(math.prod(shape), rest)
    if values.size:
        values[rng.choice(values.size, max(1, values.size // 32), replace=False)] = chosen
    return values.reshape(shape)


def generator(seed: int, path: str) -> np.random.Generator:
    """Return the generator of one argument: the same on both sides of the process boundary, different for each path."""
    import zlib

    import numpy as np

    return np.random.Generator(np.random.Philox(key=[seed, zlib.crc32(path.encode())]))


def quantise(values: Any, dtype: str) -> Any:
    """Round float64 values as an integer or bool dtype needs them; floating dtypes are rounded by torch."""
    import numpy as np

    if dtype == "bool":
        return values > 0.5
    if dtype.startswith(("int", "uint")):
        limits = np.iinfo(dtype)
        finite = np.nan_to_num(values, nan=0.0, posinf=3.0, neginf=-3.0)
        scaled = finite if np.all(finite == np.round(finite)) else np.round(10 * finite)
        return np.clip(scaled, max(limits.min, -(2.0**53)), min(limits.max, 2.0**53)).astype(dtype)
    return values
