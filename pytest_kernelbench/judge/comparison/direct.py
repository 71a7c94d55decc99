"""The evidence for a call whose arguments are there already, and the comparison of a result with it."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any

from pytest_kernelbench.host.answers import Output
from pytest_kernelbench.judge.comparison.compare import compare
from pytest_kernelbench.judge.comparison.evidence import (
    Evidence,
    ExpectedOutput,
    run_reference,
    sensitivity,
    signature,
    tensors_in,
)
from pytest_kernelbench.judge.comparison.perturbations import exact_value
from pytest_kernelbench.judge.comparison.values import same
from pytest_kernelbench.model.case import Case
from pytest_kernelbench.model.task import Task
from pytest_kernelbench.wire.calling_conventions import invoke


def difference(task: Task, case: Case, arguments: Mapping[str, Any], kernel: Callable[..., Any]) -> str | None:
    """Call a kernel in this process and return how its result differs from the reference's; None if it is right.

    `case` describes `arguments`. The kernel gets the arguments themselves, on their device; the reference gets copies
    on the CPU.
    """
    host = _on_cpu(arguments)
    expected = _expected(task, case, host)
    before = [tensor.detach().clone() for tensor in tensors_in(host)]
    # By position, since the kernel may have other names for its arguments than the reference.
    result = invoke(task.calling_convention, kernel, signature(task), arguments)
    outputs = [_output(value) for value in _flat(result)]
    after = _on_cpu(arguments)
    outputs += [_output(after[name]) for name in task.mutates]
    if not task.mutates:
        for old, new in zip(before, tensors_in(after), strict=True):
            if old.shape != new.shape or not bool(same(old, new).all()):
                return "an argument was changed: it is only an input"
    length = task.accumulation(case) if task.accumulation else 1
    on_gpu = any(tensor.is_cuda for tensor in tensors_in(arguments))
    verdict = compare(Evidence(task, case, host, expected, max(1, length), tensor_cores=on_gpu), outputs)
    return verdict.mismatch.message if verdict.mismatch is not None else None


def _expected(task: Task, case: Case, host: Mapping[str, Any]) -> tuple[ExpectedOutput, ...]:
    exact = run_reference(task, host, exact_value)
    eager = run_reference(task, copy.deepcopy(dict(host)), lambda value: value)
    spread = sensitivity(task, case, exact, arguments=host)
    return tuple(ExpectedOutput(name, exact[name], eager[name], spread.get(name)) for name in exact)


def _on_cpu(arguments: Mapping[str, Any]) -> dict[str, Any]:
    import torch
    from torch.utils._pytree import tree_map_only

    moved: dict[str, Any] = tree_map_only(torch.Tensor, lambda each: each.detach().cpu().clone(), dict(arguments))
    return moved


def _flat(result: Any) -> list[Any]:
    if isinstance(result, (tuple, list)):
        return [leaf for item in result for leaf in _flat(item)]
    return [result]


def _output(value: Any) -> Output:
    import torch

    if not isinstance(value, torch.Tensor):
        return Output(type(value).__name__, value=repr(value)[:80])
    dtype = str(value.dtype).removeprefix("torch.")
    return Output("Tensor", dtype, tuple(value.shape), tensor=value.detach().cpu())
