"""Tests of the sandbox, most of which need a machine where all of it is available."""

from __future__ import annotations

import platform

import pytest

from pytest_kernelbench.sandbox import landlock

confined = pytest.mark.skipif(
    landlock.version() < landlock.NEEDED or platform.machine() not in ("x86_64", "aarch64"),
    reason="this machine has no Landlock or no table of system calls",
)
"""Marks tests that need the whole sandbox."""
