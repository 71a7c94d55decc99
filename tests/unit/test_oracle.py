"""The oracle: the reference in float64, in the case's dtype, and on perturbed inputs."""

from __future__ import annotations

import warnings

import pytest
from judging import evidence_of, task_of

from pytest_kernelbench import Case, DType, Tensor
from pytest_kernelbench.judge.oracle import OracleError, evaluate
from pytest_kernelbench.judge.trial import Oracle


def test_both_precisions_and_what_a_kernel_owes() -> None:
    import torch

    seen = []

    def reference(x, mask, dtype=None):
        seen.append((x.dtype, mask.dtype, dtype))
        return torch.where(mask, x.exp(), x).to(dtype or x.dtype)

    case = Case(x=Tensor((3, 4), "bfloat16"), mask=Tensor((3, 4), "bool", "bernoulli(0.5)"), dtype=DType("float32"))
    evidence = evidence_of(reference, case)
    (want,) = evidence.wanted
    assert (want.name, want.dtype, want.eager.shape) == ("result", "float32", (3, 4))
    assert want.exact.dtype == torch.float64
    assert seen[0] == (torch.bfloat16, torch.bool, torch.float32)
    assert seen[1] == (torch.float64, torch.bool, torch.float64)
    assert len(seen) == 6  # eager, exact, and four perturbations
    assert evidence.arguments["x"].dtype == torch.bfloat16
    assert evidence.length == 1
    assert evidence.most_bytes > 48


def test_sensitivity_is_the_change_by_one_rounding() -> None:
    import torch

    case = Case(x=Tensor((200,), "float16", "normal(1000, 0.1)"))
    (steep,) = evidence_of(lambda x: x - 1000, case).wanted
    (flat,) = evidence_of(lambda x: x * 0 + 1, case).wanted
    assert steep.spread is not None
    assert flat.spread is not None
    unit = 1000 * 2.0**-11
    assert unit < steep.spread.max() <= unit * 3**0.5 * 1.01
    assert torch.equal(flat.spread, torch.zeros(200, dtype=torch.float64))
    again = evidence_of(lambda x: x - 1000, case).wanted[0].spread
    assert torch.equal(steep.spread, again)


def test_integers_are_not_perturbed() -> None:
    (want,) = evidence_of(lambda x: x + 1, Case(x=Tensor((5,), "int64", "integers(0, 9)"))).wanted
    assert want.spread is None
    assert want.exact.tolist() == want.eager.tolist()


def test_out_is_the_judges_business() -> None:
    def reference(x, out=None):
        assert out is None
        return x * 2

    assert len(evidence_of(reference, Case(x=Tensor((3,)), out=Tensor((3,), fill="junk"))).wanted) == 1


def test_arguments_of_the_evidence_are_as_they_were_before_the_call() -> None:
    def reference(x):
        return x.mul_(0)

    assert (evidence_of(reference, Case(x=Tensor((9,))), mutates=("x",)).arguments["x"] != 0).all()


def test_optimizers_are_driven() -> None:
    def reference(params, lr=0.1):
        import torch

        return torch.optim.SGD(params, lr=lr)

    case = Case(params=[Tensor((3,)), Tensor((2, 2))], lr=0.5, gradients=[[Tensor((3,)), Tensor((2, 2))]] * 2)
    evidence = evidence_of(reference, case, driver="optimizer")
    assert [want.name for want in evidence.wanted] == ["result[0]", "result[1]"]
    assert all(not want.eager.requires_grad for want in evidence.wanted)


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
        evaluate(task_of(reference, case), case)  # type: ignore[arg-type]


def test_half_precision_that_the_cpu_lacks_is_computed_in_float32() -> None:
    import torch

    def reference(x):
        if x.dtype == torch.float16:
            raise NotImplementedError("\"frobnicate\" not implemented for 'Half'")
        return x * 2

    (want,) = evidence_of(reference, Case(x=Tensor((9,), "float16"))).wanted
    assert want.dtype == "float16"
    assert torch.equal(want.eager, want.exact.half())


def test_randomness_of_references_leaves_the_judges_alone() -> None:
    import torch

    torch.manual_seed(5)
    before = torch.get_rng_state()
    evidence_of(lambda x: torch.rand_like(x), Case(x=Tensor((9,))))
    assert torch.equal(torch.get_rng_state(), before)


def test_evidence_is_remembered_by_task_and_case() -> None:
    calls = []

    def reference(x):
        calls.append(x)
        return x * 2

    case = Case(x=Tensor((3,)))
    task, oracle = task_of(reference, case), Oracle()
    first = oracle("double", task, case)
    count = len(calls)
    assert oracle("double", task, Case(x=Tensor((3,)))) is first
    assert len(calls) == count
    assert oracle("twice", task, case) is not first
