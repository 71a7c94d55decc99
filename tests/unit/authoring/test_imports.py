"""What a task file may import: the same names as from the package, and nothing heavy."""

from __future__ import annotations

import subprocess
import sys

import pytest

import pytest_kernelbench
from pytest_kernelbench import authoring


@pytest.mark.parametrize("name", authoring.__all__)
def test_the_names_are_those_of_the_package(name: str) -> None:
    assert getattr(authoring, name) is getattr(pytest_kernelbench, name)


@pytest.mark.parametrize(
    "module", ["", ".strategies", ".strategies.conv", ".strategies.linalg", ".families", ".quantisation"]
)
def test_importing_it_loads_nothing_heavy(module: str) -> None:
    heavy = {"torch", "triton", "numpy", "hypothesis", "pytest"}
    code = f"import sys, pytest_kernelbench.authoring{module}; print(sorted({heavy!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
