"""Landlock: what a restricted process may still open, and how a machine without it is told."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from pytest_kernelbench.sandbox import landlock
from tests.unit.sandbox import confined

RESTRICTED = """
import sys
from pathlib import Path
from pytest_kernelbench.sandbox import landlock

folder = Path(sys.argv[1])
landlock.restrict([
    (folder / "read", landlock.READ), (folder / "write", landlock.EVERYTHING),
    (folder / "file", landlock.READ), (folder / "absent", landlock.READ),
])

def allowed(action):
    try:
        action()
    except PermissionError:
        return 0
    return 1

print(
    allowed(lambda: (folder / "read" / "file").read_text()),
    allowed(lambda: (folder / "file").read_text()),
    allowed(lambda: (folder / "write" / "new").write_text("x")),
    allowed(lambda: (folder / "read" / "file").write_text("x")),
    allowed(lambda: (folder / "other").read_text()),
)
"""


@confined
def test_a_restricted_process_has_only_the_rights_that_it_was_given(tmp_path: Path) -> None:
    for name in ("read", "write"):
        (tmp_path / name).mkdir()
    for name in ("read/file", "file", "other"):
        (tmp_path / name).write_text("text")
    command = [sys.executable, "-c", RESTRICTED, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["1", "1", "1", "0", "0"], done.stderr


def test_a_machine_without_landlock_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(landlock, "version", lambda: 0)
    with pytest.raises(OSError, match="has no Landlock"):
        landlock.restrict({Path("/"): landlock.READ})
