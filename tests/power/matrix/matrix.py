"""The kill matrix: every generic fault given to every reference, and whether the judge finds it.

`python tests/power/matrix/matrix.py` judges the pairs of tasks that are new or changed and rewrites the table.
"""

from __future__ import annotations

import inspect
import sys
import warnings
from collections.abc import Iterable, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import faults

from pytest_kernelbench.judge import facets
from pytest_kernelbench.judge.correctness import Judgement, Plan
from pytest_kernelbench.judge.oracle import signature
from pytest_kernelbench.judge.trial import Oracle
from pytest_kernelbench.model.case import Case, leaves
from pytest_kernelbench.model.catalogue import Catalogue
from pytest_kernelbench.model.record import Record
from pytest_kernelbench.model.submission import Kernel
from pytest_kernelbench.model.task import FACETS, Task
from pytest_kernelbench.runner.drivers import drive
from pytest_kernelbench.runner.materialize import materialize

TABLE = Path(__file__).parents[3] / "docs" / "kill-matrix.md"
CATALOGUE = Catalogue.find()
EXAMPLES = 48

NO_EFFECT = {
    "device": "there is one device",
    "generator": "no kernel can be asked to draw what another generator draws",
    "layout": "strided is the only layout of results",
    "output_size": "says what the other arguments say",
    "padding_idx": "only changes gradients",
    "pin_memory": "there is one kind of memory",
    "requires_grad": "only changes gradients",
    "scale_grad_by_freq": "only changes gradients",
    "sparse": "only changes gradients",
    "sparse_grad": "only changes gradients",
}
"""Keywords without an effect on values."""

EXEMPT = {
    ("determinant_lu", "pivot"): "the determinant is the same",
    ("determinant_via_qr", "mode"): "the determinant is the same",
    ("fused_cross_entropy_log_softmax", "dim"): "it names the classes, which are always dimension 1",
    ("fused_dropout_relu_batch_norm_conv2d", "bias"): "normalisation takes it out again",
    ("fused_instance_norm_selu_conv2d", "affine"): "there is no scale and no shift to leave out",
    ("fused_instance_norm_selu_conv2d", "momentum"): "there are no running statistics",
    ("fused_instance_norm_selu_conv2d", "num_features"): "says what the weight says",
    ("fused_instance_norm_selu_conv2d", "track_running_stats"): "there are no running statistics",
    ("fused_layer_norm_relu_linear", "elementwise_affine"): "there is no scale and no shift to leave out",
    ("fused_mv_logsoftmax_dropout", "dim"): "the product has one dimension",
    ("fused_softmax_log", "unshifted_exponentials"): "the exponential of a logarithm does not overflow",
    ("fused_sum_std", "keepdim"): "what it means is left open: it is always false",
    ("fused_tile_exp", "negative_dim"): "`dims` are counts",
    ("gelu_int8", "approximate"): "both give the same integers",
    ("layernorm_w8a8", "one_pass_variance"): "asked for are statistics in float32, computed in either way",
    ("invert_matrix_lu", "pivot"): "the inverse is the same",
    ("low_rank_svd_approximation", "full_matrices"): "the approximation is the same",
    ("normalize_pairwise_distance", "eps_norm"): "whether it bounds or is added is left open",
    ("normalized_cosine_similarity", "eps_norm"): "cosine similarity does not see the lengths that it changes",
    ("normalized_cosine_similarity", "eps_similarity"): "whether it bounds each length or their product is left open",
    ("normalized_cosine_similarity", "p_norm"): "cosine similarity does not see the lengths that it changes",
    ("pseudoinverse_svd", "full_matrices"): "the pseudoinverse is the same",
    ("reciprocal", "strips_infinities"): "of the largest number it is a denormal, which may be flushed to zero",
    ("rsqrt", "strips_infinities"): "of the largest number it is next to zero",
}
"""Keywords and faults without an effect on one task."""

EQUIVALENT = (
    "strips_nan",
    "strips_infinities",
    "strips_sign_of_zero",
    "half_inside",
    "seven_bits",
    "result_in_an_input",
)
"""Faults that change no result of some operations."""


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
        return "an intermediate result is what may be written"
    if (pair.task, pair.keyword or pair.fault) in EXEMPT:
        return EXEMPT[pair.task, pair.keyword or pair.fault]
    if pair.keyword:
        return NO_EFFECT.get(pair.keyword)
    reason = _by_contract(task, pair.fault)
    if reason is None and pair.fault in faults.NAIVE:
        reason = None if _calls(pair.task, pair.fault) else "the reference has no such step"
    if reason is None and pair.fault in EQUIVALENT:
        reason = None if _shows(pair.task, pair.fault) else "no result changes by it"
    return reason


def _by_contract(task: Task, fault: str) -> str | None:
    """Return which demand is missing in the contract for this fault to be one."""
    contract = task.contract
    cases = [case for facet in FACETS for case in facets.spine(task, facet)]
    tensors = [recipe for case in cases for _, recipe in leaves(case)]
    inputs = {path.partition("[")[0] for path, _ in leaves(task.spine[0])} - task.written(task.spine[0])
    signed = [name for name in task.parameters if name.startswith("dim")]
    alone = task.driver == "call"
    shaped = any(recipe.shape for recipe in tensors)
    demands: Mapping[str, tuple[bool, str]] = {
        "half_inside": (not task.tf32, "as precise as TF32, which passes with that grade"),
        "wrong_in_float16": ("float16" in {recipe.dtype for recipe in tensors}, "not a dtype of the task"),
        "wrong_in_bfloat16": ("bfloat16" in {recipe.dtype for recipe in tensors}, "not a dtype of the task"),
        "wrong_in_float64": ("float64" in {recipe.dtype for recipe in tensors}, "not a dtype of the task"),
        "strips_nan": (contract.nan and bool(tensors), "NaN is outside of the contract"),
        "strips_infinities": (contract.inf and bool(tensors), "infinities are outside of the contract"),
        "strides": (len(contract.layouts) > 1 and shaped, "no other layout is in the contract"),
        "storage_offset": ("offset" in contract.layouts and bool(tensors), "offsets are outside of the contract"),
        "expanded": ("expanded" in contract.layouts and bool(inputs) and alone, "all tensors may be written"),
        "mutates_an_input": (bool(inputs) and alone, "all tensors may be written"),
        "result_in_an_input": (bool(inputs) and alone, "all tensors may be written"),
        "ignores_out": (task.takes_out, "no out="),
        "one_buffer": (alone, "the result is the parameters"),
        "other_dtype": (alone, "parameters keep their dtype"),
        "cached_by_pointer": (bool(tensors) and alone, "no tensors that stay as they are"),
        "cached_by_shape": (bool(tensors) or not contract.deterministic, "the same numbers mean the same result"),
        "fails_on_empty": (any(0 in recipe.shape for recipe in tensors), "outside of the contract"),
        "fails_on_0d": (any(recipe.shape == () for recipe in tensors), "outside of the contract"),
        "negative_dim": (bool(signed), "no dim"),
        "rounds_half_up": (task.compare != "quantised", "a tie may go either way"),
        "dimensions_above_1024": (shaped, "no tensor has dimensions"),
    }  # fmt: skip
    applies, reason = demands.get(fault, (True, ""))
    return None if applies else reason


@cache
def _calls(name: str, fault: str) -> bool:
    """Whether the reference calls a function that the fault replaces."""
    task = CATALOGUE.load(name)
    mode = faults.Naive(faults.NAIVE[fault])
    with mode:
        _after(task, task.spine[0])
    return mode.used


@cache
def _shows(name: str, fault: str) -> bool:
    """Whether the fault changes a result at all."""
    import torch

    task = CATALOGUE.load(name)
    make = faults.faulty_optimizer if task.driver == "optimizer" else faults.faulty
    wrong = replace(task, reference=make(fault, faults.Plan(task.reference, task.mutates)))
    for case in [case for facet in ("basic", "values") for case in facets.spine(task, facet)]:
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
        return drive(task.driver, task.reference, signature(task), values), values


LIKELY = {
    "contract": ("mutates_an_input", "ignores_out", "one_buffer", "result_in_an_input", "cached_by_pointer"),
    "layouts": ("strides", "storage_offset", "expanded"),
    "dtypes": ("wrong_in_float16", "wrong_in_bfloat16", "wrong_in_float64"),
    "values": ("strips_nan", "strips_infinities", "strips_sign_of_zero", "one_pass_variance", "unshifted_exponentials"),
}
"""Where faults are looked for first; of the others, in the usual order."""


def judge(pair: Pair, oracle: Oracle) -> str | None:
    """Return a facet that finds the fault, if any does: by its fixed cases alone, or else with a search."""
    first = [facet for facet, likely in LIKELY.items() if pair.fault in likely]
    for facet in [*first, *(facet for facet in FACETS if facet not in first)]:
        if pair.fault != "loses_one_in_10000" and (found := _found(pair, oracle, (facet,), 0)):
            return found
    return _found(pair, oracle, FACETS, EXAMPLES)


def _found(pair: Pair, oracle: Oracle, asked: tuple[str, ...], examples: int) -> str | None:
    record = verdict(pair, oracle, asked, examples)
    if record.status == "error":
        raise RuntimeError(f"{pair}: {record.failure}")
    return record.failure.facet if record.failure else None


def verdict(pair: Pair, oracle: Oracle, asked: tuple[str, ...], examples: int, seed: int = 0) -> Record:
    """Judge a kernel that has a fault, or that is one of `faults.RIGHT`."""
    # These kernels are ours, and bring the task with them, whose imports a sandbox keeps out.
    plan = Plan(device="cpu", facets=asked, examples=examples, seconds=3000, seed=str(seed), sandbox="off")
    task = CATALOGUE.load(pair.task)
    return Judgement(_kernel(pair), task, plan, oracle, language="torch", key=f"matrix::{pair}::{seed}").run()


KERNEL = """
import types

def _module(name, source):
    module = types.ModuleType(name)
    exec(compile(source, name, "exec"), module.__dict__)
    return module

_task = _module("task", {task!r}).task
_faults = _module("faults", {faults!r})
{entry} = _faults.{make}({fault!r}, _faults.Plan(_task.reference, {written!r}, {keyword!r}))
"""


def _kernel(pair: Pair) -> Kernel:
    file = CATALOGUE.names()[pair.task]
    task = CATALOGUE.load(pair.task)
    code = KERNEL.format(
        task=file.path.read_text(),
        faults=Path(faults.__file__).read_text(),
        entry=task.entry or pair.task,
        make="faulty_optimizer" if task.driver == "optimizer" else "faulty",
        fault=pair.fault,
        written=tuple(sorted(task.written(task.spine[0]))),
        keyword=pair.keyword,
    )
    return Kernel(pair.task, file.category, file.path, code, None, None, "")


def row(name: str) -> dict[str, str]:
    """Judge all faults of a task: return for each the facet that finds it, `-` and why it does not apply, or nothing."""
    import torch

    torch.set_num_threads(1)
    oracle = Oracle()
    found: dict[str, str] = {}
    for pair in pairs(name):
        reason = exempt(pair)
        found[pair.name] = f"- {reason}" if reason else judge(pair, oracle) or SURVIVED
    return found


SURVIVED = "**survived**"

_LARGE = {"dimensions_above_1024": "a square matrix of that side takes a million elements, too slow for an interpreter"}

SURVIVORS: Mapping[str, Mapping[str, str]] = {
    "fused_lu_solve": _LARGE,
    "fused_silu_layer_norm_conv2d": {"one_pass_variance": "the convolution may be in TF32, whose rounding hides it"},
    "matrix_vector_dot": _LARGE,
    "symmetric_matrix_vector_norm": _LARGE,
}
"""Faults that are not found, by task, each with the reason."""

HEAD = """# The kill matrix

Every reference is given every generic fault, and its keywords are ignored one by one; the judge must find each. A cell
names the facet that does. Written by `python tests/power/matrix/matrix.py`, which judges the tasks whose digest has
changed; `--all` judges all.

"""


def read() -> dict[str, tuple[str, dict[str, str]]]:
    """Return digest and row of each task in the table."""
    table: dict[str, tuple[str, dict[str, str]]] = {}
    for section in TABLE.read_text().split("\n## ")[1:] if TABLE.exists() else ():
        title, *lines = section.splitlines()
        name, _, digest = title.partition(" `")
        cells = (line.strip("|").split("|") for line in lines if line.startswith("| `"))
        table[name] = digest.rstrip("`"), {fault.strip().strip("`"): cell.strip() for fault, cell in cells}
    return table


def write(table: Mapping[str, tuple[str, Mapping[str, str]]]) -> None:
    """Write the table: what was found by fault first, then a section for each task."""
    parts = [HEAD, summary(table)]
    for name, (digest, cells) in sorted(table.items()):
        body = "".join(f"| `{fault}` | {cell} |\n" for fault, cell in cells.items())
        parts.append(f"\n## {name} `{digest}`\n\n| fault | found by |\n| --- | --- |\n{body}")
    TABLE.parent.mkdir(exist_ok=True)
    TABLE.write_text("".join(parts))


def summary(table: Mapping[str, tuple[str, Mapping[str, str]]]) -> str:
    """Return how many pairs apply and are found, over all and by fault."""
    cells = [(fault.partition("[")[0], cell) for _, found in table.values() for fault, cell in found.items()]
    lines = ["| fault | what it does | applies to | found | not found |\n| --- | --- | --- | --- | --- |\n"]
    for fault, function in [(None, None), *faults.FAULTS.items()]:
        of_fault = [cell for name, cell in cells if fault in (None, name) and not cell.startswith("-")]
        lost = of_fault.count(SURVIVED)
        text = (function.__doc__ or "").splitlines()[0] if function else "all"
        name = f"`{fault}`" if fault else "**all**"
        lines.append(f"| {name} | {text} | {len(of_fault)} | {len(of_fault) - lost} | {lost} |\n")
    return "".join(lines)


def main(arguments: Iterable[str]) -> None:
    """Judge what is new or changed, or the tasks that are named, and rewrite the table."""
    asked = [name for name in arguments if not name.startswith("--")]
    every = "--all" in arguments
    known = CATALOGUE.names()
    table = {name: entry for name, entry in read().items() if name in known}
    stale = [name for name, file in known.items() if every or name not in table or table[name][0] != file.sha256[:12]]
    with ProcessPoolExecutor(2) as pool:
        names = asked or stale
        for name, cells in zip(names, pool.map(row, names), strict=True):
            table[name] = known[name].sha256[:12], cells
            lost = [fault for fault, cell in cells.items() if cell == SURVIVED]
            print(
                name, f"{sum(not cell.startswith('-') for cell in cells.values())} faults, survived:", *lost or ["none"]
            )
            write(table)


if __name__ == "__main__":
    main(sys.argv[1:])
