"""Run a command as an ordinary user where tests run as root: `python tests/support/unprivileged.py COMMAND...`.

The user is made for it: its number belongs to nobody, and its home is a new folder. It may still read all files, since
Python is often installed in root's home; it has no other privilege.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sys
import tempfile

USER = 2_100_009_999
"""Number of the user; outside of those that runners of root have."""

CAP_DAC_READ_SEARCH = 2
PR_SET_KEEPCAPS, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE = 8, 47, 2
"""From `linux/capability.h` and `linux/prctl.h`."""


def become(user: int) -> None:
    """Make this process one of an ordinary user; raises `OSError` where it is not root."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0)
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)
    mask = 1 << CAP_DAC_READ_SEARCH
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    if libc.capset(header, (ctypes.c_uint32 * 6)(mask, mask, mask, 0, 0, 0)) != 0:
        raise OSError(ctypes.get_errno(), "capset")
    libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_DAC_READ_SEARCH, 0, 0)


def main(command: list[str]) -> int:
    """Run the command in the home of the user, and return its exit status."""
    home = tempfile.mkdtemp(prefix="kb-user-")
    os.chown(home, USER, USER)
    places = dict.fromkeys(("HOME", "TMPDIR", "HYPOTHESIS_STORAGE_DIRECTORY"), home)
    environment = {**os.environ, **places, "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        return subprocess.run(command, env=environment, preexec_fn=lambda: become(USER), check=False).returncode
    finally:
        shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
