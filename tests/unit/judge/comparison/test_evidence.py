"""Evidence: the reference in float64, in the case's dtype, and on perturbed inputs."""

from __future__ import annotations

import warnings

import pytest

from pytest_kernelbench import Case, DType, Tensor
from pytest_kernelbench.judge.comparison.evidence import OracleError, collect_evidence
from tests.support.judging import evidence_of, task_of


def test_both_precisions_and_what_a_kernel_owes() -> None:
    import torch

    seen = []

    def reference(x, mask, dtype=None):
        seen.append((x.dtype, mask.dtype, dtype))
        return torch.where(mask, x.exp(), x).to(dtype or x.dtype)

    case = Case(x=Tensor((3, 4), "bfloat16"), mask=Tensor((3, 4), "bool", "bernoulli(0.5)"), dtype=DType("float32"))
    evidence = evidence_of(reference, case)
    (expected,) = evidence.expected
    assert (expected.name, expected.dtype, expected.eager.shape) == ("result", "float32", (3, 4))
    assert expected.exact.dtype == torch.float64
    assert seen[0] == (torch.bfloat16, torch.bool, torch.float32)
    assert seen[1] == (torch.float64, torch.bool, torch.float64)
    assert len(seen) == 6  # eager, exact, and four perturbations
    assert evidence.arguments["x"].dtype == torch.bfloat16
    assert evidence.length == 1
    assert evidence.max_bytes > 48


def test_sensitivity_is_the_change_by_one_rounding() -> None:
    import torch

    case = Case(x=Tensor((200,), "float16", "normal(1000, 0.1)"))
    (steep,) = evidence_of(lambda x: x - 1000, case).expected
    (flat,) = evidence_of(lambda x: x * 0 + 1, case).expected
    assert steep.spread is not None
    assert flat.spread is not None
    unit = 1000 * 2.0**-11
    assert unit < steep.spread.max() <= unit * 3**0.5 * 1.01
    assert torch.equal(flat.spread, torch.zeros(200, dtype=torch.float64))
    again = evidence_of(lambda x: x - 1000, case).expected[0].spread
    assert torch.equal(steep.spread, again)


def test_integers_are_not_perturbed() -> None:
    (expected,) = evidence_of(lambda x: x + 1, Case(x=Tensor((5,), "int64", "integers(0, 9)"))).expected
    assert expected.spread is None
    assert expected.exact.tolist() == expected.eager.tolist()


def test_out_is_the_judges_business() -> None:
    def reference(x, out=None):
        assert out is None
        return x * 2

    assert len(evidence_of(reference, Case(x=Tensor((3,)), out=Tensor((3,), fill="junk"))).expected) == 1


def test_arguments_of_the_evidence_are_as_they_were_before_the_call() -> None:
    def reference(x):
        return x.mul_(0)

    assert (evidence_of(reference, Case(x=Tensor((9,))), mutates=("x",)).arguments["x"] != 0).all()


def test_optimizers_are_driven() -> None:
    def reference(params, lr=0.1):
        import torch

        return torch.optim.SGD(params, lr=lr)

    case = Case(params=[Tensor((3,)), Tensor((2, 2))], lr=0.5, gradients=[[Tensor((3,)), Tensor((2, 2))]] * 2)
    evidence = evidence_of(reference, case, calling_convention="optimizer")
    assert [expected.name for expected in evidence.expected] == ["result[0]", "result[1]"]
    assert all(not expected.eager.requires_grad for expected in evidence.expected)


def test_the_length_of_sums_comes_from_the_task() -> None:
    case = Case(x=Tensor((3, 70)))
    assert evidence_of(lambda x: x.sum(-1), case, accumulation=lambda case: case.x.shape[-1]).length == 70
    assert evidence_of(lambda x: x.sum(-1), case, accumulation=lambda case: 0).length == 1


def test_a_reference_that_warns_is_no_mistake() -> None:
    def reference(x):
        warnings.warn("careful", UserWarning, stacklevel=1)
        return x.std(0)

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        evidence_of(reference, Case(x=Tensor((1,))))


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        (lambda x: x.nope(), "AttributeError"),
        (lambda x: "text", "result of the reference is a str, not a tensor"),
        (lambda x: (x, None), r"result\[1\] of the reference is a NoneType"),
        (lambda x, y: x, "missing 1 required positional argument"),
    ],
)
def test_a_reference_that_fails_is_our_mistake(reference: object, message: str) -> None:
    case = Case(x=Tensor((3,)))
    with pytest.raises(OracleError, match=rf"^the reference fails on Case\(x=Tensor\(\(3,\)\)\): .*{message}"):
        collect_evidence(task_of(reference, case), case)  # type: ignore[arg-type]


def test_half_precision_that_the_cpu_lacks_is_computed_in_float32() -> None:
    import torch

    def reference(x):
        if x.dtype == torch.float16:
            raise NotImplementedError("\"frobnicate\" not implemented for 'Half'")
        return x * 2

    (expected,) = evidence_of(reference, Case(x=Tensor((9,), "float16"))).expected
    assert expected.dtype == "float16"
    assert torch.equal(expected.eager, expected.exact.half())


def test_randomness_of_references_leaves_the_judges_alone() -> None:
    import torch

    torch.manual_seed(5)
    before = torch.get_rng_state()
    evidence_of(lambda x: torch.rand_like(x), Case(x=Tensor((9,))))
    assert torch.equal(torch.get_rng_state(), before)


def test_numbers_move_by_a_rounding_to_float32() -> None:
    def reference(x, alpha, sizes=(2, 3)):
        return x * 0 + (1 - alpha) + sizes[0]

    (moved,) = evidence_of(reference, Case(x=Tensor((5,)), alpha=0.99)).expected
    (kept,) = evidence_of(reference, Case(x=Tensor((5,)), alpha=0.5)).expected
    assert moved.spread is not None
    assert kept.spread is not None
    assert moved.spread.max().item() == pytest.approx(0.99 * 2.0**-24, rel=1e-3)
    assert kept.spread.max() == 0
    (inside,) = evidence_of(lambda x, pair: x * 0 + pair[1], Case(x=Tensor((5,)), pair=(1.0, 0.1))).expected
    assert inside.spread is not None
    assert inside.spread.max() > 0


def test_a_number_that_must_not_move() -> None:
    def reference(x, p):
        if p > 0.9:
            raise ValueError("out of range")
        return x * p

    (expected,) = evidence_of(reference, Case(x=Tensor((5,)), p=0.9)).expected
    assert expected.spread is not None


def test_dropout_has_the_evidence_of_both_outcomes() -> None:
    case = Case(x=Tensor((5,)))
    evidence = evidence_of(
        lambda x: x,
        case,
        compare="dropout",
        dropout=(lambda x: x * 2, lambda x: x * 0),
        drop_probability=lambda case: 0.5,
    )
    kept, dropped = evidence.kept_and_dropped
    assert kept.expected[0].exact.abs().sum() > 0
    assert dropped.expected[0].exact.abs().sum() == 0
    assert evidence.bytes > kept.bytes + dropped.bytes
