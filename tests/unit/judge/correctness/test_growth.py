"""Dimensions of a case: axes of one size are one dimension, which is grown everywhere at once."""

from __future__ import annotations

from pytest_kernelbench import Case, Tensor
from pytest_kernelbench.judge.correctness.growth import dimensions, grown

PRODUCT = Case(a=Tensor((4, 9)), b=Tensor((9, 5)), bias=Tensor((5,)))


def test_axes_of_one_size_are_one_dimension() -> None:
    found = {each.size: each for each in dimensions(PRODUCT)}
    assert list(found) == [9, 4, 5]
    assert found[9].role == {("a", -1, False), ("b", -2, False)}
    assert found[5].role == {("b", -1, False), ("bias", -1, False)}
    assert [found[size].last for size in (9, 4, 5)] == [True, False, True]
    assert {each.rank for each in found.values()} == {2}


def test_dimensions_of_one_element_are_left_out() -> None:
    assert [each.size for each in dimensions(Case(x=Tensor((1, 3, 1))))] == [3]


def test_a_dimension_whose_counts_have_a_given_sum_stays() -> None:
    repeated = Case(x=Tensor((4, 9)), repeats=Tensor((9,), "int64", fill="constant(3)"), output_size=27)
    assert [each.size for each in dimensions(repeated)] == [4]


def test_a_vector_beside_a_matrix_does_not_make_its_rows_the_last_dimension() -> None:
    rows = next(each for each in dimensions(Case(x=Tensor((8, 5)), target=Tensor((8,)))) if each.size == 8)
    assert (rows.last, rows.rank) == (False, 2)


def test_a_reduced_dimension_is_known_by_the_argument_that_names_it() -> None:
    def named(dim: object) -> list[int]:
        return [each.size for each in dimensions(Case(x=Tensor((4, 5, 6)), dim=dim)) if each.named]

    assert named(-1) == [6]
    assert named((0, 2)) == [6, 4]
    assert named(None) == [6, 5, 4]
    assert named(([0], [1])) == []
    assert [each.size for each in dimensions(Case(x=Tensor((4, 5)))) if each.named] == []


def test_a_dimension_grows_in_all_tensors_shapes_and_fills() -> None:
    case = Case(
        x=Tensor((3, 7), fill="normal(0, 0.38)"),
        target=[Tensor((3,), "int64", fill="integers(0, 7)"), Tensor((7,), fill="constant(0.14285714285714285)")],
        normalized_shape=(7,),
        stride=7,
    )
    large = grown(case, 7, 100)
    assert large.x == Tensor((3, 100), fill="normal(0, 0.1)")
    assert large.target == [Tensor((3,), "int64", fill="integers(0, 100)"), Tensor((100,), fill="constant(0.01)")]
    assert (large.normalized_shape, large.stride) == ((100,), 7)
    assert grown(Case(x=Tensor((3, 2)), dim=2), 2, 9) == Case(x=Tensor((3, 9)), dim=2)
