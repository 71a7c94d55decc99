"""Tests of what runs beside a kernel; what patches Triton is tested in other processes."""

from __future__ import annotations

from collections.abc import Callable

from pytest_kernelbench.host.answers import Answer

Interpret = Callable[..., Answer]
"""The type of the fixture `interpret`."""
