"""Check the promises that a kernel makes to the compiler: `multiple_of`, `max_contiguous` and `max_constancy`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from pytest_kernelbench.devices.accesses import place_of, shown
from pytest_kernelbench.devices.instruments import Instruments

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

ALIGNED = 16
"""Bytes to which memory is aligned on every device; that of a GPU is to more, so larger promises are not refuted."""


def install(instruments: Instruments) -> None:
    """Patch Triton's interpreter until this process ends."""
    from triton.runtime import interpreter

    patch = interpreter._patch_lang_core

    def patched(language: Any, scope: Any) -> None:
        patch(language, scope)
        for name, check in CHECKS.items():
            scope.set_attr(language, name, _checked(getattr(language, name), name, check, instruments))

    interpreter._patch_lang_core = patched


def _checked(promise: Any, name: str, check: Callable[[Array, int, int, int], bool], instruments: Instruments) -> Any:
    """Return a promise of the language that is compared with the values."""

    def promised(input: Any, values: Any, **rest: Any) -> Any:
        listed = [_plain(value) for value in (values if isinstance(values, (list, tuple)) else [values])]
        if not _holds(input, listed, check):
            text = f"false promise to the compiler: {name} of {listed} in {shown(place_of(sys._getframe(1)))}"
            instruments.violate(text)
        return promise(input, values)

    return promised


def _plain(value: Any) -> int:
    return int(getattr(value, "value", value))


def _holds(input: Any, values: Sequence[int], check: Callable[[Array, int, int, int], bool]) -> bool:
    """Whether a promise is true along each dimension; the language itself refuses another number of values."""
    import numpy as np

    if isinstance(input, int):
        return check(np.array([int(input)]), 0, values[0], 1)
    handle = input.handle
    data, step = handle.data, 1
    if handle.dtype.is_ptr():
        step = max(1, handle.dtype.element_ty.primitive_bitwidth // 8)
        values = [min(value, ALIGNED) for value in values] if check is _multiple else values
    if data.size == 0 or len(values) != max(1, len(input.shape)):
        return True
    data = data.reshape(-1) if not input.shape else data
    return all(check(data.astype(np.int64), axis, value, step) for axis, value in enumerate(values) if value > 1)


def _multiple(data: Array, axis: int, value: int, step: int) -> bool:
    """Whether the first element of each contiguous run along an axis is a multiple of a value."""
    import numpy as np

    starts = np.ones(data.shape, bool)
    along = np.moveaxis(starts, axis, 0)
    along[1:] = np.diff(np.moveaxis(data, axis, 0), axis=0) != step
    return not (data[starts] % value).any()


def _contiguous(data: Array, axis: int, value: int, step: int) -> bool:
    """Whether the elements along an axis form contiguous groups of this length.

    A group may start again at 0: `max_contiguous(offsets % size, BLOCK)` is how the lanes beyond the last row of a
    product are kept inside of it, and what they compute is never stored.
    """
    return _grouped(data, axis, value, step, restarts=step == 1)


def _constant(data: Array, axis: int, value: int, step: int) -> bool:
    """Whether the elements along an axis form groups of this length that are equal."""
    return _grouped(data, axis, value, 0)


def _grouped(data: Array, axis: int, length: int, difference: int, *, restarts: bool = False) -> bool:
    """Whether neighbours within groups along an axis differ by this much; groups are no longer than the axis.

    With `restarts`, the second of two neighbours may also be 0.
    """
    import numpy as np

    along = np.moveaxis(data, axis, -1)
    length = min(length, along.shape[-1])
    if along.shape[-1] % length:
        return True
    groups = along.reshape(*along.shape[:-1], -1, length)
    follows = np.diff(groups, axis=-1) == difference
    return bool((follows | (groups[..., 1:] == 0) if restarts else follows).all())


CHECKS: dict[str, Callable[[Array, int, int, int], bool]] = {
    "multiple_of": _multiple,
    "max_contiguous": _contiguous,
    "max_constancy": _constant,
}
"""The check of each promise, with values, axis, promised value and difference of neighbours in memory."""
