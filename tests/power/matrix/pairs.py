"""Pairs of task and fault: which there are, and which of them are exempt, with the reason."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any, NamedTuple

from pytest_kernelbench.judge.comparison.evidence import signature
from pytest_kernelbench.judge.correctness import facets
from pytest_kernelbench.judge.correctness.extra import extra_cases
from pytest_kernelbench.model.case import Case, leaves
from pytest_kernelbench.model.catalogue import Catalogue
from pytest_kernelbench.model.task import FACETS, Task
from pytest_kernelbench.wire.calling_conventions import invoke
from pytest_kernelbench.wire.materialize import materialize
from tests.power.matrix import faults
from tests.power.matrix.exemptions import EQUIVALENT, EXEMPT, NO_EFFECT

CATALOGUE = Catalogue.find()


class Pair(NamedTuple):
    """A fault in a task."""

    task: str
    fault: str
    keyword: str | None = None

    @property
    def name(self) -> str:
        """How the table names the fault."""
        return f"{self.fault}[{self.keyword}]" if self.keyword else self.fault


def pairs(name: str) -> list[Pair]:
    """Return every fault of a task, a fault for each of its keywords among them."""
    task = CATALOGUE.load(name)
    general = [Pair(name, fault) for fault in faults.FAULTS if fault != "ignores_keyword"]
    keywords = [
        Pair(name, "ignores_keyword", keyword)
        for keyword, parameter in task.parameters.items()
        if parameter.default is not inspect.Parameter.empty and keyword != "out"
    ]
    return general + keywords


def exempt(pair: Pair) -> str | None:
    """Return why a fault does not apply to a task, if so."""
    task = CATALOGUE.load(pair.task)
    if pair.keyword == "inplace" and next(iter(task.parameters)) not in task.mutates:
        return "only an intermediate result is written in place"
    if (pair.task, pair.keyword or pair.fault) in EXEMPT:
        return EXEMPT[pair.task, pair.keyword or pair.fault]
    if pair.keyword:
        return NO_EFFECT.get(pair.keyword)
    reason = _by_contract(task, pair.fault)
    if reason is None and pair.fault in faults.NAIVE:
        reason = None if _calls(pair.task, pair.fault) else "the reference has no such step"
    if reason is None and pair.fault in EQUIVALENT:
        reason = None if _shows(pair.task, pair.fault) else "no result changes"
    return reason


def _by_contract(task: Task, fault: str) -> str | None:
    """Return which demand is missing in the contract for this fault to be one."""
    contract = task.contract
    cases = [case for facet in FACETS for case in facets.fixed_cases(task, facet)]
    tensors = [recipe for case in cases for _, recipe in leaves(case)]
    inputs = {path.partition("[")[0] for path, _ in leaves(task.fixed_cases[0])} - task.written(task.fixed_cases[0])
    signed = [name for name in task.parameters if name.startswith("dim")]
    alone = task.calling_convention == "call"
    shaped = any(recipe.shape for recipe in tensors)
    demands: Mapping[str, tuple[bool, str]] = {
        "half_inside": (not task.tf32, "as accurate as TF32, which passes with the grade `tf32`"),
        "wrong_in_float16": ("float16" in {recipe.dtype for recipe in tensors}, "not a dtype of the task"),
        "wrong_in_bfloat16": ("bfloat16" in {recipe.dtype for recipe in tensors}, "not a dtype of the task"),
        "wrong_in_float64": ("float64" in {recipe.dtype for recipe in tensors}, "not a dtype of the task"),
        "strips_nan": (contract.nan and bool(tensors), "NaN is outside the contract"),
        "strips_infinities": (contract.inf and bool(tensors), "infinities are outside the contract"),
        "strides": (len(contract.layouts) > 1 and shaped, "other layouts are outside the contract"),
        "storage_offset": ("offset" in contract.layouts and bool(tensors), "storage offsets are outside the contract"),
        "expanded": ("expanded" in contract.layouts and bool(inputs) and alone, "no input may be expanded"),
        "mutates_an_input": (bool(inputs) and alone, "all tensors may be written"),
        "result_in_an_input": (bool(inputs) and alone, "all tensors may be written"),
        "ignores_out": (task.takes_out, "the signature has no `out=`"),
        "one_buffer": (alone, "an optimizer returns its parameters"),
        "other_dtype": (alone, "parameters keep their dtype"),
        "cached_by_pointer": (bool(tensors) and alone, "no input tensor keeps its contents"),
        "cached_by_shape": (bool(tensors) or not contract.deterministic, "equal numbers give equal results"),
        "fails_on_empty": (any(0 in recipe.shape for recipe in tensors), "empty tensors are outside the contract"),
        "fails_on_0d": (any(recipe.shape == () for recipe in tensors), "0-d tensors are outside the contract"),
        "negative_dim": (bool(signed), "the signature has no `dim`"),
        "rounds_half_up": (task.compare != "quantised", "a tie may be rounded either way"),
        "dimensions_above_1024": (shaped, "no tensor has dimensions"),
        "above_65536_elements": (_largest(task) > 65_536, "no case of that size is tried"),
        "dimensions_above_16384": (_longest(task) > 16_384, "no case of that size is tried"),
    }  # fmt: skip
    applies, reason = demands.get(fault, (True, ""))
    return None if applies else reason


def _largest(task: Task) -> int:
    """Return the elements of the largest tensor among the arguments of all cases that depend on sizes."""
    return max((recipe.numel for case in _cases_of_sizes(task) for _, recipe in leaves(case)), default=0)


def _longest(task: Task) -> int:
    """Return the longest dimension among the arguments of all cases that depend on sizes."""
    return max(
        (size for case in _cases_of_sizes(task) for _, recipe in leaves(case) for size in recipe.shape), default=0
    )


def _cases_of_sizes(task: Task) -> list[Case]:
    return [*facets.fixed_cases(task, "sizes"), *extra_cases(task, "sizes")]


@cache
def _calls(name: str, fault: str) -> bool:
    """Whether the reference calls a function that the fault replaces."""
    task = CATALOGUE.load(name)
    mode = faults.Naive(faults.NAIVE[fault])
    with mode:
        _after(task, task.fixed_cases[0])
    return mode.used


@cache
def _shows(name: str, fault: str) -> bool:
    """Whether the fault changes a result at all."""
    import torch

    task = CATALOGUE.load(name)
    make = faults.faulty_optimizer if task.calling_convention == "optimizer" else faults.faulty
    wrong = replace(task, reference=make(fault, faults.Plan(task.reference, task.mutates)))
    for case in [case for facet in ("basic", "values") for case in facets.fixed_cases(task, facet)]:
        right, other = (list(faults.tensors(_after(each, case))) for each in (task, wrong))
        if not all(torch.equal(*map(torch.nan_to_num, pair)) for pair in zip(right, other, strict=True)):
            return True
    return False


def _after(task: Task, case: Case) -> Any:
    """Return the result and what the arguments are after a call."""
    import torch

    torch.manual_seed(0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        values = materialize(case).values
        return invoke(task.calling_convention, task.reference, signature(task), values), values
