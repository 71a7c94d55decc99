"""Fuzz what the judge reads from a runner, guided by coverage: any bytes must give an answer or the runner's death.

Run `pip install atheris`, then `python benchmarks/fuzz_channel.py [-max_total_time=300] [CORPUS]`; other options are
those of libFuzzer. Any other exception, or more than 1 GiB of memory, ends the run with the bytes that caused it.
"""

from __future__ import annotations

import json
import resource
import socket
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace

import atheris

with atheris.instrument_imports(include=["pytest_kernelbench.host", "pytest_kernelbench.wire.protocol",
                                         "pytest_kernelbench.judge.compilation.compilation",
                                         "pytest_kernelbench.model.compiled"]):  # fmt: skip
    from pytest_kernelbench.host import answers, client, process, vigil
    from pytest_kernelbench.host.compiled_files import compiled_files
    from pytest_kernelbench.judge.compilation import compilation
    from pytest_kernelbench.model.compiled import compiled
    from pytest_kernelbench.wire import protocol

from pytest_kernelbench import Case, Tensor
from pytest_kernelbench.model.judging import JudgingSettings
from pytest_kernelbench.model.submission import Kernel
from pytest_kernelbench.model.targets import TARGETS
from pytest_kernelbench.sandbox import ending
from pytest_kernelbench.wire.compiled_names import MAX_BYTES as MAX_FILE_BYTES

NUMBER = "0123456789abcdef"
CASE = Case(x=Tensor((2,)), y=[Tensor((1,), "int8")])
SIZES = {"x": 8 + 512, "y[0]": 1 + 512}
MAX_BYTES = 64
TENSOR = {"class": "Tensor", "dtype": "float32", "shape": [2], "layout": "strided", "alias": None, "same": False}
CALL = {
    "status": "ok", "number": NUMBER, "outputs": [{**TENSOR, "bytes": 8}, {"class": "int", "value": "3"}],
    "memory": list(SIZES.values()), "metadata": [[[2], [1]], [[1], [1]]], "overwritten": False, "unready": False,
    "seconds": 0.5, "counts": {"launches": 1, "bare_loads": False},
}  # fmt: skip
FAILED = {"status": "runtime_error", "number": NUMBER, "message": "no", "frames": ["line 1"]}
BEGUN = {"status": "progress", "number": NUMBER, "name": "k", "specialisation": "x: *fp32", "done": False}
DONE = {
    **BEGUN, "done": True, "tuned": False, "seconds": 1.0, "registers": 32, "spills": 0, "stack": 0, "shared_bytes": 8,
    "warps": 4, "stages": 2, "code_bytes": 9, "sgprs": None, "reason": None, "error": None,
}  # fmt: skip
COMPILED = {"status": "ok", "number": NUMBER, "launches": 1, "raised": FAILED, "data_dependent": False}
TIMED = {
    "status": "ok", "number": NUMBER, "seconds": 0.5, "host_seconds": 0.6, "leaked": False, "untimed": [0.1, 0.1],
    "inputs": {"x": "a"},
}  # fmt: skip
PAUSED = {"status": "progress", "number": NUMBER, protocol.PAUSE: True}
RESUMED = {**PAUSED, protocol.PAUSE: False}
LOOKED = {"status": "ok", "number": NUMBER, "asked": True, "refused": FAILED}
FILES = {"status": "ok", "number": NUMBER, "names": ["A/k.cubin", "A/k.json"], "sizes": [8, sum(SIZES.values())]}
SEEDS = (CALL, TIMED, FAILED, BEGUN, DONE, COMPILED, PAUSED, RESUMED, LOOKED, FILES)
ODD = (
    None, True, False, 0, 1, -1, 2**31, 2**63 - 1, 2**64, 10**400, 0.5, float("nan"), float("inf"), "", "x", NUMBER,
    "Tensor", "float32", "int8", "load", "__class__", "ok", "progress", "crash", "\x1b[2J", "ü" * 9, [], {}, [[]],
)  # fmt: skip
BODY = bytes(8) + bytes(sum(SIZES.values()))


class _Process:
    """Stands for a process that has ended."""

    exitcode = 0

    def join(self, seconds: float) -> None:
        """Return at once."""


def mutated(data: atheris.FuzzedDataProvider, value: object, depth: int = 0) -> object:
    """Return a value in which anything may be replaced, removed or repeated."""
    choice = data.ConsumeIntInRange(0, 15)
    if choice == 0:
        return ODD[data.ConsumeIntInRange(0, len(ODD) - 1)]
    if choice == 1:
        return data.ConsumeInt(9)
    if choice == 2:
        return data.ConsumeUnicode(20)
    if choice == 3 and depth < 3:
        return [value] * data.ConsumeIntInRange(0, 70)
    if choice == 4:
        for _ in range(data.ConsumeIntInRange(0, 2000)):
            value = [value]
        return value
    if isinstance(value, dict):
        kept = {name: mutated(data, each, depth + 1) for name, each in value.items() if data.ConsumeIntInRange(0, 31)}
        return {**kept, data.ConsumeUnicode(9): 1} if choice == 5 else kept
    if isinstance(value, list):
        return [mutated(data, each, depth + 1) for each in value]
    return value


def message(data: atheris.FuzzedDataProvider) -> bytes:
    """Return the bytes of one message, valid or not."""
    kind = data.ConsumeIntInRange(0, 7)
    if kind == 0:
        return data.ConsumeBytes(data.ConsumeIntInRange(0, 200))
    header = mutated(data, SEEDS[data.ConsumeIntInRange(0, len(SEEDS) - 1)])
    if isinstance(header, dict) and kind < 6:
        header["number"] = NUMBER
    try:
        text = json.dumps(header).encode(errors="replace")
    except RecursionError:
        text = b"[" * 5000
    body = BODY if kind & 1 else data.ConsumeBytes(data.ConsumeIntInRange(0, 600))
    sizes = (len(text), len(body))
    if kind == 2:
        sizes = (data.ConsumeIntInRange(0, 2**32 - 1), data.ConsumeIntInRange(0, 2**64 - 1))
    return protocol.FRAME.pack(protocol.MAGIC, *sizes) + text + body


def call(runner: client.Runner) -> None:
    """Ask for outputs."""
    answer = runner.call(CASE, [], max_bytes=MAX_BYTES, timeout=5, pauses=lambda begins: 0.0)
    assert all(len(output.shape) <= 64 for output in answer.outputs)
    assert answer.status != "ok" or [len(block) for block in answer.memory] == list(SIZES.values())


def prepare(runner: client.Runner) -> None:
    """Ask for input sets."""
    answer, seconds = runner.prepare(
        [CASE], [], convention="call", written=False, threads=1, timeout=5, pauses=lambda begins: 0.0
    )
    assert 0 <= seconds < answers.MAX_SECONDS
    assert isinstance(answer.text, str)


def batch(runner: client.Runner) -> None:
    """Ask for times."""
    seconds, host_seconds, *_ = runner.batch(0, 1, edit=0, threads=1, gated=True, timeout=5)
    assert 0 <= seconds < answers.MAX_SECONDS > host_seconds >= 0


def compile_(runner: client.Runner) -> None:
    """Ask for specialisations."""
    one = compilation.Compilation(KERNEL, TASK, TARGETS["sm_90"], JudgingSettings(), IDENTITY)
    header = runner.compile(CASE, [], convention="call", timeout=5, seen=one._progress)
    one._count(header, "", CASE)


def look(runner: client.Runner) -> None:
    """Ask what a GPU would refuse."""
    refused = runner.look(CASE, [], convention="call", timeout=5).get("refused")
    assert not isinstance(refused, dict) or isinstance(answers.plain(refused).text, str)


def files(runner: client.Runner) -> None:
    """Ask for compiled files."""
    assert sum(map(len, runner.compiled(5).values())) <= MAX_FILE_BYTES


REQUESTS: Mapping[str, Callable[[client.Runner], None]] = {
    each.__name__: each for each in (call, prepare, batch, compile_, look, files)
}
"""What the judge asks."""


def respond(raw: bytes) -> None:
    """Let the judge send one request, and respond as the bytes say."""
    data = atheris.FuzzedDataProvider(raw)
    asked = REQUESTS[data.PickValueInList([*REQUESTS])]
    sent = b"".join(message(data) for _ in range(data.ConsumeIntInRange(1, 3)))
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 21)
        theirs.settimeout(0)
        try:
            theirs.sendall(sent)
        except BlockingIOError:
            return
        theirs.shutdown(socket.SHUT_WR)
        runner = client.Runner.__new__(client.Runner)
        runner.settings, runner._channel, runner._process = process.RunnerSettings(), ours, _Process()
        runner.family = ending.Family(0, 0)
        runner._vigil = vigil.Vigil(ours, runner.family, Path())
        STATISTICS.cases += 1
        try:
            asked(runner)
            STATISTICS.answers += 1
        except (process.RunnerDied, compilation._Ended):
            STATISTICS.deaths += 1
    if STATISTICS.cases % REPORTED == 0:
        _report()


KERNEL = Kernel("k", "Activation", Path("k.py"), "", None, None, "")
TASK, IDENTITY = SimpleNamespace(), SimpleNamespace()
REPORTED = 50_000
"""Cases between two lines of figures."""
STATISTICS = SimpleNamespace(cases=0, answers=0, deaths=0)


def _report() -> None:
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    print(f"{STATISTICS.cases} cases: {STATISTICS.answers} answers, {STATISTICS.deaths} deaths; at most {memory} MiB")


def prepared() -> None:
    """Replace what needs a process, and make sure that what is mutated is right."""
    process.secrets = SimpleNamespace(token_hex=lambda size: NUMBER)
    process.ending = SimpleNamespace(end=lambda family: True)
    process.orphaned = lambda process: False
    client.Runner.pid = property(lambda runner: 0)
    assert answers.answer(CALL, BODY, SIZES).status == "ok"
    assert compiled(DONE, TARGETS["sm_90"]).registers == 32
    assert len(compiled_files(FILES, BODY)) == 2


def main() -> None:
    """Start libFuzzer."""
    prepared()
    atheris.Setup([*sys.argv, "-max_len=4096", "-rss_limit_mb=1024"], respond)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
