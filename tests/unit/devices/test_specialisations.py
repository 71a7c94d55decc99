"""The line that describes what a kernel was compiled for, for the forms that versions of Triton use."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from pytest_kernelbench.devices.specialisations import specialisation

SIGNATURE = {"x": "*fp32", "n": "i32", "BLOCK": "constexpr", "act": "constexpr"}


def relu() -> None:
    """A function that is a constant."""


def source(constants: dict[Any, Any], attributes: Any) -> SimpleNamespace:
    return SimpleNamespace(
        fn=SimpleNamespace(arg_names=list(SIGNATURE)), constants=constants, signature=SIGNATURE, attrs=attributes
    )


WANTED = "x: *fp32 %16 <2GiB, n: i32, BLOCK=128, act=relu, num_warps=4, num_stages=2"


@pytest.mark.parametrize(
    ("constants", "attributes"),
    [
        (
            {"BLOCK": 128, "act": relu},
            SimpleNamespace(arg_properties={"tt.divisibility": [0], "tt.pointer_range": [0]}),
        ),
        ({(2,): 128, (3,): relu}, {(0,): [["tt.divisibility", 16], ["tt.pointer_range", 32]]}),
    ],
)
def test_constants_and_assumptions_by_position_or_name(constants: dict[Any, Any], attributes: Any) -> None:
    options = {"num_stages": 2, "num_warps": 4, "debug": False}
    assert specialisation(source(constants, attributes), options) == WANTED


def test_without_options_and_assumptions() -> None:
    assert specialisation(source({"BLOCK": "a", "act": None}, None), None) == "x: *fp32, n: i32, BLOCK='a', act=None"
