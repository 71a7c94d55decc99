"""When is a value right: an error budget per element, from rounding, sensitivity and eager PyTorch's own error.

The unit of error of an element is

    s = max(u |r| + (d / u + |r|) sqrt(K) u_acc + d + 4 u_acc rms(r) + tiny, eager's worst error near |r|)

with the float64 reference r, the unit roundoff u of the dtype and u_acc of a float32 (for float64: float64)
accumulator, the sensitivity d to one rounding of the inputs, and the length K of the longest sum. A result is right if
no element is off by more than 3 units and the root mean square of the units stays near eager's.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_kernelbench.judge.oracle import ROUNDOFF, TF32_ROUNDOFF, Evidence, Wanted, sensitivity

if TYPE_CHECKING:
    import torch

    from pytest_kernelbench.runner.answers import Output

MOST_UNITS = 3.0
"""Units by which one element may be off. Correct variants of 20 operations stayed below 2.2."""

SMALLEST_RMS = 0.3
"""Root mean square, in units, that is eager's at least: results rounded once have about this much by chance."""

RMS_FLOOR = {"float32": 0.35, "complex64": 0.35, "float64": 0.35, "complex128": 0.35}
"""What is added to twice eager's root mean square; 0.2 for dtypes of fewer bits."""

SMALL_SAMPLE = 1.5
"""Over sqrt(n): what the root mean square of n elements may be above its expectation."""

TINY = {"float32": 2.0**-126, "bfloat16": 2.0**-126, "float16": 2.0**-25, "float64": 2.0**-1022,
        "complex64": 2.0**-126, "complex128": 2.0**-1022}  # fmt: skip
"""Absolute slack: hardware may flush float32 denormals to zero; float16 has half its smallest number."""


@dataclass(frozen=True, slots=True)
class Mismatch:
    """What is wrong with an answer: the status that it means, and the text that shows it."""

    status: str
    message: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """A grade, `ieee` or `tf32`, or what is wrong."""

    grade: str | None
    mismatch: Mismatch | None = None


def compare(evidence: Evidence, outputs: Sequence[Output]) -> Verdict:
    """Judge the outputs of a kernel: their number, kind, shape and dtype first, then their values."""
    for check in (_structure, _values):
        verdict = check(evidence, outputs)
        if verdict.mismatch is not None:
            return verdict
    return verdict


def _structure(evidence: Evidence, outputs: Sequence[Output]) -> Verdict:
    wanted = evidence.wanted
    if len(outputs) != len(wanted):
        names = ", ".join(item.name for item in wanted)
        return _wrong("wrong_shape", f"got {len(outputs)} outputs, wanted {len(wanted)}: {names}")
    for want, got in zip(wanted, outputs, strict=True):
        if got.kind != "Tensor":
            status = "contract" if got.subclass else "wrong_dtype"
            return _wrong(status, f"{want.name} is a {got.kind} ({got.value}), wanted a torch.Tensor")
        if got.shape != tuple(want.exact.shape):
            return _wrong("wrong_shape", f"{want.name}.shape is {got.shape}, wanted {tuple(want.exact.shape)}")
        if got.dtype != want.dtype:
            return _wrong("wrong_dtype", f"{want.name}.dtype is {got.dtype}, wanted {want.dtype}")
        if got.tensor is None:
            return _wrong("contract", f"{want.name} has the layout {got.layout}, wanted a strided tensor")
    return Verdict("ieee")


def _values(evidence: Evidence, outputs: Sequence[Output]) -> Verdict:
    if evidence.task.compare != "values":
        from pytest_kernelbench.judge.semantics import SEMANTICS

        return SEMANTICS[evidence.task.compare](evidence, [output.tensor for output in outputs])
    grade = "ieee"
    for want, got in zip(evidence.wanted, outputs, strict=True):
        assert got.tensor is not None
        mismatch = close(want, got.tensor, evidence.length)
        if mismatch is None:
            continue
        coarse = in_tf32(evidence, want)
        if coarse is None or close(coarse, got.tensor, evidence.length) is not None:
            return Verdict(None, mismatch)
        grade = "tf32"
    return Verdict(grade)


def in_tf32(evidence: Evidence, want: Wanted) -> Wanted | None:
    """Return the output with the sensitivity to inputs rounded to TF32, where the task allows that grade."""
    if not evidence.task.tf32 or want.dtype != "float32":
        return None
    from pytest_kernelbench.model.case import without

    exact = {item.name: item.exact for item in evidence.wanted}
    spread = sensitivity(evidence.task, without(evidence.case, "out"), exact, TF32_ROUNDOFF)
    return Wanted(want.name, want.exact, want.eager, spread[want.name])


def close(want: Wanted, got: torch.Tensor, length: int) -> Mismatch | None:
    """Compare one output with what is wanted; `length` is that of the longest sum behind an element."""
    import torch

    if want.exact.numel() == 0:
        return None
    if want.dtype not in ROUNDOFF:
        wrong = got != want.eager
        return _report(want, got, wrong.to(torch.float64) * math.inf, "exact", wrong) if wrong.any() else None
    off = measure(want, got, length)
    if off.odd.any():
        return _report(want, got, off.units, "NaN and infinities as in the reference", off.odd)
    if (off.units > MOST_UNITS).any():
        return _report(want, got, off.units, off.source, off.units > MOST_UNITS)
    return _rms(want, got, off, widen(want.eager))


@dataclass(frozen=True, slots=True)
class Off:
    """How far the elements of one output are off."""

    units: torch.Tensor
    """In units of error; 0 where no arithmetic is judged, infinite where odd."""
    unit: torch.Tensor
    """The unit of error of each element."""
    free: torch.Tensor
    """Elements whose value is settled without arithmetic: NaN, infinities, overflow like eager's."""
    odd: torch.Tensor
    """Those of them that are wrong."""
    source: str
    """Where the largest part of the units comes from."""


def measure(want: Wanted, got: torch.Tensor, length: int) -> Off:
    """Return how far each element of a floating output is off."""
    import torch

    wide = widen(got)
    free, odd = _non_finite(want, wide)
    unit, source = _unit(want, widen(want.eager), length)
    units = torch.where(free, 0.0, torch.nan_to_num((wide - want.exact).abs() / unit, nan=math.inf))
    return Off(torch.where(odd, math.inf, units), unit, free, odd, source)


def widen(value: torch.Tensor) -> torch.Tensor:
    """Return the values as float64 or complex128."""
    import torch

    return value.to(torch.complex128 if value.is_complex() else torch.float64)


def _non_finite(want: Wanted, wide: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return which elements are judged without arithmetic, and which of those are wrong.

    NaN and infinities of the reference, rounded to the dtype, must be met where eager meets them. Where eager overflows
    and the reference does not, an answer like eager's is accepted, and so is a better one.
    """
    import torch

    rounded = widen(want.exact.to(want.eager.dtype))
    eager = widen(want.eager)
    like_eager = _same(wide, eager)
    special = ~torch.isfinite(rounded)
    met = _same(eager, rounded)
    overflow = ~special & ~torch.isfinite(eager) & like_eager
    free = special | overflow
    return free, special & met & ~_same(wide, rounded)


def _same(left: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
    """Whether two values are equal or both NaN; of a complex non-finite value the pattern alone counts."""
    import torch

    if left.is_complex():
        return torch.where(torch.isfinite(left) & torch.isfinite(right), left == right,
                           torch.isfinite(left) == torch.isfinite(right))  # fmt: skip
    return (left == right) | (torch.isnan(left) & torch.isnan(right))


def _unit(want: Wanted, eager: torch.Tensor, length: int) -> tuple[torch.Tensor, str]:
    """Return the unit of error of each element, and where the largest part of it comes from."""
    import torch

    exact = want.exact
    u = ROUNDOFF[want.dtype]
    u_acc = min(u, ROUNDOFF["float32"])
    size = torch.where(torch.isfinite(exact), exact.abs(), 0.0)
    spread = torch.zeros_like(size) if want.spread is None else want.spread
    relative = torch.where(size > 0, spread / torch.clamp(size, min=1e-300), 0.0)
    spread = torch.maximum(spread, 0.02 * relative.median() * size)
    rms = float((size**2).mean().sqrt())
    rounding = u * size
    # Sums of one sign gather sqrt(K) roundings relative to the result; d alone covers sums that cancel.
    gathered = math.sqrt(length) * u_acc * (spread / u + (size if length > 1 else 0.0))
    moved = spread + gathered
    norm = 4 * u_acc * rms + TINY[want.dtype]
    budget = rounding + moved + norm
    own = _eager_error(exact, eager, size)
    parts = {
        "rounding of the result": float(rounding.mean()),
        "rounded inputs": float(moved.mean()),
        "the norm of the result": norm,
        "eager's own error": float(torch.clamp(own - budget, min=0).mean()),
    }
    return torch.maximum(budget, own), max(parts, key=lambda name: parts[name])


def _eager_error(exact: torch.Tensor, eager: torch.Tensor, size: torch.Tensor) -> torch.Tensor:
    """Return eager's largest error among the elements of the same or a neighbouring binade."""
    import torch

    error = torch.nan_to_num((eager - exact).abs(), nan=0.0, posinf=0.0)
    binade = torch.floor(torch.log2(torch.clamp(size, min=2.0**-1070))).clamp(-1070, 1030).to(torch.int64) + 1071
    worst = torch.zeros(2104, dtype=torch.float64)
    worst.scatter_reduce_(0, binade.reshape(-1), error.reshape(-1), "amax")
    near = torch.maximum(worst, torch.maximum(worst.roll(1), worst.roll(-1)))
    return near[binade]


def _rms(want: Wanted, got: torch.Tensor, off: Off, eager: torch.Tensor) -> Mismatch | None:
    """Compare the root mean squares: what low-precision accumulators change and no single element shows."""
    import torch

    count = int((~off.free).sum())
    if not count:
        return None
    reference = torch.where(off.free | ~torch.isfinite(eager), 0.0, (eager - want.exact).abs() / off.unit)
    own = math.sqrt(float((torch.nan_to_num(reference) ** 2).sum()) / count)
    theirs = math.sqrt(float((off.units**2).sum()) / count)
    most = 2 * max(own, SMALLEST_RMS) + RMS_FLOOR.get(want.dtype, 0.2) + SMALL_SAMPLE / math.sqrt(count)
    if theirs <= most:
        return None
    text = f"; all {count} elements together: rms {theirs:.2f} units, at most {most:.2f} (eager: {own:.2f})"
    report = _report(want, got, off.units, off.source, off.units > 1)
    return Mismatch(report.status, report.message + text)


def _report(want: Wanted, got: torch.Tensor, units: torch.Tensor, source: str, wrong: torch.Tensor) -> Mismatch:
    """Show the worst element, how many are wrong, and the first five."""
    import torch

    shape = tuple(want.exact.shape)
    count = int(wrong.sum())
    worst = int(torch.where(wrong, torch.nan_to_num(units, nan=math.inf), -1.0).reshape(-1).argmax())
    first = wrong.reshape(-1).nonzero().reshape(-1)[:5].tolist()
    error = float(units.reshape(-1)[worst])
    over = "must be equal" if math.isinf(error) else f"{error:.3g} units of error, at most {MOST_UNITS:g}"
    lines = [
        f"{want.name}{list(_index(worst, shape))}: got {_element(got, worst)}, "
        f"wanted {_element(want.exact, worst)} ({over})",
        f"{count} of {units.numel()} elements are wrong; first: "
        + ", ".join(f"{list(_index(i, shape))} {_element(got, i)} for {_element(want.exact, i)}" for i in first),
        f"budget from: {source}",
    ]
    return Mismatch("wrong_values", "\n".join(lines))


def _index(flat: int, shape: tuple[int, ...]) -> tuple[int, ...]:
    index = []
    for size in reversed(shape):
        flat, position = divmod(flat, size)
        index.append(position)
    return tuple(reversed(index))


def _element(tensor: torch.Tensor, flat: int) -> str:
    value = tensor.reshape(-1)[flat].item()
    return f"{value:.7g}" if isinstance(value, (float, complex)) else str(value)


def _wrong(status: str, message: str) -> Verdict:
    return Verdict(None, Mismatch(status, message))
