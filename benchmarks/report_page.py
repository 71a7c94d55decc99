"""Measure the HTML report of a whole suite: its size, and the time to make it and, with Chromium, to show it.

Run `python benchmarks/report_page.py [--submissions 5] [--gpus 1] [--keep FOLDER]`. The records are random but look
like those of judging; they say nothing about any kernel.
"""

from __future__ import annotations

import argparse
import math
import random
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from pytest_kernelbench.model.catalogue import Catalogue
from pytest_kernelbench.model.record import CompileRecord, Failure, Record, SpeedRecord, stage_of
from pytest_kernelbench.model.task import FACETS
from pytest_kernelbench.report.contents import contents
from pytest_kernelbench.report.html import page
from pytest_kernelbench.report.results import load
from pytest_kernelbench.report.speedups import MARGIN

MESSAGE = (
    "result[{0}, 0]: got {1:.7g}, wanted {2:.7g} ({3:.3g} units of error, at most 3)\n"
    "{4} of {5} elements are wrong; first: [{0}, 0] {1:.7g} for {2:.7g}, [{0}, 1] {2:.7g} for {1:.7g}, "
    "[{0}, 2] {1:.7g} for {1:.7g}, [{0}, 3] {2:.7g} for {2:.7g}, [{0}, 4] {1:.7g} for {2:.7g}\n"
    "tolerance dominated by: sensitivity to rounded inputs"
    "; all {5} elements together: rms 3.21 units, at most 0.98 (eager: 0.06)"
)
CASE = "Case(input=Tensor(({0}, 1025), 'float16', 'uniform(0.5, 2)', 'transposed', {1}), other=Tensor((1025,)), dim=-1)"
VERSIONS = {"python": "3.12.3", "torch": "2.11.0", "triton": "3.6.0", "hypothesis": "6.170.15", "pytest": "9.2.0"}
GPUS = ("NVIDIA H200", "NVIDIA L40S")
TARGETS = ("sm_80", "gfx942")


def main() -> None:
    """Write the records and the page, and print their sizes and times."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--submissions", type=int, default=5, help="number of submissions; the first three are rounds of one method"
    )
    parser.add_argument(
        "--gpus", type=int, default=1, choices=(0, 1, 2), help="number of GPUs that the kernels were timed on"
    )
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="keep results.jsonl and report.html in this folder")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = asked.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        results, report = folder / "results.jsonl", folder / "report.html"
        catalogue = Catalogue.find()
        drawn = records(catalogue, asked.submissions, GPUS[: asked.gpus], random.Random(0))
        rows = [record.to_json() for record in drawn]
        results.write_text("\n".join(rows) + "\n", encoding="utf-8")
        start = time.perf_counter()
        found = contents(load([results], catalogue))
        middle = time.perf_counter()
        report.write_text(page(found), encoding="utf-8")
        end = time.perf_counter()
        print(f"{len(rows)} records ({results.stat().st_size / 1e6:.2f} MB): {asked.submissions} submissions")
        print(f"figures in {middle - start:.2f} s, page in {end - middle:.2f} s: {report.stat().st_size / 1e6:.2f} MB")
        print(shown(report))


def shown(report: Path) -> str:
    """Return how long Chromium takes to start, lay out the page and run its script."""
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        return "Chromium is not on the PATH, so the page was not shown"
    seconds = []
    with tempfile.TemporaryDirectory() as profile:
        blank = Path(profile, "blank.html")
        blank.write_text("<!doctype html><title>blank</title>", encoding="utf-8")
        for file in (blank, blank, report, report):
            options = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={profile}", "--dump-dom"]
            start = time.perf_counter()
            subprocess.run([browser, *options, file.resolve().as_uri()], capture_output=True, check=True, timeout=120)
            seconds.append(time.perf_counter() - start)
    return f"Chromium: {seconds[3]:.2f} s for the page, {seconds[1]:.2f} s for an empty one"


def records(catalogue: Catalogue, submissions: int, gpus: Sequence[str], draw: random.Random) -> Iterator[Record]:
    """Yield the records of each kernel: correctness, two compilations, and up to two workloads on each GPU."""
    names = [("agent", f"round_{number}") for number in range(min(3, submissions))]
    names += [(f"method_{number}", None) for number in range(submissions - len(names))]
    for submission, variant in names:
        skill = draw.uniform(0.2, 0.8)
        for file in catalogue.names().values():
            common = {
                "submission": submission, "variant": variant, "task": file.name, "category": file.category,
                "versions": VERSIONS, "started": "2026-05-01T12:00:00+00:00",
                "kernel_sha256": f"{draw.getrandbits(256):064x}", "task_sha256": "0" * 64,
                "selection": f"--kb-submission={submission} submissions/{submission}/{file.name}.py::correctness",
            }  # fmt: skip
            verdict = correctness(common, draw, skill)
            yield verdict
            yield from (compilation(common, target, draw, skill) for target in TARGETS)
            if verdict.facets.get("basic") == "passed":
                workloads = ("prefill", "decode")[: draw.choice((1, 2))]
                yield from (timing(common, gpu, workload, draw) for gpu in gpus for workload in workloads)


def correctness(common: dict[str, Any], draw: random.Random, skill: float) -> Record:
    """Return a record of correctness: each facet fails at random, and none is tried after `basic` has failed."""
    failed = [facet for facet in FACETS if draw.random() > skill ** (1 / 3)]
    wrong = draw.choice(("wrong_values", "wrong_values", "wrong_values", "runtime_error", "wrong_shape", "timeout"))
    facets = {facet: wrong if facet in failed else "passed" for facet in FACETS}
    if "basic" in failed:
        facets = {"basic": wrong}
    failure = (
        Failure(failed[0], message(draw), CASE.format(draw.randint(1, 99), draw.randint(0, 9))) if failed else None
    )
    return Record(
        kind="correctness", status=wrong if failed else "passed", stage=stage_of(facets, loaded=True, ran=True),
        facets=facets, grade="ieee", label=draw.choice(("kernel", "kernel", "mixed")), kernel_share=draw.random(),
        launches=draw.randint(1, 9), failure=failure, device={"kind": "interpreter"}, examples=draw.randint(40, 160),
        seconds=draw.uniform(0.5, 20), code={"lines": draw.randint(20, 300), "complexity_max": draw.randint(1, 20)},
        **common,
    )  # fmt: skip


def message(draw: random.Random) -> str:
    """Return the message about a wrong value."""
    size = draw.randint(100, 9999)
    return MESSAGE.format(
        draw.randint(0, 99), draw.gauss(0, 1), draw.gauss(0, 1), draw.expovariate(1e-5), draw.randint(1, size), size
    )


def compilation(common: dict[str, Any], target: str, draw: random.Random, skill: float) -> CompileRecord:
    """Return a record of a compilation with several specialisations, as in real records."""
    good = draw.random() < skill + 0.2
    text = (
        f"kernel(x: *fp16 %16, n: i32 %16, BLOCK=1024, num_warps=4)\nat {draw.randint(1, 99)}:8:\nunsupported operand"
    )
    kernel = {"name": "kernel", "specialisation": text.partition("\n")[0], "seconds": 0.1, "registers": 64, "spills": 0,
              "shared_bytes": 4096, "warps": 4, "stages": 3, "occupancy": draw.choice((0.125, 0.5, 1.0))}  # fmt: skip
    return CompileRecord(
        kind="compile", target=target, status="passed" if good else "compile_error", stage="dtypes",
        reason=None if good else "language", failure=None if good else Failure("basic", text, CASE.format(4, 0)),
        kernels=[kernel] * 8, registers=draw.randint(16, 255), spills=draw.choice((0, 0, 0, 128)), warps=4, stages=3,
        shared_bytes=1024 * draw.randint(0, 64), compile_seconds=draw.uniform(0.5, 20), device={"kind": target},
        **common,
    )  # fmt: skip


def timing(common: dict[str, Any], gpu: str, workload: str, draw: random.Random) -> SpeedRecord:
    """Return a speed record with a random ratio and an interval of random width."""
    ratio, width = math.exp(draw.gauss(0.1, 0.5)), draw.choice((0.003, 0.01, 0.05))
    low, high = ratio * math.exp(-width), ratio * math.exp(width)
    same = "same" if low >= 1 - MARGIN and high <= 1 + MARGIN else "unclear"
    verdict = "faster" if low > 1 + MARGIN else "slower" if high < 1 - MARGIN else same
    seconds = draw.lognormvariate(-8, 1)
    return SpeedRecord(
        kind="speed", workload=workload, status="passed", stage="all", verdict=verdict, ratio=ratio,
        interval=[low, high],
        device_seconds=seconds, baseline_seconds=seconds * ratio, call_seconds=seconds + 5e-6, blocks=20,
        baseline_call_seconds=seconds * ratio + 5e-6, speed_of_light=draw.uniform(0.02, 0.95),
        samples={"kernel": [seconds] * 40, "baseline": [seconds * ratio] * 40}, device={"kind": "cuda", "model": gpu},
        **common,
    )  # fmt: skip


if __name__ == "__main__":
    main()
