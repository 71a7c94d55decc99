"""The options that decide verdicts: what is legal, what it becomes, and what a mistake says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pytest_kernelbench.evaluation.options import DEVICES, OPTIONS, completing, one_of, whole
from pytest_kernelbench.model.errors import KernelBenchError
from pytest_kernelbench.model.judging import JudgingSettings
from pytest_kernelbench.model.targets import DEFAULT
from pytest_kernelbench.model.task import FACETS


@pytest.mark.parametrize(
    ("name", "value", "checked"),
    [
        ("device", "cpu", "cpu"),
        ("examples", " 7 ", 7),
        ("examples", 0, 0),
        ("facets", "sizes, basic,sizes", ("basic", "sizes")),
        ("facets", ["engine", "basic"], ("basic", "engine")),
        ("timeout", "2.5", 2.5),
        ("timeout", 3, 3.0),
        ("compile-timeout", "9", 9.0),
        ("baseline", "compile,eager", ("eager", "compile")),
        ("baseline", ("eager",), ("eager",)),
        ("allow", "libraries,clocks", ("libraries", "clocks")),
        ("allow", (), ()),
        ("sandbox", "off", "off"),
        ("tasks", "own", Path("own")),
        ("env", ["MY_LIB=1", "A_B=x=y", "MY_LIB=2"], (("A_B", "x=y"), ("MY_LIB", "2"))),
        ("env", {"MY_LIB": "1"}, (("MY_LIB", "1"),)),
    ],
)
def test_values(name: str, value: Any, checked: Any) -> None:
    assert OPTIONS[name].checked(value) == checked


def test_targets_are_found_once_each() -> None:
    assert [target.name for target in OPTIONS["target"].checked("sm_80, sm_90,sm_80")] == ["sm_80", "sm_90"]
    assert OPTIONS["target"].checked(()) == ()
    assert OPTIONS["target"].checked("none") == OPTIONS["target"].checked(["none"]) == ()


@pytest.mark.parametrize(("given", "name"), [(None, DEFAULT), ("none", None), ("gfx942,sm_80", "gfx942")])
def test_the_first_target_completes_verdicts_of_the_interpreter(given: str | None, name: str | None) -> None:
    assert completing(None if given is None else OPTIONS["target"].checked(given)) == name


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("device", "gpu", "device=gpu: did you mean cpu? (one of 4)"),
        ("examples", "-1", "examples=-1: expected a whole number of at least 0"),
        ("examples", "1.5", "examples=1.5: expected a whole number of at least 0"),
        ("examples", "", "examples=: expected a whole number of at least 0"),
        ("facets", "basic,size", "facets=basic,size: did you mean sizes? (one of 8)"),
        ("facets", ["basic", "size"], "facets=basic,size: did you mean sizes? (one of 8)"),
        ("facets", ",", "facets=,: choose from: basic, contract, dtypes, engine, gradients, layouts, sizes, values"),
        ("timeout", "soon", "timeout=soon: expected a number of seconds above 0"),
        ("timeout", 0, "timeout=0: expected a number of seconds above 0"),
        ("timeout", "inf", "timeout=inf: expected a number of seconds above 0"),
        ("timeout", "nan", "timeout=nan: expected a number of seconds above 0"),
        ("baseline", "compile", "baseline=compile: expected eager among the baselines"),
        ("baseline", "eager,compiled", "baseline=eager,compiled: did you mean compile? (one of 2)"),
        ("allow", "clock", "allow=clock: did you mean clocks? (one of 6)"),
        ("sandbox", "loose", "sandbox=loose: choose from: best, off, strict"),
        ("target", "sm_90a", "target=sm_90a: unknown target sm_90a; choose from: sm_80, "),
        ("target", ",", "target=,: choose from: gfx90a, "),
    ],
)
def test_mistakes(name: str, value: Any, message: str) -> None:
    with pytest.raises(KernelBenchError) as error:
        OPTIONS[name].checked(value)
    assert str(error.value).startswith(message)


def test_a_mistake_names_the_option_as_the_user_knows_it() -> None:
    with pytest.raises(KernelBenchError, match=r"^--kb-timeout=0: expected a number of seconds above 0$"):
        OPTIONS["timeout"].checked("0", "--kb-timeout")


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("examples", "examples"), ("facets", "facets"), ("timeout", "timeout"), ("compile-timeout", "compile_timeout"),
        ("baseline", "baselines"), ("sandbox", "sandbox"),
    ],
)  # fmt: skip
def test_defaults_are_those_of_the_settings(name: str, field: str) -> None:
    option = OPTIONS[name]
    assert option.checked(option.default) == getattr(JudgingSettings(), field)


def test_each_option_has_a_help_text_and_its_legal_values() -> None:
    assert list(OPTIONS) == [option.name for option in OPTIONS.values()]
    for option in OPTIONS.values():
        assert option.help
        assert option.placeholder
    assert all(device in OPTIONS["device"].help for device in DEVICES)
    assert all(facet in OPTIONS["facets"].help for facet in FACETS)


def test_checks_for_other_options() -> None:
    assert one_of(("a", "b"))("a") == "a"
    with pytest.raises(ValueError, match="choose from: a, b"):
        one_of(("a", "b"))("zzz")
    assert whole(1)("2") == 2
    with pytest.raises(ValueError, match="expected a whole number of at least 1"):
        whole(1)("0")
