"""Results of speed in pytest-benchmark: its files, table and options, on times that are made up."""

from __future__ import annotations

import json

import pytest

from pytest_kernelbench.gpus.inventory import PRETENDED
from tests.support.benchmarking import MADE_UP, TORCH, Timed
from tests.support.project import SIGMOID, TORCH_RELU

RELU = "submissions/mine/relu.py::speed[resnet50_stage1]"

OWN = """
def test_own(benchmark):
    benchmark.pedantic(len, args=("",), rounds=3)
"""


@pytest.fixture
def timed(pytester: pytest.Pytester, project: None) -> Timed:
    """Two submissions, the other one slower, and a benchmark of the user's own."""
    timed = Timed(pytester)
    timed.write({"conftest.py": MADE_UP, "test_own.py": OWN})
    timed.submit({"relu.py": TORCH_RELU, "sigmoid.py": SIGMOID, "submission.toml": TORCH})
    timed.submit({"relu.py": TORCH_RELU, "submission.toml": TORCH}, name="slow")
    return timed


def test_samples_arrive_to_the_last_bit_with_all_that_belongs_to_them(timed: Timed) -> None:
    assert timed.time("-m", "speed", "-k", "relu", "--benchmark-json=out.json").ret == 0
    (one,) = timed.results("out.json").values()
    assert one["fullname"] == RELU
    assert (one["name"], one["group"], one["param"]) == ("mine/relu[resnet50_stage1]", "relu", "resnet50_stage1")
    assert one["stats"]["data"] == [1e-5 * (1 + 0.001 * n) for n in range(21)]
    assert one["options"]["timer"] == "made up"
    extra = one["extra_info"]
    assert (extra["ratio"], extra["interval"], extra["verdict"]) == (1.5, [1.4, 1.6], "faster")
    assert (extra["baseline_seconds"], extra["timing"]["calls"], extra["device"]["kind"]) == (2e-5, 7, "cpu")


def test_one_table_for_what_competes_and_one_for_the_rest(timed: Timed) -> None:
    result = timed.time("--kb-submission=slow", "-m", "speed")
    titles = [line.strip("- ") for line in result.outlines if line.startswith("-") and "benchmark" in line]
    rows = [line.split()[0] for line in result.outlines if line.startswith(("mine/", "slow/"))]
    assert titles == ["benchmark: 1 tests", "benchmark 'relu resnet50_stage1': 2 tests"]
    assert rows == [
        "mine/sigmoid[llama_7b_gate]",
        "mine/relu[resnet50_stage1]",
        "slow/relu[resnet50_stage1]",
    ]
    result.stdout.fnmatch_lines(["Name (time in us) *Median *IQR *Min *Max *Rounds*"])


@pytest.mark.parametrize(
    ("option", "among", "passed", "skipped"),
    [
        ("--benchmark-only", "relu or own", 2, 1),
        ("--benchmark-skip", "speed and relu or own", 0, 2),
        ("--benchmark-disable", "speed and relu or own", 1, 1),
    ],
)  # fmt: skip
def test_selection_beside_ones_own_benchmarks(timed: Timed, option: str, among: str, passed: int, skipped: int) -> None:
    result = timed.time("submissions/mine", "test_own.py", option, "-k", among)
    outcomes = result.parseoutcomes()
    assert (outcomes.get("passed", 0), outcomes.get("skipped", 0)) == (passed, skipped)


def test_only_benchmarks_with_workers(timed: Timed) -> None:
    result = timed.time("--benchmark-only", "-n1", "--benchmark-json=out.json")
    result.assert_outcomes(passed=2, skipped=2)
    assert set(timed.results("out.json")) == {RELU, "submissions/mine/sigmoid.py::speed[llama_7b_gate]"}
    assert "automatically disabled" not in result.stderr.str()


def test_results_are_kept_by_device_unless_told_otherwise(timed: Timed) -> None:
    for options in ([], ["--benchmark-storage=elsewhere"]):
        assert timed.time("-m", "speed", "-k", "relu", "--benchmark-save=one", *options).ret == 0
    for folder in (".benchmarks/cpu", "elsewhere"):
        assert len(list((timed.path / folder).rglob("0001_one.json"))) == 1


@pytest.mark.slow
def test_results_of_another_gpu_are_not_compared(timed: Timed, monkeypatch: pytest.MonkeyPatch) -> None:
    has_cuda = "from pytest_kernelbench.evaluation import settings\nsettings.torch_has_cuda = lambda: True\n"
    timed.write({"conftest.py": MADE_UP + has_cuda})
    options = ("--kb-device=cuda", "-m", "speed", "-k", "relu", "--benchmark-storage=shared")
    monkeypatch.setenv(PRETENDED, "0, GPU-0, NVIDIA H100 80GB HBM3, 81559, 550.54.15, Disabled\n")
    assert timed.time(*options, "--benchmark-save=one").ret == 0
    assert timed.time(*options, "--benchmark-compare").ret == 0
    monkeypatch.setenv(PRETENDED, "0, GPU-1, NVIDIA A100-SXM4-80GB, 81920, 550.54.15, Disabled\n")
    result = timed.time(*options, "--benchmark-compare")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    said = "the saved results are from NVIDIA H100 80GB HBM3, but this session runs on NVIDIA A100-SXM4-80GB"
    assert said in result.stderr.str()


def test_a_part_of_pytest_benchmark_that_is_gone_is_said_before_anything_is_timed(timed: Timed) -> None:
    changed = "from pytest_benchmark.fixture import BenchmarkFixture\nBenchmarkFixture.__init__ = lambda self: None\n"
    timed.write({"conftest.py": MADE_UP + changed})
    result = timed.time()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    said = result.stderr.str()
    assert "cannot be passed to pytest-benchmark 5." in said
    assert "-p no:benchmark" in said
    assert timed.time("-p", "no:benchmark", "-m", "speed").ret == 0


def test_sessions_without_kernels_are_pytest_benchmarks_own(timed: Timed) -> None:
    result = timed.run("test_own.py", "--benchmark-json=out.json")
    result.stdout.fnmatch_lines(["Name (time in *s) *Min *Max *Mean *StdDev *"])
    assert "kernelbench" not in json.loads((timed.path / "out.json").read_text())["machine_info"]
    refused = timed.run("test_own.py", "--benchmark-only", "-n1")
    assert "Can't have both --benchmark-only and --benchmark-disable" in refused.stderr.str()


OWN_KERNEL = """
from pytest_kernelbench import Case, Tensor, kernel_test

EXAMPLE = Case(x=Tensor((4, 8)))

@kernel_test("ops:doubled", examples=[EXAMPLE], language="torch", workloads={"wide": EXAMPLE})
def doubled(x):
    return 2 * x

def test_own(benchmark):
    benchmark.pedantic(len, args=("",), rounds=3)
"""
"""A kernel in a test module, beside a benchmark."""


@pytest.fixture
def own(timed: Timed) -> Timed:
    """A project whose own test module has a kernel."""
    timed.write({"ops.py": "def doubled(x):\n    return x + x\n", "test_ops.py": OWN_KERNEL})
    return timed


@pytest.mark.parametrize("options", [(), ("-n1",)])
def test_times_of_kernels_in_ones_own_tests_are_results_of_pytest_benchmark(
    own: Timed, options: tuple[str, ...]
) -> None:
    own.run(
        "test_ops.py::doubled", "-m", "speed", "--kb-path=.", "--kb-device=cpu", "--benchmark-json=out.json", *options
    )
    found = own.results("out.json")
    assert list(found) == ["test_ops.py::doubled::speed[wide]"]
    assert found["test_ops.py::doubled::speed[wide]"]["extra_info"]["verdict"] == "faster"
    assert "kernelbench" in json.loads((own.path / "out.json").read_text())["machine_info"]


@pytest.mark.parametrize(
    ("option", "among", "passed", "skipped"),
    [
        ("--benchmark-only", "correctness or speed or test_own", 2, 1),
        ("--benchmark-skip", "speed or test_own", 0, 2),
        ("--benchmark-disable", "speed or test_own", 1, 1),
    ],
)
def test_selection_in_ones_own_tests(own: Timed, option: str, among: str, passed: int, skipped: int) -> None:
    result = own.run("test_ops.py", "-k", among, "--kb-path=.", "--kb-device=cpu", option)
    result.assert_outcomes(passed=passed, skipped=skipped)
