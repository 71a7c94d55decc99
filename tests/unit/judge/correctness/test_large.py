"""Large cases: each dimension of a task is beyond a block once, as far as a case stays within the limits."""

from __future__ import annotations

import pytest

from pytest_kernelbench import Case, Task, Tensor
from pytest_kernelbench.judge.correctness.accumulators import COUNT, EQUAL, SUMMED, accumulating_cases, shorter_sums
from pytest_kernelbench.judge.correctness.large import FLAT, MAX_CASES, MAX_ELEMENTS, RESULTS, large_cases, numel
from pytest_kernelbench.judge.correctness.reference_work import work_of
from pytest_kernelbench.model.case import leaves
from pytest_kernelbench.model.catalogue import Catalogue

CATALOGUE = Catalogue.find()


def shapes(name: str) -> list[list[tuple[int, ...]]]:
    """Return the shapes of the tensors of each large case of a task."""
    cases = large_cases(CATALOGUE.load(name))
    return [[value.shape for value in case.arguments.values() if isinstance(value, Tensor)] for case in cases]


def test_single_elements_are_taken_from_a_row_and_from_a_long_flat_tensor() -> None:
    assert shapes("relu") == [[(3, 70_001)], [(FLAT,)]]


def test_a_reduction_has_long_rows_many_rows_long_columns_and_a_whole_tensor() -> None:
    found = [shape for (shape,) in shapes("sum")]
    assert {(4_200, 2), (2, 200_001), (10_007, 3)} <= set(found)
    assert max(numel(case) for case in large_cases(CATALOGUE.load("sum"))) >= FLAT
    assert len(found) == MAX_CASES


def test_a_product_has_a_long_sum_and_many_tiles_in_both_directions() -> None:
    assert shapes("addmm") == [[(3, 2), (3, 5_000), (5_000, 2)], [(600, 600), (600, 32), (32, 600)]]


def test_a_convolution_has_many_channels_and_long_sides() -> None:
    found = shapes("conv2d")
    assert any(image[1] == weight[1] == 257 for image, weight, *_ in found)
    assert any(image[-1] == 257 for image, *_ in found)
    assert any(image[-2] == 257 for image, *_ in found)


def test_a_convolution_has_many_images_and_a_wide_window() -> None:
    found = shapes("conv2d")
    assert any(image[0] == 33 for image, *_ in found)
    assert any(max(weight[2:]) > 7 for _, weight, *_ in found)


def test_matrices_to_decompose_are_of_moderate_size() -> None:
    assert shapes("det") == [[(257, 257)]]


def test_indices_select_from_the_end_of_a_table() -> None:
    (case,) = [case for case in large_cases(CATALOGUE.load("fused_embedding_add_tanh")) if case.weight.shape[0] > 999]
    assert case.weight.shape == (70_001, 5)
    assert case.input_indices.fill == "integers(65626, 70001)"


@pytest.mark.parametrize("name", ["interpolate", "softmax", "relu"])
def test_a_result_is_as_large_as_tensors_are(name: str) -> None:
    task = CATALOGUE.load(name)
    works = [work_of(task, case) for case in large_cases(task)]
    assert max(work.results for work in works if work is not None) > RESULTS


@pytest.mark.parametrize("name", ["nll_loss", "batch_norm", "fused_layer_norm_relu_linear", "scatter"])
def test_large_cases_are_legal_and_within_limits(name: str) -> None:
    task = CATALOGUE.load(name)
    for case in large_cases(task):
        work = work_of(task, case)
        assert work is not None
        assert work.largest <= MAX_ELEMENTS


def test_an_author_may_list_them() -> None:
    case, own = Case(x=Tensor((5,))), Case(x=Tensor((5_000,)))
    task = Task(lambda x: x + 1, lambda draw, given: case, (case,), large=(own,), long_sums=(own,))
    assert large_cases(task) == (own,)
    assert [case.x.dtype for case in accumulating_cases(task)[:2]] == ["float16", "bfloat16"]


def test_a_case_that_the_reference_does_not_take_has_no_work() -> None:
    case = Case(x=Tensor((3,)), y=Tensor((4,)))
    assert work_of(Task(lambda x, y: x + y, lambda draw, given: case, (case,)), case) is None


def test_work_of_a_reference_that_needs_values() -> None:
    case = Case(x=Tensor((3, 4), fill="constant(1)"))
    found = work_of(Task(lambda x: x[x > 0], lambda draw, given: case, (case,)), case)
    assert found is not None
    assert found.results == 12


def test_long_sums_are_in_each_half_with_large_values_and_many_results() -> None:
    found = [case for case in accumulating_cases(CATALOGUE.load("mean")) if case.input_tensor.fill != EQUAL]
    assert {case.input_tensor.shape for case in found} == {(100, 1_025), (130, 3_001)}
    assert {case.input_tensor.dtype for case in found} == {"float16", "bfloat16"}
    assert {case.input_tensor.fill for case in found} == {"normal(0, 3)", "normal(0, 30)", "normal(1000, 0.1)"}


@pytest.mark.parametrize("name", ["softmax", "std", "fused_softmax_log"])
def test_more_equal_terms_than_float16_counts_are_in_rows(name: str) -> None:
    first = [recipe for case in accumulating_cases(CATALOGUE.load(name)) for _, recipe in [*leaves(case)][:1]]
    assert [recipe.dtype for recipe in first if recipe.fill == EQUAL and recipe.shape[-1] == COUNT] == ["float16"]


def test_a_loss_has_a_long_sum_over_samples_too() -> None:
    found = accumulating_cases(CATALOGUE.load("cross_entropy"))
    assert [case.input.fill for case in found if case.input.shape[0] == SUMMED] == ["normal(0, 30)"]


def test_shorter_sums_are_for_kernels_that_are_too_slow() -> None:
    found = shorter_sums(CATALOGUE.load("mean"))
    assert [case.input_tensor.shape for case in found[::2]] == [(100, 1_025), (70, 257)]


def test_a_task_without_sums_has_none() -> None:
    assert accumulating_cases(CATALOGUE.load("relu")) == shorter_sums(CATALOGUE.load("relu")) == ()
