"""Importing this finds once, in the fork server, what every runner may read."""

from __future__ import annotations

from pytest_kernelbench.runner import sandbox

sandbox.shared(gpu=False)
