"""Codes of a quantised pipeline with their ties, and products of them."""

from __future__ import annotations

import pytest

from pytest_kernelbench.authoring.quantisation import INT8, Grid, codes, product, quantise, rounding


class TestCodes:
    def test_nearest_integers_and_their_scale(self) -> None:
        import torch

        values = torch.tensor([[1.0, -127.0, 2.4, 0.0], [0.0, 0.0, 0.0, 0.0]])
        made = codes(values, -1, INT8[0])
        assert made.centre.tolist() == [[1, -127, 2, 0], [0, 0, 0, 0]]
        assert made.scale.tolist() == [[1], [0]]
        assert not made.doubt.any()

    def test_a_tie_may_go_either_way(self) -> None:
        import torch

        made = codes(torch.tensor([127.0, 0.5, -2.5, 3.49, 3.4999999]), 0, INT8[0])
        assert made.centre.tolist() == [127, 0.5, -2.5, 3, 3.5]
        assert made.doubt.tolist() == [0, 0.5, 0.5, 0, 0.5]

    @pytest.mark.parametrize("grid", INT8, ids=str)
    def test_codes_stay_on_the_grid(self, grid: Grid) -> None:
        import torch

        made = codes(torch.tensor([1.0, -1.0]), 0, grid)
        assert float((made.centre + made.doubt).max()) == 127
        assert float((made.centre - made.doubt).min()) == grid.smallest

    def test_errors_of_the_values_widen_the_doubt(self) -> None:
        import torch

        values = torch.tensor([127.0, 0.4])
        assert codes(values, 0, INT8[0]).doubt.tolist() == [0, 0]
        made = codes(values, 0, INT8[0], error=torch.tensor([0.0, 0.2], dtype=torch.float64))
        assert made.doubt.tolist() == [0, 0.5]
        assert float(made.slack) == pytest.approx(0.4)

    def test_a_given_peak(self) -> None:
        import torch

        made = codes(torch.tensor([[0.25, 0.75]]), -1, INT8[0], peak=1.0)
        assert made.centre.tolist() == [[32, 95]]
        assert float(made.scale) == 1 / 127

    def test_what_references_do(self) -> None:
        import torch

        integers, scale = quantise(torch.tensor([[127.0, 2.5, -3.5], [0.0, 0.0, 0.0]]), -1)
        assert integers.tolist() == [[127, 2, -4], [0, 0, 0]]
        assert scale.tolist() == [[1], [0]]


class TestProduct:
    def test_every_choice_at_a_tie_is_inside(self) -> None:
        import torch

        left = torch.tensor([[127.0, 0.5, 1.5], [127.0, 3.0, -2.5]])
        right = torch.tensor([[127.0], [-0.5], [10.0]])
        value, tolerance = product(codes(left, -1, INT8[0]), codes(right, -2, INT8[0]))
        for up in (torch.floor, torch.ceil):
            for down in (torch.floor, torch.ceil):
                assert ((up(left).double() @ down(right).double() - value).abs() <= tolerance).all()
        assert not ((left.double() @ right.double() + 20 - value).abs() <= tolerance).any()

    def test_zeros_are_exact(self) -> None:
        import torch

        value, tolerance = product(codes(torch.zeros(2, 3), -1, INT8[0]), codes(torch.ones(3, 2), -2, INT8[0]))
        assert not value.any()
        assert not tolerance.any()


def test_codes_of_transposed_matrices() -> None:
    import torch

    made = codes(torch.tensor([[127.0, 2.4, 0.5]]), -1, INT8[0])
    assert made.mT.centre.tolist() == [[127], [2], [0.5]]
    assert made.mT.value.tolist() == made.value.mT.tolist()


def test_the_tolerance_at_a_tie_reaches_both_codes() -> None:
    import torch

    made = codes(torch.tensor([127.0, 0.5]), 0, INT8[0])
    for code in (0.0, 1.0):
        assert abs(code - float(made.value[1])) <= float(made.tolerance[1])
    assert float(made.tolerance[0]) < 1e-3


def test_grids_are_named_by_their_divisor() -> None:
    assert [str(grid) for grid in INT8] == ["largest / 127", "largest / 127.5", "largest / 128"]


def test_rounding_a_sum_of_terms() -> None:
    import torch

    one = torch.tensor([1.0], dtype=torch.float64)
    eps = torch.finfo(torch.float16).eps
    assert float(rounding(torch.float16, one)) == pytest.approx(eps, rel=1e-3)
    assert float(rounding(torch.float16, one, -2 * one)) == pytest.approx(3 * eps, rel=1e-3)
    assert float(rounding(torch.float16, 0 * one)) > 0
