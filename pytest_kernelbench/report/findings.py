"""Findings: what records say about the kernels of some corpora, as a page in which every figure is computed."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from pytest_kernelbench.model.catalogue import CATEGORIES
from pytest_kernelbench.model.record import Record
from pytest_kernelbench.model.task import ALL_FACETS, FACETS
from pytest_kernelbench.report.headlines import headlines
from pytest_kernelbench.report.metrics import NO_VERDICT, fails, passes
from pytest_kernelbench.report.published import beside
from pytest_kernelbench.report.results import HARMLESS, Results, Variant, device_of
from pytest_kernelbench.report.shares import counted_share
from pytest_kernelbench.report.text import counted, visible

ALL = "all of them"
"""The row with the kernels of all corpora."""

MAX_NAMES = 10
"""Number of names that one row lists."""

_LACKING = re.compile(
    r"module 'triton[\w.]*' has no attribute '(\w+)'|cannot import name '(\w+)' from 'triton"
    r"|No module named '(triton[\w.]*)'"
)
"""Messages of Python about a name that Triton does not have."""

INTRODUCTION = """\
# Findings

What is true of some published corpora of generated kernels, as far as it was judged. Each figure is computed from
records; `pytest-kernelbench findings RESULTS` writes this page. A share has its 95 % interval (Wilson), which says how
far it may be off for other kernels of the same kind, not for other models. Kernels without a verdict (`unsupported`,
`error`, `timeout`) count as not passed, and are counted in the first table.
"""


def findings(
    results: Results, command: str, about: str | None = None, published: Mapping[str, bool] | None = None
) -> str:
    """Return the page as Markdown.

    `command` is what made it, `about` a paragraph on where the kernels come from, `published` whether other tests have
    passed a kernel, by the digest of its code.
    """
    judged = {variant: results.correctness(variant) for variant in results.variants}
    judged = {variant: verdicts for variant, verdicts in judged.items() if verdicts}
    parts = (
        _judged(judged, results),
        _stages(judged),
        _lacking(judged),
        _launches(judged),
        _fixed_tests(judged),
        *([_beside(judged, published)] if published else []),
        _categories(judged),
        headlines(results, tuple(judged)),
    )
    lines = [INTRODUCTION, *([about, ""] if about else []), f"Made by `{command}`.", ""]
    for part in parts:
        lines += [*part, ""]
    return visible("\n".join(lines).rstrip("\n")) + "\n"


Verdicts = Mapping[Variant, Mapping[str, Record]]


def _judged(judged: Verdicts, results: Results) -> Iterator[str]:
    yield "## What was judged"
    yield ""
    yield "| kernels of | judged | no verdict | statuses |"
    yield "| --- | --- | --- | --- |"
    for variant, verdicts in judged.items():
        counts = Counter(record.status for record in verdicts.values())
        without = sum(counts[status] for status in NO_VERDICT)
        said = ", ".join(f"{status} {count}" for status, count in counts.most_common())
        yield f"| {_cell(variant.label)} | {len(verdicts)} | {without} | {said} |"
    records = list(_all(judged))
    devices = sorted({device_of(record) for record in records})
    versions = sorted({(name, str(value)) for record in records for name, value in record.versions.items()})
    examples = sorted({str(record.settings.get("examples", "?")) for record in records})
    dates = sorted(record.started[:10] for record in records if record.started)
    yield ""
    yield (
        f"{counted(len(records), 'kernel')}, judged on {', '.join(devices)}"
        + (f" between {dates[0]} and {dates[-1]}" if dates else "")
        + f", with {' or '.join(examples)} drawn cases for each facet beside the fixed ones"
        + (f"; {', '.join(f'{name} {value}' for name, value in versions)}" if versions else "")
        + "."
    )
    for note in results.notes:
        yield f"Note: {_cell(note)}."


def _stages(judged: Verdicts) -> Iterator[str]:
    yield "## How far kernels get"
    yield ""
    yield "| kernels of | load | run | pass the plainest case | pass other sizes, too | pass every facet |"
    yield "| --- | --- | --- | --- | --- | --- |"
    rows: dict[str, Sequence[Record]] = {each.label: list(found.values()) for each, found in judged.items()}
    if len(rows) > 1:
        rows[ALL] = list(_all(judged))
    for label, records in rows.items():
        shares = (_share(records, demand) for demand in ("loads", "runs", "basic", "sizes", "all"))
        yield f"| {_cell(label)} | {' | '.join(shares)} |"
    yield ""
    yield (
        "To load is to be imported and to define the function; to run is to answer a call, rightly or not. The "
        "plainest case is the facet `basic`: contiguous tensors, the first dtype, ordinary values, a few small sizes. "
        "Every facet means `passed`: other dtypes, layouts and values as well."
    )
    for label, records in rows.items():
        partly = [record for record in records if record.status == "passed" and not passes(record, "all")]
        if partly and label != ALL:
            tried = sorted({facet for record in partly for facet in record.facets}, key=ALL_FACETS.index)
            yield ""
            yield (
                f"{counted(len(partly), 'kernel')} of {_cell(label)} passed what was tried ({', '.join(tried)}); other "
                "facets were not tried, so that the last column does not count them."
            )


def _lacking(judged: Verdicts) -> Iterator[str]:
    yield "## Names that this Triton lacks"
    yield ""
    yield (
        "Kernels that fail because they use a name that the version of Triton above does not have. Some are invented, "
        "others were there in the Triton of their time, so that these kernels may do more there."
    )
    yield ""
    yield "| kernels of | fail so | names |"
    yield "| --- | --- | --- |"
    for variant, verdicts in judged.items():
        names = Counter(name for record in verdicts.values() if (name := _lacking_name(record)) is not None)
        said = ", ".join(f"`{_cell(name)}` {count}" for name, count in names.most_common(MAX_NAMES))
        more = len(names) - MAX_NAMES
        said += f" and {more} more" if more > 0 else ""
        yield f"| {_cell(variant.label)} | {counted_share(names.total(), len(verdicts))} | {said} |"


def _lacking_name(record: Record) -> str | None:
    """Return the name that a kernel failed for because Triton does not have it."""
    found = _LACKING.search(record.failure.message) if record.failure is not None else None
    return next(filter(None, found.groups())) if found else None


def _launches(judged: Verdicts) -> Iterator[str]:
    yield "## Kernels that launch nothing that matters"
    yield ""
    yield (
        "Of the kernels that are right in the plainest case, or whose provenance was found all the same: who computes "
        "the result."
    )
    yield ""
    yield "| kernels of | looked at | launch nothing | a decoy | fall back on PyTorch | in part PyTorch | the kernel |"
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    for variant, verdicts in judged.items():
        known = [record for record in verdicts.values() if record.label is not None]
        fallback = [record for record in known if record.status == "rejected" and _says(record, "fallback")]
        cells = [
            counted_share(sum(record.label == name for record in known), len(known)) for name in ("torch_only", "decoy")
        ]
        cells += [counted_share(len(fallback), len(known))]
        cells += [
            counted_share(sum(record.label == name for record in known), len(known)) for name in ("mixed", "kernel")
        ]
        yield f"| {_cell(variant.label)} | {len(known)} | {' | '.join(cells)} |"
    yield ""
    yield "A kernel that falls back on PyTorch for many cases counts in that column and in its label's."


def _fixed_tests(judged: Verdicts) -> Iterator[str]:
    yield "## What fixed tests would have let through"
    yield ""
    yield "Kernels that pass the plainest case, and what the other facets say of them."
    yield ""
    yield f"| kernels of | pass the plainest case | of these fail | {' | '.join(FACETS[1:])} | rejected | not known |"
    yield f"| --- | --- | --- |{' --- |' * (len(FACETS) + 1)}"
    for variant, verdicts in judged.items():
        plain = [record for record in verdicts.values() if passes(record, "basic")]
        wrong = [record for record in plain if fails(record)]
        first = Counter(_first_fault(record) for record in wrong)
        unknown = sum(not fails(record) and not passes(record, "all") for record in plain)
        cells = [counted_share(len(wrong), len(plain))]
        cells += [str(count or "") for count in (*(first[facet] for facet in (*FACETS[1:], "")), unknown)]
        yield f"| {_cell(variant.label)} | {len(plain)} | {' | '.join(cells)} |"
    yield ""
    yield (
        "The facets are counted by the first that found a fault; `rejected` are kernels without one that are rejected "
        "for what they do besides computing, or for leaving that to PyTorch. Not known are kernels without a verdict, "
        "kernels that refuse inputs by an exception of their own, and those for which not every facet was tried."
    )


def _beside(judged: Verdicts, published: Mapping[str, bool]) -> Iterator[str]:
    return beside({_cell(variant.label): list(found.values()) for variant, found in judged.items()}, published)


def _categories(judged: Verdicts) -> Iterator[str]:
    yield "## By category"
    yield ""
    several = len(judged) > 1
    yield f"| category | kernels | run | pass the plainest case | pass every facet |{_heads(judged) if several else ''}"
    yield f"| --- | --- | --- | --- | --- |{' --- |' * len(judged) if several else ''}"
    known = dict.fromkeys((*CATEGORIES, *sorted({record.category for record in _all(judged)})))
    for category in known:
        records = [record for record in _all(judged) if record.category == category]
        if not records:
            continue
        shares = (_share(records, demand) for demand in ("runs", "basic", "all"))
        own = ""
        if several:
            counts = (_passed_of(verdicts, category) for verdicts in judged.values())
            own = "".join(f" {count} |" for count in counts)
        yield f"| {category} | {len(records)} | {' | '.join(shares)} |{own}"
    if several:
        yield ""
        yield (
            "The last columns are the kernels of each that pass every facet, of those that were judged: too few for an "
            "interval."
        )


def _heads(judged: Verdicts) -> str:
    return "".join(f" {_cell(variant.label)} |" for variant in judged)


def _passed_of(verdicts: Mapping[str, Record], category: str) -> str:
    mine = [record for record in verdicts.values() if record.category == category]
    return f"{sum(passes(record, 'all') for record in mine)}/{len(mine)}" if mine else ""


def _all(judged: Verdicts) -> Iterator[Record]:
    for verdicts in judged.values():
        yield from verdicts.values()


def _first_fault(record: Record) -> str:
    return next(
        (facet for facet in FACETS if record.facets.get(facet, "passed") not in (*HARMLESS, "refused", "timeout")), ""
    )


def _says(record: Record, word: str) -> bool:
    return record.failure is not None and (word in record.failure.facet or word in record.failure.message)


def _share(records: Sequence[Record], demand: str) -> str:
    return counted_share(sum(passes(record, demand) for record in records), len(records))


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
