"""`evaluate`: one kernel from a program, from many threads, and from forks of the process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from pytest_kernelbench import Evaluation, KernelBenchError, evaluate
from pytest_kernelbench.judge.comparison.oracle import Oracle
from pytest_kernelbench.model.catalogue import Catalogue

RIGHT = "def relu(input, inplace=False):\n    return input.relu_() if inplace else input.clamp(min=0)\n"
LATE = "def relu(input, inplace=False):\n    return input.clamp(min=0) + (input.numel() > 1000)\n"
DRAWN = (
    "calls = []\ndef relu(input, inplace=False):\n    calls.append(1)\n"
    "    return input.relu_() if inplace else input.relu() + (len(calls) > 16)\n"
)
"""Wrong from the first case on that is drawn, behind 16 fixed ones."""
KERNELS = {
    RIGHT: "passed",
    LATE: "wrong_values",
    "def relu(": "load_error",
    "": "load_error",
    "\0\ud800": "load_error",
    "import os\ndef relu(*args): os._exit(7)": "crash",
    "import os\ndef relu(*args): os.kill(os.getpid(), 9)": "crash",
    "def relu(*args): 1 / 0": "runtime_error",
    f"Here it is:\n```python\n{RIGHT}```\nGood luck": "passed",
}
OPTIONS: dict[str, Any] = {"device": "cpu", "language": "torch", "facets": ("basic", "sizes"), "examples": 6}


def told(evaluation: Evaluation) -> dict[str, Any]:
    record = json.loads(evaluation.record.to_json())
    return {name: value for name, value in record.items() if name not in ("seconds", "started")}


def test_threads_find_what_one_finds() -> None:
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        alone = {code: evaluate(code, "relu", **OPTIONS) for code in KERNELS}
        assert {code: each.record.status for code, each in alone.items()} == KERNELS
        with ThreadPoolExecutor(4) as threads:
            together = list(threads.map(lambda code: evaluate(code, "relu", **OPTIONS), [*KERNELS] * 3))
            counts = set(threads.map(lambda _: torch.get_num_threads(), range(8)))
        assert [told(each) for each in together] == [told(each) for each in alone.values()] * 3
        assert [each.feedback() for each in together] == [each.feedback() for each in alone.values()] * 3
        assert torch.get_num_threads() == 2
        assert counts == {2}
    finally:
        torch.set_num_threads(before)


def test_what_a_record_says() -> None:
    evaluation = evaluate(LATE, "ReLU", **OPTIONS)
    record = evaluation.record
    assert (record.submission, record.task, record.category) == ("evaluate", "relu", "Activation")
    assert record.settings["facets"] == ["basic", "sizes"]
    assert record.settings["seed"] == "0"
    assert record.failure is not None
    assert record.failure.case == "Case(input=Tensor((1025,)))"
    assert not evaluation.passed
    assert json.loads(evaluation.to_json())["record"]["status"] == "wrong_values"


def test_helpers_are_imported_and_are_part_of_the_kernel() -> None:
    code = "from pack.low import LOW\ndef relu(input, inplace=False): return input.clamp(min=LOW)\n"
    right, wrong = (
        evaluate(code, "relu", **{**OPTIONS, "facets": ["basic"]}, helpers={"pack/low.py": f"LOW = {low}\n"}).record
        for low in (0, 1)
    )
    assert (right.status, wrong.status) == ("passed", "wrong_values")
    assert right.kernel_sha256 != wrong.kernel_sha256


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"task": "relyu"}, "no task is named 'relyu': did you mean relu"),
        ({"facets": ["basics"]}, "facets=basics: did you mean basic, sizes?"),
        ({"device": "gpu"}, "device=gpu: "),
        ({"targets": ["sm_91"]}, "targets=sm_91: unknown target sm_91; choose from: sm_80, "),
        ({"examples": -1}, "examples=-1: expected a whole number of at least 0"),
        ({"timeout": 0}, "timeout=0: expected a number of seconds above 0"),
        ({"compile_timeout": -1}, "compile_timeout=-1: expected a number of seconds above 0"),
        ({"sandbox": "loose"}, "sandbox=loose: choose from: best, off, strict"),
        ({"allow": ["clock"]}, "allow=clock: did you mean clocks"),
        ({"language": "python"}, "language='python': did you mean triton? (one of 3)"),
        ({"helpers": {"../relu.py": ""}}, "helpers: '../relu.py' is no path of a module"),
        ({"helpers": {"pack/notes.txt": ""}}, "helpers: 'pack/notes.txt' is no path of a module"),
        ({"helpers": {"big.py": "#" * (1 << 20)}}, "helpers: imports 1,048,"),
        ({"tasks": "nowhere"}, "nowhere: no such folder; a folder of tasks holds <category>/<task>.py"),
    ],
    ids=str,
)
def test_what_there_is_not(options: dict[str, Any], message: str) -> None:
    with pytest.raises(KernelBenchError) as error:
        evaluate(RIGHT, **{"task": "relu", **options})
    assert message in str(error.value)


def test_a_mistake_of_the_judge_is_a_record(monkeypatch: pytest.MonkeyPatch) -> None:
    def lost(*args: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(Oracle, "__call__", lost)
    evaluation = evaluate(RIGHT, "relu", **OPTIONS)
    assert evaluation.record.status == "error"
    assert evaluation.record.failure is not None
    assert evaluation.record.failure.message == "OSError: no space left"


def test_a_fork_of_the_process_has_servers_of_its_own() -> None:
    assert evaluate(RIGHT, "relu", **OPTIONS).passed
    pid = os.fork()
    if pid == 0:
        os._exit(0 if evaluate(RIGHT, "relu", **OPTIONS).passed else 1)
    assert os.waitpid(pid, 0)[1] == 0
    assert evaluate(RIGHT, "relu", **OPTIONS).passed


def test_the_oracle_forgets_what_is_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    task = Catalogue.find().load("relu")
    oracle = Oracle()
    sizes = [oracle("relu", task, case).bytes for case in task.fixed_cases]
    assert oracle._bytes == sum(sizes)
    assert max(sizes) > 0
    monkeypatch.setattr("pytest_kernelbench.judge.comparison.oracle.MAX_BYTES", max(sizes))
    for case in task.fixed_cases:
        oracle("relu", task, case)
        oracle("other", task, case)
        assert oracle._bytes == sum(evidence.bytes for evidence in oracle._known.values()) <= max(sizes)


def test_importing_it_loads_nothing_and_failures_are_not_kept(tmp_path: Path) -> None:
    code = (
        "import sys, pytest_kernelbench as kb; kb.evaluate; heavy = {'torch', 'pytest', 'hypothesis', 'numpy'};"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules);"
        f"evaluation = kb.evaluate({DRAWN!r}, 'relu', **{OPTIONS!r}); print(evaluation.headline)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert done.stdout == "relu: wrong_values in sizes\n", done.stderr
    assert not (tmp_path / ".hypothesis" / "examples").exists()
