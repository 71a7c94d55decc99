"""Names of devices."""

from __future__ import annotations

import pytest

from pytest_kernelbench.wire.device_names import COMPILE, CPU, CUDA, INTERPRETER, on_gpu


@pytest.mark.parametrize(
    ("device", "real"),
    [(INTERPRETER, False), (CPU, False), (f"{COMPILE}sm_90", False), (f"{CUDA}GPU-1", True), ("cuda", False)],
)
def test_only_a_gpu_with_its_uuid_is_a_real_gpu(device: str, real: bool) -> None:
    assert on_gpu(device) is real
