"""What a report says, before it is a page, JSON or Markdown."""

from __future__ import annotations

import json

from pytest_kernelbench.model.record import CompileRecord, Failure
from pytest_kernelbench.report.contents import contents
from pytest_kernelbench.report.writer import SCHEMA, as_json
from tests.support.records import TASKS, correctness, results, speed

H100, L40S = ({"kind": "cuda", "model": model} for model in ("h100", "l40s"))


def test_rates_are_of_all_tasks_and_absent_kernels_are_not_kernels() -> None:
    found = contents(results(
        correctness("Math_0"), correctness("Math_1", "wrong_values", "values", label="kernel"),
        correctness("Fusion_0", "missing"),
    ))  # fmt: skip
    (row,) = found.overview
    assert (row.label, row.kernels, row.labels) == ("mine", 2, {"kernel": 1})
    assert (row.rates.met["all"].n, row.rates.met["all"].of) == (1, 176)
    assert row.categories["Math"].met["all"].of == 36
    assert row.fixed.caught == {"values": ["Math_1"]}
    assert found.judged == ["Math"]
    assert [task.name for task in found.tasks] == ["Math_0", "Math_1"]


def test_a_replay_is_there_where_the_record_says_what_selects_the_kernel() -> None:
    failure = Failure("values", "bad", "Case(x=1)")
    told, silent = (
        correctness(f"Math_{number}", "wrong_values", "values", failure=failure, selection=selection)
        for number, selection in enumerate(("--kb-submission=mine mine.py", ""))
    )
    one, two = (task.kernels[0] for task in contents(results(told, silent)).tasks)
    assert one.replay == 'pytest --kb-submission=mine mine.py --kb-facets=values --kb-case="Case(x=1)"'
    assert two.replay is None


def test_a_kernel_on_several_devices_has_the_worse_verdict_and_names_both() -> None:
    right = correctness("Math_0", device={"kind": "interpreter"})
    wrong = correctness("Math_0", "wrong_values", "values", device=H100)
    (kernel,) = contents(results(right, wrong)).tasks[0].kernels
    assert kernel.status == "wrong_values"
    assert kernel.statuses_by_device == {"interpreter": "passed", "cuda:h100": "wrong_values"}


def test_speed_is_of_right_kernels_by_verdict_and_then_from_fast_to_slow() -> None:
    right = [correctness(f"Math_{number}") for number in range(4)]
    ratios = (1.5, 0.5, 3.0, 1.0)
    timed = [speed(f"Math_{number}", ratio, 0.001) for number, ratio in enumerate(ratios)]
    timed[3] = speed("Math_3", 1.0, 0.001, verdict="same")
    found = contents(results(*right, *timed, speed("Math_9", 9.0)))
    (one,) = found.speedups["mine"]
    assert list(one.tasks) == ["Math_2", "Math_0", "Math_1", "Math_3"]
    assert one.mean.n == 4
    assert one.device == "cuda:h100"
    assert len(found.speed) == 5
    wrong = correctness("Math_0", "wrong_values", "values")
    assert contents(results(wrong, speed("Math_0", 9.0))).tasks[0].best is None
    assert found.spreads == {}


def test_what_is_timed_without_a_verdict_is_said() -> None:
    found = contents(results(speed("Math_0", 2.0)))
    assert found.speedups == {}
    assert found.notes == ["mine was timed, but its verdicts are not in these files: it is left out of the means"]
    assert found.tasks[0].best == 2.0


def test_rounds_are_compared_in_their_order_and_samples_are_not() -> None:
    rounds = [correctness("Math_0", "passed" if number == 10 else "crash", None if number == 10 else "basic",
                          variant=f"round_{number}") for number in (10, 2)]  # fmt: skip
    samples = [correctness("Math_0", submission="other", variant=f"sample_{number}") for number in (0, 1)]
    (found,) = contents(results(*rounds, *samples)).rounds
    assert (found.before, found.after) == ("mine/round_2", "mine/round_10")
    assert found.tasks.rescued == ("Math_0",)
    assert (found.judged, found.right_before.value, found.right_after.value) == (1, 0, 1)


def test_spread_over_gpus() -> None:
    timed = [speed("Math_0", ratio, device=device) for device, ratio in ((H100, 1.2), (L40S, 2.4))]
    found = contents(results(correctness("Math_0"), *timed))
    assert found.spreads["mine"].median.value == 2.0
    assert [one.device for one in found.speedups["mine"]] == ["cuda:h100", "cuda:l40s"]


def compiled(task: str, target: str, status: str = "passed", **fields: object) -> CompileRecord:
    return CompileRecord(
        kind="compile", submission="mine", variant=None, task=task, category="Math", status=status, stage="dtypes",
        target=target, **fields,
    )  # type: ignore[arg-type]  # fmt: skip


def test_compilation_by_target() -> None:
    bad = Failure("basic", "unsupported")
    records = [
        compiled("Math_0", "sm_80", compile_seconds=1.0, spills=8),
        compiled("Math_1", "sm_80", "compile_error", reason="language", failure=bad),
        compiled("Math_1", "sm_90", "compile_error", reason="language", failure=bad),
    ]
    found = contents(results(*records))
    first, second = found.compiled
    assert (first.target, first.kernels, first.passed, first.spilling, first.median_seconds) == (
        "sm_80", 2, 1, ["Math_0"], 1.0,
    )  # fmt: skip
    assert second.refused == {"compile_error (language)": ["Math_1"]}
    assert (second.median_seconds, second.max_seconds) == (None, None)
    kernel = found.tasks[1].kernels[0]
    assert kernel.status == "compile_error"
    assert kernel.refused == {"unsupported": "sm_80, sm_90"}


def test_the_figures_as_json() -> None:
    records = [correctness("Math_0"), speed("Math_0", 2.0, samples={"kernel": [1.0]}), compiled("Math_0", "sm_80")]
    figures = json.loads(as_json(contents(results(*records))))
    assert figures["schema"] == SCHEMA == 2
    assert figures["overview"][0]["rates"]["met"]["all"]["n"] == 1
    assert figures["speedups"]["mine"][0]["mean"]["value"] == 2.0
    (kernel,) = figures["tasks"][0]["kernels"]
    assert kernel["verdict"]["status"] == "passed"
    assert kernel["speed"][0]["samples"] == {}
    assert len(figures["category_sizes"]) == len(set(TASKS.values()))
