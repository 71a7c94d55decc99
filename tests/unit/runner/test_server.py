"""The main function of a runner: what the module of a kernel is, and what belongs to a response."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from pytest_kernelbench import Case, Tensor
from pytest_kernelbench.host.client import Runner
from pytest_kernelbench.host.settings import RunnerSettings

CASE = Case(x=Tensor((4, 5)))


@pytest.fixture
def runner() -> Iterator[Runner]:
    started = Runner(RunnerSettings(device="cpu"))
    yield started
    started.close()


def called(runner: Runner, code: str, entries: tuple[str, ...] = ("work",)) -> Any:
    loaded = runner.load(code, "work.py", entries)
    assert loaded.status == "ok", loaded
    return runner.call(CASE, [("x", "POSITIONAL_OR_KEYWORD")], max_bytes=1 << 20, timeout=60)


def test_the_kernel_is_a_module_with_a_file(runner: Runner) -> None:
    code = (
        "import inspect, sys\n"
        "def work(x):\n"
        "    assert sys.modules[__name__].work is work and __name__ == 'kernel_work'\n"
        "    assert sys.argv == [__file__] and inspect.getsource(work).startswith('def work')\n"
        "    return x\n"
    )
    assert called(runner, code).status == "ok"


def test_the_first_name_that_is_defined_is_the_entry_point(runner: Runner) -> None:
    code = "def other(x): return 1\ndef kernel_function(x): return 2\nwork = 'no function'\n"
    assert called(runner, code, ("work", "kernel_function", "other")).outputs[0].value == "2"


@pytest.mark.parametrize("annotation", ["Optional[Tensor]", "torch.Tensor"])
def test_a_name_that_is_only_in_an_annotation_must_be_imported(runner: Runner, annotation: str) -> None:
    """As where Python imports the file: the runner's own `from __future__ import annotations` is not the kernel's."""
    loaded = runner.load(f"def work(x: {annotation}): return x\n", "work.py", ["work"])
    assert loaded.status == "runtime_error"
    assert loaded.message.startswith("NameError")


def test_annotations_of_the_future_need_no_name(runner: Runner) -> None:
    code = "from __future__ import annotations\ndef work(x: Optional[Tensor]): return x\n"
    assert called(runner, code).status == "ok"


def test_a_thread_that_writes_late_changes_the_response(runner: Runner) -> None:
    code = (
        "import threading, time\n"
        "def work(x):\n"
        "    result = x.clone()\n"
        "    def later():\n"
        "        time.sleep(0.05)\n"
        "        result.fill_(7)\n"
        "    threading.Thread(target=later).start()\n"
        "    return result\n"
    )
    assert (called(runner, code).outputs[0].tensor == 7).all()


def test_a_result_that_a_later_call_overwrites(runner: Runner) -> None:
    code = "import torch\nkept = torch.zeros(4, 5)\ndef work(x): return kept.add_(x)\n"
    assert not called(runner, code).overwritten
    assert runner.call(CASE, [("x", "POSITIONAL_OR_KEYWORD")], max_bytes=1 << 20, timeout=60).overwritten


def test_an_output_that_cannot_be_described_is_an_error_of_the_kernel(runner: Runner) -> None:
    code = "class Odd:\n    def __repr__(self): raise ValueError('no text')\ndef work(x): return Odd()\n"
    answer = called(runner, code)
    assert (answer.status, answer.message) == ("runtime_error", "ValueError: no text")
    assert runner.alive


@pytest.mark.parametrize(
    "line", ["raise KeyboardInterrupt", "raise GeneratorExit", "class E(BaseException): pass\n    raise E"]
)
def test_no_exception_ends_a_runner(runner: Runner, line: str) -> None:
    answer = called(runner, f"def work(x):\n    {line}\n")
    assert answer.status == "runtime_error"
    assert runner.alive
