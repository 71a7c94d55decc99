"""Fills of matrices, made element by element: BLAS and LAPACK round differently with another number of threads.

Judge and runner each make the tensors of a case, and the judge compares the bytes to see whether a kernel wrote to an
input. Matrices with given singular values or eigenvalues are therefore made from diagonal ones by plane rotations,
which need additions, multiplications and divisions of single elements only: IEEE 754 rounds each of those in one way.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[Any]
    Shape = tuple[int, ...]
    Parts = list[Array]

EXTRA_STAGES = 4
"""Stages of rotations beyond those after which each row of a matrix has met each other one."""


def matrix(name: str, arguments: tuple[float, ...], shape: Shape, kind: str, rng: np.random.Generator) -> Array:
    """Return matrices of a fill in `MATRICES`: complex128 if `kind` is a complex dtype, else float64."""
    is_complex = kind.startswith("complex")
    if math.prod(shape) == 0:
        return rng.standard_normal(shape)
    return MATRICES[name](rng, shape, is_complex, *arguments)


def with_diagonal(values: Array, diagonal: float | None) -> Array:
    """Return matrices with this number on their diagonals; None keeps them as they are."""
    import numpy as np

    return values if diagonal is None else np.where(np.eye(values.shape[-1], dtype=bool), diagonal, values)


def _hermitian(rng: np.random.Generator, shape: Shape, is_complex: bool, diagonal: float | None = None) -> Array:
    """Like `symmetric`, but equal to its conjugate transpose in complex dtypes."""
    values = _normal(rng, shape, is_complex)
    return with_diagonal((values + values.conj().swapaxes(-1, -2)) / 2, diagonal)


def _positive_definite(rng: np.random.Generator, shape: Shape, is_complex: bool) -> Array:
    """Hermitian, with eigenvalues from 1 to 5."""
    import numpy as np

    parts = _diagonal(shape, rng.uniform(1.0, 5.0, (*shape[:-2], shape[-1])), is_complex)
    values = _joined(_similar(parts, _rotations(rng, shape[:-2], shape[-1], is_complex)))
    lower = np.tril(values, -1)
    return lower + lower.conj().swapaxes(-1, -2) + np.where(np.eye(shape[-1], dtype=bool), values.real, 0.0)


def _nonsingular(rng: np.random.Generator, shape: Shape, is_complex: bool) -> Array:
    """U diag(s) V with unitary U and V and scales s between 1/2 and 2: the condition number is at most 4."""
    return _between_unitary(rng, shape, rng.uniform(0.5, 2.0, (*shape[:-2], shape[-1])), is_complex)


def _graded(rng: np.random.Generator, shape: Shape, is_complex: bool, condition: float) -> Array:
    """Matrices whose singular values fall geometrically from 1 to 1 / `condition`, so all of them are distinct."""
    import numpy as np

    return _between_unitary(rng, shape, np.geomspace(1.0, 1.0 / condition, min(shape[-2:])), is_complex)


def _diagonalizable(rng: np.random.Generator, shape: Shape, is_complex: bool) -> Array:
    """Distinct eigenvalues with positive real parts, some of them complex, and well-conditioned eigenvectors."""
    import numpy as np

    batch, size = shape[:-2], shape[-1]
    parts = _diagonal(shape, np.linspace(0.5, 2.0, size), is_complex)
    for first in range(0, size - 1, 4):
        parts[0][..., first + 1, first], parts[0][..., first, first + 1] = 0.5, -0.5
        parts[0][..., first + 1, first + 1] = parts[0][..., first, first]
    parts = _similar(parts, _rotations(rng, batch, size, is_complex))
    scales = rng.uniform(0.5, 2.0, (*batch, size, 1))
    parts = [part * scales / scales.swapaxes(-1, -2) for part in parts]
    return _joined(_similar(parts, _rotations(rng, batch, size, is_complex)))


def _lower(rng: np.random.Generator, shape: Shape, is_complex: bool) -> Array:
    """Lower triangular with a positive diagonal, like a Cholesky factor, and well-conditioned."""
    import numpy as np

    values = np.tril(_normal(rng, shape, is_complex), -1) / max(1, 2 * shape[-1])
    return values + np.eye(shape[-1]) * rng.uniform(1.0, 2.0, (*shape[:-1], 1))


def _upper(rng: np.random.Generator, shape: Shape, is_complex: bool) -> Array:
    """The transpose of a `lower` matrix."""
    return _lower(rng, shape, is_complex).swapaxes(-1, -2)


def _normal(rng: np.random.Generator, shape: Shape, is_complex: bool) -> Array:
    values = rng.standard_normal(shape)
    return _joined([values, rng.standard_normal(shape)]) if is_complex else values


def _between_unitary(rng: np.random.Generator, shape: Shape, scales: Array, is_complex: bool) -> Array:
    """Return U diag(scales) V with random unitary U and V, for matrices of any shape."""
    *batch, rows, columns = shape
    parts = _diagonal(shape, scales, is_complex)
    parts = _rotated(parts, _rotations(rng, tuple(batch), rows, is_complex))
    return _joined(_adjoint(_rotated(_adjoint(parts), _rotations(rng, tuple(batch), columns, is_complex))))


def _diagonal(shape: Shape, values: Array, is_complex: bool) -> Parts:
    """Return the real part, and for complex matrices the imaginary part, of real diagonal matrices."""
    import numpy as np

    parts = [np.zeros(shape) for _ in range(1 + is_complex)]
    index = np.arange(min(shape[-2:]))
    parts[0][..., index, index] = values
    return parts


def _joined(parts: Parts) -> Array:
    """Return matrices from their real and imaginary parts."""
    import numpy as np

    if len(parts) == 1:
        return parts[0]
    values = np.empty(parts[0].shape, "complex128")
    values.real, values.imag = parts
    return values


@dataclass(frozen=True, slots=True)
class _Rotation:
    """One stage of a random unitary matrix: rows are shuffled, rotated in pairs, and multiplied by numbers of size 1.

    The arrays have the shape (batch, pairs or rows, 1), so that they broadcast along the rows.
    """

    order: Array
    cosine: Array
    sine: Array
    phase: Sequence[Array]
    """Real and imaginary parts of the numbers of size 1; one array of signs for real matrices."""


def _rotations(rng: np.random.Generator, batch: Shape, size: int, is_complex: bool) -> list[_Rotation]:
    """Draw a random unitary matrix for each batch element, as stages after which every row depends on every other."""
    stages = []
    for _ in range((size - 1).bit_length() + EXTRA_STAGES):
        cosine, sine = _on_half_circle(rng, (*batch, size // 2, 1))
        phase: list[Array] = [1.0 - 2.0 * rng.integers(0, 2, (*batch, size, 1))]
        if is_complex:
            phase = [phase[0] * each for each in _on_half_circle(rng, (*batch, size, 1))]
        stages.append(_Rotation(rng.permutation(size), cosine, sine, phase))
    return stages


def _on_half_circle(rng: np.random.Generator, shape: Shape) -> tuple[Array, Array]:
    """Draw cosines and sines of angles between -90 and 90 degrees, by divisions alone."""
    tangent = rng.uniform(-1.0, 1.0, shape)
    norm = 1.0 + tangent * tangent
    return (1.0 - tangent * tangent) / norm, 2.0 * tangent / norm


def _rotated(parts: Parts, stages: Sequence[_Rotation]) -> Parts:
    """Return U A for the unitary matrix U of these stages."""
    import numpy as np

    for stage in stages:
        half = len(stage.order) // 2
        turned = []
        for part in parts:
            rows = np.take(part, stage.order, axis=-2)
            first, second = rows[..., :half, :], rows[..., half : 2 * half, :]
            lifted = stage.sine * first + stage.cosine * second
            first *= stage.cosine
            second *= stage.sine
            first -= second
            second[...] = lifted
            turned.append(rows)
        parts = _times(turned, stage.phase)
    return parts


def _times(parts: Parts, factor: Sequence[Array]) -> Parts:
    """Return a product, element by element, of complex numbers given by their parts, or of real ones (in place)."""
    if len(parts) == 1:
        parts[0] *= factor[0]
        return parts
    (real, imaginary), (cosine, sine) = parts, factor
    return [real * cosine - imaginary * sine, real * sine + imaginary * cosine]


def _adjoint(parts: Parts) -> Parts:
    """Return the conjugate transpose."""
    import numpy as np

    real, *imaginary = (np.ascontiguousarray(part.swapaxes(-1, -2)) for part in parts)
    return [real, *(-part for part in imaginary)]


def _similar(parts: Parts, stages: Sequence[_Rotation]) -> Parts:
    """Return U A U* for the unitary matrix U of these stages."""
    return _adjoint(_rotated(_adjoint(_rotated(parts, stages)), stages))


MATRICES: dict[str, Callable[..., Array]] = {
    "hermitian": _hermitian,
    "positive_definite": _positive_definite,
    "nonsingular": _nonsingular,
    "graded": _graded,
    "diagonalizable": _diagonalizable,
    "lower": _lower,
    "upper": _upper,
}
"""Fills of matrices that are complex in complex dtypes."""
