"""A small process of root that kills all processes of a runner's user, in the one way that none of them can outrun.

A child of it becomes that user for good, without any privilege, and signals all processes that it may: those of the
same user. This module is started as a program by its path and imports nothing but the standard library, so that a fork
takes less than a millisecond. When the judge ends, however that happens, it sweeps the users of runners that are left.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import time

BEGIN, SWEEP, RELEASE = "begin", "sweep", "release"
"""Requests: a user belongs to a runner from now on, and here is the descriptor of its lock; kill its processes; let it
go. Each is answered with `DONE` or `FAILED`."""

DONE, FAILED = b"1", b"0"

MAX_REQUEST = 64
"""Bytes of the longest request; requests are packets, a word and a number each."""

TRIES, PAUSE = 50, 0.02
"""Sweeps of each user after the judge has ended, and the seconds between them."""


def serve(channel: socket.socket, users: range) -> None:
    """Answer requests for some of these users until the judge closes the channel, and sweep what it leaves."""
    locks: dict[int, int] = {}
    while True:
        request, descriptors, _, _ = socket.recv_fds(channel, MAX_REQUEST, 1)
        if not request:
            break
        word, _, number = request.decode().partition(" ")
        user, done = int(number), True
        if word == BEGIN:
            locks[user] = descriptors[0]
        elif word == SWEEP:
            done = sweep(user, users)
        elif user in locks:
            os.close(locks.pop(user))
        channel.send(DONE if done else FAILED)
    for _ in range(TRIES if locks else 0):
        for user in locks:
            sweep(user, users)
        time.sleep(PAUSE)


def sweep(user: int, users: range) -> bool:
    """Kill all processes of a user; return whether the child that does this became that user and nothing else."""
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setresgid(user, user, user)
            os.setresuid(user, user, user)
            if not may_signal_only(user, users):
                os._exit(1)
            os.kill(-1, signal.SIGKILL)
        except ProcessLookupError:
            os._exit(0)
        except OSError:
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def may_signal_only(user: int, users: range) -> bool:
    """Whether this process can signal the processes of one user alone, which is a runner's.

    Linux allows a signal where the real or the effective user of the sender is the real or the saved one of the
    receiver, and always to a sender with a capability.
    """
    if user not in users or os.getresuid() != (user, user, user):
        return False
    with open("/proc/self/status") as status:
        capabilities = [line.split()[1] for line in status if line.startswith(("CapEff:", "CapPrm:"))]
    return len(capabilities) == 2 and not any(int(mask, 16) for mask in capabilities)


if __name__ == "__main__":
    # A Ctrl-C in a terminal goes to all its processes, and this one is needed until the judge has ended.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with socket.socket(fileno=int(sys.argv[1])) as judge:
        serve(judge, range(int(sys.argv[2]), int(sys.argv[3])))
