"""Cases whose result says little about who computes: nothing is to do, or elements only have to be moved."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_kernelbench.judge.comparison.evidence import Evidence, tensors_in

if TYPE_CHECKING:
    import torch


def needs_no_launch(evidence: Evidence) -> bool:
    """Whether a right kernel may answer without a launch: the result is empty, a constant, or an argument.

    Also where every argument and every result has one element at most, and where an argument is empty.
    """
    given = list(tensors_in(evidence.arguments))
    results = [expected.eager for expected in evidence.expected]
    if any(tensor.numel() == 0 for tensor in given) or all(tensor.numel() <= 1 for tensor in (*given, *results)):
        return True
    return all(_constant(result) or any(_equal(result, tensor) for tensor in given) for result in results)


def only_moves(evidence: Evidence) -> bool:
    """Whether all results have the elements of an argument in any order, as in a permutation, a cast or a copy."""
    given = tensors_in(evidence.arguments)
    # An argument that may be updated, and is not in this case, says nothing about the task.
    results = [
        expected.eager
        for expected in evidence.expected
        if expected.name.startswith("result") or not any(_equal(expected.eager, tensor) for tensor in given)
    ]
    return bool(results) and all(any(_rearranged(result, tensor) for tensor in given) for result in results)


def _constant(result: torch.Tensor) -> bool:
    """Whether all elements are the same; a single one must be 0, 1, infinite or NaN, which say little."""
    flat = result.reshape(-1)
    if flat.numel() == 1:
        return not bool(flat.isfinite()) or bool((flat == 0) | (flat == 1))
    return flat.numel() == 0 or bool(((flat == flat[0]) | ((flat != flat) & (flat[0] != flat[0]))).all())


def _equal(result: torch.Tensor, tensor: torch.Tensor) -> bool:
    """Whether the elements are the same in the same order, rounded to the dtype of the result; NaN equals NaN."""
    if result.numel() != tensor.numel() or result.is_complex() != tensor.is_complex():
        return False
    one, other = result.reshape(-1), tensor.reshape(-1).to(result.dtype)
    return bool(((one == other) | ((one != one) & (other != other))).all())


def _rearranged(result: torch.Tensor, tensor: torch.Tensor) -> bool:
    import torch

    if result.numel() != tensor.numel() or result.is_complex() != tensor.is_complex():
        return False
    if result.is_complex():
        result, tensor = (torch.view_as_real(each.resolve_conj()) for each in (result, tensor))
    return _equal(*(each.reshape(-1).to(result.dtype).sort()[0] for each in (result, tensor)))
