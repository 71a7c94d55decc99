"""The table of targets, and how much of a kernel fits on them."""

from __future__ import annotations

import importlib.metadata

import pytest

from pytest_kernelbench.model.errors import KernelBenchError
from pytest_kernelbench.model.targets import TARGETS, occupancy, target

KIB = 1 << 10


def test_limits_of_a_block() -> None:
    assert {name: target.shared // KIB for name, target in TARGETS.items()} == {
        "sm_80": 163, "sm_86": 99, "sm_89": 99, "sm_90": 227, "sm_100": 227, "sm_120": 99,
        "gfx90a": 64, "gfx942": 64, "gfx950": 160,
    }  # fmt: skip
    assert (TARGETS["sm_120"].arch, TARGETS["sm_120"].capability) == (120, (12, 0))
    assert (TARGETS["gfx942"].arch, TARGETS["gfx942"].warp) == ("gfx942", 64)


# Values of NVIDIA's occupancy calculator; for AMD, of the tables of wavefronts by registers of the CDNA 3 guide.
@pytest.mark.parametrize(
    ("name", "warps", "registers", "shared", "share", "limiter"),
    [
        ("sm_80", 4, 32, 0, 1.0, "warps"),
        ("sm_80", 4, 33, 0, 0.75, "registers"),
        ("sm_80", 8, 255, 0, 0.125, "registers"),
        ("sm_80", 8, 32, 160 * KIB, 0.125, "shared memory"),
        ("sm_90", 8, 32, 100 * KIB, 0.25, "shared memory"),
        ("sm_80", 1, 16, 0, 0.5, "blocks"),
        ("sm_86", 1, 16, 0, 0.3333, "blocks"),
        ("sm_89", 4, 40, 0, 1.0, "warps"),
        ("gfx942", 4, 64, 0, 1.0, "warps"),
        ("gfx942", 4, 65, 0, 0.875, "registers"),
        ("gfx942", 4, 512, 0, 0.125, "registers"),
        ("gfx942", 4, 32, 32 * KIB, 0.25, "shared memory"),
        ("gfx950", 4, 32, 32 * KIB, 0.625, "shared memory"),
    ],
)
def test_occupancy(name: str, warps: int, registers: int, shared: int, share: float, limiter: str) -> None:
    found = occupancy(TARGETS[name], warps=warps, registers=registers, shared=shared)
    assert (found.share, found.limiter) == (share, limiter)


def test_a_target_that_the_installed_triton_cannot_compile_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.metadata, "version", lambda name: "3.2.0")
    assert [target(name).name for name in ("sm_80", "sm_90")] == ["sm_80", "sm_90"]
    with pytest.raises(KernelBenchError, match=r"Triton 3\.2\.0 cannot compile for sm_100: that needs Triton 3\.3"):
        target("sm_100")


def test_without_triton(monkeypatch: pytest.MonkeyPatch) -> None:
    def version(name: str) -> str:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", version)
    with pytest.raises(KernelBenchError, match="compiling for sm_80 needs Triton, which is not installed"):
        target("sm_80")


def test_an_unknown_target_lists_all() -> None:
    with pytest.raises(KernelBenchError, match=r"unknown target sm_91; choose from: sm_80, .*, gfx950$"):
        target("sm_91")
