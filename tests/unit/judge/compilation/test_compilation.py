"""Compilations: from a kernel to the record of a target."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from pytest_kernelbench import Case, Tensor
from pytest_kernelbench.host.process import RunnerDied
from pytest_kernelbench.host.settings import RunnerSettings
from pytest_kernelbench.judge.compilation import compilation
from pytest_kernelbench.judge.compilation.compilation import Compilation
from pytest_kernelbench.model.judging import JudgingSettings
from pytest_kernelbench.model.record import CompileRecord
from pytest_kernelbench.model.targets import TARGETS
from pytest_kernelbench.model.task import Task
from tests.support.judging import identity_of, kernel_of_text

CASES = (Case(x=Tensor((4,))), Case(x=Tensor((8, 8))), Case(x=Tensor((8, 8), "float16")))
TASK = Task(
    lambda x: x * 2, lambda draw, request: CASES[0], CASES, dtypes=("float32", "float16"),
    workloads={"large": Case(x=Tensor((64, 64)))},
)  # fmt: skip

DONE: dict[str, Any] = {
    "done": True, "name": "kernel", "specialisation": "x: *fp32", "seconds": 0.5, "registers": 32, "spills": 0,
    "stack": 0, "shared_bytes": 8, "warps": 4, "stages": 2, "code_bytes": 9,
}  # fmt: skip
BEGUN = {"done": False, "name": "kernel", "specialisation": "x: *fp32"}
OK = {"status": "ok", "launches": 1, "raised": None, "data_dependent": False}
REFUSED = {**DONE, "error": "too much shared memory", "reason": "out_of_resources"}

Respond = Callable[[Case, Callable[[dict[str, Any]], None]], dict[str, Any]]


class FakeRunner:
    """A runner that responds to requests as a test says."""

    loaded: Mapping[str, Any] = {"status": "ok"}
    respond: Respond
    asked: list[Case]

    def __init__(self, settings: RunnerSettings) -> None:
        assert settings.device == "compile:sm_90"

    def load(self, code: str, filename: str, entries: list[str], timeout: float, helpers: Any) -> Any:
        from pytest_kernelbench.host.answers import plain

        assert (filename, entries) == ("double.py", ["double", "kernel_function"])
        return plain(dict(self.loaded))

    def compile(self, case: Case, parameters: Any, *, convention: str, timeout: float, seen: Any) -> dict[str, Any]:
        assert (parameters, convention) == ([("x", "POSITIONAL_OR_KEYWORD")], "call")
        self.asked.append(case)
        return type(self).respond(case, seen)

    def printed(self) -> str:
        return "hello"

    def close(self) -> None:
        pass


def compilation_of(
    monkeypatch: pytest.MonkeyPatch,
    respond: Respond,
    *,
    language: str = "triton",
    timeout: float = 60.0,
    **loaded: Any,
) -> Compilation:
    """Return a compilation in a runner that responds as told; `loaded` is the response to loading."""
    fields = {"respond": staticmethod(respond), "loaded": {"status": "ok", **loaded}, "asked": []}
    monkeypatch.setattr(compilation, "Runner", type("Fake", (FakeRunner,), fields))
    kernel = kernel_of_text("")
    settings = JudgingSettings(language=language, compile_timeout=timeout)
    return Compilation(kernel, TASK, TARGETS["sm_90"], settings, identity_of(kernel))


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> Callable[..., CompileRecord]:
    """Return a function that returns the record of such a compilation."""
    return lambda respond, **options: compilation_of(monkeypatch, respond, **options).run()


Compiled = Callable[..., CompileRecord]


def reporting(*headers: dict[str, Any], answer: dict[str, Any] | None = None) -> Respond:
    """Return a response that reports these headers on the first case, and nothing on others."""
    left = [*headers]

    def respond(case: Case, seen: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
        while left:
            seen(left.pop(0))
        return answer or OK

    return respond


def test_a_kernel_that_compiles(compiled: Compiled) -> None:
    larger = {**DONE, "specialisation": "x: *fp16", "registers": 64, "shared_bytes": None}
    record = compiled(reporting(BEGUN, DONE, larger))
    assert (record.status, record.failure, record.reason) == ("passed", None, None)
    assert record.facets == {"basic": "passed", "dtypes": "passed", "sizes": "passed"}
    # The plainest case, its other dtype, the workload, and the other fixed case that is not about dtypes.
    assert (record.examples, record.launches) == (4, 4)
    assert (record.registers, record.shared_bytes, record.warps, record.compile_seconds) == (64, 8, 4, 1.0)
    assert [each["specialisation"] for each in record.kernels] == ["x: *fp32", "x: *fp16"]
    assert record.kernels[0]["occupancy"] == 1.0


def test_a_kernel_that_cannot_be_loaded(compiled: Compiled) -> None:
    record = compiled(reporting(), status="load_error", message="SyntaxError", frames=["line 1"])
    assert (record.status, record.stage, record.facets) == ("load_error", "absent", {})
    assert record.failure is not None
    assert (record.failure.facet, record.failure.message) == ("load", "SyntaxError\n  line 1")
    assert compiled(reporting(), status="runtime_error").status == "load_error"
    assert compiled(reporting(), status="crash").status == "crash"


def test_a_specialisation_that_does_not_fit(compiled: Compiled) -> None:
    record = compiled(reporting(BEGUN, DONE, REFUSED))
    assert (record.status, record.reason) == ("compile_error", "out_of_resources")
    assert record.facets["basic"] == "compile_error"
    assert record.facets["sizes"] == "passed"
    assert record.failure is not None
    assert record.failure.message == "kernel(x: *fp32)\ntoo much shared memory"
    assert record.failure.case == repr(CASES[0])
    assert record.registers == 32


def test_a_configuration_of_the_autotuner_that_does_not_fit(compiled: Compiled) -> None:
    record = compiled(reporting(DONE, {**REFUSED, "tuned": True}))
    assert record.status == "passed"
    assert record.notes == ["1 autotune configurations do not compile here; the first: too much shared memory"]


def test_a_call_that_the_compiler_ends(compiled: Compiled) -> None:
    raised = {"status": "runtime_error", "message": "no config", "compiler": True}
    record = compiled(reporting({**REFUSED, "tuned": True}, answer={**OK, "raised": raised}))
    assert (record.status, record.reason) == ("compile_error", "out_of_resources")
    record = compiled(reporting(answer={**OK, "raised": raised}))
    assert (record.status, record.reason) == ("compile_error", None)
    assert record.failure is not None
    assert record.failure.message == "no config"
    unsupported = {**raised, "status": "unsupported"}
    assert compiled(reporting(answer={**OK, "raised": unsupported})).status == "unsupported"


@pytest.mark.parametrize("meta", [False, True])
def test_host_code_that_raises_everywhere(compiled: Compiled, meta: bool) -> None:
    raised = {"status": "runtime_error", "message": "ValueError: no\nmore", "meta": meta}
    record = compiled(reporting(answer={**OK, "raised": raised}))
    assert record.status == ("unsupported" if meta else "runtime_error")
    assert (record.stage, record.examples) == ("loads", 0)
    assert record.notes[0] == f"{CASES[0]!r}: not compiled: ValueError: no"
    assert record.notes[2] == "workload large: not compiled: ValueError: no"
    assert record.failure is not None
    assert record.failure.message.splitlines()[0] == ("no case could be compiled" if meta else "ValueError: no")


def test_host_code_that_raises_on_one_case(compiled: Compiled) -> None:
    raised = {"status": "runtime_error", "message": "no"}

    def respond(case: Case, seen: Any) -> dict[str, Any]:
        return {**OK, "raised": raised} if len(case.x.shape) == 1 else {**OK, "launches": 0}

    record = compiled(respond)
    assert record.status == "runtime_error", "nothing was compiled, and the plainest case has failed"
    assert record.failure is not None
    assert record.failure.facet == "basic"


@pytest.mark.parametrize(("language", "status"), [("triton", "rejected"), ("torch", "unsupported")])
def test_a_kernel_that_launches_nothing(compiled: Compiled, language: str, status: str) -> None:
    record = compiled(reporting(answer={**OK, "launches": 0}), language=language)
    assert (record.status, record.label) == (status, "torch_only")
    assert record.failure is not None
    assert record.failure.message == "it launches no Triton kernel, so there is nothing to compile"


def test_launches_that_depend_on_data(compiled: Compiled) -> None:
    record = compiled(reporting(DONE, answer={**OK, "data_dependent": True}))
    assert (record.status, record.label) == ("passed", "data_dependent")


def test_the_compiler_aborts(compiled: Compiled) -> None:
    def respond(case: Case, seen: Any) -> dict[str, Any]:
        seen(BEGUN)
        raise RunnerDied("crash", "the kernel's process was ended by SIGABRT")

    record = compiled(respond)
    assert (record.status, record.reason) == ("compile_error", "signal")
    assert record.failure is not None
    assert record.failure.message == "the compiler was ended by SIGABRT while it compiled kernel(x: *fp32)"


@pytest.mark.parametrize(
    ("headers", "text"),
    [
        ([DONE, BEGUN], "1 specialisations were compiled in 60 s (--kb-compile-timeout); not done: kernel(x: *fp32)"),
        ([DONE], "1 specialisations were compiled in 60 s (--kb-compile-timeout); the host code did not return"),
    ],
)
def test_a_timeout(compiled: Compiled, headers: list[dict[str, Any]], text: str) -> None:
    def respond(case: Case, seen: Any) -> dict[str, Any]:
        for header in headers:
            seen(header)
        raise RunnerDied("timeout", "no answer")

    record = compiled(respond)
    assert record.status == "timeout"
    assert record.failure is not None
    assert record.failure.message == text


def test_no_time_for_another_case(compiled: Compiled) -> None:
    record = compiled(reporting(), timeout=0.0)
    assert (record.status, record.examples) == ("timeout", 0)


def test_a_crash_of_the_host_code(compiled: Compiled) -> None:
    def respond(case: Case, seen: Any) -> dict[str, Any]:
        raise RunnerDied("crash", "exit 1")

    record = compiled(respond)
    assert (record.status, record.reason) == ("crash", None)


@pytest.mark.parametrize(
    ("header", "status", "text"),
    [
        ({**DONE, "registers": -1}, "crash", "inconsistent response from the runner"),
        ({"done": True}, "crash", "inconsistent response from the runner"),
    ],
)
def test_reports_that_are_not_valid(compiled: Compiled, header: Any, status: str, text: str) -> None:
    record = compiled(reporting(header))
    assert record.failure is not None
    assert (record.status, record.failure.message) == (status, text)


def test_an_answer_that_is_a_failure(compiled: Compiled) -> None:
    record = compiled(reporting(answer={"status": "crash", "message": "out of memory"}))
    assert record.failure is not None
    assert (record.status, record.failure.message) == ("crash", "out of memory")


def test_specialisations_without_end_are_limited(compiled: Compiled, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compilation, "MAX_KERNELS", 3)
    assert len(compiled(reporting(*[DONE] * 9)).kernels) == 3


def test_a_runner_that_died_with_its_server_is_marked(monkeypatch: pytest.MonkeyPatch) -> None:
    def respond(case: Case, seen: Any) -> dict[str, Any]:
        raise RunnerDied("crash", "gone", orphaned=True)

    for response, orphaned in ((respond, True), (reporting(DONE), False)):
        made = compilation_of(monkeypatch, response)
        made.run()
        assert (made.orphaned, made.printed) == (orphaned, "hello")
