"""A small process of root that kills all processes of a runner's user, in the one way that none of them can outrun.

A child of it becomes that user for good, without any privilege, and signals all processes that it may: those of the
same user. This module is started as a program by its path and imports nothing but the standard library, so that a fork
takes less than a millisecond. When the judge ends, however that happens, it sweeps the users of runners that are left,
and ends the process groups of those that share the judge's user.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sys
import time

BEGIN, SWEEP, RELEASE = "begin", "sweep", "release"
"""Requests: a user belongs to a runner from now on, and here is the descriptor of its lock; kill its processes; let it
go. Each is answered with `DONE` or `FAILED`."""

WATCH, FORGET = "watch", "forget"
"""Requests: a runner with this process id, which started at this time, leads a process group; it has been ended."""

DONE, FAILED = b"1", b"0"

MAX_REQUEST = 64
"""Bytes of the longest request; requests are packets, a word and a number each."""

TRIES, PAUSE = 50, 0.02
"""Sweeps of each user after the judge has ended, and the seconds between them."""


def serve(channel: socket.socket, users: range) -> None:
    """Answer requests for some of these users until the judge closes the channel, and sweep what it leaves."""
    locks: dict[int, int] = {}
    groups: dict[int, int] = {}
    while True:
        request, descriptors, _, _ = socket.recv_fds(channel, MAX_REQUEST, 1)
        if not request:
            break
        word, number, *rest = request.decode().split()
        user, done = int(number), True
        if word == BEGIN:
            locks[user] = descriptors[0]
        elif word == SWEEP:
            done = sweep(user, users)
        elif word == WATCH:
            groups[user] = int(rest[0])
        elif word == FORGET:
            groups.pop(user, None)
        elif user in locks:
            os.close(locks.pop(user))
        channel.send(DONE if done else FAILED)
    for _ in range(TRIES if locks or groups else 0):
        for user in locks:
            sweep(user, users)
        for leader, started in groups.items():
            end_group(leader, started)
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


def end_group(leader: int, started: int) -> None:
    """Kill a process group, unless its number has passed to another process since its leader started."""
    try:
        with open(f"/proc/{leader}/stat") as status:
            if int(status.read().rpartition(")")[2].split()[19]) != started:
                return
    except OSError:
        pass  # the leader has ended, and Linux gives its number to nobody while the group is there
    if leader > 1:
        with contextlib.suppress(OSError):
            os.killpg(leader, signal.SIGKILL)


if __name__ == "__main__":
    # Whoever ends the judge often signals all processes around it, and this one is needed until the judge has ended.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
        signal.signal(number, signal.SIG_IGN)
    with socket.socket(fileno=int(sys.argv[1])) as judge:
        serve(judge, range(int(sys.argv[2]), int(sys.argv[3])))
