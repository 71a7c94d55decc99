"""Which kernels' compiled code is kept, and that each kernel has its own."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pytest_kernelbench.evaluation.kept_code import kept_code, key_of
from pytest_kernelbench.evaluation.settings import Settings
from pytest_kernelbench.gpus.inventory import Gpu
from pytest_kernelbench.gpus.pool import Pool
from pytest_kernelbench.model.judging import JudgingSettings
from tests.support.judging import identity_of, kernel_of_text

KERNEL = kernel_of_text("def relu(x): return x\n", "relu")
IDENTITY = replace(
    identity_of(KERNEL), kernel_sha256="a", task_sha256="t", versions={"triton": "3.6.0"}, device={"uuid": "GPU-1"}
)
POOL = Pool((Gpu(0, "GPU-1", "NVIDIA H100 80GB HBM3"),), ("h100",))


def settings(judging: dict[str, Any], **given: Any) -> Settings:
    return Settings(judging=JudgingSettings(**judging), **{"keeps_code": True, "pool": POOL, **given})


@pytest.mark.parametrize("gives", [False, True])
def test_on_a_gpu_in_a_sandbox_it_is_kept(gives: bool) -> None:
    found = kept_code(settings({}), KERNEL, IDENTITY, gives=gives)
    assert found is not None
    assert (found.gives, found.path.name) == (gives, f"{key_of(KERNEL, IDENTITY)}.zip")


@pytest.mark.parametrize(
    ("judging", "given"),
    [({}, {"keeps_code": False}), ({}, {"pool": Pool()}), ({"sandbox": "off"}, {}), ({"paths": ("/src",)}, {})],
)
def test_elsewhere_nothing_is_kept(judging: dict[str, Any], given: dict[str, Any]) -> None:
    assert kept_code(settings(judging, **given), KERNEL, IDENTITY, gives=True) is None


@pytest.mark.parametrize(
    "changed",
    [{"kernel_sha256": "b"}, {"task_sha256": "b"}, {"versions": {"triton": "3.7.0"}}, {"device": {"uuid": "GPU-2"}}],
)
def test_what_the_code_depends_on_is_in_the_key(changed: dict[str, Any]) -> None:
    assert key_of(KERNEL, replace(IDENTITY, **changed)) != key_of(KERNEL, IDENTITY)
    assert key_of(KERNEL, replace(IDENTITY, started="later", selection="x")) == key_of(KERNEL, IDENTITY)
