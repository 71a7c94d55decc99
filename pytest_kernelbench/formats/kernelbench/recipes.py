"""The inputs of a problem as recipes of tensors: shape and dtype as drawn, and a fill of the same distribution.

`get_inputs` is watched while it draws. Where an input is a draw as it is, its fill follows from the function that drew
it. Where it was computed from draws, such as a triangular or a symmetric matrix, its contents show what it is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pytest_kernelbench.model.case import ITEMSIZE, Tensor
from pytest_kernelbench.model.errors import TaskError

if TYPE_CHECKING:
    import torch

    from pytest_kernelbench.formats.kernelbench.problem import Namespace

SAME = 1e-6
"""Largest difference of sums that are meant to be equal."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """One input as `get_inputs` returned it."""

    value: Any
    """The tensor, with contents or without, or another value."""
    fill: str | None
    """The fill of a tensor that is a draw as it is; None for a computed one."""

    @property
    def shape(self) -> tuple[int, ...] | None:
        """Shape of the tensor; None where the input is none."""
        return tuple(self.value.shape) if hasattr(self.value, "shape") else None

    def recipe(self, fill: str) -> Any:
        """Return the recipe of the tensor, with this fill unless it has its own; another value is a constant."""
        if self.shape is None:
            return self.value
        return Tensor(self.shape, str(self.value.dtype).removeprefix("torch."), self.fill or fill)


def draw_inputs(namespace: Namespace, device: torch.device) -> list[Drawn]:
    """Return one draw of the inputs on a device; raises what `get_inputs` raises, and `TaskError`."""
    import torch
    from torch.overrides import TorchFunctionMode

    origins: list[tuple[Any, str]] = []
    makers: dict[Any, Callable[..., str | None]] = {
        torch.rand: lambda *args, **kwargs: "uniform(0, 1)",
        torch.randn: lambda *args, **kwargs: "normal",
        torch.randint: _integers,
        torch.zeros: lambda *args, **kwargs: "constant(0)",
        torch.ones: lambda *args, **kwargs: "constant(1)",
    }

    class Watch(TorchFunctionMode):
        def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            result = func(*args, **(kwargs or {}))
            if func in makers and (fill := makers[func](*args, **(kwargs or {}))) is not None:
                origins.append((result, fill))
            return result

    with torch.random.fork_rng(devices=[]), device, Watch():
        torch.manual_seed(0)
        values = namespace.inputs()
    found = []
    for value in values:
        if isinstance(value, torch.Tensor) and str(value.dtype).removeprefix("torch.") not in ITEMSIZE:
            raise TaskError(f"get_inputs: a tensor of dtype {value.dtype} cannot be in a case")
        fill = next((fill for made, fill in origins if made is value and value._version == 0), None)
        found.append(Drawn(value, fill))
    return found


def _integers(*args: Any, **kwargs: Any) -> str | None:
    """Return the fill of a call of `torch.randint`: with or without its lower end, by position or by name."""
    low, high = kwargs.get("low", 0), kwargs.get("high")
    whole = [each for each in args if type(each) is int]
    if len(whole) == 2:
        low, high = whole
    elif len(whole) == 1:
        low, high = (whole[0], high) if high is not None else (low, whole[0])
    return None if high is None else f"integers({low}, {high})"


def fills_of(namespace: Namespace) -> list[str]:
    """Return the fill of each input from the contents of one draw of small sizes, for inputs that were computed."""
    import torch

    return [
        fill_of(each.value) if isinstance(each.value, torch.Tensor) else ""
        for each in draw_inputs(namespace, torch.device("cpu"))
    ]


def fill_of(tensor: torch.Tensor) -> str:
    """Return a fill of the distribution that the contents of a tensor show."""
    import torch

    if tensor.dtype == torch.bool:
        return "bernoulli(0.5)"
    if not tensor.numel():
        return "normal"
    low, high = float(tensor.min()), float(tensor.max())
    if not tensor.is_floating_point():
        return f"integers({int(low)}, {int(high) + 1})"
    if low == high:
        return f"constant({low})"
    if bool((tensor.abs() == 1).all()):
        return "signs"
    return next((fill for fill, holds in _structures(tensor) if holds), None) or _interval(tensor, low, high)


def _structures(tensor: torch.Tensor) -> Sequence[tuple[str, bool]]:
    import torch

    square = tensor.dim() >= 2 and tensor.shape[-1] == tensor.shape[-2] > 1
    sums = tensor.sum(-1) if tensor.dim() else tensor
    return (
        ("upper", square and torch.equal(tensor, tensor.triu())),
        ("lower", square and torch.equal(tensor, tensor.tril())),
        ("symmetric", square and torch.equal(tensor, tensor.mT)),
        ("probabilities", bool((tensor >= 0).all()) and float((sums - 1).abs().max()) < SAME * tensor.shape[-1]),
    )


def _interval(tensor: torch.Tensor, low: float, high: float) -> str:
    """Return a fill of whole numbers, of a standard normal distribution, or of an interval."""
    if bool((tensor == tensor.round()).all()):
        return f"integers({int(low)}, {int(high) + 1})"
    if low < -1 and high > 1 and tensor.numel() > 8 and abs(float(tensor.std()) - 1) < 0.5:
        return "normal"
    return "uniform(0, 1)" if low >= 0 and 0.5 < high <= 1 else f"uniform({low:.3g}, {high:.3g})"
