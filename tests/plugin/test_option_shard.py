"""--kb-shard: parts add up to the whole, with selections, with workers, and with tasks that have no kernel."""

from __future__ import annotations

import pytest

from tests.support.project import SIGMOID, TORCH_RELU, Project

NAMES = ("abs", "addmm", "argmax", "cos", "gelu", "log", "matmul", "relu", "sigmoid", "softmax", "sum", "tanh")


@pytest.mark.parametrize("options", [("-m", "math"), ("--kb-missing=skip", "-k", "s")], ids=str)
def test_parts_are_disjoint_and_complete(project: Project, options: tuple[str, ...]) -> None:
    files = {f"{name}.py": "" for name in NAMES}
    project.submit({**files, **{f"round_1/{name}": text for name, text in files.items()}})
    whole = project.collect("--kb-submission=mine", *options)
    parts = [project.collect("--kb-submission=mine", f"--kb-shard={number}/2", *options) for number in (1, 2)]
    assert sorted(parts[0] + parts[1]) == sorted(whole)
    assert all(parts)


def test_a_kernel_stays_in_its_part(project: Project) -> None:
    project.submit({"relu.py": "", "sigmoid.py": "", "softmax.py": ""})
    options = ("--kb-submission=mine", "--kb-shard=1/2", "--kb-target=sm_90")
    before = project.collect(*options)
    project.submit({"abs.py": "", "log.py": "", "predictions.jsonl": '{"file": "cos.py", "predict": "x = 1"}\n'})
    assert set(before) < set(project.collect(*options))
    # All questions about a kernel are asked in one place.
    assert {node.rpartition("::")[0] for node in before if node.endswith("correctness")} == {
        node.rpartition("::")[0] for node in before if "compile" in node
    }


@pytest.mark.slow
def test_under_workers(project: Project) -> None:
    project.submit({"abs.py": "1 / 0", "relu.py": TORCH_RELU, "sigmoid.py": SIGMOID})
    first = project.judge("-n2", "--kb-shard=1/2")
    first.assert_outcomes(passed=2)
    first.stdout.fnmatch_lines(["kernelbench: part 1/2 of the kernels"])
    project.judge("--kb-shard=2/2", "-n0").assert_outcomes(failed=1)
    assert project.statuses() == {"abs": "load_error", "relu": "passed", "sigmoid": "passed"}


@pytest.mark.parametrize("workers", ["-n0", pytest.param("-n2", marks=pytest.mark.slow)])
def test_an_empty_part_is_no_failure(project: Project, workers: str) -> None:
    project.submit({"relu.py": TORCH_RELU})
    ends = [project.judge(workers, f"--kb-shard={number}/2").ret for number in (1, 2)]
    assert ends == [pytest.ExitCode.OK, pytest.ExitCode.OK]
    assert project.statuses() == {"relu": "passed"}


def test_a_part_that_there_is_not(project: Project) -> None:
    project.submit({"relu.py": TORCH_RELU})
    assert project.refused("--kb-submission=mine", "--kb-shard=3/2") == (
        "ERROR: --kb-shard=3/2: expected I/N with I from 1 to N, as in 2/4"
    )
