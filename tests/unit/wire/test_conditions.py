"""Conditions of a call: they survive the way to a runner, and the defaults are those of an ordinary call."""

from __future__ import annotations

import json
from dataclasses import fields

import pytest

from pytest_kernelbench.wire.conditions import ORDINARY, CallConditions


@pytest.mark.parametrize(
    "conditions",
    [
        ORDINARY,
        CallConditions(poison="big", order="shuffled", poison_masked_lanes=True, config=2, benchmark=True),
        CallConditions(tuned=True, skip_launches=True, fail_launches=True, audit=True, out_is="input"),
        CallConditions(differentiate=("x", "y"), cotangent="expanded", second_backward=True, interleaved=True),
    ],
)
def test_there_and_back(conditions: CallConditions) -> None:
    assert CallConditions(**json.loads(json.dumps(conditions.to_wire()))) == conditions


def test_an_ordinary_call_changes_nothing_but_uninitialised_memory() -> None:
    changed = {field.name for field in fields(ORDINARY) if getattr(ORDINARY, field.name) not in (False, None, ())}
    assert changed == {"poison", "order"}
    assert (ORDINARY.poison, ORDINARY.order) == ("nan", "forward")


def test_an_unknown_condition_is_an_error() -> None:
    with pytest.raises(TypeError, match="nothing"):
        CallConditions(nothing=True)  # type: ignore[call-arg]
