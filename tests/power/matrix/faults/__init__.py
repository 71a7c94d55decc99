"""Faults that any reference can be given; imported beside a kernel, as a part of the faulty kernels."""

from __future__ import annotations

# isort: off
# Faults are registered in the order of these imports, which is that of the page.
from tests.power.matrix.faults.registry import FAULTS, Plan, over, tensors
from tests.power.matrix.faults import inputs, contract, precision
from tests.power.matrix.faults.formulas import NAIVE, Naive

# isort: on
from tests.power.matrix.faults.entry_points import RIGHT, faulty, faulty_optimizer

__all__ = ["FAULTS", "NAIVE", "RIGHT", "Naive", "Plan", "contract", "faulty", "faulty_optimizer", "inputs", "over",
           "precision", "tensors"]  # fmt: skip
