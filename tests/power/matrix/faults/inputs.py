"""Faults for some inputs: sizes, layouts, dtypes, and special values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch

from tests.power.matrix.faults.registry import FAULTS, Plan, Run, changed, fault, over, spoilt, spoilt_if, tensors


@fault
def returns_zeros(run: Run, arguments: Mapping[str, Any], plan: Plan) -> Any:
    """Returns zeros."""
    return over(torch.zeros_like, run(arguments))


@fault
def drops_tail(run: Run, arguments: Mapping[str, Any], plan: Plan) -> Any:
    """Does not process the elements after the last full block of 128."""

    def cut(value: torch.Tensor) -> torch.Tensor:
        flat = value.reshape(-1).clone()
        flat[value.numel() // 128 * 128 :] = 0
        return flat.reshape(value.shape)

    return over(cut, run(arguments))


@fault
def above_4096_elements(run: Run, arguments: Mapping[str, Any], plan: Plan) -> Any:
    """Is wrong where a tensor has more than 4096 elements."""
    result = run(arguments)
    large = any(tensor.numel() > 4096 for tensor in (*tensors(arguments), *tensors(result)))
    return over(spoilt, result) if large else result


@fault
def above_65536_elements(run: Run, arguments: Mapping[str, Any], plan: Plan) -> Any:
    """Is wrong where a tensor has more than 65,536 elements."""
    result = run(arguments)
    large = any(tensor.numel() > 65_536 for tensor in (*tensors(arguments), *tensors(result)))
    return over(spoilt, result) if large else result


@fault
def dimensions_above_1024(run: Run, arguments: Mapping[str, Any], plan: Plan) -> Any:
    """Is wrong where a dimension is longer than 1024."""
    return spoilt_if(lambda tensor: any(size > 1024 for size in tensor.shape), run, arguments)


@fault
def dimensions_above_16384(run: Run, arguments: Mapping[str, Any], plan: Plan) -> Any:
    """Is wrong where a dimension is longer than 16,384."""
    return spoilt_if(lambda tensor: any(size > 16_384 for size in tensor.shape), run, arguments)


@fault
def strides(run: Run, arguments: Mapping[str, Any], plan: Plan) -> Any:
    """Is wrong where an input is not contiguous."""
    return spoilt_if(lambda tensor: not tensor.is_contiguous(), run, arguments)


@fault
def storage_offset(run: Run, arguments: Mapping[str, Any], plan: Plan) -> Any:
    """Is wrong where an input has a storage offset."""
    return spoilt_if(lambda tensor: tensor.storage_offset() != 0, run, arguments)


@fault
def expanded(run: Run, arguments: Mapping[str, Any], plan: Plan) -> Any:
    """Is wrong where an input is expanded."""
    return spoilt_if(
        lambda tensor: any(s == 0 and n > 1 for s, n in zip(tensor.stride(), tensor.shape, strict=True)), run, arguments
    )


def _for_dtype(dtype: torch.dtype) -> Callable[..., Any]:
    def wrong(run: Run, arguments: Mapping[str, Any], plan: Plan) -> Any:
        return spoilt_if(lambda tensor: tensor.dtype == dtype, run, arguments)

    return wrong


for _dtype in ("float16", "bfloat16", "float64"):
    FAULTS[f"wrong_in_{_dtype}"] = _made = _for_dtype(getattr(torch, _dtype))
    _made.__doc__ = f"Is wrong for {_dtype}."


@fault
def strips_nan(run: Run, arguments: Mapping[str, Any], plan: Plan) -> Any:
    """Replaces NaN in the inputs by 0."""
    return changed(lambda tensor: torch.where(torch.isnan(tensor), 0, tensor), run, arguments)


@fault
def strips_infinities(run: Run, arguments: Mapping[str, Any], plan: Plan) -> Any:
    """Replaces infinities in the inputs by the largest finite numbers."""
    return changed(_finite, run, arguments)


def _finite(tensor: torch.Tensor) -> torch.Tensor:
    largest = torch.finfo(tensor.dtype).max
    return torch.where(torch.isinf(tensor), tensor.sign() * largest, tensor)


@fault
def strips_sign_of_zero(run: Run, arguments: Mapping[str, Any], plan: Plan) -> Any:
    """Replaces -0.0 in the inputs by 0.0."""
    return changed(lambda tensor: tensor + 0.0, run, arguments)
