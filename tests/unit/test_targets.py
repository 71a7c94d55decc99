"""The table of targets, what fits on them, and what is read from the compilers."""

from __future__ import annotations

import importlib.metadata

import pytest

from pytest_kernelbench.devices.resources import Resources, of_assembler, of_code_object
from pytest_kernelbench.model.compiled import compiled
from pytest_kernelbench.model.errors import KernelBenchError
from pytest_kernelbench.model.targets import TARGETS, occupancy, targets

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
    ("target", "warps", "registers", "shared", "share", "limiter"),
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
def test_occupancy(target: str, warps: int, registers: int, shared: int, share: float, limiter: str) -> None:
    found = occupancy(TARGETS[target], warps=warps, registers=registers, shared=shared)
    assert (found.share, found.limiter) == (share, limiter)


def test_a_target_that_the_installed_triton_cannot_compile_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.metadata, "version", lambda name: "3.2.0")
    assert [target.name for target in targets("sm_80, sm_90")] == ["sm_80", "sm_90"]
    with pytest.raises(KernelBenchError, match=r"Triton 3\.2\.0 cannot compile for sm_100: that needs Triton 3\.3"):
        targets("sm_90,sm_100")


def test_without_triton(monkeypatch: pytest.MonkeyPatch) -> None:
    def version(name: str) -> str:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", version)
    with pytest.raises(KernelBenchError, match="compiling for sm_80 needs Triton, which is not installed"):
        targets("sm_80")


def test_the_log_of_the_assembler() -> None:
    log = (
        "ptxas info    : 0 bytes gmem\n"
        "ptxas info    : Function properties for helper\n"
        "    0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads\n"
        "ptxas info    : Compiling entry function 'k' for 'sm_80'\n"
        "ptxas info    : Function properties for k\n"
        "    96 bytes stack frame, 40 bytes spill stores, 72 bytes spill loads\n"
        "ptxas info    : Used 255 registers, used 1 barriers, 96 bytes cumulative stack size\n"
    )
    assert of_assembler(log) == Resources(registers=255, spills=40, stack=96)
    assert of_assembler("ptxas fatal: no such option") == Resources()


def test_the_metadata_of_a_code_object() -> None:
    text = (
        "    .group_segment_fixed_size: 0\n    .private_segment_fixed_size: 128\n    .sgpr_count:     26\n"
        "    .sgpr_spill_count: 2\n    .vgpr_count:     512\n    .vgpr_spill_count: 30\n"
    )
    assert of_code_object(text) == Resources(registers=512, spills=32, stack=128, sgprs=26)
    assert of_code_object("") == Resources()


@pytest.mark.parametrize("wrong", [{"registers": -1}, {"warps": "4"}, {"name": 3}, {"seconds": "x"}, {"error": 1}])
def test_what_a_runner_says_is_checked(wrong: dict[str, object]) -> None:
    header = {"name": "k", "specialisation": "x: *fp32", "seconds": 0.1, "registers": 32, "warps": 4}
    assert compiled(header, TARGETS["sm_80"]).occupancy == 1.0
    with pytest.raises(ValueError, match=r"is none|could not convert"):
        compiled({**header, **wrong}, TARGETS["sm_80"])
