"""Look at what a kernel launches on a case that is too large to run: its host code runs, and no launch is made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_kernelbench.model.case_codec import decode
from pytest_kernelbench.runner.compiling import arguments_of
from pytest_kernelbench.runner.errors import describe
from pytest_kernelbench.wire.calling_conventions import invoke
from pytest_kernelbench.wire.conditions import ORDINARY

if TYPE_CHECKING:
    from pytest_kernelbench.devices.instruments import Instruments


def look(instruments: Instruments, request: dict[str, Any], entry: Any, path: str) -> dict[str, Any]:
    """Return the header of the response: the number of launches, and what a GPU would refuse, if anything.

    Host code that reads tensors gets made-up values, and what it launches then may never be launched. It runs a second
    time with other values, and counts as refused only if it is refused both times.
    """
    refused, reads = _run(instruments, request, entry, path, "zero")
    if refused is not None and reads:
        refused = _run(instruments, request, entry, path, "one")[0]
    return {"status": "ok", "launches": len(instruments.recorded or ()), "refused": refused}


def _run(
    instruments: Instruments, request: dict[str, Any], entry: Any, path: str, contents: str
) -> tuple[dict[str, Any] | None, int]:
    """Call the entry point once; return how a GPU would end the call, if it would, and how often it read tensors."""
    from pytest_kernelbench.devices.launches import LaunchRefused
    from pytest_kernelbench.devices.meta_tensors import META, MetaStandIn
    from pytest_kernelbench.devices.stand_in import CPU

    values, meta = arguments_of(decode(request["case"]))
    parameters = [(name, kind) for name, kind in request["parameters"]]
    mode = MetaStandIn(contents, META if meta else CPU)
    instruments.start(ORDINARY)
    instruments.recorded = []
    try:
        with mode:
            invoke(request["convention"], entry, parameters, values)
    except BaseException as error:  # whatever a kernel raises is data, exits and skips included
        refused = isinstance(error, LaunchRefused) or type(error).__name__ == "OutOfResources"
        return (describe(error, path) if refused else None), mode.reads
    return None, mode.reads
