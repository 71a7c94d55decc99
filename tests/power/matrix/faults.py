"""Faults that any reference can be given. Runs in runners, as a part of the faulty kernels."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import torch
from torch.overrides import TorchFunctionMode

Run = Callable[[Mapping[str, Any]], Any]
"""Calls the reference with arguments by name."""

FAULTS: dict[str, Callable[..., Any]] = {}


class Plan(NamedTuple):
    """What a fault knows of its task."""

    reference: Callable[..., Any]
    written: tuple[str, ...] = ()
    """Arguments that may be written."""
    keyword: str | None = None
    """The keyword that is ignored."""


def fault(function: Callable[..., Any]) -> Callable[..., Any]:
    """Register a fault: its name is the function's, its description the first line of the docstring."""
    FAULTS[function.__name__] = function
    return function


def tensors(value: Any) -> Iterator[torch.Tensor]:
    """Yield every tensor of a nested value."""
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from tensors(item)
    elif isinstance(value, (tuple, list)):
        for item in value:
            yield from tensors(item)


def over(change: Callable[[torch.Tensor], torch.Tensor], value: Any) -> Any:
    """Return a nested value with every tensor changed."""
    if isinstance(value, torch.Tensor):
        return change(value)
    if isinstance(value, Mapping):
        return {name: over(change, item) for name, item in value.items()}
    if isinstance(value, (tuple, list)):
        items = [over(change, item) for item in value]
        return type(value)(*items) if hasattr(value, "_fields") else type(value)(items)
    return value


def into(out: Any, result: Any) -> Any:
    """Write a result, or the parts of one, into `out` and return that."""
    for target, part in zip(tensors(out), tensors(result), strict=True):
        target.copy_(part)
    return out


def spoilt(value: torch.Tensor) -> torch.Tensor:
    """Return other values of the same dtype."""
    if value.dtype == torch.bool:
        return ~value
    if value.is_floating_point() or value.is_complex():
        return value * 1.5 + 1
    return value + 1


def spoilt_if(condition: Callable[[torch.Tensor], bool], run: Run, arguments: Mapping[str, Any]) -> Any:
    """Return wrong values where any tensor among the arguments meets the condition."""
    struck = any(condition(tensor) for tensor in tensors(arguments))
    result = run(arguments)
    return over(spoilt, result) if struck else result


@fault
def returns_zeros(run: Run, arguments: Mapping[str, Any], plan: Plan) -> Any:
    """Returns zeros."""
    return over(torch.zeros_like, run(arguments))


@fault
def drops_tail(run: Run, arguments: Mapping[str, Any], plan: Plan) -> Any:
    """Leaves out what does not fill a block of 128."""

    def cut(value: torch.Tensor) -> torch.Tensor:
        flat = value.reshape(-1).clone()
        flat[value.numel() // 128 * 128 :] = 0
        return flat.reshape(value.shape)

    return over(cut, run(arguments))


@fault
def above_4096_elements(run: Run, arguments: Mapping[str, Any], plan: Plan) -> Any:
    """Wrong where a tensor has more than 4096 elements."""
    result = run(arguments)
    large = any(tensor.numel() > 4096 for tensor in (*tensors(arguments), *tensors(result)))
    return over(spoilt, result) if large else result


@fault
def dimensions_above_1024(run: Run, arguments: Mapping[str, Any], plan: Plan) -> Any:
    """Wrong where a dimension is longer than 1024."""
    return spoilt_if(lambda tensor: any(size > 1024 for size in tensor.shape), run, arguments)


@fault
def strides(run: Run, arguments: Mapping[str, Any], plan: Plan) -> Any:
    """Wrong where an input is not contiguous."""
    return spoilt_if(lambda tensor: not tensor.is_contiguous(), run, arguments)


@fault
def storage_offset(run: Run, arguments: Mapping[str, Any], plan: Plan) -> Any:
    """Wrong where an input does not begin at the start of its memory."""
    return spoilt_if(lambda tensor: tensor.storage_offset() != 0, run, arguments)


@fault
def expanded(run: Run, arguments: Mapping[str, Any], plan: Plan) -> Any:
    """Wrong where an input is expanded."""
    return spoilt_if(
        lambda tensor: any(s == 0 and n > 1 for s, n in zip(tensor.stride(), tensor.shape, strict=True)), run, arguments
    )


def _for_dtype(dtype: torch.dtype) -> Callable[..., Any]:
    def wrong(run: Run, arguments: Mapping[str, Any], plan: Plan) -> Any:
        return spoilt_if(lambda tensor: tensor.dtype == dtype, run, arguments)

    return wrong


for _dtype in ("float16", "bfloat16", "float64"):
    FAULTS[f"wrong_in_{_dtype}"] = _made = _for_dtype(getattr(torch, _dtype))
    _made.__doc__ = f"Wrong for {_dtype}."


@fault
def strips_nan(run: Run, arguments: Mapping[str, Any], plan: Plan) -> Any:
    """Takes NaN for 0."""
    return _changed(lambda tensor: torch.where(torch.isnan(tensor), 0, tensor), run, arguments)


@fault
def strips_infinities(run: Run, arguments: Mapping[str, Any], plan: Plan) -> Any:
    """Takes infinities for the largest finite numbers."""
    return _changed(_finite, run, arguments)


def _finite(tensor: torch.Tensor) -> torch.Tensor:
    most = torch.finfo(tensor.dtype).max
    return torch.where(torch.isinf(tensor), tensor.sign() * most, tensor)


@fault
def strips_sign_of_zero(run: Run, arguments: Mapping[str, Any], plan: Plan) -> Any:
    """Takes -0.0 for 0.0."""
    return _changed(lambda tensor: tensor + 0.0, run, arguments)


def _changed(change: Callable[[torch.Tensor], torch.Tensor], run: Run, arguments: Mapping[str, Any]) -> Any:
    """Run on other floating inputs; what is written into them is handed on."""

    def real(value: torch.Tensor) -> torch.Tensor:
        return change(value).clone() if value.is_floating_point() or value.is_complex() else value

    others = over(real, arguments)
    versions = [tensor._version for tensor in tensors(others)]
    result = run(others)
    for value, other, version in zip(tensors(arguments), tensors(others), versions, strict=True):
        if other is not value and other._version != version:
            value.copy_(other)
    return result


@fault
def mutates_an_input(run: Run, arguments: Mapping[str, Any], plan: Plan) -> Any:
    """Writes into an argument that is an input only."""
    result = over(torch.clone, run(arguments))
    inputs = {name: value for name, value in arguments.items() if name not in plan.written}
    for tensor in tensors(inputs):
        if tensor.numel():
            first = tensor[(0,) * tensor.dim()]
            first.copy_(spoilt(first.clone()))
            break
    return result


@fault
def ignores_out(run: Run, arguments: Mapping[str, Any], plan: Plan) -> Any:
    """Ignores `out=`."""
    return run({name: value for name, value in arguments.items() if name != "out"})


@fault
def one_buffer(run: Run, arguments: Mapping[str, Any], plan: Plan) -> Any:
    """Returns the same memory in every call."""

    def kept(value: torch.Tensor) -> torch.Tensor:
        key = (tuple(value.shape), value.dtype)
        buffer = _KEPT.setdefault(key, torch.empty(value.shape, dtype=value.dtype))
        return buffer.copy_(value)

    return over(kept, run(arguments))


_KEPT: dict[Any, Any] = {}


@fault
def result_in_an_input(run: Run, arguments: Mapping[str, Any], plan: Plan) -> Any:
    """Returns an input's memory, with the result in it where it fits."""
    result = run(arguments)
    made = next(tensors(result))
    for name, value in arguments.items():
        for tensor in tensors(value):
            if name not in plan.written and tensor.shape == made.shape and tensor.dtype == made.dtype:
                tensor.copy_(made)
                return over(lambda item: tensor if item is made else item, result)
    return result


@fault
def other_dtype(run: Run, arguments: Mapping[str, Any], plan: Plan) -> Any:
    """Returns another dtype."""
    wider = {torch.float32: torch.float64, torch.float64: torch.float32, torch.bool: torch.uint8}
    wider |= {torch.complex64: torch.complex128, torch.complex128: torch.complex64, torch.int64: torch.int32}

    def change(value: torch.Tensor) -> torch.Tensor:
        return value.to(wider.get(value.dtype, torch.float32 if value.is_floating_point() else torch.int64))

    return over(change, run(arguments))


@fault
def negative_dim(run: Run, arguments: Mapping[str, Any], plan: Plan) -> Any:
    """Wrong for a negative dimension."""
    dims = [arguments[name] for name in arguments if name.startswith("dim") and not isinstance(arguments[name], bool)]
    flat = [axis for dim in dims for axis in (dim if isinstance(dim, (tuple, list)) else [dim])]
    result = run(arguments)
    return over(spoilt, result) if any(isinstance(axis, int) and axis < 0 for axis in flat) else result


@fault
def ignores_keyword(run: Run, arguments: Mapping[str, Any], plan: Plan) -> Any:
    """Takes a keyword's default whatever is given."""
    return run({name: value for name, value in arguments.items() if name != plan.keyword})


@fault
def cached_by_shape(run: Run, arguments: Mapping[str, Any], plan: Plan) -> Any:
    """Returns the first result for arguments of the same shapes, dtypes and numbers."""
    return _cached(lambda tensor: (tuple(tensor.shape), tensor.dtype), run, arguments, plan)


@fault
def cached_by_pointer(run: Run, arguments: Mapping[str, Any], plan: Plan) -> Any:
    """Returns the first result for arguments at the same address."""
    return _cached(lambda tensor: (tensor.data_ptr(), tuple(tensor.shape), tensor._version), run, arguments, plan)


def _cached(key: Callable[[torch.Tensor], Any], run: Run, arguments: Mapping[str, Any], plan: Plan) -> Any:
    plain = repr({name: value for name, value in arguments.items() if not list(tensors(value))})
    found = (plain, *map(key, tensors(arguments)))
    if found not in _KEPT:
        _KEPT[found] = over(torch.clone, run(arguments))
    return over(torch.clone, _KEPT[found])


@fault
def seven_bits(run: Run, arguments: Mapping[str, Any], plan: Plan) -> Any:
    """Off by 2^-7 in float32."""
    return over(lambda value: value * (1 + 2.0**-7) if value.dtype == torch.float32 else value, run(arguments))


@fault
def loses_one_in_10000(run: Run, arguments: Mapping[str, Any], plan: Plan) -> Any:
    """Spoils one element in ten thousand, of the result or of the inputs, whichever has more."""

    def lose(value: torch.Tensor) -> torch.Tensor:
        first = -_SEEN[0] % 10_000
        _SEEN[0] += value.numel()
        flat = value.reshape(-1).clone()
        flat[first::10_000] = spoilt(flat[first::10_000])
        return flat.reshape(value.shape)

    wide = sum(tensor.numel() for tensor in tensors(arguments) if tensor.is_floating_point())
    if wide > sum(tensor.numel() for tensor in tensors(run(over(torch.clone, arguments)))):
        return _changed(lose, run, arguments)
    return over(lose, run(arguments))


_SEEN = [5_000]


@fault
def half_inside(run: Run, arguments: Mapping[str, Any], plan: Plan) -> Any:
    """Computes float32 with the inputs and the result in half precision."""

    def rounded(value: torch.Tensor) -> torch.Tensor:
        return value.half().float() if value.dtype == torch.float32 else value

    return over(rounded, _changed(rounded, run, arguments))


@fault
def fails_on_empty(run: Run, arguments: Mapping[str, Any], plan: Plan) -> Any:
    """Breaks on a tensor without elements."""
    if any(tensor.numel() == 0 for tensor in tensors(arguments)):
        raise RuntimeError("no elements")
    return run(arguments)


@fault
def fails_on_0d(run: Run, arguments: Mapping[str, Any], plan: Plan) -> Any:
    """Breaks on a tensor without dimensions."""
    if any(tensor.dim() == 0 for tensor in tensors(arguments)):
        raise IndexError("no dimensions")
    return run(arguments)


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
    """Computes a variance as E[x^2] - E[x]^2."""
    with Naive(TWO_PASS):
        return run(arguments)


@fault
def unshifted_exponentials(run: Run, arguments: Mapping[str, Any], plan: Plan) -> Any:
    """Computes exponentials without subtracting the maximum."""
    with Naive(UNSHIFTED):
        return run(arguments)


@fault
def rounds_half_up(run: Run, arguments: Mapping[str, Any], plan: Plan) -> Any:
    """Rounds ties up."""
    with Naive(HALF_UP):
        return run(arguments)


NAIVE = {"one_pass_variance": TWO_PASS, "unshifted_exponentials": UNSHIFTED, "rounds_half_up": HALF_UP}
"""Functions that each of these faults replaces: it applies where the reference calls one."""


def plain(run: Run, arguments: Mapping[str, Any], plan: Plan) -> Any:
    """Computes as eager PyTorch does."""
    return run(arguments)


def float64_inside(run: Run, arguments: Mapping[str, Any], plan: Plan) -> Any:
    """Computes in float64 or complex128 and rounds once."""
    wide = {name: _double(value) if isinstance(value, torch.dtype) else value for name, value in arguments.items()}
    dtypes = [result.dtype for result in tensors(run(over(torch.clone, arguments)))]
    result = _changed(lambda value: value.to(_double(value.dtype)), run, wide)
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
