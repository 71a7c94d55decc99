"""What a session is about to time, in words, before it starts."""

from __future__ import annotations

TYPICAL_SECONDS = {"cpu": 12.0, "cuda": 10.0}
"""Seconds that a workload typically takes, by the kind of device: inputs, the check of results, and the timing."""


def speed_plan(*, workloads: int, kernels: int, device: str, timeout: float, workers: int, waits: str | None) -> str:
    """Return one line: how many workloads there are, how long they will take, and what they wait for.

    `device` is the device as records name it, `timeout` the seconds of `--kb-timeout`, `workers` the number of
    processes that time at once on devices of their own, `waits` the lock that another session holds now.
    """
    typical = TYPICAL_SECONDS.get(device.partition(":")[0], TYPICAL_SECONDS["cuda"])
    rounds = -(-workloads // max(1, workers))
    several = f"{workloads} workload{'s' * (workloads != 1)} of {kernels} kernel{'s' * (kernels != 1)}"
    about, most = _duration(rounds * typical), _duration(rounds * timeout)
    text = f"speed: {several}, one after the other on a device: about {about}, at most {most} (--kb-timeout)"
    return f"{text}; another session is timing on this device now, so that they wait for {waits}" if waits else text


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
