"""Arguments as the reference gets them: widened to double precision, or moved by one rounding."""

from __future__ import annotations

import ctypes
import math
import operator
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

ROUNDOFF: Mapping[str, float] = {
    "float64": 2.0**-53, "complex128": 2.0**-53, "float32": 2.0**-24, "complex64": 2.0**-24,
    "float16": 2.0**-11, "bfloat16": 2.0**-8,
}  # fmt: skip
"""Unit roundoff of each floating-point dtype: half the distance from 1 to the next larger number."""

TF32_ROUNDOFF = 2.0**-11
"""Unit roundoff of TF32."""

TF32_DROPPED = 13
"""Bits of a float32 mantissa that TF32 lacks."""

SMALLEST_STEP = 2.0**-43
"""Smallest relative perturbation; the float64 rounding of the reference would hide the effect of a smaller one."""

MAX_WIDENED = 1 << 16
"""Elements of the largest argument that is kept in float64 from one perturbation to the next."""


def moved_floats(value: Any, step: float) -> Any:
    """Return an argument with its floats changed by a relative step; the same object if it has no such floats."""
    if isinstance(value, float):
        return value * (1 + step) if math.isfinite(value) and value != ctypes.c_float(value).value else value
    if isinstance(value, (tuple, list)):
        inside = [moved_floats(item, step) for item in value]
        return value if all(map(operator.is_, inside, value)) else type(value)(inside)
    return value


def exact_value(value: Any) -> Any:
    """Return a copy of a tensor in float64 or complex128, or that dtype for a dtype; integers keep theirs."""
    import torch

    dtype = value if isinstance(value, torch.dtype) else value.dtype
    wide = torch.complex128 if dtype.is_complex else torch.float64 if dtype.is_floating_point else dtype
    # Always a copy: the reference may write into it.
    return wide if isinstance(value, torch.dtype) else value.to(wide, copy=True)


def truncated(value: Any) -> Any:
    """Return what `exact_value` returns, with float32 contents truncated to TF32."""
    import torch

    if isinstance(value, torch.dtype) or value.dtype != torch.float32:
        return exact_value(value)
    bits = value.contiguous().view(torch.int32) >> TF32_DROPPED << TF32_DROPPED
    return torch.where(torch.isfinite(value), bits.view(torch.float32), value).double()


def perturbing(generator: torch.Generator, roundoff: float | None) -> Callable[[Any], Any]:
    """Return a function that perturbs a tensor; what is the same each time is kept with the tensor."""
    import torch

    known: dict[int, tuple[Any, Any, Any]] = {}

    def perturbed(value: Any) -> Any:
        if isinstance(value, torch.dtype) or not (value.is_floating_point() or value.is_complex()):
            return exact_value(value)
        unit = roundoff or max(SMALLEST_STEP, ROUNDOFF[str(value.dtype).removeprefix("torch.")])
        noise = torch.rand(value.shape, generator=generator, dtype=torch.float64, device=value.device)
        factor = noise.mul_(2).sub_(1).mul_(unit * 3**0.5).add_(1)
        if value.numel() > MAX_WIDENED:
            # In place, as large tensors cost more in new memory than in arithmetic; what is not finite stays as it is.
            return exact_value(value).mul_(factor)
        if id(value) not in known:
            wide = exact_value(value)
            known[id(value)] = value, wide, torch.isfinite(wide)
        _, wide, finite = known[id(value)]
        return torch.where(finite, wide * factor, wide)

    return perturbed
