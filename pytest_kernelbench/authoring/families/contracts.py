"""Contracts that tasks of different kinds share."""

from __future__ import annotations

from typing import Any

from pytest_kernelbench.model.task import VALUE_FILLS, Contract

WITHOUT_DENORMALS = tuple(fill for fill in VALUE_FILLS if fill != "denormals")
"""The usual fills without denormals, which a GPU may flush to zero."""

FINITE = Contract(nan=False, inf=False)
"""The usual fills, without NaN and infinities."""

RANDOM = Contract(nan=False, inf=False, deterministic=False)
"""The usual fills, without NaN and infinities, of an operation that draws random numbers."""


def any_shape(*values: str, denormals: bool = True, **demands: Any) -> Contract:
    """Return a contract that includes tensors without elements and tensors without dimensions.

    `values` are fills beside the usual ones, `denormals` says whether those of denormals are among these, and `demands`
    are further fields of the contract.
    """
    usual = VALUE_FILLS if denormals else WITHOUT_DENORMALS
    return Contract(values=(*usual, *values), empty=True, zero_dim=True, **demands)


def domain(*values: str) -> Contract:
    """Return a contract of these fills alone, without NaN and infinities, that includes tensors of any shape."""
    return Contract(values=values, nan=False, inf=False, empty=True, zero_dim=True)
