"""Run a kernel's host code on a case with every launch compiled and none of them run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from pytest_kernelbench.model.case import Case, Tensor, leaves
from pytest_kernelbench.model.case_codec import decode
from pytest_kernelbench.runner.errors import describe
from pytest_kernelbench.runner.fault import refused_launch
from pytest_kernelbench.wire.calling_conventions import invoke
from pytest_kernelbench.wire.materialize import geometry, materialize, torch_dtype, values_of

if TYPE_CHECKING:
    from pytest_kernelbench.devices.cross_compile import Compiler

MAX_MATERIALISED = 4 << 20
"""Bytes of all arguments together up to which they have contents; larger ones are meta tensors."""


def compile_case(
    compiler: Compiler, request: dict[str, Any], entry: Any, path: str, report: Callable[[dict[str, Any]], None]
) -> dict[str, Any]:
    """Compile what the entry point launches on a case, and return the header of the response.

    Each specialisation is reported when it starts and when it is done. Where host code reads tensors, it runs a second
    time with other contents: if that launches anything else, the launches depend on data.
    """
    compiler.report, compiler.every = report, request["every"]
    raised, reads, launches = _run(compiler, request, entry, path, "zero")
    varies = False
    if reads and raised is None:
        varies = _run(compiler, request, entry, path, "one")[2] != launches
    answer = {"status": "ok", "launches": len(launches), "raised": raised}
    return {**answer, "reads": reads > 0, "data_dependent": varies}


def _run(
    compiler: Compiler, request: dict[str, Any], entry: Any, path: str, contents: str
) -> tuple[Any, int, list[Any]]:
    """Call the entry point once; return what it raised, how often it read tensors, and its launches."""
    from pytest_kernelbench.devices.meta_tensors import META, MetaStandIn
    from pytest_kernelbench.devices.stand_in import CPU

    values, meta = arguments_of(decode(request["case"]))
    parameters = [(name, kind) for name, kind in request["parameters"]]
    mode = MetaStandIn(contents, META if meta else CPU)
    raised = None
    compiler.start()
    try:
        with mode:
            invoke(request["convention"], entry, parameters, values)
    except BaseException as error:  # whatever a kernel raises is data, exits and skips included
        told = {"compiler": compiler.blamed(error), "launch": refused_launch(error), "meta": meta}
        raised = {**describe(error, path), **told}
    return raised, mode.reads, compiler.launches


def arguments_of(case: Case) -> tuple[Mapping[str, Any], bool]:
    """Return the arguments of a case for host code alone, and whether its tensors are without contents."""
    if sum(recipe.nbytes for _, recipe in leaves(case)) > MAX_MATERIALISED:
        return values_of(case, _meta), True
    return materialize(case).values, False


def _meta(path: str, recipe: Tensor) -> Any:
    """Return a tensor with the shape and layout of a recipe, but without contents and memory."""
    import torch

    elements, strides, offset = geometry(recipe)
    storage = torch.empty(elements, dtype=torch_dtype(recipe.dtype), device="meta")
    return storage.as_strided(recipe.shape, strides, offset)
