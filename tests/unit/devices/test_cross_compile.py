"""Compiling for a GPU that need not be there: kinds and messages of errors, and the driver in place of a real one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pytest_kernelbench.devices.cross_compile import message, reason
from pytest_kernelbench.model.targets import TARGETS


class CompilationError(Exception):
    """An error in the language."""


class OutOfResources(Exception):
    """A kernel that needs too much."""


class PTXASError(Exception):
    """An error of the assembler."""


class CompileTimeAssertionFailure(CompilationError):
    """A failed `tl.static_assert`."""


for _error in (CompilationError, OutOfResources, PTXASError, CompileTimeAssertionFailure):
    _error.__module__ = "triton.errors"


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (CompilationError("no"), "language"),
        (CompileTimeAssertionFailure("no"), "language"),
        (OutOfResources("no"), "out_of_resources"),
        (PTXASError("ptxas: uses too much shared data (0x20000 bytes)"), "out_of_resources"),
        (PTXASError("no"), "assembler"),
        (RuntimeError("PassManager::run failed"), "compiler"),
    ],
)
def test_kinds_of_errors(error: Exception, kind: str) -> None:
    assert reason(error) == kind


def test_a_message_begins_with_the_cause() -> None:
    outer, middle, inner = CompilationError("at 3:4"), CompilationError("at 7:8"), TypeError("no such operand")
    outer.__cause__, middle.__cause__ = middle, inner
    assert message(outer) == "TypeError: no such operand\nat 7:8\nat 3:4"


def test_a_signal_has_its_name_and_repetitions_are_left_out() -> None:
    error = PTXASError("ptxas failed with error code -9")
    error.__cause__ = PTXASError("ptxas failed with error code -9")
    assert message(error) == "ptxas was ended by SIGKILL"
    assert message(PTXASError("ptxas failed with error code -99")) == "ptxas was ended by signal 99"
    assert message(RuntimeError()) == "RuntimeError"


SCRIPT = """
import json, sys
import torch, triton
from types import SimpleNamespace
from pytest_kernelbench.devices import cross_compile
from pytest_kernelbench.devices.cross_compile import Compiler, EndlessLaunches

compiler = Compiler(sys.argv[1])
driver = triton.runtime.driver.active
properties = torch.cuda.get_device_properties(0)
target = driver.get_current_target()
told = {
    "name": torch.cuda.get_device_name(), "capability": torch.cuda.get_device_capability(),
    "target": [target.backend, target.arch, target.warp_size], "warp": properties.warp_size,
    "shared": driver.utils.get_device_properties(0)["max_shared_mem"],
}

def excess(shared=0, warps=4, tensor=0):
    error = compiler._excess(SimpleNamespace(shared=shared, num_warps=warps, tmem_size=tensor))
    return error and error.name

told["excess"] = [excess(), excess(shared=1 << 20), excess(warps=64), excess(tensor=1 << 10)]
cross_compile.MAX_LAUNCHES = 2
launcher = driver.launcher_cls(None, SimpleNamespace(hash="kernel", name="k", num_warps=4))
for size in (3, 4):
    launcher(size, 1, 1, 0, None)
told["launches"] = list(compiler.launches)
try:
    launcher(5, 1, 1)
except EndlessLaunches as error:
    told["endless"] = str(error)
try:
    launcher(1, 1 << 16, 1)
except EndlessLaunches:
    pass
except RuntimeError as error:
    told["refused"] = [str(error), compiler.blamed(error)]
compiler.start()
told["after"] = [compiler.launches, compiler.failed]
print(json.dumps(told))
"""


@pytest.mark.parametrize("name", ["sm_90", "gfx942"])
def test_the_driver_of_a_target(name: str, tmp_path: Path) -> None:
    environ = {**os.environ, "TRITON_CACHE_DIR": str(tmp_path)}
    environ.pop("TRITON_INTERPRET", None)
    command = [sys.executable, "-c", SCRIPT, name]
    done = subprocess.run(command, capture_output=True, text=True, env=environ, check=False)
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    target = TARGETS[name]
    assert target.model in told["name"]
    assert told["capability"] == list(target.capability)
    assert told["target"] == [target.backend, target.arch, target.warp]
    assert (told["warp"], told["shared"]) == (target.warp, target.shared)
    assert told["excess"] == [None, "shared memory", "threads", "tensor memory"]
    assert told["launches"] == [["kernel", 3, 1, 1], ["kernel", 4, 1, 1]]
    assert told["endless"] == "more than 2 launches in one call"
    amd = target.backend == "hip"
    refused = "a GPU refuses to launch k on a grid of (1, 65536, 1): axis y has at most 65535 programs"
    assert told.get("refused") == (None if amd else [refused, True])
    assert told["after"] == [[], None]
