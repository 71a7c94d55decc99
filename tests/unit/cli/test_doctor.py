"""`pytest-kernelbench doctor`: each fact is looked at, and what is missing comes with what to do."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from types import SimpleNamespace

import pytest

from pytest_kernelbench.cli import doctor, doctor_trials, main
from pytest_kernelbench.cli.doctor import BAD, CONFLICTS, NOTE, OK, Fact, facts
from pytest_kernelbench.sandbox import landlock
from pytest_kernelbench.sandbox.self_test import ADVICE

GPU = "0, GPU-1, NVIDIA H200, 143771, 580.1"


@pytest.fixture
def untried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is tried: that takes long, and has a test of its own."""
    monkeypatch.setattr(doctor, "_trials", lambda: iter(()))
    monkeypatch.setattr(doctor, "measures", lambda: [])


def named(found: Iterator[Fact]) -> dict[str, Fact]:
    return {fact.name: fact for fact in found}


def test_what_kernels_need_is_tried(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main(["doctor"]) == 0
    lines = capsys.readouterr().out.splitlines()
    said = {line[2:29].strip(): line[29:] for line in lines}
    assert said["interpreter"] == "works"
    assert "sm_90" in said["compiles for"].split(", ")
    assert said["tasks"] == "176 of 176"
    assert {f"sandbox: {name}" for name in ADVICE} <= said.keys()
    # Each thing that is not as it should be is followed by what to do.
    assert all(after.strip().startswith("-> ") for line, after in itertools.pairwise(lines) if line[0] in "-!")


def test_a_kernel_that_cannot_be_interpreted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor_trials, "COPY", "import no_such_module")
    monkeypatch.setattr(doctor, "TARGETS", {"sm_90": None, "sm_1": None})
    found = list(doctor._trials())
    assert [(fact.name, fact.level) for fact in found] == [
        ("interpreter", BAD), ("compiles for sm_90", NOTE), ("compiles for sm_1", NOTE)
    ]  # fmt: skip
    assert "no_such_module" in found[0].found
    assert "no_such_module" in found[1].advice
    assert "unknown target sm_1" in found[2].advice


@pytest.mark.usefixtures("untried")
@pytest.mark.parametrize(
    ("versions", "level", "advice"),
    [
        ({"torch": None}, BAD, "pip install torch"),
        ({"torch": "2.4.1+cu121"}, BAD, "older than 2.6"),
        ({"torch": "2.10.0"}, OK, ""),
        ({"triton": None}, NOTE, "pip install triton"),
        ({"pytest-xdist": "2.5"}, NOTE, "older than 3.6"),
        ({"hypothesis": "6.9"}, BAD, "older than 6.100"),
    ],
)
def test_packages(versions: dict[str, str | None], level: str, advice: str) -> None:
    def version(name: str) -> str:
        if (found := versions.get(name, "99.0")) is None:
            raise PackageNotFoundError(name)
        return found

    (name,) = versions
    fact = named(facts(176, version=version))[name]
    assert fact.level == level
    assert advice in fact.advice


@pytest.mark.usefixtures("untried")
def test_without_torch_the_command_fails(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(doctor, "NEEDED", {"no-such-package": ("1.0", "pip install it")})
    assert main.main(["doctor"]) == 1
    assert "! no-such-package            not installed\n" in capsys.readouterr().out


@pytest.mark.usefixtures("untried")
def test_no_tasks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "math").mkdir()
    assert main.main(["doctor", "--tasks", str(tmp_path)]) == 1
    assert "! tasks                      0 of 176" in capsys.readouterr().out


@pytest.mark.parametrize("plugin", CONFLICTS)
def test_plugins_that_get_in_the_way(plugin: str, monkeypatch: pytest.MonkeyPatch) -> None:
    there = SimpleNamespace(name=plugin, entry_points=[SimpleNamespace(group="pytest11")])
    harmless = SimpleNamespace(name="pytest-sugar", entry_points=[SimpleNamespace(group="pytest11")])
    monkeypatch.setattr(doctor, "distributions", lambda: [there, harmless])
    assert list(doctor._plugins()) == [Fact(f"plugin {plugin}", "installed", NOTE, CONFLICTS[plugin])]
    monkeypatch.setattr(doctor, "distributions", lambda: [harmless])
    assert [fact.level for fact in doctor._plugins()] == [OK]


@pytest.mark.parametrize(
    ("listing", "visible", "built", "wanted"),
    [
        ("", None, True, {"GPUs": NOTE}),
        (GPU, None, True, {"GPU 0": OK, "nvidia-ml-py": NOTE}),
        (GPU, None, False, {"GPU 0": OK, "torch on a GPU": BAD, "nvidia-ml-py": NOTE}),
        (GPU, "", True, {"GPUs": NOTE}),
        (f"{GPU}\n1, GPU-2, NVIDIA A100, 81920, 580.1", "1", True, {"GPUs": BAD}),
    ],
)
def test_gpus(
    listing: str, visible: str | None, built: bool, wanted: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KB_PRETENDED_GPUS", listing)
    monkeypatch.delenv("CUDA_DEVICE_ORDER", raising=False)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    if visible is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    monkeypatch.setattr(doctor, "torch_has_cuda", lambda: built)
    monkeypatch.setitem(__import__("sys").modules, "pynvml", None)
    assert {fact.name: fact.level for fact in doctor._gpus()} == wanted


def test_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(doctor.os, "access", lambda path, mode: False)
    real: Callable[[Path], object] = doctor.os.statvfs
    monkeypatch.setattr(
        doctor.os, "statvfs", lambda path: SimpleNamespace(f_flag=doctor.os.ST_NOEXEC, f_bavail=1, f_frsize=1 << 30)
    )
    found = named(doctor._folders())
    assert found["temporary files"].level == BAD
    assert "TMPDIR" in found["temporary files"].advice
    assert found["cache"].level == NOTE
    monkeypatch.setattr(doctor.os, "statvfs", real)
    assert named(doctor._folders())["temporary files"].level == OK


def test_a_sandbox_that_does_not_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    measure = SimpleNamespace(name="network", holds=False, broken="it connected", advice="connect to nothing: x")
    monkeypatch.setattr(doctor, "measures", lambda: [measure])
    monkeypatch.setattr(landlock, "version", lambda: 0)
    absent, broken = doctor._sandbox()
    assert absent.found == "not available"
    assert str(broken) == f"- {'sandbox: network':<26} it connected\n{'':<29}-> a kernel must connect to nothing: x"


@pytest.mark.usefixtures("untried")
def test_a_variable_that_is_ignored_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TRITON_INTERPRET", raising=False)
    assert "TRITON_INTERPRET" not in named(facts(176))
    monkeypatch.setenv("TRITON_INTERPRET", "1")
    fact = named(facts(176))["TRITON_INTERPRET"]
    assert (fact.level, fact.advice) == (NOTE, "ignored here: --kb-device decides where kernels run")


@pytest.mark.parametrize(
    ("fact", "lines"),
    [
        (Fact("torch", "2.6"), f"  {'torch':<26} 2.6"),
        (Fact("torch", "2.4", BAD, "upgrade"), f"! {'torch':<26} 2.4\n{'':<29}-> upgrade"),
        (Fact("GPUs", "none", NOTE), f"- {'GPUs':<26} none"),
    ],
)
def test_a_fact_is_one_line_and_its_advice_another(fact: Fact, lines: str) -> None:
    assert str(fact) == lines
