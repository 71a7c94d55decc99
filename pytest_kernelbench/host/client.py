"""The requests that a runner understands, one method each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from pytest_kernelbench.host.answers import Answer, InconsistentAnswer, answer, plain, seconds_of
from pytest_kernelbench.host.compiled_files import compiled_files
from pytest_kernelbench.host.process import Child, RunnerDied
from pytest_kernelbench.model.case import ITEMSIZE, Case, leaves
from pytest_kernelbench.model.case_codec import encode
from pytest_kernelbench.wire.compiled_names import MAX_BYTES
from pytest_kernelbench.wire.conditions import ORDINARY, CallConditions
from pytest_kernelbench.wire.far import compact
from pytest_kernelbench.wire.materialize import GUARD, geometry


class Runner(Child):
    """A process that imports one kernel and responds to requests; every method raises `RunnerDied` where it dies."""

    inputs: Mapping[str, str] = MappingProxyType({})
    """Checksums of the first input set, or of the one that was rewritten last, as the runner says."""

    def load(
        self,
        code: str,
        filename: str,
        entries: Sequence[str],
        timeout: float = 60.0,
        helpers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Import the code as a module from a file named `filename`; the first of `entries` it defines is called later.

        `helpers` has the code of other modules that it may import, by their paths relative to that of the code.

        Raises `SandboxError`, before any code of the kernel runs, where the sandbox is strict and incomplete.
        """
        self.ready(timeout)
        request = {
            "op": "load",
            "code": code,
            "filename": filename,
            "entries": list(entries),
            "helpers": dict(helpers or {}),
        }
        return plain(self.ask(request, max_bytes=0, timeout=timeout)[0])

    def place(self, files: Mapping[str, bytes], timeout: float) -> None:
        """Hand over what Triton compiled in an earlier runner of the kernel, by names; call this before `load`."""
        self.ready(timeout)
        request = {"op": "place", "names": [*files], "sizes": [len(data) for data in files.values()]}
        found = plain(self.ask(request, max_bytes=0, timeout=timeout, body=b"".join(files.values()))[0])
        if found.status != "ok":
            raise RunnerDied(found.status, found.message)

    def compiled(self, timeout: float) -> dict[str, bytes]:
        """Return what Triton has compiled in this runner, by names, without what `place` handed over."""
        header, body = self.ask({"op": "compiled"}, max_bytes=MAX_BYTES, timeout=timeout)
        try:
            return compiled_files(header, body)
        except InconsistentAnswer as error:
            raise self._inconsistent(error) from None

    def call(
        self,
        case: Case,
        parameters: Sequence[tuple[str, str]],
        *,
        convention: str = "call",
        conditions: CallConditions = ORDINARY,
        rewrite: Case | None = None,
        max_bytes: int,
        timeout: float,
        pauses: Callable[[bool], float] | None = None,
    ) -> Answer:
        """Call the kernel on a case and return its outputs, its arguments after the call and what was observed.

        With `rewrite`, the kernel is called a second time on the contents of that case in the same memory, and the
        answer is that of the second call. Outputs beyond `max_bytes` bytes together come without contents. Raises
        `RunnerDied` where the response does not arrive within `timeout` seconds. `pauses` as in `ask`.
        """
        request = {
            "op": "call",
            "case": encode(case),
            "parameters": [list(pair) for pair in parameters],
            "convention": convention,
            "conditions": conditions.to_wire(),
            "rewrite": encode(rewrite) if rewrite is not None else None,
            "max_bytes": max_bytes,
            "pauses": pauses is not None,
        }
        memory = memory_of(case)
        most = max_bytes + sum(memory.values())
        return self._answer(*self.ask(request, max_bytes=most, timeout=timeout, pauses=pauses), memory)

    def look(
        self, case: Case, parameters: Sequence[tuple[str, str]], *, convention: str, timeout: float
    ) -> dict[str, Any]:
        """Run the host code of the kernel on a case without its launches, and return the header of the response.

        `refused` in it is the header of what a GPU would raise at a launch, or None. Raises `RunnerDied`.
        """
        request = {
            "op": "look",
            "case": encode(case),
            "parameters": [list(pair) for pair in parameters],
            "convention": convention,
        }
        return self.ask(request, max_bytes=0, timeout=timeout)[0]

    def _answer(self, header: dict[str, Any], body: bytes, memory: Mapping[str, int]) -> Answer:
        if header.get("status") != "ok":
            failed = plain(header)
            # After a sticky CUDA error, or out of memory, the next case would fail because of this one.
            self.spent = failed.status == "crash"
            return failed
        try:
            return answer(header, body, memory)
        except InconsistentAnswer as error:
            raise self._inconsistent(error) from None

    def _inconsistent(self, error: Exception) -> RunnerDied:
        return self.died("crash", f"inconsistent response from the runner: {error}")

    def prepare(
        self,
        cases: Sequence[Case],
        parameters: Sequence[tuple[str, str]],
        *,
        convention: str,
        written: bool,
        threads: int,
        timeout: float,
        pauses: Callable[[bool], float] | None = None,
    ) -> tuple[Answer, float]:
        """Make one input set of each case and call the kernel twice; return the answer and the seconds of a call.

        The first call compiles and autotunes, the second one is timed. `written` says that calls write into their
        inputs, which are then restored before each batch. `threads` is the number of threads that torch may use.
        """
        request = {
            "op": "prepare",
            "cases": [encode(case) for case in cases],
            "parameters": [list(pair) for pair in parameters],
            "convention": convention,
            "written": written,
            "threads": threads,
            "pauses": pauses is not None,
        }
        header = self.ask(request, max_bytes=0, timeout=timeout, pauses=pauses)[0]
        found = plain(header)
        self.inputs = _texts(header.get("inputs"))
        return found, self._seconds(header, "seconds") if found.status == "ok" else 0.0

    def batch(
        self, first: int, count: int, *, edit: int, threads: int, gated: bool, timeout: float
    ) -> tuple[float, float, bool, float, float]:
        """Time `count` calls on consecutive input sets, beginning with number `first` (modulo their number).

        Each call finds another edit of its set, the first one that of number `edit`; with 0, all find the original
        contents. Returns the seconds of all calls on the device, the seconds by the host's clock, whether the former
        include host time, and the seconds of all edits, elapsed and of the processor, which are in neither. Raises
        `RunnerDied` also where the kernel raises, since it worked before.
        """
        request = {"op": "batch", "first": first, "count": count, "edit": edit, "threads": threads, "gated": gated}
        header = self.ask(request, max_bytes=0, timeout=timeout)[0]
        found = plain(header)
        if found.status != "ok":
            raise RunnerDied(found.status, found.message)
        untimed = header.get("untimed")
        elapsed, processor = untimed if isinstance(untimed, list) and len(untimed) == 2 else (None, None)
        times = {"seconds": header.get("seconds"), "host": header.get("host_seconds"), "a": elapsed, "b": processor}
        seconds, host, elapsed, processor = (self._seconds(times, name) for name in times)
        return seconds, host, header.get("leaked") is True, elapsed, processor

    def rewrite(self, index: int, case: Case, *, timeout: float) -> None:
        """Overwrite an input set with the contents of a case."""
        header = self.ask({"op": "rewrite", "index": index, "case": encode(case)}, max_bytes=0, timeout=timeout)[0]
        found, self.inputs = plain(header), _texts(header.get("inputs"))
        if found.status != "ok":
            raise RunnerDied(found.status, found.message)

    def hold(self, *, max_bytes: int, to_host: bool, timeout: float) -> None:
        """Have the result of the last call kept as it is now, for `last`; raises `RunnerDied`.

        It is copied on the device; with `to_host`, to the host, so that `last` does not use the device.
        """
        request = {"op": "hold", "max_bytes": max_bytes, "to_host": to_host}
        found = plain(self.ask(request, max_bytes=0, timeout=timeout)[0])
        if found.status != "ok":
            raise RunnerDied(found.status, found.message)

    def last(self, case: Case, *, max_bytes: int, timeout: float) -> Answer:
        """Return the answer of the last call of the last batch, which ran on `case`; arguments as in `call`."""
        return self.checked(case, *self.last_raw(case, max_bytes=max_bytes, timeout=timeout))

    def last_raw(self, case: Case, *, max_bytes: int, timeout: float) -> tuple[dict[str, Any], bytes]:
        """Return header and body of that answer as they arrived, for a trusted process that checks them."""
        sizes = sum(memory_of(case).values())
        return self.ask({"op": "last", "max_bytes": max_bytes}, max_bytes=max_bytes + sizes, timeout=timeout)

    def checked(self, case: Case, header: dict[str, Any], body: bytes) -> Answer:
        """Return a validated answer to a call on `case`; raises `RunnerDied` where it contradicts itself."""
        return self._answer(header, body, memory_of(case))

    def _seconds(self, header: Mapping[str, Any], name: str) -> float:
        try:
            return seconds_of(header.get(name))
        except ValueError as error:
            raise self._inconsistent(error) from None

    def compile(
        self,
        case: Case,
        parameters: Sequence[tuple[str, str]],
        *,
        convention: str,
        timeout: float,
        seen: Callable[[dict[str, Any]], None],
        every: bool = True,
    ) -> dict[str, Any]:
        """Compile everything that the kernel launches on a case, and return the header of the response.

        With `every`, the autotuner tries all configurations, else only as many as it takes to find one that compiles.
        `seen` gets a message when each specialisation starts and when it is done, so that a compiler that crashes loses
        only the specialisation it was working on. Raises `RunnerDied` where the response does not arrive within
        `timeout` seconds.
        """
        request = {
            "op": "compile",
            "case": encode(case),
            "parameters": [list(pair) for pair in parameters],
            "convention": convention,
            "every": every,
        }
        return self.ask(request, max_bytes=0, timeout=timeout, seen=seen)[0]


def _texts(value: Any) -> Mapping[str, str]:
    """Return a mapping of texts as a runner sends it; an empty one for anything else."""
    return {str(name): str(text) for name, text in value.items()} if isinstance(value, dict) else {}


def memory_of(case: Case) -> dict[str, int]:
    """Return the bytes of the memory of each tensor argument, guard bands included, by its path."""
    return {path: geometry(compact(recipe))[0] * ITEMSIZE[recipe.dtype] + 2 * GUARD for path, recipe in leaves(case)}
