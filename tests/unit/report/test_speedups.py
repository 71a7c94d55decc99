"""Means, fast_p, shares of verdicts, spread over GPUs and eff@k; scipy and brute force are the oracles."""

from __future__ import annotations

import itertools
import math
from statistics import fmean

import pytest

from pytest_kernelbench.report.speedups import (
    Speedup,
    across_devices,
    eff_at_k,
    fast_p,
    geometric_mean,
    speedups,
    untimed,
    verdict_shares,
)
from tests.support.records import correctness, results, speed


def of_one(ratio: float, error: float = 0.01) -> Speedup:
    return speedups({"t": [speed("t", ratio, error)]}, {"t"})["t"]


def test_workloads_are_averaged_within_a_task_first() -> None:
    found = speedups({"a": [speed("a", 4.0, workload=str(i)) for i in range(9)], "b": [speed("b", 0.25)]}, {"a", "b"})
    assert found["a"].workloads == 9
    assert geometric_mean(found, 176).value == pytest.approx(1)
    assert (geometric_mean(found, 176).n, geometric_mean(found, 176).of) == (2, 176)


def test_the_interval_of_several_workloads_is_narrower() -> None:
    one, four = of_one(2.0, 0.1), speedups({"t": [speed("t", 2.0, 0.1, workload=str(i)) for i in range(4)]}, {"t"})["t"]
    assert math.log(four.high / four.ratio) == pytest.approx(math.log(one.high / one.ratio) / 2)
    assert math.log(four.ratio / four.low) == pytest.approx(math.log(one.ratio / one.low) / 2)


def test_failing_on_one_workload_costs_the_others() -> None:
    speeds = {
        "dropped": [speed("dropped", 100.0, workload="small"), speed("dropped", None, status="crash")],
        "wrong": [speed("wrong", 3.0)],
        "slow": [speed("slow", 0.5)],
        "unfinished": [speed("unfinished", None)],
        "impossible": [speed("impossible", 50.0, status="rejected", verdict="impossible")],
    }
    right = {"dropped", "slow", "never", "unfinished", "impossible"}
    assert set(speedups(speeds, right)) == {"slow"}
    assert untimed(speeds, right) == {
        "dropped": "crash (large)", "never": "not timed", "unfinished": "not timed (large)",
        "impossible": "rejected (large)",
    }  # fmt: skip


def test_a_workload_that_is_too_much_for_the_device_costs_nothing() -> None:
    large = speed("t", None, status="unsupported", workload="huge")
    found = speedups({"t": [large, speed("t", 1.5, verdict="unclear")], "none": [large]}, {"t", "none"})
    assert (found.keys(), found["t"].workloads, found["t"].verdict) == ({"t"}, 1, "unclear")
    assert found["t"].ratio == pytest.approx(1.5)
    assert untimed({"none": [large]}, {"none"}) == {"none": "unsupported (huge)"}


def test_the_mean_is_scipys() -> None:
    ratios = [2, 0.5, 1.5, 1.1]
    found = geometric_mean({str(i): of_one(ratio) for i, ratio in enumerate(ratios)}, 176)
    assert found.value == pytest.approx(1.133368103427352, abs=1e-15)  # scipy.stats.gmean
    assert found.low is not None
    assert found.high is not None
    assert 0.5 < found.low < 1 < found.high < 2


def test_the_interval_of_the_mean_against_scipy() -> None:
    stats = pytest.importorskip("scipy.stats")
    ratios = [1 + 0.5 * math.sin(i * i) for i in range(60)]
    found = geometric_mean({str(i): of_one(ratio) for i, ratio in enumerate(ratios)}, 176)
    drawn = stats.bootstrap((ratios,), stats.gmean, method="percentile", random_state=1).confidence_interval
    assert [found.low, found.high] == pytest.approx([drawn.low, drawn.high], rel=0.01)


def test_hundreds_of_large_ratios_do_not_overflow() -> None:
    assert geometric_mean({str(i): of_one(1e6) for i in range(400)}, 400).value == pytest.approx(1e6)


FOUND = {
    "twice": of_one(2.0), "equal": of_one(1.001, 0.01), "noisy": of_one(1.05, 0.2), "below": of_one(0.999, 0.01),
    "half": of_one(0.5),
}  # fmt: skip


def test_fast_p_is_certain_possible_or_neither() -> None:
    found = fast_p(FOUND, 176, 1.0)
    assert (found.point.n, found.certain.n, found.possible.n) == (3, 1, 4)
    assert found.point.of == found.certain.of == found.possible.of == 176
    assert fast_p({"t": of_one(2.0, 0.0)}, 176, 2.0).possible.n == 0  # strictly more


def test_shares_of_verdicts_follow_the_intervals() -> None:
    speeds = {name: [speed(name, each.ratio, verdict=verdict), speed(name, each.ratio, verdict=verdict, workload="b")]
              for (name, each), verdict in zip(FOUND.items(), ["faster"] * 5, strict=True)}  # fmt: skip
    speeds["noisy"] = [speed("noisy", 1.05, 0.2), speed("noisy", 1.05, 0.2, workload="b")]
    shares = verdict_shares(speedups(speeds, FOUND))
    assert {verdict: figure.n for verdict, figure in shares.items()} == {
        "faster": 1, "slower": 1, "same": 2, "unclear": 1, "impossible": 0,
    }  # fmt: skip
    assert shares["slower"].of == 5


def test_the_verdict_of_one_workload_is_that_of_its_record() -> None:
    found = speedups({"t": [speed("t", 1.5, verdict="unclear")]}, {"t"})
    assert found["t"].verdict == "unclear"


def test_the_spread_over_gpus_is_of_common_tasks() -> None:
    here = {"a": of_one(1.0), "b": of_one(1.0), "c": of_one(3.0), "only": of_one(9.0)}
    there = {"a": of_one(1.01), "b": of_one(2.0), "c": of_one(0.3)}
    found = across_devices({"h100": here, "a100": there}, 176)
    assert found.devices == ("h100", "a100")
    assert (found.median.value, found.median.n, found.median.of) == (pytest.approx(2), 3, 176)
    assert found.ninth.value == pytest.approx(2 + 0.8 * 8)
    assert found.largest == ("c", pytest.approx(10))
    assert (found.distinct.n, found.distinct.of) == (2, 3)


def test_one_gpu_has_no_spread() -> None:
    found = across_devices({"h100": FOUND}, 176)
    assert (found.median.value, found.largest) == (None, None)


def sampled() -> tuple[list, list[list[float]]]:
    """Return records of four samples of three tasks, and the efficiencies that they should have with T = 2."""
    ratios = [[1.0, 2.0, 0.5, None], [4.0, 0.4, 0.8, 1.0], [None, None, None, None]]
    records = []
    for task, row in enumerate(ratios):
        for sample, ratio in enumerate(row):
            name, variant = f"Math_{task}", f"sample_{sample}"
            records.append(correctness(name, *(("crash", "basic") if ratio is None else ()), variant=variant))
            records += [speed(name, ratio, variant=variant)] if ratio is not None else []
    return records, [[1.0, 1.5, 0.0, 0.0], [1.75, 0.0, 0.75, 1.0], [0.0] * 4]


@pytest.mark.parametrize("k", [1, 2, 3, 4])
def test_eff_at_k_is_the_mean_over_all_choices(k: int) -> None:
    records, efficiencies = sampled()
    found = eff_at_k(results(*records), "mine", "cuda:h100", k)
    expected = sum(fmean(map(max, itertools.combinations(row, k))) for row in efficiencies) / 176
    assert found.value == pytest.approx(expected, abs=1e-14)
    assert found.n == 176


def test_a_longer_limit_is_kinder() -> None:
    tasks = {"t": "Math"}
    found = results(correctness("t", variant="sample_0"), speed("t", 0.5, variant="sample_0"), tasks=tasks)
    assert eff_at_k(found, "mine", "cuda:h100", 1).value == 0
    assert eff_at_k(found, "mine", "cuda:h100", 1, limit=5).value == pytest.approx(0.75)


def test_right_and_not_timed_is_no_zero() -> None:
    records = [
        *(correctness(name, variant="sample_0") for name in "abc"),
        speed("b", 1.0, variant="sample_0"),
        speed("c", None, status="timeout", variant="sample_0"),
    ]
    found = eff_at_k(results(*records, tasks=dict.fromkeys("abc", "Math")), "mine", "cuda:h100", 1)
    assert (found.value, found.n, found.of) == (0.5, 2, 3)
