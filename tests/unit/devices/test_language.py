"""The language on the interpreter: what the compiler takes runs with its meaning, what it refuses is refused."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest

from pytest_kernelbench import Case, Tensor
from tests.unit.devices import Interpret
from tests.unit.devices.language import Feature, functions, memory, syntax, types

FEATURES: list[Feature] = [*syntax.FEATURES, *types.FEATURES, *functions.FEATURES, *memory.FEATURES]

KNOWN = """
import sys
from triton.compiler.code_generator import CodeGenerator
from triton.runtime import interpreter
known = [name.removeprefix("visit_") for name in dir(CodeGenerator)]
print(*known, *(["chain"] if hasattr(interpreter, "_InterpreterComparison") else []))
"""


@pytest.fixture(scope="module")
def known() -> set[str]:
    """Return the nodes of the syntax tree that the installed Triton takes."""
    done = subprocess.run([sys.executable, "-c", KNOWN], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_names_are_unique() -> None:
    assert len({feature.name for feature in FEATURES}) == len(FEATURES)


@pytest.mark.parametrize("feature", FEATURES, ids=lambda feature: feature.name)
def test_a_feature_has_the_meaning_that_the_compiler_gives_it(
    feature: Feature, interpret: Interpret, known: set[str]
) -> None:
    expected = feature.expected if not feature.syntax or feature.syntax in known else None
    answer = interpret(feature.code, Case(x=Tensor((1,))))
    if expected is None:
        assert answer.status not in ("ok", "crash"), answer
        return
    assert answer.status == "ok", answer
    found = answer.outputs[0].tensor.numpy().astype(np.float64)
    np.testing.assert_allclose(found, feature.result().astype(np.float64), rtol=1e-5, atol=1e-6)


@pytest.mark.slow
def test_the_compiler_takes_and_refuses_the_same(known: set[str]) -> None:
    program = [sys.executable, "-m", "tests.unit.devices.language.compiled"]
    done = subprocess.run(program, capture_output=True, text=True, check=True)
    errors: dict[str, str] = json.loads(done.stdout.splitlines()[-1])
    for feature in FEATURES:
        refused = feature.expected is None or (feature.syntax and feature.syntax not in known)
        assert (feature.name in errors) == bool(refused), (feature.name, errors.get(feature.name))
