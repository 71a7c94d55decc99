"""Mutants: right Triton kernels with one fault each, and whether the judge finds it.

`python -m tests.power.mutants.mutants` judges the carriers that are new or changed, and rewrites results and page.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterable, Mapping
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from pathlib import Path
from typing import NamedTuple

from pytest_kernelbench import evaluate
from pytest_kernelbench.model.catalogue import Catalogue
from pytest_kernelbench.model.record import Record
from pytest_kernelbench.model.task import FACETS
from tests.power.mutants.hosts import HOSTS, with_host
from tests.power.mutants.mutations import MUTATIONS, mutated
from tests.power.mutants.page import Row, read, write

ROOT = Path(__file__).parents[3]

EXAMPLES = ("index_select", "matmul", "relu", "softmax", "sum")
"""Names of the examples that are given faults: one of each kind of kernel."""

CARRIERS = (
    *(path for path in sorted(ROOT.glob("submissions/examples/*/*.py")) if path.stem in EXAMPLES),
    ROOT / "tests/power/controls/float_atomics__smooth_l1_loss.py",
    ROOT / "tests/power/controls/persistent__relu.py",
)
"""Right kernels that are given faults: examples, and controls with what no example has."""

LIKELY: Mapping[str, tuple[str, ...]] = {
    "grid_on_y": ("engine",),
    "persistent_without_loop": ("engine",),
    "half_accumulator": ("dtypes",),
    "narrow_offsets": ("layouts",),
    "reads_out_of_bounds": ("contract",),
    "false_hint": ("contract",),
    "unprotected_accumulation": ("contract",),
}
"""Facets that are asked first; the usual ones are `basic` and `sizes`."""


class Mutant(NamedTuple):
    """A right kernel with a fault."""

    carrier: Path
    fault: str

    @property
    def task(self) -> str:
        """Name of the task that the kernel is for."""
        return self.carrier.stem.rpartition("__")[2]

    @property
    def applies(self) -> bool:
        """Whether the fault can matter: offsets of 32 bits do only where a task has a table of more elements."""
        return self.fault != "narrow_offsets" or catalogue().load(self.task).table is not None

    def code(self) -> str | None:
        """Return the file with the fault; None if the fault does not apply to this kernel."""
        text = self.carrier.read_text(encoding="utf-8")
        if self.fault in MUTATIONS:
            return mutated(text, MUTATIONS[self.fault])
        task = catalogue().load(self.task)
        return with_host(text, task, task.entry or self.task, self.fault)


@cache
def catalogue() -> Catalogue:
    """Return the project's own tasks."""
    return Catalogue.find()


def mutants(carrier: Path) -> list[Mutant]:
    """Return the faults that apply to a kernel."""
    every = [Mutant(carrier, fault) for fault in (*MUTATIONS, *HOSTS)]
    return [mutant for mutant in every if mutant.applies and mutant.code() is not None]


def judge(mutant: Mutant) -> str | None:
    """Return the facet (or the label) that finds the fault, if any does."""
    code = mutant.code()
    assert code is not None
    for facets in (LIKELY.get(mutant.fault, FACETS[:2]), FACETS):
        examples = 0 if facets != FACETS else 48
        record = evaluate(code, mutant.task, facets=facets, examples=examples, timeout=300.0, targets=("none",)).record
        if (found := _found(record, mutant)) is not None:
            return found
    return None


def _found(record: Record, mutant: Mutant) -> str | None:
    if record.status == "error":
        raise RuntimeError(f"{mutant}: {record.failure}")
    return record.failure.facet if record.failure else None


def digest(carrier: Path) -> str:
    """Return the first 12 digits of the SHA-256 of all faulty files that a kernel gives."""
    codes = [f"{mutant.fault}\n{mutant.code()}" for mutant in mutants(carrier)]
    return hashlib.sha256("\n".join(codes).encode()).hexdigest()[:12]


def row(carrier: Path) -> Row:
    """Judge all faults of a kernel."""
    found = Row(digest(carrier), {}, [])
    for mutant in mutants(carrier):
        if (facet := judge(mutant)) is not None:
            found.found[mutant.fault] = facet
        else:
            found.survived.append(mutant.fault)
    return found


def main(arguments: Iterable[str]) -> None:
    """Judge what is new or changed, the carriers that are named, or with `--all` all of them; rewrite the results."""
    asked = {name for name in arguments if not name.startswith("--")}
    known = {carrier.stem: carrier for carrier in CARRIERS}
    rows = {name: each for name, each in read().items() if name in known}
    stale = [
        name for name in known if "--all" in arguments or name not in rows or rows[name].digest != digest(known[name])
    ]
    chosen = [name for name in known if name in asked] if asked else stale
    with ProcessPoolExecutor(2) as pool:
        for name, found in zip(chosen, pool.map(row, [known[name] for name in chosen]), strict=True):
            rows[name] = found
            print(name, f"{len(found.found)} faults found, survived:", *found.survived or ["none"], flush=True)
            write(rows)


if __name__ == "__main__":
    main(sys.argv[1:])
