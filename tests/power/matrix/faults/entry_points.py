"""Entry points of kernels that have a fault, or that are right."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import torch

from tests.power.matrix.faults.registry import FAULTS, Plan, Run, changed, into, over, tensors


def plain(run: Run, arguments: Mapping[str, Any], plan: Plan) -> Any:
    """Computes as eager PyTorch does."""
    return run(arguments)


def float64_inside(run: Run, arguments: Mapping[str, Any], plan: Plan) -> Any:
    """Computes in float64 or complex128 and rounds once."""
    wide = {name: _double(value) if isinstance(value, torch.dtype) else value for name, value in arguments.items()}
    dtypes = [result.dtype for result in tensors(run(over(torch.clone, arguments)))]
    result = changed(lambda value: value.to(_double(value.dtype)), run, wide)
    rounded = iter(dtypes)
    return over(lambda value: value.to(next(rounded)), result)


def _double(dtype: torch.dtype) -> torch.dtype:
    if dtype.is_complex:
        return torch.complex128
    return torch.float64 if dtype.is_floating_point else dtype


RIGHT = {"plain": plain, "float64_inside": float64_inside}
"""What must not be found."""


def faulty(name: str, plan: Plan) -> Callable[..., Any]:
    """Return an entry point that has a fault."""
    signature = inspect.signature(plan.reference)

    def run(arguments: Mapping[str, Any]) -> Any:
        given = dict(arguments)
        out = given.pop("out", None)
        bound = inspect.BoundArguments(signature, given)  # type: ignore[arg-type]
        result = plan.reference(*bound.args, **bound.kwargs)
        return result if out is None else into(out, result)

    def entry(*args: Any, **kwargs: Any) -> Any:
        given = dict(signature.bind(*args, **kwargs).arguments)
        out = given.pop("out", None)
        if name == "ignores_out":
            return run(given)
        result = {**FAULTS, **RIGHT}[name](run, given, plan)
        return result if out is None else into(out, result)

    entry.__signature__ = signature  # type: ignore[attr-defined]
    return entry


def faulty_optimizer(name: str, plan: Plan) -> Callable[..., Any]:
    """Return a factory of optimizers whose steps have a fault."""

    signature = inspect.signature(plan.reference)

    def entry(*args: Any, **kwargs: Any) -> Any:
        given = signature.bind(*args, **kwargs).arguments
        params = given["params"]
        if name == "float64_inside":
            return _double_optimizer(plan, given)
        optimizer = plan.reference(**{key: value for key, value in given.items() if key != plan.keyword})
        step = optimizer.step

        def run(arguments: Mapping[str, Any]) -> list[torch.Tensor]:
            step()
            return [param.detach().clone() for param in params]

        @torch.no_grad()
        def wrong_step() -> None:
            arguments = {"params": [param.detach() for param in params], "grads": [param.grad for param in params]}
            results = {**FAULTS, **RIGHT}[name](run, arguments, plan)
            for param, result in zip(params, results, strict=True):
                param.copy_(result)

        optimizer.step = wrong_step
        return optimizer

    entry.__signature__ = signature  # type: ignore[attr-defined]
    return entry


def _double_optimizer(plan: Plan, given: Mapping[str, Any]) -> Any:
    """Return an optimizer that keeps everything in float64 and rounds the parameters after each step."""
    doubles = [param.detach().double().requires_grad_() for param in given["params"]]
    optimizer = plan.reference(**{**given, "params": doubles})
    step = optimizer.step

    @torch.no_grad()
    def wide_step() -> None:
        for param, double in zip(given["params"], doubles, strict=True):
            double.grad = param.grad.double()
        step()
        for param, double in zip(given["params"], doubles, strict=True):
            param.copy_(double)

    optimizer.step = wide_step
    return optimizer
