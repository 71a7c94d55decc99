"""An estimate of how long a submission of all tasks takes on one GPU, from formulas: nothing of the judge runs here.

    python benchmarks/plan_on_a_gpu.py [--workers 12]

The bytes and operations are those of the real workloads; what each part takes is computed from them with the rates and
latencies below, which are assumptions. A queue of workers is simulated: each judges one kernel after the other and then
times its workloads, and one holds the GPU for timing at a time. Three plans are compared: it is held for the whole of a
workload, for all but the entering of processes (as it is now), or for the timing alone.
"""

from __future__ import annotations

import argparse
import heapq
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field

from pytest_kernelbench.judge.speed.flops_and_bytes import flops_and_bytes
from pytest_kernelbench.judge.speed.workload_limits import CACHE_ON_GPU, input_sets
from pytest_kernelbench.model.case import Case, leaves
from pytest_kernelbench.model.catalogue import Catalogue
from pytest_kernelbench.model.task import Task

ENTER, COMPILE = 4.0, 0.3
"""Seconds until a process has entered the GPU, and of one compilation."""

SPECIALISATIONS, TIMED_SPECIALISATIONS = 60, 3
"""Compilations of a kernel in all facets, and for one workload. 67 were seen for softmax in all facets."""

TO_HOST, THROUGH_SOCKETS, ON_HOST = 12e9, 1.2e9, 2e9
"""Bytes per second between GPU and host, from process to process, and of making and comparing arrays on the host."""

BANDWIDTH, FLOAT64 = 4e12, 50e12
"""Bytes and multiplications and additions in float64 per second of the GPU."""

PASSES = 80
"""Times that a comparison and the reference read or write each element in float64."""

CHECKS, TIMING, ORACLE = 3, 1.2, 3.0
"""Checks of a workload, seconds of its timing, and seconds of the CPU's oracle for one kernel in all facets."""


@dataclass
class Work:
    """The seconds of one kernel, by part."""

    judged: Counter[str] = field(default_factory=Counter)
    """Correctness, which all workers do at the same time."""
    prepared: Counter[str] = field(default_factory=Counter)
    """Its workloads, without timing."""
    timed: float = 0.0
    """The timing of its workloads."""


def work_of(task: Task) -> Work:
    """Return what a kernel for a task takes."""
    work = Work(Counter({"compile": SPECIALISATIONS * COMPILE, "oracle": ORACLE, "enter": 0.5}))
    for case in task.workloads.values():
        work.prepared.update(prepared(task, case))
        work.timed += TIMING
    return work


def prepared(task: Task, case: Case) -> Counter[str]:
    """Return the seconds of a workload without its timing, by part."""
    counted = flops_and_bytes(task, case)
    given = sum(recipe.nbytes for _, recipe in leaves(case))
    elements = sum(recipe.numel for _, recipe in leaves(case))
    written = max(0, counted.moved_bytes - given) + 1
    drawn = given * (2 / TO_HOST + 2 / ON_HOST)
    reference = drawn + 3 * counted.flops / FLOAT64 + 8 * PASSES * elements / BANDWIDTH
    return Counter(
        {
            "enter": ENTER,
            "compile": TIMED_SPECIALISATIONS * COMPILE,
            "inputs": input_sets(case, CACHE_ON_GPU) * drawn,
            "reference": (CHECKS - 1) * reference,
            "results": CHECKS * (given + written) * (1 / TO_HOST + 2 / THROUGH_SOCKETS),
            "comparison": CHECKS * (8 * PASSES * written / 2 / BANDWIDTH + given / ON_HOST),
        }
    )


def simulated(works: list[Work], workers: int, beside: Collection[str]) -> float:
    """Return the seconds of all kernels, where the parts `beside` of a workload are done before the GPU is held."""
    free = [0.0] * workers
    device = 0.0
    for work in works:
        now = heapq.heappop(free) + sum(work.judged.values())
        if not work.timed:
            heapq.heappush(free, now)
            continue
        before = sum(seconds for part, seconds in work.prepared.items() if part in beside)
        device = max(device, now + before) + work.timed + sum(work.prepared.values()) - before
        heapq.heappush(free, device)
    return max(free)


def main() -> None:
    """Print the seconds by part, and those of each plan."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workers", type=int, default=12, help="processes that judge at the same time")
    workers = parser.parse_args().workers
    catalogue = Catalogue.find()
    tasks = [catalogue.load(name) for name in catalogue.names()]
    works, count = [work_of(task) for task in tasks], sum(len(task.workloads) for task in tasks)
    print(f"{len(works)} kernels, {count} workloads, {workers} workers\n\n| part | seconds of work |\n| --- | --- |")
    for title, parts in (("judging", (each.judged for each in works)), ("workload", (each.prepared for each in works))):
        for part, seconds in sum(parts, Counter[str]()).most_common():
            print(f"| {title}: {part} | {seconds:.0f} |")
    print(f"| workload: timing | {sum(each.timed for each in works):.0f} |\n")
    everything = {part for work in works for part in work.prepared}
    plans = {"for the whole": (), "for all but entering": {"enter"}, "for the timing alone": everything}
    for plan, beside in plans.items():
        print(f"the GPU is held {plan}: {simulated(works, workers, beside):.0f} s")


if __name__ == "__main__":
    main()
