from __future__ import annotations

from pathlib import Path

import pytest

from pytest_kernelbench.formats.find import find
from pytest_kernelbench.formats.kernelbench.task import task_of
from pytest_kernelbench.judge.comparison.evidence import collect_evidence
from pytest_kernelbench.judge.correctness import facets
from pytest_kernelbench.judge.correctness.search import search
from pytest_kernelbench.model.case import Case, Tensor, numel
from pytest_kernelbench.model.errors import KernelBenchError, TaskError
from pytest_kernelbench.model.task import FACETS, Task
from pytest_kernelbench.wire.materialize import materialize
from tests.support.problems import CLAMPED, MIX, SOFTPLUS, folder_of_problems


def made(tmp_path: Path, text: str) -> Task:
    path = tmp_path / "1_Some.py"
    path.write_text(text)
    return task_of(path)


def test_cases_are_small_and_the_workload_is_as_published(tmp_path: Path) -> None:
    task = made(tmp_path, MIX)
    first = task.fixed_cases[0]
    assert first.x.fill == "normal"
    assert first.init_inputs[1] % first.init_inputs[2] == 0
    own = {"init_inputs": (320, 960, 12, 0.1), "training": True, "parameter_seed": 42}
    assert task.workloads["published"] == Case(x=Tensor((256, 320)), **own)
    assert task.published == Case(x=Tensor((3, 320)), **own)
    assert len(task.fixed_cases) > 2
    assert all(numel(case) < 9000 for case in task.fixed_cases)


@pytest.mark.parametrize("text", [SOFTPLUS, MIX])
def test_the_reference_takes_all_fixed_cases(tmp_path: Path, text: str) -> None:
    task = made(tmp_path, text)
    for facet in FACETS:
        for case in facets.fixed_cases(task, facet):
            if not facets.is_far(case):
                assert collect_evidence(task, case, draws=1).expected


def test_drawn_cases_are_taken(tmp_path: Path) -> None:
    task = made(tmp_path, MIX)
    tried: list[Case] = []
    requests = facets.draw_requests(task, "sizes", task.dtypes)
    search(task, requests, tried.append, count=12, budget=20.0, key=None, seed="1")
    assert len({case.x.shape for case in tried}) > 3
    for case in tried:
        assert collect_evidence(task, case, draws=1).expected


def test_cases_differ_in_the_parameters_of_the_modules(tmp_path: Path) -> None:
    task = made(tmp_path, CLAMPED)
    assert [case.parameter_seed for case in task.fixed_cases][:4] == [42, 43, 44, 45]
    results = [task.reference(**materialize(case).values) for case in task.fixed_cases]
    assert (results[0] == 1).all(), "under the published seed, the clamp hides what the problem computes"
    assert any(((result > -1) & (result < 1)).any() for result in results[1:])


def test_a_problem_of_one_case_has_it_with_two_seeds(tmp_path: Path) -> None:
    text = CLAMPED.replace("rows = 512", "rows = 12").replace("columns = 1024", "columns = 7")
    assert [case.parameter_seed for case in made(tmp_path, text).fixed_cases] == [42, 43]


def test_a_problem_with_dropout_is_judged_without_it(tmp_path: Path) -> None:
    text = SOFTPLUS.replace("torch.log1p(torch.exp(x - 1.0))", "nn.functional.dropout(x, 0.5, self.training)")
    assert made(tmp_path, text).fixed_cases[0].training is False
    assert made(tmp_path, SOFTPLUS).fixed_cases[0].training is True


def test_values_that_overflow_are_not_asked(tmp_path: Path) -> None:
    values = made(tmp_path, SOFTPLUS).contract.values
    assert "normal(1000, 0.1)" not in values
    assert "outliers" not in values
    assert "constant(1)" in values


def test_a_problem_that_fails_on_its_own_inputs_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(TaskError, match=r"1_Some\.py: the reference fails on its own inputs: RuntimeError"):
        made(tmp_path, SOFTPLUS.replace("x - 1.0", "x @ x"))


def test_problems_join_the_catalogue_under_their_levels(tmp_path: Path) -> None:
    catalogue = find(own=folder_of_problems(tmp_path / "bench"))
    assert catalogue.counts()["Level1"] == catalogue.counts()["Level2"] == 1
    assert catalogue.match("level_1_problem_7_sample_4_kernel").name == "level1_7_Shifted_softplus"
    assert catalogue.match("3_Mix_and_normalise").name == "level2_3_Mix_and_normalise"
    assert "relu" in catalogue.names()
    with pytest.raises(KernelBenchError, match="no task is named"):
        catalogue.match("level_2_problem_7_sample_4_kernel")
    assert catalogue.load("level1_7_Shifted_softplus").entry == "ModelNew"
    assert list(find([tmp_path / "bench"]).names()) == ["level1_7_Shifted_softplus", "level2_3_Mix_and_normalise"]
