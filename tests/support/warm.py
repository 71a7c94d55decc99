"""Processes that run pytest and have torch already: each is forked from one that has imported it, and nothing of ours.

Importing torch takes more time than most of the sessions that are tested. What a session imports itself is as in a
process of its own, but for torch and the standard library.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]


class WarmPytest:
    """A process from which sessions of pytest are forked, one after the other."""

    def __init__(self) -> None:
        """Start the process, which ends with this one."""
        self._server = subprocess.Popen(
            [sys.executable, "-m", "tests.support.warm"],
            cwd=ROOT,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, arguments: Sequence[str], output: Path, errors: Path, timeout: float) -> int:
        """Run pytest here with this process's environment; return its exit status, negative for a signal.

        A session that takes longer than `timeout` seconds is ended by SIGALRM.
        """
        session = {
            "arguments": list(arguments),
            "folder": os.getcwd(),
            "environment": dict(os.environ),
            "files": [str(output), str(errors)],
            "timeout": timeout,
        }
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        self._server.stdin.write(json.dumps(session) + "\n")
        self._server.stdin.flush()
        return int(self._server.stdout.readline())


@cache
def warm_pytest() -> WarmPytest:
    """Return the one of this process, started when it is first used."""
    return WarmPytest()


def become(folder: str, environment: Mapping[str, str], files: Sequence[str], timeout: float) -> None:
    """Give this process the state of one that was started in a folder to run `python -m pytest`."""
    os.chdir(folder)
    sys.path[:1] = [folder, *filter(None, environment.get("PYTHONPATH", "").split(os.pathsep))]
    os.environ.clear()
    os.environ.update(environment)
    for number, file in enumerate((os.devnull, *files)):
        opened = os.open(file, os.O_RDWR | os.O_CREAT | (os.O_TRUNC if number else 0), 0o600)
        os.dup2(opened, number)
        os.close(opened)
    signal.setitimer(signal.ITIMER_REAL, timeout)


def main() -> int:
    """Fork a session for each line of the standard input and print its exit status; in a session, return its own."""
    import torch  # noqa: F401

    for line in sys.stdin:
        if (child := os.fork()) == 0:
            session = json.loads(line)
            arguments = session.pop("arguments")
            become(**session)
            import pytest

            return int(pytest.main(arguments))
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
