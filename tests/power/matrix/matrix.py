"""The kill matrix: every generic fault given to every reference, and whether the judge finds it.

`python -m tests.power.matrix.matrix` judges the tasks that are new or changed, and rewrites results and page.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor

from pytest_kernelbench.judge.comparison.oracle import Oracle
from tests.power.matrix import page
from tests.power.matrix.digests import digest
from tests.power.matrix.exemptions import SURVIVORS
from tests.power.matrix.page import Row
from tests.power.matrix.pairs import CATALOGUE, exempt, pairs
from tests.power.matrix.verdicts import judge


def row(name: str) -> Row:
    """Judge all faults of a task."""
    import torch

    torch.set_num_threads(1)
    oracle = Oracle()
    found = Row(CATALOGUE.names()[name].category, digest(CATALOGUE.load(name)), {}, [], {})
    for pair in pairs(name):
        if (reason := exempt(pair)) is not None:
            found.exempt[pair.name] = reason
        elif (facet := judge(pair, oracle)) is not None:
            found.found[pair.name] = facet
        else:
            found.survived.append(pair.name)
    return found


def is_stale(found: Row, name: str) -> bool:
    """Whether a task has changed since its row was made."""
    return found.digest != digest(CATALOGUE.load(name))


def main(arguments: Iterable[str]) -> None:
    """Judge what is new or changed, or the tasks that are named, and rewrite results and page."""
    asked = [name for name in arguments if not name.startswith("--")]
    every = "--all" in arguments
    known = CATALOGUE.names()
    rows = {name: found for name, found in page.read().items() if name in known}
    stale = [name for name in known if every or name not in rows or is_stale(rows[name], name)]
    with ProcessPoolExecutor(2) as pool:
        names = asked or stale
        for name, found in zip(names, pool.map(row, names), strict=True):
            rows[name] = found
            print(name, f"{len(found.found)} faults found, survived:", *found.survived or ["none"])
            page.write(rows, SURVIVORS)


if __name__ == "__main__":
    main(sys.argv[1:])
