"""A runner that compiles: host code runs on a case, every launch is compiled and none is run."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

from pytest_kernelbench.model.case import Case, Tensor, decode, leaves
from pytest_kernelbench.runner.drivers import drive
from pytest_kernelbench.runner.materialize import geometry, materialize, torch_dtype, values_of
from pytest_kernelbench.runner.mistakes import describe
from pytest_kernelbench.runner.workplaces import Workplace

MATERIALISED = 4 << 20
"""Bytes of all arguments up to which they have contents."""


class Compiling(Workplace):
    """What a runner that compiles for one target keeps between its requests."""

    def __init__(self, target: str) -> None:
        from pytest_kernelbench.devices.cross_compile import Compiler

        self.compiler = Compiler(target)

    def mode(self, poison: str = "nan") -> contextlib.AbstractContextManager[Any]:
        """Return the stand-in, for the import of the kernel's module."""
        from pytest_kernelbench.devices.stand_in import StandIn

        return StandIn(poison)

    def compile(
        self, request: dict[str, Any], entry: Any, path: str, report: Callable[[dict[str, Any]], None]
    ) -> dict[str, Any]:
        """Return what was noticed on a case, beside each compiled kernel, which is reported at once.

        Where host code reads tensors, it is run a second time with other contents: different launches depend on data.
        """
        self.compiler.report = report
        raised, reads, launches = self._run(request, entry, path, "zero")
        varies = False
        if reads and raised is None:
            varies = self._run(request, entry, path, "one")[2] != launches
        return {"status": "ok", "launches": len(launches), "raised": raised, "data_dependent": varies}

    def _run(self, request: dict[str, Any], entry: Any, path: str, contents: str) -> tuple[Any, int, list[Any]]:
        from pytest_kernelbench.devices.hollow import META, Hollow
        from pytest_kernelbench.devices.stand_in import CPU

        case: Case = decode(request["case"])
        hollow = sum(recipe.nbytes for _, recipe in leaves(case)) > MATERIALISED
        values = values_of(case, _hollow) if hollow else materialize(case).values
        parameters = [(name, kind) for name, kind in request["parameters"]]
        mode = Hollow(contents, META if hollow else CPU)
        raised = None
        self.compiler.start()
        try:
            with mode:
                drive(request["driver"], entry, parameters, values)
        except BaseException as error:  # whatever a kernel raises is data, exits and skips included
            raised = {**describe(error, path), "compiler": self.compiler.blamed(error), "hollow": hollow}
        return raised, mode.reads, self.compiler.launches


def _hollow(path: str, recipe: Tensor) -> Any:
    """Make a tensor of a recipe's shape and layout that has no contents and takes no memory."""
    import torch

    elements, strides, offset = geometry(recipe)
    storage = torch.empty(elements, dtype=torch_dtype(recipe.dtype), device="meta")
    return storage.as_strided(recipe.shape, strides, offset)
