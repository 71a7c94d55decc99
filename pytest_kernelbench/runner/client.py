"""What a runner can be asked, and its answers taken apart."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pytest_kernelbench.model.case import ITEMSIZE, Case, encode, leaves
from pytest_kernelbench.runner.answers import Answer, BadAnswer, answer, plain
from pytest_kernelbench.runner.child import Child, RunnerDied
from pytest_kernelbench.runner.materialize import GUARD, geometry

if TYPE_CHECKING:
    pass


class Runner(Child):
    """A process that imports one kernel and answers calls."""

    def load(self, code: str, filename: str, entries: Sequence[str], seconds: float = 60.0) -> Answer:
        """Import the code as a module named `filename`; the first of `entries` that it defines is the entry point.

        Raises `RunnerDied`, and `SandboxError` before the kernel can do anything.
        """
        self.ready(seconds)
        request = {"op": "load", "code": code, "filename": filename, "entries": list(entries)}
        return plain(self.ask(request, most=0, seconds=seconds)[0])

    def call(
        self,
        case: Case,
        parameters: Sequence[tuple[str, str]],
        *,
        driver: str = "call",
        variant: Mapping[str, Any] | None = None,
        rewrite: Case | None = None,
        most: int,
        seconds: float,
    ) -> Answer:
        """Call the kernel on a case and return all that came of it.

        `most` bytes of outputs are taken at most. Raises `RunnerDied` if no answer comes within `seconds`.
        """
        request = {
            "op": "call",
            "case": encode(case),
            "parameters": [list(pair) for pair in parameters],
            "driver": driver,
            "variant": dict(variant or {}),
            "rewrite": encode(rewrite) if rewrite is not None else None,
            "most": most,
        }
        memory = _memory(case)
        return self._answer(*self.ask(request, most=most + sum(memory.values()), seconds=seconds), memory)

    def _answer(self, header: dict[str, Any], body: bytes, memory: Mapping[str, int]) -> Answer:
        if header.get("status") != "ok":
            said = plain(header)
            # After an error of CUDA that stays, or without memory, the next case would pay for this one.
            self.spent = said.status == "crash"
            return said
        try:
            return answer(header, body, memory)
        except BadAnswer as error:
            raise self.died("crash", f"the runner's answer does not hold together ({error})") from None

    def prepare(
        self,
        cases: Sequence[Case],
        parameters: Sequence[tuple[str, str]],
        *,
        driver: str,
        written: bool,
        threads: int,
        seconds: float,
    ) -> tuple[Answer, float]:
        """Have input sets made of the cases and each of them used once; return seconds per call with the answer.

        `written` says that calls write into their inputs, which are restored before each batch. `threads` are those
        that torch may use. Raises `RunnerDied`.
        """
        request = {
            "op": "prepare",
            "cases": [encode(case) for case in cases],
            "parameters": [list(pair) for pair in parameters],
            "driver": driver,
            "written": written,
            "threads": threads,
        }
        header = self.ask(request, most=0, seconds=seconds)[0]
        found = plain(header)
        return found, self._seconds(header, "seconds") if found.status == "ok" else 0.0

    def batch(self, first: int, count: int, *, threads: int, gated: bool, seconds: float) -> tuple[float, float, bool]:
        """Have `count` calls timed, on the input sets from `first` on.

        Returns seconds on the device, seconds by the caller's clock, and whether host time is in the first. Raises
        `RunnerDied`, also where the kernel fails: it has worked before.
        """
        request = {"op": "batch", "first": first, "count": count, "threads": threads, "gated": gated}
        header = self.ask(request, most=0, seconds=seconds)[0]
        found = plain(header)
        if found.status != "ok":
            raise RunnerDied(found.status, found.message)
        return self._seconds(header, "seconds"), self._seconds(header, "host_seconds"), header.get("leaked") is True

    def rewrite(self, index: int, case: Case, *, seconds: float) -> None:
        """Write the contents of a case into the memory of an input set; raises `RunnerDied`."""
        found = plain(self.ask({"op": "rewrite", "index": index, "case": encode(case)}, most=0, seconds=seconds)[0])
        if found.status != "ok":
            raise RunnerDied(found.status, found.message)

    def last(self, case: Case, *, most: int, seconds: float) -> Answer:
        """Return all that came of the last call of the last batch; `case` is what it ran on. Raises `RunnerDied`."""
        memory = _memory(case)
        asked = self.ask({"op": "last", "most": most}, most=most + sum(memory.values()), seconds=seconds)
        return self._answer(*asked, memory)

    def _seconds(self, header: Mapping[str, Any], name: str) -> float:
        value = header.get(name)
        if not isinstance(value, (int, float)) or not 0 <= value < 1e6:
            raise self.died("crash", f"the runner's answer does not hold together ({name} is {str(value)[:40]})")
        return float(value)

    def compile(
        self,
        case: Case,
        parameters: Sequence[tuple[str, str]],
        *,
        driver: str,
        seconds: float,
        seen: Callable[[dict[str, Any]], None],
    ) -> dict[str, Any]:
        """Have everything compiled that the kernel launches on a case, and return what else was noticed.

        `seen` is told of each specialisation when it starts and when it is done, so that nothing is lost with the
        runner. Raises `RunnerDied` if the last word does not come within `seconds`.
        """
        request = {
            "op": "compile",
            "case": encode(case),
            "parameters": [list(pair) for pair in parameters],
            "driver": driver,
        }
        return self.ask(request, most=0, seconds=seconds, seen=seen)[0]


def _memory(case: Case) -> dict[str, int]:
    """Bytes of each tensor argument with its guard bands."""
    return {path: geometry(recipe)[0] * ITEMSIZE[recipe.dtype] + 2 * GUARD for path, recipe in leaves(case)}
