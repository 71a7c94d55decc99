"""Measure what judging costs, in CPU seconds, by part and by mechanism: the judge, and a runner on the interpreter.

Run `python benchmarks/cost_by_part.py [--only TASK,TASK] [--seed N] [SUBMISSION]`. Each kernel is judged as always; the
requests to its runner are then answered a second time in a process in which the parts of a runner are timed, and what
each request is for.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from math import prod
from pathlib import Path
from typing import Any

from pytest_kernelbench.wire.device_names import INTERPRETER

ROOT = Path(__file__).resolve().parents[1]

PARTS = {
    "materialise": ["pytest_kernelbench.runner.server:materialize", "pytest_kernelbench.runner.server:refill"],
    "launch: programs": ["triton.runtime.interpreter:GridExecutor.__call__"],
    "launch: patch the language": ["triton.runtime.interpreter:_patch_lang"],
    "launch: check addresses": ["pytest_kernelbench.devices.memory:Watch.access"],
    "launch: look for races": [
        "pytest_kernelbench.devices.races:Cells",
        "pytest_kernelbench.devices.races:_Scan.races",
    ],
    "poison": ["pytest_kernelbench.devices.stand_in:poison"],
    "encode": ["pytest_kernelbench.runner.server:described", "pytest_kernelbench.runner.results:contents"],
    "rest: host code, audit": ["pytest_kernelbench.runner.server:_Server.respond"],
}
"""The functions that each part of a runner consists of; what they call of another part counts there."""


OTHER_DEVICES = {"interpreter": "other GPUs of the stand-in", "compile": "compiler"}
"""What runners on other devices are for, by the beginning of the device's name."""

LARGE = 1 << 15
"""Elements from which a case counts as large."""


def mechanism(request: dict[str, Any]) -> str:
    """Return what a request is for: an ordinary call, or one of the mechanisms that see more."""
    from pytest_kernelbench.model.case import leaves
    from pytest_kernelbench.model.case_codec import decode

    if request["op"] != "call":
        return "loading and looking"
    told = request["conditions"]
    if told["audit"] or told["skip_launches"] or told["fail_launches"] or told["swap_at_launch"]:
        return "work done by others"
    if sum(prod(tensor.shape) for _, tensor in leaves(decode(request["case"]))) >= LARGE:
        return "large cases and long sums"
    if request["rewrite"] is not None:
        return "new contents in the same memory"
    if told["poison"] != "nan" or told["order"] != "forward" or told["poison_masked_lanes"]:
        return "other poison, order and masked lanes"
    return "ordinary calls"


def main() -> None:
    """Judge a submission and print the CPU seconds of each part, or answer recorded requests in a new process."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("submission", nargs="?", default="examples")
    parser.add_argument("--only", default="", help="tasks, with commas between them")
    parser.add_argument("--seed", default="1")
    parser.add_argument("--answer", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.answer is not None:
        print(json.dumps(answered(asked.answer)))
        return
    with tempfile.TemporaryDirectory() as folder:
        judged(asked.submission, {*filter(None, asked.only.split(","))}, asked.seed, Path(folder))


def judged(submission: str, only: set[str], seed: str, folder: Path) -> None:
    """Judge the kernels of a submission and print a row for each, then the parts of all of them."""
    from pytest_kernelbench.evaluation.session import EvaluationSession
    from pytest_kernelbench.evaluation.settings import Settings
    from pytest_kernelbench.model.judging import JudgingSettings

    judging = JudgingSettings(timeout=300.0, seed=seed)
    evaluation = EvaluationSession.start(Settings(judging=judging, submissions=(submission,)), ROOT, Path.cwd())
    parts: Counter[str] = Counter()
    mechanisms: Counter[str] = Counter()
    cases = kernels = 0
    print(f"{'kernel':<34}{'cases':>6}{'judge':>8}{'runner':>8}{'ms/case':>9}")
    for found in evaluation.submissions:
        for kernel in (kernel for path in found.files for kernel in found.kernels(path)):
            if only and kernel.task not in only:
                continue
            requests = folder / f"{kernels}.jsonl"
            before, oracle = time.process_time(), evaluation.shared.oracle.seconds
            with recorded(requests) as runner:
                record, _ = found.judge(kernel, None)
            judge, oracle = time.process_time() - before, evaluation.shared.oracle.seconds - oracle
            parts.update({"oracle": oracle, "judge without oracle": judge - oracle})
            spent = sum(runner.values())
            for found_seconds, answered_seconds in zip((parts, mechanisms), timed(requests), strict=True):
                scale = runner[INTERPRETER] / max(sum(answered_seconds.values()), 1e-9)
                found_seconds.update({name: seconds * scale for name, seconds in answered_seconds.items()})
                found_seconds.update({name: seconds for name, seconds in runner.items() if name != INTERPRETER})
            mechanisms["judge"] += judge
            kernels, cases = kernels + 1, cases + record.examples
            each = 1000 * (judge + spent) / max(1, record.examples)
            print(f"{kernel.task:<34}{record.examples:>6}{judge:>8.2f}{spent:>8.2f}{each:>9.1f}", flush=True)
    total = sum(parts.values())
    print(f"\n{kernels} kernels, {cases} cases, {total:.1f} CPU seconds, {1000 * total / max(1, cases):.1f} ms a case")
    for counted in (parts, mechanisms):
        print()
        for name, seconds in counted.most_common():
            print(f"{name:<36}{seconds:>8.1f} s {seconds / total:>6.0%}")


@contextlib.contextmanager
def recorded(file: Path) -> Iterator[Counter[str]]:
    """Write the requests to all runners to a file, and yield the CPU seconds of those that have ended, by device."""
    from pytest_kernelbench.host.process import Child

    ask, close = Child.ask, Child.close
    spent: Counter[str] = Counter()

    def asked(self: Any, request: dict[str, Any], **options: Any) -> Any:
        print(json.dumps([self.settings.device, request]), file=out)
        return ask(self, request, **options)

    def closed(self: Any) -> None:
        if not self._output.closed:
            with contextlib.suppress(OSError):
                kind, apart, _ = self.settings.device.partition(":")
                spent[OTHER_DEVICES[kind] if apart else kind] += self.cpu_seconds()
        close(self)

    with file.open("w") as out:
        Child.ask, Child.close = asked, closed  # type: ignore[method-assign]
        try:
            yield spent
        finally:
            Child.ask, Child.close = ask, close  # type: ignore[method-assign]


def timed(requests: Path) -> tuple[dict[str, float], dict[str, float]]:
    """Return the CPU seconds of answering the requests to a runner once more, by part and by mechanism."""
    environment = {**os.environ, "TRITON_INTERPRET": "1"}
    command = [sys.executable, __file__, "--answer", str(requests)]
    output = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True).stdout
    parts, mechanisms = json.loads(output.splitlines()[-1])
    return parts, mechanisms


def answered(file: Path) -> tuple[dict[str, float], dict[str, float]]:
    """Answer the requests to runners on the interpreter in this process; return the seconds by part and mechanism."""
    from pytest_kernelbench.runner import server
    from pytest_kernelbench.runner.environments import environment_for
    from pytest_kernelbench.runner.observer import Observer

    home = Path(tempfile.mkdtemp())
    environment, observer = environment_for("interpreter"), Observer(str(home))
    observer.install()
    clock, mechanisms = Clock(), Counter[str]()
    for part, functions in PARTS.items():
        for function in functions:
            clock.watch(part, function)
    runner = server._Server(environment, observer, home, None)
    with contextlib.redirect_stdout(sys.stderr):
        for line in file.open():
            device, request = json.loads(line)
            if device == INTERPRETER:
                started = time.process_time()
                runner.respond(request, lambda header, *parts: None)  # type: ignore[arg-type]
                mechanisms[mechanism(request)] += time.process_time() - started
    return dict(clock.seconds), dict(mechanisms)


class Clock:
    """Times functions, each without what it calls of the others."""

    def __init__(self) -> None:
        self.seconds: Counter[str] = Counter()
        self.stack: list[float] = []

    def watch(self, part: str, name: str) -> None:
        """Replace a function, named as `module:name`, by one that is timed."""
        from pkgutil import resolve_name

        owner = resolve_name(name.rpartition(".")[0] if "." in name.partition(":")[2] else name.partition(":")[0])
        attribute = name.rpartition(":")[2].rpartition(".")[2]
        setattr(owner, attribute, self._timed(part, getattr(owner, attribute)))

    def _timed(self, part: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def called(*args: Any, **kwargs: Any) -> Any:
            started = time.process_time()
            self.stack.append(0.0)
            try:
                return function(*args, **kwargs)
            finally:
                spent = time.process_time() - started
                self.seconds[part] += spent - self.stack.pop()
                if self.stack:
                    self.stack[-1] += spent

        return called


if __name__ == "__main__":
    main()
