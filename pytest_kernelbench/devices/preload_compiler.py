"""On import, do what every compiler does before its first kernel: once, in the fork server."""

from __future__ import annotations

import contextlib

import triton.backends.amd.compiler
import triton.backends.nvidia.compiler
import triton.compiler  # noqa: F401

with contextlib.suppress(ImportError):
    # Computes and caches the hash of all files of Triton, a part of the key of each kernel in Triton's cache.
    from triton.runtime.cache import triton_key

    triton_key()
