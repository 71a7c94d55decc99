"""Comparison of floating-point values: a tolerance for each element, from rounding, sensitivity and eager's error.

The unit of error of an element is

    s = max(u |r| + (d / u + |r|) sqrt(K) u_acc + d + 4 u_acc rms(r) + tiny, eager's largest error near |r|)

where r is the float64 reference, u the unit roundoff of the dtype, u_acc that of a float32 accumulator (for float64: of
a float64 one), d the sensitivity to one rounding of the inputs, and K the length of the longest sum. A result is right
if no element is off by more than 3 units and the root mean square of the errors, in units, stays near eager's.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pytest_kernelbench.judge.comparison.evidence import ROUNDOFF, TF32_ROUNDOFF, Evidence, ExpectedOutput, sensitivity
from pytest_kernelbench.judge.comparison.verdict import Mismatch, Verdict, widen
from pytest_kernelbench.model.case import without

if TYPE_CHECKING:
    import torch

MAX_UNITS = 3.0
"""Largest error of one element, in units. Right implementations of 20 operations stayed below 2.2."""

MIN_EAGER_RMS = 0.3
"""Smallest root mean square, in units, that is assumed of eager: results that are rounded once have about this much."""

RMS_FLOOR = {"float32": 0.35, "complex64": 0.35, "float64": 0.35, "complex128": 0.35}
"""Added to twice eager's root mean square, by dtype, in units."""

HALF_RMS_FLOOR = 0.2
"""The same for dtypes that are not in `RMS_FLOOR`."""

SMALL_SAMPLE = 1.5
"""Divided by sqrt(n), this is how far the root mean square of n elements may lie above its expectation, in units."""

TINY = {"float32": 2.0**-126, "bfloat16": 2.0**-126, "float16": 2.0**-25, "float64": 2.0**-1022,
        "complex64": 2.0**-126, "complex128": 2.0**-1022}  # fmt: skip
"""Absolute part of the unit, by dtype: hardware may flush float32 denormals to zero; half the smallest float16."""

MAX_KEPT = 1 << 13
"""Elements of the largest output whose unit of error is kept with it."""

MIN_BINADE, MAX_BINADE = -1070, 1030
"""Exponents of two between which eager's error is grouped by binade."""


def values(evidence: Evidence, outputs: Sequence[torch.Tensor]) -> Verdict:
    """Accept outputs whose elements are all within their tolerance, with TF32 inputs if the task allows that grade."""
    grade = "ieee"
    for expected, got in zip(evidence.expected, outputs, strict=True):
        mismatch = close(expected, got, evidence.length)
        if mismatch is None:
            continue
        coarse = in_tf32(evidence, expected)
        if coarse is None or close(coarse, got, evidence.length) is not None:
            return Verdict(None, mismatch)
        grade = "tf32"
    return Verdict(grade)


def in_tf32(evidence: Evidence, expected: ExpectedOutput) -> ExpectedOutput | None:
    """Return the output with the sensitivity to inputs rounded to TF32; None if the task does not allow that grade."""
    if not evidence.task.tf32 or expected.dtype != "float32":
        return None
    exact = {each.name: each.exact for each in evidence.expected}
    spread = sensitivity(evidence.task, without(evidence.case, "out"), exact, TF32_ROUNDOFF)
    return replace(expected, spread=spread[expected.name])


def close(expected: ExpectedOutput, got: torch.Tensor, length: int) -> Mismatch | None:
    """Compare one output with the expected one; `length` is that of the longest sum behind an element."""
    import torch

    if expected.exact.numel() == 0:
        return None
    if expected.dtype not in ROUNDOFF:
        wrong = got != expected.eager
        units = wrong.to(torch.float64) * math.inf
        return _report(expected, got, units, "compared exactly", wrong) if wrong.any() else None
    errors = measure(expected, got, length)
    if errors.wrong_special.any():
        note = "NaN and infinities must be those of the reference"
        return _report(expected, got, errors.units, note, errors.wrong_special)
    if (errors.units > MAX_UNITS).any():
        return _report(expected, got, errors.units, errors.note, errors.units > MAX_UNITS)
    return _rms(expected, got, errors)


@dataclass(frozen=True, slots=True)
class ErrorUnits:
    """The errors of one output; each tensor has the shape of that output."""

    units: torch.Tensor
    """Error of each element in units (float64): 0 for special elements that are right, infinite for wrong ones."""
    unit: torch.Tensor
    """The unit of error of each element (float64)."""
    special: torch.Tensor
    """Elements that are compared without arithmetic (bool): NaN, infinities, and overflow where eager overflows."""
    wrong_special: torch.Tensor
    """Special elements that are wrong (bool)."""
    source: str
    """The part of the unit that is largest on average."""

    @property
    def note(self) -> str:
        """The line of a failure that names this part."""
        return f"tolerance dominated by: {self.source}"


def measure(expected: ExpectedOutput, got: torch.Tensor, length: int) -> ErrorUnits:
    """Return the errors of a floating-point output; `length` is that of the longest sum behind an element."""
    import torch

    wide = widen(got)
    special, wrong_special = _special(expected, wide)
    unit, source = _known_unit(expected, length)
    units = torch.where(special, 0.0, torch.nan_to_num((wide - expected.exact).abs() / unit, nan=math.inf))
    return ErrorUnits(torch.where(wrong_special, math.inf, units), unit, special, wrong_special, source)


def _special(expected: ExpectedOutput, wide: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return which elements are compared without arithmetic, and which of those are wrong.

    NaN and infinities of the reference, rounded to the dtype, are required where eager has them too. Where eager
    overflows and the reference does not, both eager's result and a better one are right.
    """
    import torch

    rounded = widen(expected.exact.to(expected.eager.dtype))
    eager = widen(expected.eager)
    non_finite = ~torch.isfinite(rounded)
    required = non_finite & _same(eager, rounded)
    overflow = ~non_finite & ~torch.isfinite(eager) & _same(wide, eager)
    return non_finite | overflow, required & ~_same(wide, rounded)


def _same(left: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
    """Return which values are equal or both NaN; two complex values that are not finite count as equal."""
    import torch

    if left.is_complex():
        return torch.where(torch.isfinite(left) & torch.isfinite(right), left == right,
                           torch.isfinite(left) == torch.isfinite(right))  # fmt: skip
    return (left == right) | (torch.isnan(left) & torch.isnan(right))


def _known_unit(expected: ExpectedOutput, length: int) -> tuple[torch.Tensor, str]:
    """Return what `_unit` returns, kept with small outputs: most are compared several times."""
    if expected.exact.numel() > MAX_KEPT:
        return _unit(expected, length)
    if length not in expected.units:
        expected.units[length] = _unit(expected, length)
    found: tuple[torch.Tensor, str] = expected.units[length]
    return found


def _unit(expected: ExpectedOutput, length: int) -> tuple[torch.Tensor, str]:
    """Return the unit of error of each element, and the part of it that is largest on average."""
    import torch

    exact = expected.exact
    u = ROUNDOFF[expected.dtype]
    u_acc = min(u, ROUNDOFF["float32"])
    size = torch.where(torch.isfinite(exact), exact.abs(), 0.0)
    spread = torch.zeros_like(size) if expected.spread is None else expected.spread
    relative = torch.where(size > 0, spread / torch.clamp(size, min=1e-300), 0.0)
    spread = torch.maximum(spread, 0.02 * relative.median() * size)
    rms = float((size**2).mean().sqrt())
    rounding = u * size
    # A sum of terms of one sign accumulates sqrt(K) roundings relative to the result; d covers sums that cancel.
    accumulated = math.sqrt(length) * u_acc * (spread / u + (size if length > 1 else 0.0))
    sensitive = spread + accumulated
    scale = 4 * u_acc * rms + TINY[expected.dtype]
    tolerance = rounding + sensitive + scale
    eager = _eager_error(exact, widen(expected.eager), size)
    parts = {
        "rounding of the result": float(rounding.mean()),
        "sensitivity to rounded inputs": float(sensitive.mean()),
        "the scale of the whole result (4 u rms)": scale,
        "eager PyTorch's own error": float(torch.clamp(eager - tolerance, min=0).mean()),
    }
    return torch.maximum(tolerance, eager), max(parts, key=lambda name: parts[name])


def _eager_error(exact: torch.Tensor, eager: torch.Tensor, size: torch.Tensor) -> torch.Tensor:
    """Return, for each element, eager's largest error among elements of the same or a neighbouring binade.

    `size` is the magnitude of the exact values, 0 where they are not finite.
    """
    import torch

    error = torch.nan_to_num((eager - exact).abs(), nan=0.0, posinf=0.0)
    exponent = torch.floor(torch.log2(torch.clamp(size, min=2.0**MIN_BINADE)))
    binade = exponent.clamp(MIN_BINADE, MAX_BINADE).to(torch.int64) - MIN_BINADE + 1
    # One unused binade at either end, since `roll` wraps around.
    worst = torch.zeros(MAX_BINADE - MIN_BINADE + 4, dtype=torch.float64)
    worst.scatter_reduce_(0, binade.reshape(-1), error.reshape(-1), "amax")
    near = torch.maximum(worst, torch.maximum(worst.roll(1), worst.roll(-1)))
    return near[binade]


def _rms(expected: ExpectedOutput, got: torch.Tensor, errors: ErrorUnits) -> Mismatch | None:
    """Compare the root mean square with eager's: it shows low-precision accumulators, which no single element shows."""
    import torch

    count = int((~errors.special).sum())
    if not count:
        return None
    eager = widen(expected.eager)
    eager_units = (eager - expected.exact).abs() / errors.unit
    eager_units = torch.nan_to_num(torch.where(errors.special | ~torch.isfinite(eager), 0.0, eager_units))
    eager_rms = math.sqrt(float((eager_units**2).sum()) / count)
    rms = math.sqrt(float((errors.units**2).sum()) / count)
    floor = RMS_FLOOR.get(expected.dtype, HALF_RMS_FLOOR)
    limit = 2 * max(eager_rms, MIN_EAGER_RMS) + floor + SMALL_SAMPLE / math.sqrt(count)
    if rms <= limit:
        return None
    text = f"; all {count} elements together: rms {rms:.2f} units, at most {limit:.2f} (eager: {eager_rms:.2f})"
    report = _report(expected, got, errors.units, errors.note, errors.units > 1)
    return replace(report, message=report.message + text)


def _report(
    expected: ExpectedOutput, got: torch.Tensor, units: torch.Tensor, note: str, wrong: torch.Tensor
) -> Mismatch:
    """Return the mismatch with the worst element, the number of wrong elements, the first five, and a note."""
    import torch

    shape = tuple(expected.exact.shape)
    count = int(wrong.sum())
    worst = int(torch.where(wrong, torch.nan_to_num(units, nan=math.inf), -1.0).reshape(-1).argmax())
    first = wrong.reshape(-1).nonzero().reshape(-1)[:5].tolist()
    error = float(units.reshape(-1)[worst])
    over = "must be equal" if math.isinf(error) else f"{error:.3g} units of error, at most {MAX_UNITS:g}"
    lines = [
        f"{expected.name}{list(_index(worst, shape))}: got {_element(got, worst)}, "
        f"wanted {_element(expected.exact, worst)} ({over})",
        f"{count} of {units.numel()} elements are wrong; first: "
        + ", ".join(f"{list(_index(i, shape))} {_element(got, i)} for {_element(expected.exact, i)}" for i in first),
        note,
    ]
    return Mismatch("wrong_values", "\n".join(lines))


def _index(flat: int, shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return the index of an element by its position in row-major order."""
    index = []
    for size in reversed(shape):
        flat, position = divmod(flat, size)
        index.append(position)
    return tuple(reversed(index))


def _element(tensor: torch.Tensor, flat: int) -> str:
    value = tensor.reshape(-1)[flat].item()
    return f"{value:.7g}" if isinstance(value, (float, complex)) else str(value)
