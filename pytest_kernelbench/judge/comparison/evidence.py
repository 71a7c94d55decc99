"""Evidence of the right result: the reference in float64, eager PyTorch's result, and the sensitivity to rounding."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from pytest_kernelbench.judge.comparison.nested import changed, named
from pytest_kernelbench.judge.comparison.perturbations import (
    ROUNDOFF,
    SMALLEST_STEP,
    exact_value,
    moved_floats,
    perturbing,
    truncated,
)
from pytest_kernelbench.judge.comparison.slices import in_slices, independent_rows
from pytest_kernelbench.model.case import Case, leaves, without
from pytest_kernelbench.model.case_codec import encode
from pytest_kernelbench.model.task import Task
from pytest_kernelbench.wire.calling_conventions import invoke
from pytest_kernelbench.wire.far import compacted
from pytest_kernelbench.wire.materialize import materialize, onednn_where_sound

if TYPE_CHECKING:
    import torch

PERTURBATIONS = 4
"""Number of random perturbations of the inputs, by one rounding each, that measure the sensitivity of a result."""


@dataclass(frozen=True, slots=True)
class ExpectedOutput:
    """One output that a kernel must produce: the result, a part of it, or an argument that it updates."""

    name: str
    """`result`, `result[1]` and so on, or the path of an updated argument."""
    exact: torch.Tensor
    """Result of the reference in float64 or complex128; integers and bools keep their dtype."""
    eager: torch.Tensor
    """Result of the reference in the case's dtype, with the shape and dtype that a kernel must produce."""
    spread: torch.Tensor | None
    """Largest change of each element under the perturbations (float64); None if nothing in the case is rounded."""
    eager_error: torch.Tensor | None = None
    """Largest error of eager PyTorch on neighbouring inputs (float64), by element; None where it was not tried."""
    truncation: torch.Tensor | None = None
    """Change of each element (float64) where tensor cores drop the bits of the inputs that TF32 lacks; else None."""
    units: dict[int, Any] = field(default_factory=dict, init=False, repr=False, compare=False)
    """What the comparison of values has found out about the unit of error, by the length of the longest sum."""

    @property
    def dtype(self) -> str:
        """Name of the dtype that a kernel must produce."""
        return str(self.eager.dtype).removeprefix("torch.")


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything that the judge knows about the right result of one case."""

    task: Task
    case: Case
    arguments: Mapping[str, Any]
    """Arguments by name, with tensors in the case's dtype as they are before the call."""
    expected: tuple[ExpectedOutput, ...]
    """Outputs in order: the results, then the updated arguments."""
    length: int
    """Length of the longest sum behind one element, at least 1."""
    tensor_cores: bool = False
    """Whether the kernel runs where float32 products may be made of truncated inputs: on a GPU."""
    kept_and_dropped: tuple[Evidence, ...] = ()
    """For dropout, the evidence with all elements kept and with all elements dropped; empty for other tasks."""

    @property
    def bytes(self) -> int:
        """Bytes of all tensors in the evidence; a view counts in full."""
        outputs = [tensor for each in self.expected for tensor in (each.exact, each.eager, each.spread)]
        held = [*tensors_in(self.arguments), *(tensor for tensor in outputs if tensor is not None)]
        own = sum(tensor.numel() * tensor.element_size() for tensor in held)
        return own + sum(outcome.bytes for outcome in self.kept_and_dropped)

    @property
    def max_bytes(self) -> int:
        """Bytes of outputs that a runner may send: four times the expected elements as complex128, and 64 KiB."""
        return 4 * sum(item.exact.numel() * 16 for item in self.expected) + (1 << 16)


EagerRunner = Callable[[Task, Case], "list[torch.Tensor] | None"]
"""Runs the reference in the case's dtype on another device and returns CPU tensors: its outputs, then the updated
arguments. Returns None where that device cannot run it."""


class OracleError(Exception):
    """The reference fails on a case: an error in kernelbench itself, never in a kernel."""


def signature(task: Task) -> list[tuple[str, str]]:
    """Return name and kind of each parameter in the published signature."""
    return [(name, parameter.kind.name) for name, parameter in task.parameters.items()]


def collect_evidence(
    task: Task,
    case: Case,
    draws: int = PERTURBATIONS,
    eager_runner: EagerRunner | None = None,
    device: str | None = None,
    drawn_on: str | None = None,
    tensor_cores: bool = False,
) -> Evidence:
    """Run the reference on a case: in float64, in the case's dtype, and `draws` times on perturbed inputs.

    `eager_runner`, if given, makes the run in the case's dtype on the device of the kernels; where it returns None, and
    without it, that run is made here. `device` is where all runs are made, and `drawn_on` where
    large inputs are drawn; None for the CPU. `tensor_cores` says that the kernel runs on a GPU. Raises `OracleError` if
    the reference fails.
    """
    import warnings

    import torch

    plain = compacted(without(case, "out"))

    def make() -> Mapping[str, Any]:
        return materialize(plain, device, drawn_on).values

    try:
        with warnings.catch_warnings(), torch.random.fork_rng(devices=[]):
            # Torch warns about results that are NaN by definition, such as the standard deviation of one value.
            warnings.simplefilter("ignore")
            torch.default_generator.manual_seed(0)  # `torch.manual_seed` would keep the stack of each call for GPUs
            with onednn_where_sound(plain):
                found = eager_runner(task, plain) if eager_runner is not None else None
                eager = _eager(task, make) if found is None else {}
                arguments = make()
                exact = run_reference(task, arguments, exact_value)
                if found is not None:
                    eager = dict(zip(exact, found, strict=True))
                spread = sensitivity(task, plain, exact, arguments=arguments, draws=draws)
    except Exception as error:
        raise OracleError(f"the reference fails on {case}: {type(error).__name__}: {error}") from error
    expected = tuple(ExpectedOutput(name, exact[name], eager[name], spread.get(name)) for name in exact)
    length = task.accumulation(plain) if task.accumulation else 1
    outcomes = [
        replace(task, reference=each, compare="values", dropout=(), drop_probability=None) for each in task.dropout
    ]
    kept_and_dropped = tuple(
        collect_evidence(each, case, draws, None, device, drawn_on, tensor_cores) for each in outcomes
    )
    return Evidence(task, case, arguments, expected, max(1, length), tensor_cores, kept_and_dropped)


def sensitivity(
    task: Task,
    case: Case,
    exact: Mapping[str, torch.Tensor],
    roundoff: float | None = None,
    arguments: Mapping[str, Any] | None = None,
    draws: int = PERTURBATIONS,
) -> dict[str, torch.Tensor]:
    """Return, by output, the largest change of each element (float64) when the inputs are perturbed by one rounding.

    Tensors are perturbed at random, `draws` times. Python floats are moved by one float32 rounding, up and down: a
    Triton kernel gets them as float32, whatever the dtype of its tensors, and `1 - alpha` is then another number.
    `roundoff` replaces the unit roundoff of the inputs' own dtype, for coarser arithmetic. `arguments` are the
    materialised arguments of the case, if the caller has them.
    """
    import torch

    units = [ROUNDOFF[recipe.dtype] for _, recipe in leaves(case) if recipe.dtype in ROUNDOFF and recipe.numel]
    if not units:
        return {}
    # Inputs in float64 are perturbed by larger steps, and the effect is scaled down.
    scale = min(1.0, (roundoff or max(units)) / SMALLEST_STEP)
    arguments = arguments or materialize(case).values
    place = next((tensor.device for tensor in tensors_in(arguments)), torch.device("cpu"))
    generator = torch.Generator(place).manual_seed(_seed(case))
    perturbed = perturbing(generator, roundoff)
    drawn = (run_reference(task, arguments, perturbed) for _ in range(draws))
    narrowed = _narrowed(task, arguments, draws)
    spread: dict[str, torch.Tensor] = {}
    for part, moved in itertools.chain(zip(itertools.repeat(scale), drawn), zip(itertools.repeat(1.0), narrowed)):
        for name, value in exact.items():
            if (value.is_floating_point() or value.is_complex()) and moved[name].shape == value.shape:
                change = (moved[name] - value).abs().nan_to_num_(nan=0.0, posinf=0.0).mul_(part)
                spread[name] = torch.maximum(spread[name], change) if name in spread else change
    return spread


def truncation(evidence: Evidence, expected: ExpectedOutput) -> torch.Tensor | None:
    """Return the change of an output's elements (float64) where tensor cores truncate the inputs to TF32; else None."""
    if not evidence.tensor_cores:
        return None
    moved = run_reference(evidence.task, evidence.arguments, truncated)[expected.name]
    if moved.shape != expected.exact.shape:
        return None
    return (moved - expected.exact).nan_to_num_(nan=0.0, posinf=0.0, neginf=0.0)


def _narrowed(task: Task, arguments: Mapping[str, Any], draws: int) -> Iterator[dict[str, torch.Tensor]]:
    """Yield the results with Python floats that float32 cannot hold moved by one float32 rounding, up and down."""
    given = {name: each.default for name, each in task.parameters.items()} | dict(arguments)
    for step in (ROUNDOFF["float32"], -ROUNDOFF["float32"])[:draws]:
        moved = {name: moved_floats(value, step) for name, value in given.items()}
        replaced = {name: value for name, value in moved.items() if value is not given[name]}
        if not replaced:
            return
        try:
            found = run_reference(task, {**arguments, **replaced}, exact_value)
        except Exception:  # the number must keep its value: it is a size, or the end of a valid range
            return
        yield found


def _seed(case: Case) -> int:
    import json
    import zlib

    return zlib.crc32(json.dumps(encode(case)).encode())


def _eager(task: Task, make: Callable[[], Mapping[str, Any]]) -> dict[str, torch.Tensor]:
    """Run the reference in the case's dtype; if torch lacks a half-precision operation, in float32, rounded at the end.

    The tensors have the case's own layouts, since eager PyTorch may compute another layout with another error.
    """
    import torch

    try:
        return run_reference(task, make(), lambda value: value)
    except (RuntimeError, NotImplementedError) as error:
        arguments = make()
        kinds = {value.dtype for value in tensors_in(arguments) if _is_half(value)}
        if "not implemented for" not in str(error) or not kinds:
            raise
        results = run_reference(task, arguments, lambda value: value.float() if _is_half(value) else value)
        kind = kinds.pop()
        return {name: value.to(kind) if value.dtype == torch.float32 else value for name, value in results.items()}


def _is_half(value: Any) -> bool:
    import torch

    return isinstance(value, torch.Tensor) and value.dtype in (torch.float16, torch.bfloat16)


def tensors_in(value: Any) -> list[torch.Tensor]:
    """Return the tensors in nested lists, tuples and dictionaries."""
    import torch
    from torch.utils._pytree import tree_leaves

    return [leaf for leaf in tree_leaves(value) if isinstance(leaf, torch.Tensor)]


def run_reference(task: Task, arguments: Mapping[str, Any], change: Callable[[Any], Any]) -> dict[str, torch.Tensor]:
    """Run the reference and return its outputs by name; `change` is applied to each tensor and dtype before.

    Large cases are run in slices, where that makes no difference.
    """
    rows = None if task.mutates else independent_rows(lambda given: _run(task, given, exact_value), arguments)
    if rows is None:
        return _run(task, arguments, change)
    return in_slices(lambda given: _run(task, given, change), arguments, rows)


def _run(task: Task, arguments: Mapping[str, Any], change: Callable[[Any], Any]) -> dict[str, torch.Tensor]:
    values = {name: changed(value, change) for name, value in arguments.items()}
    result = invoke(task.calling_convention, task.reference, signature(task), values)
    outputs = dict(named("result", result))
    for name in task.mutates:
        if values.get(name) is not None:
            outputs.update(named(name, values[name]))
    return {name: value.detach() for name, value in outputs.items()}
