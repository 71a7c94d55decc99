"""The integer functions of libdevice, on arrays of 32 or 64 bits."""

from __future__ import annotations

from typing import Any

import numpy as np

_BYTE_REVERSED = np.array([int(f"{byte:08b}"[::-1], 2) for byte in range(256)], dtype=np.uint8)
"""Each byte with its bits in reverse order."""


def _bytes(x: Any) -> Any:
    """Return the bytes of each number, lowest first, on a new last axis."""
    x = np.ascontiguousarray(x)
    return x.view(np.uint8).reshape(*x.shape, x.itemsize)


def popc(x: Any) -> Any:
    """Count the bits that are set."""
    return np.unpackbits(_bytes(x), axis=-1).sum(axis=-1, dtype=np.int32)


def clz(x: Any) -> Any:
    """Count the zeros above the highest bit that is set."""
    bits = np.unpackbits(_bytes(x)[..., ::-1], axis=-1)
    return np.where(x == 0, bits.shape[-1], bits.argmax(axis=-1)).astype(np.int32)


def ffs(x: Any) -> Any:
    """Return the position of the lowest bit that is set, counted from 1; 0 where there is none."""
    bits = np.unpackbits(_bytes(x), axis=-1, bitorder="little")
    return np.where(x == 0, 0, bits.argmax(axis=-1) + 1).astype(np.int32)


def brev(x: Any) -> Any:
    """Reverse the order of the bits."""
    reverse = np.ascontiguousarray(_BYTE_REVERSED[_bytes(x)[..., ::-1]])
    return reverse.view(x.dtype)[..., 0]


def byte_perm(x: Any, y: Any, selector: Any) -> Any:
    """Choose four of the eight bytes of two numbers; of each nibble of the selector, the lower three bits count."""
    pool = np.concatenate([_bytes(x), _bytes(y)], axis=-1)
    indices = np.stack([(selector >> (4 * place)) & 7 for place in range(4)], axis=-1)
    chosen = np.ascontiguousarray(np.take_along_axis(pool, indices, axis=-1))
    return chosen.view(x.dtype)[..., 0]


def mulhi(x: Any, y: Any) -> Any:
    """Return the upper half of the bits of a product."""
    if x.itemsize == 4:
        wide = np.int64 if x.dtype == np.int32 else np.uint64
        return ((x.astype(wide) * y.astype(wide)) >> wide(32)).astype(x.dtype)
    high = np.frompyfunc(lambda a, b: (int(a) * int(b)) >> 64, 2, 1)
    return high(x, y).astype(x.dtype)


def mul24(x: Any, y: Any) -> Any:
    """Return the lower half of the product of the lower 24 bits."""
    low = x.dtype.type(8)
    return ((x << low) >> low) * ((y << low) >> low)


def sad(x: Any, y: Any, z: Any) -> Any:
    """Return |x - y| + z."""
    return np.abs(x.astype(np.int64) - y.astype(np.int64)) + z.astype(np.int64)


def hadd(x: Any, y: Any) -> Any:
    """Return the mean, rounded down, without overflow."""
    return (x.astype(np.int64) + y.astype(np.int64)) >> 1


def rhadd(x: Any, y: Any) -> Any:
    """Return the mean, rounded up, without overflow."""
    return (x.astype(np.int64) + y.astype(np.int64) + 1) >> 1
