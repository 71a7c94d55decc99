"""System calls without a function in Python."""

from __future__ import annotations

import ctypes
import errno
import os
import subprocess
import sys

from pytest_kernelbench.sandbox.linux import prctl, syscall

GETPPID = {"x86_64": 110, "aarch64": 173}
PR_GET_NO_NEW_PRIVS = 39


def test_a_system_call_returns_its_result() -> None:
    if os.uname().machine in GETPPID:
        assert syscall(GETPPID[os.uname().machine]) == os.getppid()


def test_a_system_call_that_does_not_exist_sets_the_error() -> None:
    assert syscall(9999) == -1
    assert ctypes.get_errno() == errno.ENOSYS


def test_new_privileges_are_forbidden_for_good() -> None:
    code = (
        "from pytest_kernelbench.sandbox.linux import forbid_new_privileges, prctl\n"
        f"before = prctl({PR_GET_NO_NEW_PRIVS})\n"
        "forbid_new_privileges()\n"
        f"print(before, prctl({PR_GET_NO_NEW_PRIVS}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.split() == [str(prctl(PR_GET_NO_NEW_PRIVS)), "1"], done.stderr
