"""Resources of compiled kernels, from what compilers print."""

from __future__ import annotations

import pytest

from pytest_kernelbench.devices.resources import Resources, of_assembler, of_code_object

PTXAS = """\
ptxas info    : 0 bytes gmem
ptxas info    : Compiling entry function 'add' for 'sm_90a'
ptxas info    : Function properties for helper
    8 bytes stack frame, 4 bytes spill stores, 4 bytes spill loads
ptxas info    : Function properties for add
    24 bytes stack frame, 16 bytes spill stores, 20 bytes spill loads
ptxas info    : Used 255 registers, used 1 barriers, 24 bytes cumulative stack size
"""

AMD = """\
    .group_segment_fixed_size: 4096
    .private_segment_fixed_size: 12
    .sgpr_count:     18
    .sgpr_spill_count: 1
    .vgpr_count:     96
    .vgpr_spill_count: 3
"""


def test_the_kernel_is_the_last_function_of_an_assemblers_log() -> None:
    assert of_assembler(PTXAS) == Resources(registers=255, spills=16, stack=24)


@pytest.mark.parametrize(
    "log", ["", "ptxas fatal : no", "Used 3 registers", "8 bytes stack frame, 4 bytes spill stores"]
)
def test_a_log_without_figures(log: str) -> None:
    assert of_assembler(log) == Resources()


def test_metadata_of_amd_code() -> None:
    assert of_code_object(AMD) == Resources(registers=96, spills=3, stack=12, sgprs=18)
    assert of_code_object(".vgpr_count: 7") == Resources(registers=7, spills=0)
    assert of_code_object("s_endpgm") == Resources()
