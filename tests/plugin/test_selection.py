"""pytest's and Hypothesis' own options work on kernels: --hypothesis-seed, --lf, -x."""

from __future__ import annotations

import shutil

import pytest

from tests.support.project import QUICK, TORCH_RELU, WRONG_RELU, Project

NO_HALF = """
def sigmoid(input, out=None):
    print(tuple(input.shape))
    return input.sigmoid().float()
"""


@pytest.mark.slow
def test_the_seed_decides_which_cases_are_drawn(project: Project) -> None:
    project.submit({"sigmoid.py": NO_HALF})

    def drawn(seed: int) -> list[str]:
        shutil.rmtree(project.path / ".hypothesis", ignore_errors=True)
        result = project.judge("--kb-facets=sizes,dtypes", "--kb-examples=60", f"--hypothesis-seed={seed}")
        result.assert_outcomes(failed=1)
        return [line for line in result.outlines if line.startswith("  (")]

    first = drawn(3)
    assert len(first) > 16
    assert drawn(3) == first
    assert drawn(4) != first


@pytest.mark.slow
def test_last_failed_and_exit_first(project: Project) -> None:
    project.submit({"relu.py": WRONG_RELU, "round_1/relu.py": TORCH_RELU, "softmax.py": "1 / 0"})
    options = ("--kb-submission=mine", *QUICK)
    project.pytester.runpytest_subprocess(*options, "-x").assert_outcomes(failed=1)
    project.pytester.runpytest_subprocess(*options, "--lf").assert_outcomes(failed=1)
