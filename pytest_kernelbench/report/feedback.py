"""Feedback on one kernel for a language model: the fault, the input that shows it, and what to do next."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from pytest_kernelbench.model.record import RIGHT, CompileRecord, Record

FACETS: Mapping[str, str] = {
    "basic": "a contiguous input of ordinary values",
    "sizes": "other sizes, ranks and options: 1, primes, one past a tile edge, long rows, empty tensors",
    "dtypes": "other dtypes of the signature",
    "layouts": "inputs that are not contiguous: transposed, strided, with an offset, expanded",
    "values": "unusual values: outliers, constants, infinities, NaN, signed zeros, large offsets",
    "contract": "side effects of a call: on inputs, memory around them, results of earlier calls, `out`",
    "engine": "what inputs cannot show: order of programs, uninitialised memory, masked lanes, autotune configurations",
    "gradients": "backward passes: all gradients or some, incoming gradients in other layouts, a second pass",
}
"""Description of what each facet tries."""

NEXT: Mapping[str, str] = {
    "passed": "Nothing has to be changed for correctness.",
    "passed_within": "Nothing has to be changed for what the kernel declares that it takes.",
    "refused": "What the kernel takes is right. Handle the input that it refuses, or declare the domain of the kernel.",
    "wrong_values": "Find the code that computes the listed elements, by their indices, and compare it with the "
    "definition of the operation on this input. Keep what is right already.",
    "wrong_shape": "Return the shape that the operation defines for this input, for every rank and option.",
    "wrong_dtype": "Return the dtype that the operation defines for this input.",
    "contract": "Keep the results as they are, and remove the side effect: write only where the signature allows it, "
    "mask every store, and keep no state from one call to the next.",
    "runtime_error": "Handle this input without raising; the lines of the kernel that raised are listed.",
    "compile_error": "Change the code that the compiler rejects, or use less of the resource that it runs out of: "
    "smaller blocks, fewer stages.",
    "load_error": "The file must import without error and define a function named as the task.",
    "timeout": "The call must return: look for endless loops, or work that grows faster than the input.",
    "crash": "The process must survive the call: look for accesses out of bounds, exits, and too large allocations.",
    "rejected": "Compute the operation inside Triton kernels, and return their results.",
    "unsupported": "This device cannot judge the kernel; it may be right or wrong.",
    "error": "The judge failed; the kernel may be right or wrong. Submit it again.",
}
"""Advice by status."""

LEGEND = "Tensor(shape, dtype, fill, layout); the defaults are float32, normal, contiguous."
"""Explanation of the tensors in a case."""

CUT = "\n[...]"
"""End of a text that was cut."""

_ADDRESS = re.compile(r"\b0x[0-9a-fA-F]{6,}\b")


def headline(record: Record) -> str:
    """Return one line with the task, the status, and the target or facet."""
    part = f" for {record.target}" if isinstance(record, CompileRecord) else ""
    where = f" in {record.failure.facet}" if record.failure and record.failure.facet in FACETS else ""
    return f"{record.task}: {record.status}{part}{where}"


def feedback(record: Record, compiled: Sequence[CompileRecord], limit: int) -> str:
    """Return the feedback in at most `limit` characters; the description of the fault is cut before the advice is."""
    worst = next((each for each in (record, *compiled) if each.status not in RIGHT), record)
    first = headline(worst)
    after = [*_facets(record), *_targets(compiled), f"Next: {NEXT.get(worst.status, NEXT['error'])}"]
    rest = "\n".join(after)
    found = "\n".join(_found(worst))
    room = limit - len(first) - len(rest) - 2
    if len(found) > room:
        found = found[: room - len(CUT)] + CUT if room > 2 * len(CUT) else ""
    return "\n".join(part for part in (first, found, rest) if part)[: max(0, limit)]


def _found(record: Record) -> list[str]:
    """Return the lines that show the fault: the input first, because a long message may be cut."""
    lines = []
    if record.failure is not None:
        if record.failure.case is not None:
            lines += [f"Smallest input that shows it: {record.failure.case}", f"  {LEGEND}"]
        lines += [f"  {_ADDRESS.sub('0x...', line)}" for line in record.failure.message.splitlines()]
    return lines


def _facets(record: Record) -> list[str]:
    """Return one line for the facets that passed, and one for each that did not."""
    passed = [facet for facet, status in record.facets.items() if status in RIGHT]
    lines = [f"Passed: {', '.join(passed)}."] if passed else []
    for facet, status in record.facets.items():
        if status not in RIGHT:
            lines.append(f"{status} in {facet}: {FACETS[facet]}.")
    return lines


def _targets(compiled: Sequence[CompileRecord]) -> list[str]:
    good = [each.target for each in compiled if each.status == "passed"]
    lines = [f"Compiles for: {', '.join(good)}."] if good else []
    return lines + [f"{headline(each)}." for each in compiled if each.status != "passed"]
