"""The settings that verdicts depend on: where runners run, and what records of each kind keep."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import Any

import pytest

from pytest_kernelbench.model.case import Case, Tensor
from pytest_kernelbench.model.judging import BASELINES, SANDBOX_MODES, JudgingSettings
from pytest_kernelbench.model.targets import TARGETS
from pytest_kernelbench.model.task import FACETS


def test_defaults() -> None:
    settings = JudgingSettings()
    assert (settings.device, settings.facets, settings.examples) == ("interpreter", FACETS, 48)
    assert (settings.timeout, settings.compile_timeout) == (240.0, 120.0)
    assert settings.target in TARGETS
    assert settings.sandbox in SANDBOX_MODES
    assert settings.baselines == ("eager",)
    assert set(settings.baselines) <= set(BASELINES)


@pytest.mark.parametrize(
    ("settings", "device"),
    [
        (JudgingSettings(), "interpreter"),
        (JudgingSettings(device="cpu"), "cpu"),
        (JudgingSettings(device="cuda:h100", gpu_uuid="GPU-1"), "cuda:GPU-1"),
    ],
)
def test_a_gpu_is_named_to_runners_by_its_uuid(settings: JudgingSettings, device: str) -> None:
    assert settings.runner_device == device


def test_what_records_of_each_kind_keep() -> None:
    case = Case(input=Tensor((3,)))
    settings = JudgingSettings(case=case, seed="7", language="torch", allow=("clocks",), baselines=BASELINES)
    assert settings.recorded("correctness") == {
        "facets": list(FACETS), "examples": 48, "seed": "7", "case": "Case(input=Tensor((3,)))", "language": "torch",
        "allow": ["clocks"], "sandbox": "best", "timeout": 240.0,
        "target": None,
    }  # fmt: skip
    assert settings.recorded("speed") == {
        "baselines": ["eager", "compile"], "language": "torch", "allow": ["clocks"], "sandbox": "best",
        "timeout": 240.0,
    }  # fmt: skip
    assert settings.recorded("compile") == {"language": "torch", "sandbox": "best", "timeout": 120.0}


@pytest.mark.parametrize("kind", ["correctness", "speed", "compile"])
def test_variables_are_recorded_where_there_are_any(kind: str) -> None:
    assert "environment" not in JudgingSettings().recorded(kind)
    given = JudgingSettings(environment=(("MY_LIB", "1"),))
    assert given.recorded(kind)["environment"] == {"MY_LIB": "1"}


@pytest.mark.parametrize(
    ("chosen", "target"),
    [({}, "sm_90"), ({"target": None}, None), ({"device": "cpu"}, None), ({"language": "torch"}, None)],
)
def test_the_compiler_completes_verdicts_of_the_interpreter(chosen: dict[str, Any], target: str | None) -> None:
    assert JudgingSettings(**chosen).recorded("correctness")["target"] == target


@pytest.mark.parametrize("kind", ["correctness", "speed", "compile"])
def test_what_is_recorded_survives_json(kind: str) -> None:
    recorded = JudgingSettings(allow=("clocks",)).recorded(kind)
    assert json.loads(json.dumps(recorded)) == recorded


def test_no_record_depends_on_which_gpu_of_a_model_was_used() -> None:
    one, other = (JudgingSettings(device="cuda:h100", gpu_uuid=uuid) for uuid in ("GPU-1", "GPU-2"))
    assert [one.recorded(kind) for kind in ("correctness", "speed")] == [
        other.recorded(kind) for kind in ("correctness", "speed")
    ]


def test_each_field_is_in_some_record_or_in_its_device() -> None:
    kept = {name for kind in ("correctness", "speed", "compile") for name in JudgingSettings().recorded(kind)}
    assert {each.name for each in fields(JudgingSettings)} == kept | {
        "device",
        "gpu_uuid",
        "compile_timeout",
        "paths",
        "domain",
        "environment",
    }
