"""Decompositions: any that has the properties, and no other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pytest_kernelbench import Case, Tensor
from tests.support.judging import evidence_of, right, verdict

CASE = Case(a=Tensor((2, 9, 6)))


def qr(a):
    import torch

    return torch.linalg.qr(a)


def properties_of_qr(arguments: Any, outputs: Any) -> Iterator[tuple[str, Any, Any]]:
    import torch

    a, (q, r) = arguments["a"], outputs
    eye = torch.eye(q.shape[-1], dtype=q.dtype)
    yield "Q R = A", q @ r - a, a
    yield "Q^H Q = I", q.mH @ q - eye, eye
    yield "R is upper triangular", r.tril(-1), None


def test_signs_are_free_and_roundings_too() -> None:
    import torch

    evidence = evidence_of(qr, CASE, compare="properties", properties=properties_of_qr)
    q, r = (expected.eager for expected in evidence.expected)
    assert right(evidence, q, r)
    assert right(evidence, -q, -r)
    assert right(evidence, *(part.float() for part in torch.linalg.qr(evidence.arguments["a"].double())))


def test_what_breaks_a_property_is_named() -> None:
    evidence = evidence_of(qr, CASE, compare="properties", properties=properties_of_qr)
    q, r = (expected.eager for expected in evidence.expected)
    below = r.clone()
    below[..., 3, 1] = 1e-30
    faults = {"Q R = A": (-q, r), "Q^H Q = I": (2 * q, r / 2), "R is upper triangular: does not hold": (q, below)}
    for text, outputs in faults.items():
        mismatch = verdict(evidence, *outputs).mismatch
        assert mismatch is not None
        assert mismatch.status == "wrong_values"
        assert text in mismatch.message
    assert not right(evidence, q * float("nan"), r)
    assert not right(evidence, q.half().float(), r)
    assert "outputs" in verdict(evidence, q).mismatch.message  # type: ignore[union-attr]


def test_a_result_on_which_the_test_itself_fails_is_wrong() -> None:
    def inverse(a):
        return a.inverse()

    def undone(arguments: Any, outputs: Any) -> Iterator[tuple[str, Any, Any]]:
        yield "the inverse of the inverse", outputs[0].inverse() - arguments["a"], arguments["a"]

    evidence = evidence_of(inverse, Case(a=Tensor((5, 5), fill="nonsingular")), compare="properties", properties=undone)
    good = evidence.expected[0].eager
    assert right(evidence, good)
    assert "cannot be computed" in verdict(evidence, good * 0).mismatch.message  # type: ignore[union-attr]


def test_nothing_has_every_property() -> None:
    import torch

    empty = evidence_of(qr, Case(a=Tensor((0, 4, 3))), compare="properties", properties=properties_of_qr)
    assert right(empty, torch.empty(0, 4, 3), torch.empty(0, 3, 3))


def test_vectors_and_numbers_are_matrices_too() -> None:
    def total(arguments: Any, outputs: Any) -> Iterator[tuple[str, Any, Any]]:
        yield "the sum", outputs[0] - arguments["a"].sum(-1), arguments["a"].sum(-1)

    evidence = evidence_of(lambda a: a.sum(-1), Case(a=Tensor((9,))), compare="properties", properties=total)
    good = evidence.expected[0].eager
    assert right(evidence, good)
    mismatch = verdict(evidence, good + 1).mismatch
    assert mismatch is not None
    assert mismatch.message.startswith("the sum: off by ")
    assert mismatch.message.endswith(" n eps, at most 30")
