"""Faults of formulas: a step of the reference is computed in a naive way."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

from tests.power.matrix.faults.registry import Plan, Run, fault


class Naive(TorchFunctionMode):
    """Replaces functions of torch by a naive way to compute them."""

    def __init__(self, naive: Mapping[str, Callable[..., Any]]) -> None:
        super().__init__()
        self.naive = naive
        self.used = False

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = getattr(func, "__name__", "")
        if name in self.naive:
            self.used = True
            return self.naive[name](*args, **(kwargs or {}))
        return func(*args, **(kwargs or {}))


def _naive_var(x: torch.Tensor, dim: Any = None, correction: float = 1, keepdim: bool = False, **rest: Any) -> Any:
    correction = rest.get("unbiased", correction)
    dims = tuple(range(x.dim())) if dim is None else dim
    axes = dims if isinstance(dims, (tuple, list)) else (dims,)
    count = math.prod(x.shape[axis] for axis in axes) if x.dim() else 1
    mean, squares = x.mean(dims, keepdim=keepdim), (x * x).mean(dims, keepdim=keepdim)
    spread = (squares - mean * mean).clamp(min=0)
    return spread * (count / (count - correction)) if correction else spread


def _normalised(x: torch.Tensor, axes: tuple[int, ...], eps: float) -> torch.Tensor:
    mean = x.mean(axes, keepdim=True)
    return (x - mean) / ((x * x).mean(axes, keepdim=True) - mean * mean + eps).sqrt()


def _naive_layer_norm(x: Any, shape: Any, weight: Any = None, bias: Any = None, eps: float = 1e-5) -> Any:
    result = _normalised(x.float(), tuple(range(-len(shape), 0)), eps).to(x.dtype)
    result = result if weight is None else result * weight
    return result if bias is None else result + bias


def _naive_group_norm(x: Any, groups: int, weight: Any = None, bias: Any = None, eps: float = 1e-5) -> Any:
    parts = x.float().reshape(x.shape[0], groups, -1)
    result = _normalised(parts, (-1,), eps).reshape(x.shape).to(x.dtype)
    wide = (1, -1) + (1,) * (x.dim() - 2)
    result = result if weight is None else result * weight.reshape(wide)
    return result if bias is None else result + bias.reshape(wide)


TWO_PASS = {
    "var": _naive_var,
    "std": lambda x, *args, **kwargs: _naive_var(x, *args, **kwargs).sqrt(),
    "layer_norm": _naive_layer_norm,
    "group_norm": _naive_group_norm,
}
"""Variance as E[x^2] - E[x]^2."""


def _naive_softmax(x: torch.Tensor, dim: int = -1, dtype: Any = None, **rest: Any) -> torch.Tensor:
    grown = (x if dtype is None else x.to(dtype)).exp()
    return grown / grown.sum(dim, keepdim=True)


def _naive_log_softmax(x: torch.Tensor, dim: int = -1, dtype: Any = None, **rest: Any) -> torch.Tensor:
    wide = x if dtype is None else x.to(dtype)
    return wide - wide.exp().sum(dim, keepdim=True).log()


UNSHIFTED = {
    "softmax": _naive_softmax,
    "log_softmax": _naive_log_softmax,
    "logsumexp": lambda x, dim, keepdim=False: x.exp().sum(dim, keepdim=keepdim).log(),
    "sigmoid": lambda x, **rest: x.exp() / (1 + x.exp()),
    "tanh": lambda x, **rest: ((2 * x).exp() - 1) / ((2 * x).exp() + 1),
    "softplus": lambda x, beta=1, threshold=20: (1 + (x * beta).exp()).log() / beta,
}
"""Exponentials that overflow."""

HALF_UP = {"round": lambda x, **rest: (x + 0.5).floor()}
"""Ties away from the even number."""


@fault
def one_pass_variance(run: Run, arguments: Mapping[str, Any], plan: Plan) -> Any:
    """Computes the variance as E[x^2] - E[x]^2."""
    with Naive(TWO_PASS):
        return run(arguments)


@fault
def unshifted_exponentials(run: Run, arguments: Mapping[str, Any], plan: Plan) -> Any:
    """Computes exponentials without subtracting the maximum."""
    with Naive(UNSHIFTED):
        return run(arguments)


@fault
def rounds_half_up(run: Run, arguments: Mapping[str, Any], plan: Plan) -> Any:
    """Rounds ties up instead of to even."""
    with Naive(HALF_UP):
        return run(arguments)


NAIVE = {"one_pass_variance": TWO_PASS, "unshifted_exponentials": UNSHIFTED, "rounds_half_up": HALF_UP}
"""Functions that each of these faults replaces: it applies where the reference calls one."""
