"""Checks: what each facet asks of a kernel on one case, tried on kernels that are functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pytest_kernelbench import Case, Contract, Tensor
from pytest_kernelbench.judge.correctness import checks
from pytest_kernelbench.judge.correctness.trial import Finding
from pytest_kernelbench.model.task import FACETS
from tests.support.judging import ScriptedTrial, task_of

CASE = Case(x=Tensor((4, 5)))


def twice(x, out=None):
    return x * 2


TASK = task_of(twice, CASE)


def double(conditions: Any, x: Any, out: Any = None) -> Any:
    return x * 2 if out is None else out.copy_(x * 2)


def found(check: Callable[..., None], function: Any, task: Any = TASK, case: Case = CASE, **options: Any) -> Finding:
    """Return what a check finds."""
    with pytest.raises(Finding) as caught:
        check(ScriptedTrial(task, function, **options), case)
    return caught.value


def test_every_facet_has_a_check() -> None:
    assert (*checks.CHECKS,) == FACETS


@pytest.mark.parametrize("facet", FACETS)
def test_a_right_kernel_passes(facet: str) -> None:
    trial = ScriptedTrial(TASK, double)
    checks.CHECKS[facet](trial, CASE)
    assert trial.violation is None


def test_values_are_compared_once() -> None:
    trial = ScriptedTrial(TASK, double)
    checks.values(trial, CASE)
    assert len(trial.conditions) == 1
    assert found(checks.values, lambda conditions, x: x * 3).status == "wrong_values"


class TestContract:
    def test_other_bits_the_second_time(self) -> None:
        calls: list[int] = []

        def drifting(conditions: Any, x: Any, out: Any = None) -> Any:
            calls.append(0)
            return x * 2 * (1 + 1e-7 * (len(calls) % 2))

        finding = found(checks.contract, drifting)
        assert (finding.status, finding.message) == ("contract", "the same call gave different bits the second time")

    def test_random_draws_that_repeat(self) -> None:
        import torch

        def draw(x: Any) -> Any:
            return torch.rand(x.shape)

        def same(conditions: Any, x: Any) -> Any:
            return torch.rand(x.shape, generator=torch.Generator().manual_seed(1))

        contract = Contract(deterministic=False)
        case, few = Case(x=Tensor((9,))), Case(x=Tensor((8,)))
        task = task_of(draw, case, compare="random", contract=contract)
        assert found(checks.contract, same, task, case).message == "two calls of a random operation gave the same bits"
        checks.contract(ScriptedTrial(task, same), few)

    def test_dropout_that_repeats(self) -> None:
        def kept(x: Any) -> Any:
            return x * 2 + 1

        def dropped(x: Any) -> Any:
            return x * 0 + 1

        def same(conditions: Any, x: Any) -> Any:
            import torch

            return kept(x) * (keep := torch.rand(x.shape, generator=torch.Generator().manual_seed(2)) < 0.5) + ~keep * 1

        case = Case(x=Tensor((40, 40)))
        options = {"dropout": (kept, dropped), "drop_probability": lambda case: 0.5}
        task = task_of(kept, case, compare="dropout", contract=Contract(deterministic=False), **options)
        assert found(checks.contract, same, task, case).message == "two calls of a random operation gave the same bits"

    def test_a_result_that_is_cached_by_address(self) -> None:
        def cached(conditions: Any, x: Any, out: Any = None) -> Any:
            if not hasattr(x, "result"):
                x.result = x * 2
            return x.result.clone()

        finding = found(checks.contract, cached)
        assert finding.status == "wrong_values"
        assert finding.message.startswith("on new contents of the same memory, after a first call:\nresult[")

    def test_a_result_that_is_cached_by_a_sample(self) -> None:
        def cached(conditions: Any, x: Any, out: Any = None) -> Any:
            sample = x.reshape(-1)[:3].tolist()
            if getattr(x, "sample", None) != sample:
                x.sample, x.result = sample, x * 2
            return x.result.clone()

        finding = found(checks.contract, cached, case=Case(x=Tensor((400,))))
        assert finding.message.startswith("after one element of each tensor was changed in place:\n")

    def test_out_is_written_and_returned(self) -> None:
        finding = found(checks.contract, lambda conditions, x, out=None: x * 2)
        assert (finding.status, finding.message) == ("contract", "out was given and something else was returned")
        assert finding.case is not None
        assert finding.case.out == Tensor((4, 5), fill="junk")

        def contiguous_only(conditions: Any, x: Any, out: Any = None) -> Any:
            return double(conditions, x, out if out is not None and out.is_contiguous() else None)

        finding = found(checks.contract, contiguous_only)
        assert finding.case is not None
        assert finding.case.out.layout == "transposed"

    def test_several_results_in_out(self) -> None:
        def both(x, out=None):
            return x + 1, x + 2

        def swapped(conditions: Any, x: Any, out: Any = None) -> Any:
            if out is None:
                return x + 1, x + 2
            return out[1].copy_(x + 1), out[0].copy_(x + 2)

        finding = found(checks.contract, swapped, task_of(both, CASE))
        assert finding.message == "out[0] was given and something else was returned"

    def test_a_breach_that_was_seen_is_reported(self) -> None:
        def spoiling(conditions: Any, x: Any, out: Any = None) -> Any:
            result = x * 2
            x[0, 0] += 1
            return result

        assert found(checks.contract, spoiling).message == "x was changed: it is only an input"

    def test_a_breach_with_out_alone_is_reported(self) -> None:
        def spoiling(conditions: Any, x: Any, out: Any = None) -> Any:
            result = double(conditions, x, out)
            if out is not None:
                x[0, 0] += 1
            return result

        assert found(checks.contract, spoiling).message == "x was changed: it is only an input"

    def test_a_case_without_elements_has_no_other_contents(self) -> None:
        trial = ScriptedTrial(task_of(lambda x: x * 2, Case(x=Tensor((0, 5)))), lambda conditions, x: x * 2)
        checks.contract(trial, Case(x=Tensor((0, 5))))
        assert len(trial.conditions) == 2


COUNTS = {"launches": 1, "programs": 4, "bare_loads": True, "configs": 3}


class TestEngine:
    @pytest.mark.parametrize(
        ("when", "text"),
        [
            (lambda c: c.poison == "big", "with uninitialised memory full of large numbers:\n"),
            (lambda c: c.order == "reverse", "with the programs of each grid in reverse order:\n"),
            (lambda c: c.order == "shuffled", "with the programs of each grid in shuffled order:\n"),
            (lambda c: c.poison_masked_lanes, "with garbage in masked lanes of loads that have no `other`:\n"),
            (lambda c: c.config == 2, "with autotune configuration 2 of 3:\n"),
            (lambda c: c.benchmark, "when autotuning runs every configuration first:\n"),
        ],
    )
    def test_a_kernel_that_is_wrong_under_one_condition(self, when: Callable[[Any], bool], text: str) -> None:
        finding = found(checks.engine, lambda c, x: x * (3 if when(c) else 2), counts=COUNTS)
        assert finding.status == "wrong_values"
        assert finding.message.startswith(text)
        assert finding.case == CASE

    def test_conditions_follow_what_the_kernel_uses(self) -> None:
        plain = ScriptedTrial(TASK, double, counts={"launches": 1, "programs": 1})
        checks.engine(plain, CASE)
        assert [each.poison for each in plain.conditions] == ["nan", "big"]
        many = ScriptedTrial(TASK, double, counts={"configs": 1000})
        checks.engine(many, CASE)
        assert [each.config for each in many.conditions[2:-1]] == [*range(checks.MAX_CONFIGS)]

    def test_a_gpu_repeats_calls_and_leaves_out_configurations_in_a_hurry(self) -> None:
        trial = ScriptedTrial(TASK, double, device="cuda:GPU-1", counts={"configs": 3})
        checks.engine(trial, CASE)
        assert len(trial.conditions) == 2 + checks.REPEATS + 3 + 1
        hurried = ScriptedTrial(TASK, double, device="cuda:GPU-1", counts={"configs": 3})
        hurried.deadline -= 31
        checks.engine(hurried, CASE)
        assert len(hurried.conditions) == 2 + checks.REPEATS
