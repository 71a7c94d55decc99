"""Comparison of floating-point values: a tolerance for each element, from rounding, sensitivity and eager's error.

The unit of error of an element is

    s = max(u |r| + (d / u + |r|) sqrt(K) u_acc + d + 4 u_acc rms(r) + tiny, eager's largest error near |r|)

where r is the float64 reference, u the unit roundoff of the dtype, u_acc that of a float32 accumulator (for float64: of
a float64 one), d the sensitivity to one rounding of the inputs, and K the length of the longest sum. A result is right
if no element is off by more than 3 units and the root mean square of the errors, in units, stays near eager's.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from pytest_kernelbench.judge.comparison.evidence import Evidence, ExpectedOutput, sensitivity, truncation
from pytest_kernelbench.judge.comparison.perturbations import ROUNDOFF, TF32_ROUNDOFF
from pytest_kernelbench.judge.comparison.pieces import Piece, Scale, binades, magnitudes, pieces
from pytest_kernelbench.judge.comparison.verdict import Mismatch, Verdict, widen
from pytest_kernelbench.judge.comparison.worst import worst_elements
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

MAX_TRUNCATIONS = 2.0
"""How many times the effect of truncated inputs is accepted: a second product truncates the results of the first."""

TINY = {"float32": 2.0**-126, "bfloat16": 2.0**-126, "float16": 2.0**-25, "float64": 2.0**-1022,
        "complex64": 2.0**-126, "complex128": 2.0**-1022}  # fmt: skip
"""Absolute part of the unit, by dtype: hardware may flush float32 denormals to zero; half the smallest float16."""

MAX_KEPT = 1 << 13
"""Elements of the largest output whose unit of error is kept with it."""


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
    """Return the output as it may be in TF32; None if the task does not allow that grade.

    Its sensitivity is that to inputs rounded to TF32. Tensor cores may truncate them instead, which moves all elements
    in one direction where inputs have one sign.
    """
    if not evidence.task.tf32 or expected.dtype != "float32":
        return None
    exact = {each.name: each.exact for each in evidence.expected}
    spread = sensitivity(evidence.task, without(evidence.case, "out"), exact, TF32_ROUNDOFF, evidence.arguments)
    return replace(expected, spread=spread[expected.name], truncation=truncation(evidence, expected))


def close(expected: ExpectedOutput, got: torch.Tensor, length: int, size: int | None = None) -> Mismatch | None:
    """Compare one output with the expected one; `length` is that of the longest sum behind an element.

    The tensors may be on any device. `size` is the number of elements that are compared at a time.
    """
    import torch

    if expected.exact.numel() == 0:
        return None
    if expected.dtype not in ROUNDOFF:

        def differs(piece: Piece) -> tuple[torch.Tensor, torch.Tensor]:
            wrong = piece.got != piece.expected.eager
            return wrong.to(torch.float64) * math.inf, wrong

        different = any(bool((piece.got != piece.expected.eager).any()) for piece in pieces(expected, got, size))
        return worst_elements(expected, got, differs, "compared exactly", MAX_UNITS, size) if different else None
    whole = expected.exact.numel() <= min(MAX_KEPT, size or MAX_KEPT)
    scale, seen = None if whole else Scale.of(expected, size), _Seen()
    for piece in pieces(expected, got, size):
        seen.add(piece, measure(piece.expected, piece.got, length, scale))
    if seen.wrong_special:
        choose: Callable[[ErrorUnits], torch.Tensor] = lambda errors: errors.wrong_special  # noqa: E731
        note = "NaN and infinities must be those of the reference"
    elif seen.beyond:
        choose, note = lambda errors: errors.units > MAX_UNITS, seen.note
    elif seen.rms > seen.limit(expected.dtype):
        choose, note = lambda errors: errors.units > 1, seen.note
    else:
        return None

    def chosen(piece: Piece) -> tuple[torch.Tensor, torch.Tensor]:
        errors = measure(piece.expected, piece.got, length, scale)
        return errors.units, choose(errors)

    report = worst_elements(expected, got, chosen, note, MAX_UNITS, size)
    if seen.wrong_special or seen.beyond:
        return report
    return replace(report, message=report.message + seen.summary(expected.dtype))


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
    parts: Counter[str]
    """The sum over all elements of each part of the unit, by its name."""


def measure(expected: ExpectedOutput, got: torch.Tensor, length: int, scale: Scale | None = None) -> ErrorUnits:
    """Return the errors of a floating-point output; `length` is that of the longest sum behind an element.

    `scale` is that of the whole output, where this is a piece of it.
    """
    import torch

    wide = widen(got)
    special, wrong_special = _special(expected, wide)
    unit, parts = _known_unit(expected, length, scale)
    error = wide - expected.exact
    if expected.truncation is not None:
        share = torch.nan_to_num(error / expected.truncation).clamp(0, MAX_TRUNCATIONS)
        error = error - share * expected.truncation
    units = torch.where(special, 0.0, torch.nan_to_num(error.abs() / unit, nan=math.inf))
    return ErrorUnits(torch.where(wrong_special, math.inf, units), unit, special, wrong_special, parts)


@dataclass(slots=True)
class _Seen:
    """What the pieces of one output have shown."""

    wrong_special: bool = False
    """Whether a special element is wrong."""
    beyond: bool = False
    """Whether an element is off by more than its tolerance."""
    count: int = 0
    """Elements that are compared with arithmetic."""
    squares: float = 0.0
    """Sum of the squared errors in units."""
    eager_squares: float = 0.0
    """The same for eager's result."""
    parts: Counter[str] = field(default_factory=Counter)
    """The sum over all elements of each part of the unit."""

    def add(self, piece: Piece, errors: ErrorUnits) -> None:
        import torch

        self.wrong_special |= bool(errors.wrong_special.any())
        self.beyond |= bool((errors.units > MAX_UNITS).any())
        eager = widen(piece.expected.eager)
        eager_units = (eager - piece.expected.exact).abs() / errors.unit
        eager_units = torch.nan_to_num(torch.where(errors.special | ~torch.isfinite(eager), 0.0, eager_units))
        self.count += int((~errors.special).sum())
        self.squares += float((errors.units**2).sum())
        self.eager_squares += float((eager_units**2).sum())
        self.parts.update(errors.parts)

    @property
    def note(self) -> str:
        """The line of a failure that names the part of the unit that is largest on average."""
        return f"tolerance dominated by: {max(self.parts, key=lambda name: self.parts[name])}"

    @property
    def rms(self) -> float:
        """Root mean square of the errors in units: it shows low-precision accumulators, which no element shows."""
        return math.sqrt(self.squares / self.count) if self.count else 0.0

    @property
    def eager_rms(self) -> float:
        """The same for eager's result."""
        return math.sqrt(self.eager_squares / self.count) if self.count else 0.0

    def limit(self, dtype: str) -> float:
        """Return the largest root mean square that is accepted."""
        floor = RMS_FLOOR.get(dtype, HALF_RMS_FLOOR)
        return 2 * max(self.eager_rms, MIN_EAGER_RMS) + floor + SMALL_SAMPLE / math.sqrt(max(1, self.count))

    def summary(self, dtype: str) -> str:
        """Describe the root mean square beside its limit."""
        text = f"; all {self.count} elements together: rms {self.rms:.2f} units, at most {self.limit(dtype):.2f}"
        return f"{text} (eager: {self.eager_rms:.2f})"


def _special(expected: ExpectedOutput, wide: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return which elements are compared without arithmetic, and which of those are wrong.

    NaN and infinities of the reference, rounded to the dtype, are required where eager has them too. Where eager
    overflows and the reference does not, both eager's result and a better one are right.
    """
    import torch

    rounded = widen(expected.exact.to(expected.eager.dtype))
    eager = widen(expected.eager)
    non_finite = ~torch.isfinite(rounded)
    required = non_finite & same(eager, rounded)
    overflow = ~non_finite & ~torch.isfinite(eager) & same(wide, eager)
    return non_finite | overflow, required & ~same(wide, rounded)


def same(left: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
    """Return which values are equal or both NaN; two complex values that are not finite count as equal."""
    import torch

    if left.is_complex():
        return torch.where(torch.isfinite(left) & torch.isfinite(right), left == right,
                           torch.isfinite(left) == torch.isfinite(right))  # fmt: skip
    return (left == right) | (torch.isnan(left) & torch.isnan(right))


def _known_unit(expected: ExpectedOutput, length: int, scale: Scale | None) -> tuple[torch.Tensor, Counter[str]]:
    """Return what `_unit` returns, kept with small outputs: most are compared several times."""
    if expected.exact.numel() > MAX_KEPT:
        return _unit(expected, length, scale or Scale.of(expected))
    if length not in expected.units:
        expected.units[length] = _unit(expected, length, scale or Scale.of(expected))
    found: tuple[torch.Tensor, Counter[str]] = expected.units[length]
    return found


def _unit(expected: ExpectedOutput, length: int, scale: Scale) -> tuple[torch.Tensor, Counter[str]]:
    """Return the unit of error of each element, and the sum of each part of it."""
    import torch

    u = ROUNDOFF[expected.dtype]
    u_acc = min(u, ROUNDOFF["float32"])
    size = magnitudes(expected.exact)
    spread = torch.zeros_like(size) if expected.spread is None else expected.spread
    spread = torch.maximum(spread, 0.02 * scale.relative * size)
    rounding = u * size
    # A sum of terms of one sign accumulates sqrt(K) roundings relative to the result; d covers sums that cancel.
    accumulated = math.sqrt(length) * u_acc * (spread / u + (size if length > 1 else 0.0))
    sensitive = spread + accumulated
    whole = 4 * u_acc * scale.rms + TINY[expected.dtype]
    tolerance = rounding + sensitive + whole
    eager = scale.worst[binades(size)]
    parts = Counter(
        {
            "rounding of the result": float(rounding.sum()),
            "sensitivity to rounded inputs": float(sensitive.sum()),
            "the scale of the whole result (4 u rms)": whole * size.numel(),
            "eager PyTorch's own error": float(torch.clamp(eager - tolerance, min=0).sum()),
        }
    )
    return torch.maximum(tolerance, eager), parts
