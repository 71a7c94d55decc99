"""Which kernels' compiled code is kept on a GPU, and what it depends on."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_kernelbench.evaluation.settings import Settings
    from pytest_kernelbench.host.kept_code import KeptCode
    from pytest_kernelbench.model.record import RecordIdentity
    from pytest_kernelbench.model.submission import Kernel

SCHEMA = 1
"""Part of the key; increased when the same files would mean something else."""


def kept_code(settings: Settings, kernel: Kernel, identity: RecordIdentity, *, gives: bool) -> KeptCode | None:
    """Return what is kept for a kernel, for the runners of one record; with `gives`, they get it.

    None where nothing is kept: without a GPU; without a sandbox, where any kernel could write to the files of others;
    and with folders of the user (`--kb-path`), whose code is in no digest.
    """
    judging = settings.judging
    if not settings.keeps_code or settings.gpu is None or judging.sandbox == "off" or judging.paths:
        return None
    from pytest_kernelbench.host.kept_code import KeptCode

    return KeptCode(key_of(kernel, identity), gives=gives)


def key_of(kernel: Kernel, identity: RecordIdentity) -> str:
    """Return the digest of a kernel with its helpers or its package, the task, all packages here, and the GPU."""
    told = [
        SCHEMA,
        kernel.task,
        identity.kernel_sha256,
        identity.task_sha256,
        dict(identity.versions),
        _installed(),
        dict(identity.device),
    ]
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


@cache
def _installed() -> tuple[str, ...]:
    """Return name and version of every package that is installed: a kernel may import any of them."""
    return tuple(sorted({f"{each.name}=={each.version}" for each in importlib.metadata.distributions()}))
