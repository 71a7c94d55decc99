"""What a runner observes of a kernel beside its results, and what it does not mention."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from pytest_kernelbench import Case, Tensor
from pytest_kernelbench.evaluation.options import OPTIONS
from pytest_kernelbench.host.answers import plain
from pytest_kernelbench.host.client import Runner
from pytest_kernelbench.host.settings import RunnerSettings
from pytest_kernelbench.model.errors import KernelBenchError
from pytest_kernelbench.model.record import MAX_OBSERVATIONS
from pytest_kernelbench.model.rules import RULES, broken

CASE = Case(x=Tensor((4, 5)))
PARAMETERS = [("x", "POSITIONAL_OR_KEYWORD")]
HEADER = "import torch, triton, triton.language as tl\n"

Observe = Callable[[str], list[tuple[str, str]]]

SILENT = {
    "plain": "def work(x):\n    return x + 1",
    "reads_itself": "import pathlib\ntext = pathlib.Path(__file__).read_text()\ndef work(x):\n    return x + len(text)",
    "writes_at_home": (
        "import pathlib\nimport tempfile\ndef work(x):\n    pathlib.Path('note').write_text('x')\n"
        "    with tempfile.TemporaryFile() as file:\n        file.write(b'x')\n    return x"
    ),
    "standard_library": (
        "import collections, dataclasses, enum, logging, typing, warnings\n"
        "@dataclasses.dataclass\nclass Config:\n    size: int = 3\n"
        "Point = collections.namedtuple('Point', 'x y')\n"
        "class Kind(enum.Enum):\n    A = 1\n"
        "T = typing.TypeVar('T')\n"
        "def work(x):\n    logging.getLogger('k').warning('said')\n    warnings.warn('said')\n"
        "    return x * Config().size"
    ),
    "optimizer": (
        "def work(x):\n    p = torch.nn.Parameter(x.clone())\n    p.grad = x.clone()\n"
        "    torch.optim.Adam([p]).step()\n    return p.detach()"
    ),
    "missing_library": (
        "try:\n    import flash_attn\nexcept ImportError:\n    flash_attn = None\ndef work(x):\n    return x"
    ),
    "decorated": ("@torch.compile\ndef unused(x):\n    return x.sin() + 1\ndef work(x):\n    return x + 1"),
    "launch": (
        "@triton.jit\ndef helper(x):\n    return x + 1\n"
        "@triton.jit\ndef kernel(x, y, n: tl.constexpr):\n    i = tl.arange(0, n)\n"
        "    tl.store(y + i, helper(tl.load(x + i)))\n"
        "def work(x):\n    y = torch.empty_like(x)\n    kernel[(1,)](x, y, 16)\n    return y"
    ),
}

SEEN = {
    "writes": ("def work(x):\n    open('/nonexistent/file', 'w')", "", "opens for writing: /nonexistent/file"),
    "removes": (
        "import os\ndef work(x):\n    os.remove('/nonexistent/file')", "",
        "changes files outside of its folder (os.remove)",
    ),
    "process": ("import subprocess\ndef work(x):\n    subprocess.run(['true'])", "", "starts a process: true"),
    "network": (
        "import socket\ndef work(x):\n    socket.socket().connect(('127.0.0.1', 9))", "", "uses the network",
    ),
    "native": ("import ctypes\ndef work(x):\n    ctypes.CDLL(None)", "", "loads native code: the current process"),
    "source": ("def work(x):\n    exec('y = 1')\n    return x", "", "executes source that it makes itself"),
    "compiled": (
        "@torch.compile\ndef used(x):\n    return x.sin() + 1\ndef work(x):\n    return used(x)", "torch_compile",
        "compiles with torch.compile",
    ),
    "thread": (
        "import threading\ndef work(x):\n    threading.Thread(target=len, args=('',)).start()\n    return x", "",
        "starts threads",
    ),
    "stream": ("def work(x):\n    torch.cuda.Stream()\n    return x", "", "makes CUDA streams of its own"),
    "dtype": (
        "def work(x):\n    torch.set_default_dtype(torch.float64)\n    return x", "",
        "sets torch's default dtype to torch.float64",
    ),
    "clock": ("import time\ntime.monotonic = len\ndef work(x):\n    return x", "clocks", "replaces time.monotonic"),
    "launcher": (
        "from triton.runtime.interpreter import GridExecutor\nGridExecutor.__call__ = lambda *args, **rest: None\n"
        "def work(x):\n    return x", "launches", "replaces GridExecutor.__call__",
    ),
    "library": (
        "import pathlib, sys\npathlib.Path('liger_kernel.py').write_text('')\nsys.path.insert(0, '')\n"
        "import liger_kernel\ndef work(x):\n    return x", "libraries", "imports liger_kernel",
    ),
    "extension": (
        "from torch.utils.cpp_extension import load_inline\n"
        "def work(x):\n    load_inline('e', 'int f() { return 1; }', functions=['f'])", "cpp_extension",
        "builds a C++ or CUDA extension",
    ),
}  # fmt: skip


@pytest.fixture
def observe() -> Iterator[Observe]:
    """Return a function that loads and calls a kernel and gives what was observed."""
    runners = []

    def run(code: str) -> list[tuple[str, str]]:
        runner = Runner(RunnerSettings())
        runners.append(runner)
        loaded = runner.load(HEADER + code, "work.py", ["work"])
        answers = [loaded, *(runner.call(CASE, PARAMETERS, max_bytes=1 << 20, timeout=60) for _ in range(2))]
        return [pair for answer in answers for pair in answer.observations]

    yield run
    for runner in runners:
        runner.close()


@pytest.mark.parametrize("name", SILENT)
def test_what_kernels_do_all_day_is_not_observed(name: str, observe: Observe) -> None:
    assert observe(SILENT[name]) == []


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.slow] * (name in ("compiled", "extension"))) for name in SEEN]
)
def test_what_is_observed_once_and_in_words(name: str, observe: Observe) -> None:
    code, rule, text = SEEN[name]
    found = observe(code)
    assert found.count((rule, text)) == 1
    assert {its for its, _ in found} <= {"", rule}


def test_what_an_answer_claims_to_have_observed_is_cleaned() -> None:
    claimed = [["clocks", "\x1b[31mred\nline"], ["unknown", "x" * 9999], ["clocks"], 3, [4, "y"], [{}, []]]
    red, long = plain({"status": "ok", "observations": claimed}).observations
    assert red == ("clocks", "red line")
    assert long == ("", "x" * 200)
    many = [["", str(number)] for number in range(10_000)]
    assert len(plain({"status": "ok", "observations": many}).observations) == MAX_OBSERVATIONS
    for nonsense in (None, 3, "text", {"a": 1}):
        assert plain({"status": "ok", "observations": nonsense}).observations == ()


def test_rules_that_are_allowed() -> None:
    assert OPTIONS["allow"].checked(" clocks, libraries,clocks") == ("clocks", "libraries")
    with pytest.raises(KernelBenchError, match="torch_compile"):
        OPTIONS["allow"].checked("torch_compiler")
    observed = {"has slept": "", "moves time": "clocks", "calls cuBLAS": "libraries", "stops time": "clocks"}
    assert broken(observed, (), "triton") == [
        f"{RULES['clocks']} (it moves time; stops time); --kb-allow=clocks allows that",
        f"{RULES['libraries']} (it calls cuBLAS); --kb-allow=libraries allows that",
    ]
    assert broken(observed, ("clocks",), "torch") == []
    assert broken(observed, RULES, "triton") == []
    assert len(broken(observed, (), "cuda")) == 2
