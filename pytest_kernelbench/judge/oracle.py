"""What is right: the reference in float64, eager PyTorch's own error, and how far rounded inputs move the result."""

from __future__ import annotations

import ctypes
import itertools
import math
import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pytest_kernelbench.model.case import Case, encode, leaves, without
from pytest_kernelbench.model.task import Task
from pytest_kernelbench.runner.drivers import drive
from pytest_kernelbench.runner.materialize import materialize, onednn_where_sound

if TYPE_CHECKING:
    import torch

PERTURBATIONS = 4
"""Random one-rounding perturbations of the inputs behind the sensitivity of a result."""

ROUNDOFF: Mapping[str, float] = {
    "float64": 2.0**-53, "complex128": 2.0**-53, "float32": 2.0**-24, "complex64": 2.0**-24,
    "float16": 2.0**-11, "bfloat16": 2.0**-8,
}  # fmt: skip
"""Unit roundoff of each floating dtype: half the distance from 1 to the next number."""

TF32_ROUNDOFF = 2.0**-11

SMALLEST_STEP = 2.0**-43
"""Smallest relative perturbation: of a smaller one the oracle's own float64 rounding would hide the effect."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One output that a kernel owes: the result, a part of it, or an argument that it updates."""

    name: str
    """`result`, `result[1]` or the path of a mutated argument."""
    exact: torch.Tensor
    """Reference in float64 or complex128; integers and bools as they are."""
    eager: torch.Tensor
    """Reference in the case's dtype: its shape and dtype are what a kernel owes."""
    spread: torch.Tensor | None
    """Largest change under the perturbations, element by element; None where nothing is rounded."""

    @property
    def dtype(self) -> str:
        """Name of the dtype that a kernel owes."""
        return str(self.eager.dtype).removeprefix("torch.")


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that the judge knows about the right answer to one case."""

    task: Task
    case: Case
    arguments: Mapping[str, Any]
    """Materialised arguments in the case's dtype."""
    wanted: tuple[Wanted, ...]
    length: int
    """Length of the longest sum behind one element."""
    outcomes: tuple[Evidence, ...] = ()
    """What the task's outcomes give, where each element of the result is that of one of them."""

    @property
    def bytes(self) -> int:
        """Bytes of all tensors that it holds, views counted as if they were alone."""
        outputs = [tensor for want in self.wanted for tensor in (want.exact, want.eager, want.spread)]
        held = [*_tensors(self.arguments), *(tensor for tensor in outputs if tensor is not None)]
        return sum(tensor.numel() * tensor.element_size() for tensor in held) + sum(e.bytes for e in self.outcomes)

    @property
    def most_bytes(self) -> int:
        """Bytes of outputs that a kernel may send: four times what it owes."""
        return 4 * sum(item.exact.numel() * 16 for item in self.wanted) + (1 << 16)


Elsewhere = Callable[[Task, Case], "list[torch.Tensor] | None"]
"""Runs the reference in the case's dtype on another device: its outputs, then the arguments that it updates, all on the
CPU; None where it cannot."""


class OracleError(Exception):
    """The reference cannot answer a case: a mistake of ours, never of a kernel."""


def signature(task: Task) -> list[tuple[str, str]]:
    """Return names and kinds of the parameters of the published signature."""
    return [(name, parameter.kind.name) for name, parameter in task.parameters.items()]


def evaluate(task: Task, case: Case, draws: int = PERTURBATIONS, elsewhere: Elsewhere | None = None) -> Evidence:
    """Run the reference on a case: in float64, in the case's dtype, and `draws` times on perturbed inputs.

    The run in the case's dtype is made `elsewhere`, where the kernels run, as far as that can be. Raises
    `OracleError` where the reference itself fails.
    """
    import warnings

    import torch

    plain = without(case, "out")
    try:
        with warnings.catch_warnings(), torch.random.fork_rng(devices=[]):
            # Torch warns of results that are NaN by definition, such as a deviation of one value.
            warnings.simplefilter("ignore")
            torch.manual_seed(0)
            with onednn_where_sound(plain):
                found = elsewhere(task, plain) if elsewhere is not None else None
                eager = _eager(task, plain) if found is None else {}
                arguments = materialize(plain).values
                exact = _results(task, arguments, _exact)
                if found is not None:
                    eager = dict(zip(exact, found, strict=True))
                spread = sensitivity(task, plain, exact, arguments=arguments, draws=draws)
    except Exception as error:
        raise OracleError(f"the reference fails on {case}: {type(error).__name__}: {error}") from error
    wanted = tuple(Wanted(name, exact[name], eager[name], spread.get(name)) for name in exact)
    length = task.accumulation(plain) if task.accumulation else 1
    settled = [replace(task, reference=each, compare="values", outcomes=(), chance=None) for each in task.outcomes]
    outcomes = tuple(evaluate(each, case, draws) for each in settled)
    return Evidence(task, case, arguments, wanted, max(1, length), outcomes)


def sensitivity(
    task: Task,
    case: Case,
    exact: Mapping[str, torch.Tensor],
    roundoff: float | None = None,
    arguments: Mapping[str, Any] | None = None,
    draws: int = PERTURBATIONS,
) -> dict[str, torch.Tensor]:
    """Return by output how far it moves when each input moves by one random rounding, and numbers to float32 and back.

    A float argument reaches a Triton kernel as float32, whatever the tensors are: `1 - alpha` is then another number.
    `roundoff` replaces the unit roundoff of the inputs' own dtype, for coarser arithmetic. `arguments` are those of the
    case, where they have been made already.
    """
    import torch

    units = [ROUNDOFF[recipe.dtype] for _, recipe in leaves(case) if recipe.dtype in ROUNDOFF and recipe.numel]
    if not units:
        return {}
    # Where all inputs are float64, larger steps are taken and their effect is scaled back.
    scale = min(1.0, (roundoff or max(units)) / SMALLEST_STEP)
    generator = torch.Generator().manual_seed(_seed(case))
    arguments = arguments or materialize(case).values
    drawn = (_results(task, arguments, lambda value: _perturbed(value, generator, roundoff)) for _ in range(draws))
    narrowed = _narrowed(task, arguments, draws)
    spread: dict[str, torch.Tensor] = {}
    for part, moved in itertools.chain(zip(itertools.repeat(scale), drawn), zip(itertools.repeat(1.0), narrowed)):
        for name, value in exact.items():
            if (value.is_floating_point() or value.is_complex()) and moved[name].shape == value.shape:
                change = part * torch.nan_to_num((moved[name] - value).abs(), nan=0.0, posinf=0.0)
                spread[name] = torch.maximum(spread[name], change) if name in spread else change
    return spread


def _narrowed(task: Task, arguments: Mapping[str, Any], draws: int) -> Iterator[dict[str, torch.Tensor]]:
    """Yield the results where float arguments that are no float32 numbers move by a rounding to such, up and down."""
    given = {name: each.default for name, each in task.parameters.items()} | dict(arguments)
    for step in (ROUNDOFF["float32"], -ROUNDOFF["float32"])[:draws]:
        moved = {name: _moved(value, step) for name, value in given.items()}
        changed = {name: value for name, value in moved.items() if value is not given[name]}
        if not changed:
            return
        try:
            found = _results(task, {**arguments, **changed}, _exact)
        except Exception:  # a number that must not move: a size, or the end of its range
            return
        yield found


def _moved(value: Any, step: float) -> Any:
    """Return an argument with its numbers moved; the very same object where there are none to move."""
    if isinstance(value, float):
        return value * (1 + step) if math.isfinite(value) and value != ctypes.c_float(value).value else value
    if isinstance(value, (tuple, list)):
        inside = [_moved(item, step) for item in value]
        return value if all(map(operator.is_, inside, value)) else type(value)(inside)
    return value


def _seed(case: Case) -> int:
    import json
    import zlib

    return zlib.crc32(json.dumps(encode(case)).encode())


def _eager(task: Task, case: Case) -> dict[str, torch.Tensor]:
    """Run the reference in the case's dtype; where torch on this device lacks it, in float32, rounded at the end.

    It sees the case's own layouts: eager computes some of them in another way, with another error.
    """
    import torch

    try:
        return _results(task, materialize(case).values, lambda value: value)
    except (RuntimeError, NotImplementedError) as error:
        arguments = materialize(case).values
        kinds = {value.dtype for value in _tensors(arguments) if _is_half(value)}
        if "not implemented for" not in str(error) or not kinds:
            raise
        results = _results(task, arguments, lambda value: value.float() if _is_half(value) else value)
        kind = kinds.pop()
        return {name: value.to(kind) if value.dtype == torch.float32 else value for name, value in results.items()}


def _is_half(value: Any) -> bool:
    import torch

    return isinstance(value, torch.Tensor) and value.dtype in (torch.float16, torch.bfloat16)


def _tensors(values: Mapping[str, Any]) -> list[torch.Tensor]:
    import torch
    from torch.utils._pytree import tree_leaves

    return [leaf for leaf in tree_leaves(dict(values)) if isinstance(leaf, torch.Tensor)]


def _results(task: Task, arguments: Mapping[str, Any], change: Callable[[Any], Any]) -> dict[str, torch.Tensor]:
    """Run the reference, each tensor and dtype of the arguments changed first; return outputs by name."""
    values = {name: _changed(value, change) for name, value in arguments.items()}
    result = drive(task.driver, task.reference, signature(task), values)
    outputs = dict(_named("result", result))
    for name in task.mutates:
        if values.get(name) is not None:
            outputs.update(_named(name, values[name]))
    return {name: value.detach() for name, value in outputs.items()}


def _changed(value: Any, change: Callable[[Any], Any]) -> Any:
    import torch

    if isinstance(value, torch.Tensor):
        return change(value)
    if isinstance(value, torch.dtype):
        return change(value)
    if isinstance(value, (tuple, list)):
        return type(value)(_changed(item, change) for item in value)
    return value


def _exact(value: Any) -> Any:
    import torch

    dtype = value if isinstance(value, torch.dtype) else value.dtype
    wide = torch.complex128 if dtype.is_complex else torch.float64 if dtype.is_floating_point else dtype
    # A copy in any case: the reference may write into it.
    return wide if isinstance(value, torch.dtype) else value.to(wide, copy=True)


def _perturbed(value: Any, generator: torch.Generator, roundoff: float | None) -> Any:
    import torch

    if isinstance(value, torch.dtype) or not (value.is_floating_point() or value.is_complex()):
        return _exact(value)
    wide = _exact(value)
    unit = roundoff or max(SMALLEST_STEP, ROUNDOFF[str(value.dtype).removeprefix("torch.")])
    noise = torch.rand(wide.shape, generator=generator, dtype=torch.float64) * 2 - 1
    return torch.where(torch.isfinite(wide), wide * (1 + unit * 3**0.5 * noise), wide)


def _named(name: str, value: Any) -> list[tuple[str, torch.Tensor]]:
    import torch

    if isinstance(value, torch.Tensor):
        return [(name, value)]
    if isinstance(value, (tuple, list)):
        return [pair for index, item in enumerate(value) for pair in _named(f"{name}[{index}]", item)]
    raise TypeError(f"{name} of the reference is a {type(value).__name__}, not a tensor")
