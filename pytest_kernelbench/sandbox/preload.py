"""On import, determine the paths that every runner may read: once, in the fork server."""

from __future__ import annotations

from pytest_kernelbench.sandbox import policy

policy.shared(gpu=False)
