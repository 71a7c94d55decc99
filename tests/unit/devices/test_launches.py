"""What Triton's launcher and a GPU's driver refuse."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_kernelbench.devices.launches import (
    MAX_INT,
    NVIDIA,
    Grid,
    LaunchLimits,
    LaunchRefused,
    check,
    empty,
    grid_of,
)


def function(x: Any, n: int, BLOCK: int = 4) -> None: ...


@pytest.mark.parametrize(
    ("grid", "size"),
    [
        ((3,), (3, 1, 1)),
        ([3, 4], (3, 4, 1)),
        (lambda meta: (meta["n"] // meta["BLOCK"],), (5, 1, 1)),
        (lambda meta: [meta["n"], True], (20, 1, 1)),
        ((1, 2, 3, 4), (1, 2, 3)),
    ],
)
def test_a_grid_is_read_as_the_launcher_reads_it(grid: Any, size: Grid) -> None:
    assert grid_of(grid, function, ("x", 20), {"num_warps": 8}) == size


@pytest.mark.parametrize(("grid", "error"), [(5, TypeError), ((2.0,), TypeError), ((1 << 31,), OverflowError)])
def test_what_is_no_grid_raises(grid: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        grid_of(grid, function, (), {})


@pytest.mark.parametrize("grid", [(MAX_INT, 1, 1), (1, 65_535, 1), (1, 1, 65_535), (0, 70_000, 1), (-1, 5, 1)])
def test_legal_grids_and_those_without_programs(grid: Grid) -> None:
    check("k", grid, 4, NVIDIA)
    assert empty(grid) == (min(grid) <= 0)


@pytest.mark.parametrize("grid", [(1, 65_536, 1), (1, 1, 65_536), (-2, -2, 1), (65_536, 32_768, 1)])
def test_a_gpu_by_nvidia_refuses(grid: Grid) -> None:
    with pytest.raises(LaunchRefused, match="k on a grid of"):
        check("k", grid, 4, NVIDIA)


def test_a_gpu_by_amd_counts_work_items() -> None:
    limits = LaunchLimits.of("hip", 64, 1024)
    check("k", (1, 65_536, 1), 4, limits)
    with pytest.raises(LaunchRefused, match="work-items"):
        check("k", (1 << 24, 1, 1), 4, limits)


@pytest.mark.parametrize("warps", [0, 3, -4, None])
def test_warps_are_a_power_of_two(warps: Any) -> None:
    with pytest.raises(LaunchRefused, match="power of 2"):
        check("k", (1, 1, 1), warps, NVIDIA)


def test_a_program_has_at_most_1024_threads() -> None:
    check("k", (1, 1, 1), 32, NVIDIA)
    with pytest.raises(Exception, match="threads") as raised:
        check("k", (1, 1, 1), 64, NVIDIA)
    assert type(raised.value).__name__ == "OutOfResources"
