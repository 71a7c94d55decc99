"""Importing this does once, in the fork server, what every compiler would do before its first kernel."""

from __future__ import annotations

import contextlib

import triton.backends.amd.compiler
import triton.backends.nvidia.compiler
import triton.compiler  # noqa: F401

with contextlib.suppress(ImportError):
    # The hash of all of Triton's own files, which is a part of each kernel's key in Triton's cache.
    from triton.runtime.cache import triton_key

    triton_key()
