"""The process of a runner: any bytes that it sends give a valid answer or its death, and its end is understood."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pytest_kernelbench import Case, Tensor
from pytest_kernelbench.host import process
from pytest_kernelbench.host.answers import Answer
from pytest_kernelbench.host.client import Runner
from pytest_kernelbench.host.process import RunnerDied, SandboxError
from pytest_kernelbench.host.settings import RunnerSettings
from pytest_kernelbench.host.vigil import Vigil
from pytest_kernelbench.sandbox.ending import Family
from pytest_kernelbench.wire.protocol import FRAME, MAGIC, MAX_HEADER

NUMBER = "0123456789abcdef"
CASE = Case(x=Tensor((2,)), y=Tensor((1,), "int8"))
ARGUMENTS = {"x": 8 + 512, "y": 1 + 512}
TENSOR = {"class": "Tensor", "dtype": "float32", "shape": [2], "layout": "strided", "alias": "x", "same": False}
CALL: dict[str, Any] = {
    "status": "ok", "number": NUMBER, "outputs": [{**TENSOR, "bytes": 8}, {"class": "int", "value": "3"}],
    "memory": list(ARGUMENTS.values()), "metadata": [[[2], [1]], [[1], [1]]], "overwritten": False, "unready": False,
    "seconds": 0.5, "counts": {"launches": 1, "bare_loads": False},
}  # fmt: skip
FAILED = {"status": "runtime_error", "number": NUMBER, "message": "no", "frames": ["line 1"]}
BODY = bytes(8 + sum(ARGUMENTS.values()))


class Gone:
    """Stands for the process of a runner that has ended."""

    exitcode = 0

    def join(self, seconds: float) -> None:
        """Return at once."""


def packed(header: Any, body: bytes = b"") -> bytes:
    text = json.dumps(header).encode()
    return FRAME.pack(MAGIC, len(text), len(body)) + text + body


@pytest.fixture(scope="module", autouse=True)
def _known_numbers() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(process.secrets, "token_hex", lambda size: NUMBER)
        patch.setattr(process.ending, "end", lambda family: True)
        patch.setattr(Runner, "pid", 0)
        patch.setattr(process, "orphaned", lambda process: False)
        yield


def bare(channel: socket.socket, sandbox: str = "best") -> Runner:
    """Return the judge's end of a runner without a process."""
    runner = Runner.__new__(Runner)
    runner.settings, runner._channel, runner._is_ready = RunnerSettings(sandbox=sandbox), channel, False
    runner._process = Gone()  # type: ignore[assignment]
    runner.family = Family(0, 0)
    runner._vigil = Vigil(channel, runner.family, Path())
    return runner


def asked(data: bytes | Callable[[socket.socket], None], timeout: float = 5) -> Answer:
    """Return the answer of a runner that sends these bytes whatever it is asked."""
    ours, theirs = socket.socketpair()
    runner = bare(ours)

    def send() -> None:
        if callable(data):
            data(theirs)
            return
        with contextlib.suppress(OSError):
            theirs.sendall(data)
            theirs.shutdown(socket.SHUT_WR)

    sender = threading.Thread(target=send)
    with ours, theirs:
        sender.start()
        try:
            return runner.call(CASE, [], max_bytes=64, timeout=timeout)
        finally:
            ours.shutdown(socket.SHUT_RDWR)
            sender.join()


def test_a_consistent_answer() -> None:
    answer = asked(packed(CALL, BODY))
    assert (answer.status, len(answer.outputs), answer.outputs[0].alias) == ("ok", 2, "x")
    assert answer.metadata == ([[2], [1]], [[1], [1]])
    assert asked(packed(FAILED)).message == "no"


@pytest.mark.parametrize(
    "data",
    [
        packed({**CALL, "number": "fedcba9876543210"}, BODY),
        packed({name: value for name, value in CALL.items() if name != "number"}, BODY),
        packed({**FAILED, "number": None}),
        packed({**CALL, "number": [NUMBER]}, BODY),
    ],
)
def test_an_answer_to_another_request(data: bytes) -> None:
    with pytest.raises(RunnerDied, match="a message does not bear the number of the request") as death:
        asked(data)
    assert death.value.status == "crash"


@pytest.mark.parametrize(
    "changes",
    [
        {"outputs": [{**TENSOR, "bytes": 8}] * 65},
        {"outputs": {}},
        {"outputs": [{**TENSOR, "bytes": 8, "alias": "z"}]},
        {"outputs": [{**TENSOR, "bytes": 8, "layout": "\x1b[2J"}]},
        {"outputs": [{**TENSOR, "bytes": 8, "shape": [2.0]}]},
        {"outputs": [{**TENSOR, "bytes": 8, "shape": [True, 2]}]},
        {"outputs": [{**TENSOR, "bytes": 8, "shape": [1] * 65 + [2]}]},
        {"outputs": [{**TENSOR, "bytes": 0, "omitted": True, "shape": [-1]}]},
        {"outputs": [{**TENSOR, "bytes": 8, "dtype": "complex64"}]},
        {"outputs": [{**TENSOR, "bytes": 7}, {"class": "int", "bytes": 1}]},
        {"memory": [0, 1033]},
        {"memory": [520]},
        {"metadata": [[[2], [1]]]},
        {"metadata": [[[2], [1]], [[1], ["1"]]]},
        {"metadata": [[[2], [1]], [[1], [1], [1]]]},
        {"counts": {str(index): 1 for index in range(65)}},
        {"counts": {"launches": 2**63}},
        {"counts": {"launches": -1}},
        {"seconds": -1},
        {"seconds": float("nan")},
        {"seconds": 10**400},
    ],
)
def test_an_answer_that_lies(changes: dict[str, Any]) -> None:
    with pytest.raises(RunnerDied, match="inconsistent response from the runner") as death:
        asked(packed({**CALL, **changes}, BODY))
    assert death.value.status == "crash"


def test_an_answer_that_drips() -> None:
    def drip(theirs: socket.socket) -> None:
        end = time.monotonic() + 5
        for byte in packed(CALL, BODY):
            time.sleep(0.02)
            try:
                theirs.send(bytes([byte]))
            except OSError:
                return
            assert time.monotonic() < end, "the judge still listens"

    with pytest.raises(RunnerDied, match="no answer within") as death:
        asked(drip, timeout=0.3)
    assert death.value.status == "timeout"


ODD = st.sampled_from(
    [None, True, 0, -1, 2**63, 2**70, 0.5, float("inf"), "", "Tensor", "load", "ok", "\x1b[2J", NUMBER, [], {}, [[]]]
)


@st.composite
def mutants(draw: st.DrawFn) -> bytes:
    """Return a valid header in which one thing, somewhere, is another, missing, repeated or nested deeply."""
    deep = draw(st.integers(1, 2000))
    header = json.loads(json.dumps(draw(st.sampled_from([CALL, FAILED]))))
    holder: Any = header
    while True:
        key = draw(st.sampled_from(sorted(holder) if isinstance(holder, dict) else range(len(holder))))
        if not isinstance(holder[key], (dict, list)) or not holder[key] or draw(st.booleans()):
            break
        holder = holder[key]
    how = draw(st.integers(0, 3))
    if how == 0:
        holder[key] = draw(ODD)
    elif how == 1:
        del holder[key]
    elif how == 2:
        holder[key] = [holder[key]] * draw(st.integers(0, 70))
    else:
        holder[key] = "deep"
    return json.dumps(header).encode().replace(b'"deep"', b"[" * deep + b"]" * deep)


@settings(max_examples=400, deadline=None)
@given(mutants(), st.integers(-3, 3), st.binary(max_size=4))
@example(json.dumps({**CALL, "outputs": [{**TENSOR, "shape": [0, 2**62, 4], "bytes": 0}]}).encode(), 0, b"")
def test_any_mutant_of_an_answer(header: bytes, cut: int, more: bytes) -> None:
    body = BODY[: len(BODY) + min(cut, 0)] + more
    try:
        answer = asked(FRAME.pack(MAGIC, len(header), len(body)) + header + body)
    except RunnerDied:
        return
    assert answer.status in ("ok", "load_error", "runtime_error", "unsupported", "crash")
    assert len(answer.outputs) <= 64
    assert len(answer.message) <= 4000
    if answer.status == "ok":
        assert [len(block) for block in answer.memory] == list(ARGUMENTS.values())


def test_no_answer_takes_more_memory_than_it_may() -> None:
    largest = b"[" + b"{}," * ((MAX_HEADER - 4) // 3) + b"{}]"
    wide = b'{"outputs": %s}' % largest[: MAX_HEADER - 14]
    tracemalloc.start()
    try:
        for data in (
            FRAME.pack(MAGIC, MAX_HEADER, 2**60),
            FRAME.pack(MAGIC, 2**32 - 1, 0) + bytes(1 << 20),
            FRAME.pack(MAGIC, len(largest), 0) + largest,
            FRAME.pack(MAGIC, len(wide), 0) + wide,
            packed({**CALL, "metadata": [[[2], [1]]] * 10_000}, BODY),
        ):
            with pytest.raises(RunnerDied):
                asked(data)
        assert tracemalloc.get_traced_memory()[1] < 128 << 20
    finally:
        tracemalloc.stop()


def test_a_progress_message_is_passed_on_before_the_response() -> None:
    seen: list[dict[str, Any]] = []
    ours, theirs = socket.socketpair()
    runner = bare(ours)
    with ours, theirs:
        for header in ({"status": "progress", "name": "k"}, {"status": "ok"}):
            theirs.sendall(packed({**header, "number": NUMBER}))
        header, body = runner.ask({"op": "compile"}, max_bytes=0, timeout=5, seen=seen.append)
    assert (header, body) == ({"status": "ok"}, b"")
    assert seen == [{"status": "progress", "name": "k"}]


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (None, "the kernel closed the channel"),
        (3, "the kernel ended its process with exit status 3"),
        (-9, "the kernel's process was ended by SIGKILL"),
        (-99, "the kernel's process was ended by signal 99"),
    ],
)
def test_how_a_process_ended_is_told_by_its_exit_status(
    code: int | None, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Gone, "exitcode", code)
    with pytest.raises(RunnerDied, match=f"^{message}$") as death:
        asked(b"")
    assert death.value.status == "crash"


def test_a_strict_sandbox_that_is_incomplete_is_an_error_before_anything_is_sent() -> None:
    ours, theirs = socket.socketpair()
    runner = bare(ours, "strict")
    with ours, theirs:
        theirs.sendall(packed({"status": "ready", "failed": {"seccomp": "not here"}}))
        with pytest.raises(SandboxError, match="the sandbox of the runner is incomplete: seccomp: not here"):
            runner.load("pass", "work.py", ["work"])
        theirs.settimeout(0.05)
        with pytest.raises(TimeoutError):
            theirs.recv(1)
