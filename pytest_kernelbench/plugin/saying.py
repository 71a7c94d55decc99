"""Messages for the user that cannot wait for the end of a test."""

from __future__ import annotations

import contextlib
import sys

import pytest


def say(config: pytest.Config, text: str) -> None:
    """Write a line to standard error at once, which also works in a worker of xdist."""
    capture = config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled() if capture else contextlib.nullcontext():
        sys.stderr.write(f"{text}\n")
