"""What a measured runner's process runs; nothing but this is imported there beside the runner's own code."""

from __future__ import annotations

import socket
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).parents[2]
DATA = REPOSITORY / ".measured"
"""Where runners leave what they measured, as users of their own; `coverage combine . .measured` reads it."""


def serve(channel: socket.socket, output: Connection, home: str, device: str, confinement: dict[str, Any]) -> None:
    """Run a runner, measured, and without the sandbox, which would keep it from writing what was measured."""
    import coverage

    from pytest_kernelbench.runner import server
    from pytest_kernelbench.runner.observer import Observer

    # Python does not trace audit hooks that do not ask for it.
    Observer._hook.__cantrace__ = True  # type: ignore[attr-defined]
    config = str(REPOSITORY / "pyproject.toml")
    measured = coverage.Coverage(data_file=str(DATA / ".coverage"), data_suffix=True, config_file=config)
    measured.start()
    try:
        server.serve(channel, output, home, device, {**confinement, "sandbox": "off"})
    finally:
        measured.stop()
        measured.save()
