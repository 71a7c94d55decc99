"""Kept code: it goes from a runner of a kernel to the next one, through the judge, and to no other kernel."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pytest_kernelbench import Case, Tensor
from pytest_kernelbench.host import kept_code
from pytest_kernelbench.host.answers import InconsistentAnswer
from pytest_kernelbench.host.client import Runner
from pytest_kernelbench.host.compiled_files import compiled_files
from pytest_kernelbench.host.kept_code import KeptCode
from pytest_kernelbench.host.settings import RunnerSettings
from pytest_kernelbench.wire.compiled_names import MAX_FILES, is_compiled

CASE = Case(x=Tensor((4,)))

COMPILES = """
import json, os
from pathlib import Path
here = Path(os.environ["TRITON_CACHE_DIR"]) / "KEY"
here.mkdir(exist_ok=True)
(here / "work.cubin").write_bytes(b"code")
(here / "work.json").write_bytes(b"about")
paths = {name: str(here / name) for name in sorted(os.listdir(here))}
(here / "__grp__work.json").write_text(json.dumps({"child_paths": paths}))
(here / "launcher.so").write_bytes(b"native")
(here / "link.cubin").symlink_to("/etc/passwd")
(here.parent / "loose.cubin").write_bytes(b"loose")
def work(x):
    return x
"""

LOOKS = """
import json, os
from pathlib import Path
home = Path(os.environ["TRITON_CACHE_DIR"])
found = {str(path.relative_to(home)): path.read_text() for path in sorted(home.glob("*/*")) if path.is_file()}
group = json.loads(found.pop("KEY/__grp__work.json", "{}"))
listed = {name: os.path.exists(path) for name, path in group.get("child_paths", {}).items()}
def work(x):
    return str((found, listed))
"""

PLACED = str(({"KEY/work.cubin": "code", "KEY/work.json": "about"}, {"work.cubin": True, "work.json": True}))

Start = Callable[[str], Runner]


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


@pytest.fixture
def loaded() -> Iterator[Callable[..., Runner]]:
    """Start a runner that gets what is kept and has imported some code."""
    runners = []

    def start(code: str, kept: KeptCode) -> Runner:
        runners.append(Runner(RunnerSettings("cpu")))
        kept.give(runners[-1], 60)
        assert runners[-1].load(code, "work.py", ["work"]).status == "ok"
        return runners[-1]

    yield start
    for runner in runners:
        runner.close()


def said(runner: Runner) -> str:
    answer = runner.call(CASE, [("x", "POSITIONAL_OR_KEYWORD")], max_bytes=1 << 10, timeout=60)
    return str(eval(str(answer.outputs[0].value)))


def test_what_a_runner_compiled_reaches_the_next_one_of_the_same_kernel(loaded: Any) -> None:
    KeptCode("mine", gives=False).take(loaded(COMPILES, KeptCode("mine", gives=False)))
    assert said(loaded(LOOKS, KeptCode("mine", gives=True))) == PLACED
    assert said(loaded(LOOKS, KeptCode("another", gives=True))) == "({}, {})"
    assert said(loaded(LOOKS, KeptCode("mine", gives=False))) == "({}, {})", "correctness compiles anew"


def test_a_runner_hands_on_only_what_is_new(loaded: Any) -> None:
    KeptCode("mine", gives=True).take(loaded(COMPILES, KeptCode("mine", gives=True)))
    second = loaded(COMPILES.replace("KEY", "SECOND"), KeptCode("mine", gives=True))
    assert {*second.compiled(60)} == {f"SECOND/{name}" for name in ("work.cubin", "work.json", "__grp__work.json")}
    KeptCode("mine", gives=True).take(second)
    assert len(KeptCode("mine", gives=True)._read()) == 6


@pytest.mark.parametrize("text", [b"{", b"{}", b"[]", b'{"child_paths": 3}'])
def test_a_spoilt_list_of_files_is_not_placed(loaded: Any, text: bytes) -> None:
    kept = KeptCode("mine", gives=True)
    kept._store({"KEY/__grp__work.json": text, "KEY/a.cubin": b""})
    assert said(loaded(LOOKS, kept)) == "({'KEY/a.cubin': ''}, {})"


def test_a_specialisation_that_lacks_a_file_is_compiled_again(loaded: Any) -> None:
    kept = KeptCode("mine", gives=True)
    kept._store(
        {"KEY/__grp__work.json": b'{"child_paths": {"work.cubin": "/x", "work.llvm": "/y"}}', "KEY/a.cubin": b""}
    )
    assert said(loaded(LOOKS, kept)) == "({'KEY/a.cubin': ''}, {})"


def test_a_runner_that_ended_or_lies_leaves_nothing(loaded: Any) -> None:
    kept = KeptCode("mine", gives=True)
    dead = loaded(COMPILES, kept)
    os.kill(dead.pid, 9)
    dead._process.join(10)
    kept.take(dead)
    lying = "import os\nos.scandir = None\n" + COMPILES
    kept.take(loaded(lying, kept))
    assert not kept.path.exists()


@pytest.mark.parametrize(
    ("header", "body"),
    [({}, b""),
     ({"names": ["K/a.cubin"], "sizes": []}, b""),
     ({"names": ["K/a.cubin"], "sizes": [2]}, b"1"),
     ({"names": ["K/a.cubin", "K/b.cubin"], "sizes": [2, -1]}, b"1"),
     ({"names": ["K/a.cubin"], "sizes": [True]}, b"1"),
     ({"names": ["K/a.cubin", "K/a.cubin"], "sizes": [1, 0]}, b"1"),
     ({"names": ["K/../a.cubin"], "sizes": [1]}, b"1"),
     ({"names": ["../a.cubin"], "sizes": [1]}, b"1"),
     ({"names": [1], "sizes": [1]}, b"1"),
     ({"names": [f"K/{n}.cubin" for n in range(MAX_FILES + 1)], "sizes": [0] * (MAX_FILES + 1)}, b"")],
)  # fmt: skip
def test_what_a_kernel_makes_up_is_refused(header: dict[str, Any], body: bytes) -> None:
    with pytest.raises(InconsistentAnswer):
        compiled_files(header, body)


def test_names() -> None:
    assert all(map(is_compiled, ("ABC/add_kernel.cubin", "ABC/__grp__add_kernel.json", "A/f.0.ttgir")))
    others = (
        "a.cubin",
        "A/a.so",
        "A/a.py",
        "/A/a.cubin",
        "A/.cubin",
        "A/../b.json",
        "A/b/c.json",
        "A/a.cubin\n",
        "A/é.json",
    )
    assert not any(map(is_compiled, others))


def test_the_kernels_that_were_used_last_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_code, "TOTAL_BYTES", 25_000)
    each = {name: KeptCode(name, gives=True) for name in "abc"}
    for age, name in enumerate("ab"):
        each[name]._store({"KEY/x.cubin": os.urandom(10_000)})
        os.utime(each[name].path, (age, age))
    assert each["a"]._read()
    each["c"]._store({"KEY/x.cubin": os.urandom(10_000)})
    assert [bool(kept._read()) for kept in each.values()] == [True, False, True]


def test_what_does_not_fit_for_one_kernel_goes_and_a_spoilt_file_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_code, "MAX_BYTES", 10)
    assert kept_code._fitting({"new": b"123456", "old": b"123456", "small": b"1"}) == {"new": b"123456"}
    kept = KeptCode("mine", gives=True)
    kept._store({"KEY/x.cubin": b"1"})
    kept.path.write_bytes(kept.path.read_bytes()[:20])
    assert kept._read() == {}


TRITON = """
import os, shutil, sys
from pathlib import Path
import triton, triton.language as tl
from triton.backends.compiler import GPUTarget
from pytest_kernelbench.runner.compiled_files import CompiledFiles

@triton.jit
def double(x, n, BLOCK: tl.constexpr):
    at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    tl.store(x + at, 2 * tl.load(x + at, at < n), at < n)

def compiled(folder):
    os.environ["TRITON_CACHE_DIR"] = str(folder)
    source = triton.compiler.ASTSource(double, {"x": "*fp32", "n": "i32", "BLOCK": "constexpr"}, {"BLOCK": 64})
    return triton.compile(source, target=GPUTarget("cuda", 90, 32)).asm["cubin"]

here, there = Path(sys.argv[1], "here"), Path(sys.argv[1], "there")
there.mkdir()
first = compiled(here)
header, *parts = CompiledFiles(here).collect()
shutil.rmtree(here)
CompiledFiles(there).place(header["names"], header["sizes"], b"".join(parts))
before = {path: path.stat().st_ino for path in there.rglob("*")}
assert len(before) > 5
assert compiled(there) == first
assert {path: path.stat().st_ino for path in there.rglob("*")} == before, "it was compiled again"
"""


def test_triton_takes_code_that_was_compiled_in_another_folder(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(TRITON)
    environment = {name: value for name, value in os.environ.items() if name != "TRITON_INTERPRET"}
    root = Path(__file__).parents[3]
    done = subprocess.run(
        [sys.executable, program, tmp_path],
        env={**environment, "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
