"""Definitions of the fills of a `Tensor` recipe: numpy arrays from a seeded generator, before rounding to the dtype."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[Any]
    Shape = tuple[int, ...]
    Field = Callable[..., Array]

SMALLEST_NORMAL = {"float16": 2.0**-14, "bfloat16": 2.0**-126, "float32": 2.0**-126, "float64": 2.0**-1022}
"""Smallest normal number of each floating-point dtype; denormals are smaller in magnitude."""

JUNK = -1.0e4
"""Contents of an `out=` tensor before the call: finite in every floating-point dtype, and unlike any result."""


def fill(name: str, arguments: tuple[float, ...], shape: Shape, dtype: str, rng: np.random.Generator) -> Array:
    """Return the values of a fill as a float64 array of this shape; `quantise` rounds them for integer dtypes.

    Where `dtype` is complex, fills that relate the real and the imaginary part (hermitian matrices and the like) return
    complex128. All other fills return float64, and the caller calls them once for each part.
    """
    import numpy as np

    if name in _MATRICES:
        field = _complex_normal if dtype.startswith("complex") else _normal
        return np.asarray(_MATRICES[name](rng, shape, field, *arguments))
    if name == "denormals":
        return np.asarray(_denormals(rng, shape, SMALLEST_NORMAL.get(dtype, 1.0)))
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


def _log_probabilities(rng: np.random.Generator, shape: Shape, dim: float) -> Array:
    import numpy as np

    if not shape:
        return np.zeros(shape)
    values = rng.standard_normal(shape)
    total: Array = np.exp(values).sum(axis=int(dim), keepdims=True)
    return values - np.log(total)


def _complex_normal(rng: np.random.Generator, shape: Shape) -> Array:
    values: Array = rng.standard_normal(shape) + 1j * rng.standard_normal(shape)
    return values


def _symmetric(rng: np.random.Generator, shape: Shape, diagonal: float | None = None) -> Array:
    """Symmetric and indefinite; with `diagonal` 0, elimination needs a row exchange or a 2 by 2 pivot at once."""
    values = rng.standard_normal(shape)
    return _with_diagonal((values + values.swapaxes(-1, -2)) / 2, diagonal)


def _hermitian(rng: np.random.Generator, shape: Shape, field: Field, diagonal: float | None = None) -> Array:
    """Like `symmetric`, but equal to its conjugate transpose in complex dtypes."""
    values = field(rng, shape)
    return _with_diagonal((values + values.conj().swapaxes(-1, -2)) / 2, diagonal)


def _with_diagonal(values: Array, diagonal: float | None) -> Array:
    import numpy as np

    return values if diagonal is None else np.where(np.eye(values.shape[-1], dtype=bool), diagonal, values)


def _positive_definite(rng: np.random.Generator, shape: Shape, field: Field) -> Array:
    """Hermitian, with eigenvalues of at least 1."""
    import numpy as np

    values = field(rng, shape)
    return values @ values.conj().swapaxes(-1, -2) / max(1, shape[-1]) + np.eye(shape[-1])


def _nonsingular(rng: np.random.Generator, shape: Shape, field: Field) -> Array:
    """U diag(s) V with unitary U and V and scales s between 1/2 and 2: the condition number is at most 4."""
    if math.prod(shape) == 0:
        return rng.standard_normal(shape)
    left, right = _orthonormal(rng, shape, field), _orthonormal(rng, shape, field)
    product: Array = (left * rng.uniform(0.5, 2.0, (*shape[:-2], 1, shape[-1]))) @ right
    return product


def _graded(rng: np.random.Generator, shape: Shape, field: Field, condition: float) -> Array:
    """Matrices whose singular values fall geometrically from 1 to 1 / `condition`, so all of them are distinct."""
    import numpy as np

    *batch, rows, columns = shape
    rank = min(rows, columns)
    if math.prod(shape) == 0:
        return rng.standard_normal(shape)
    left, right = (_orthonormal(rng, (*batch, size, rank), field) for size in (rows, columns))
    values: Array = (left * np.geomspace(1.0, 1.0 / condition, rank)) @ right.swapaxes(-1, -2)
    return values


def _orthonormal(rng: np.random.Generator, shape: Shape, field: Field) -> Array:
    import numpy as np

    return np.linalg.qr(field(rng, shape))[0]


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


def _diagonalizable(rng: np.random.Generator, shape: Shape, field: Field) -> Array:
    """Distinct eigenvalues with positive real parts, some of them complex, and well-conditioned eigenvectors."""
    import numpy as np

    size = shape[-1]
    if math.prod(shape) == 0:
        return rng.standard_normal(shape)
    vectors = _nonsingular(rng, shape, field)
    middle = np.diag(np.linspace(0.5, 2.0, size))
    for first in range(0, size - 1, 4):
        middle[first + 1, first], middle[first, first + 1] = 0.5, -0.5
        middle[first + 1, first + 1] = middle[first, first]
    values: Array = vectors @ middle @ np.linalg.inv(vectors)
    return values


def _lower(rng: np.random.Generator, shape: Shape, field: Field) -> Array:
    """Lower triangular with a positive diagonal, like a Cholesky factor, and well-conditioned."""
    import numpy as np

    values = np.tril(field(rng, shape), -1) / max(1, 2 * shape[-1])
    return values + np.eye(shape[-1]) * rng.uniform(1.0, 2.0, (*shape[:-1], 1))


def _upper(rng: np.random.Generator, shape: Shape, field: Field) -> Array:
    """The transpose of a `lower` matrix."""
    return _lower(rng, shape, field).swapaxes(-1, -2)


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
    "symmetric": _symmetric,
    "dominant": _dominant,
    "small_pivots": _small_pivots,
    "junk": functools.partial(_constant, value=JUNK),
}
"""Fills that are real in every dtype."""

_MATRICES: dict[str, Callable[..., Array]] = {
    "hermitian": _hermitian,
    "positive_definite": _positive_definite,
    "nonsingular": _nonsingular,
    "graded": _graded,
    "diagonalizable": _diagonalizable,
    "lower": _lower,
    "upper": _upper,
}
"""Fills of matrices that are complex in complex dtypes."""
