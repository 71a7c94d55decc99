"""What times kernels on the device of a session, and what cannot be timed there."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_kernelbench.evaluation.session import EvaluationSession
    from pytest_kernelbench.judge.speed.backends import SpeedBackend


def speed_backend(session: EvaluationSession) -> SpeedBackend:
    """Return the speed backend of a session's device."""
    gpu = session.settings.gpu
    if gpu is None:
        from pytest_kernelbench.judge.speed.cpu import CpuBackend

        return CpuBackend()
    from pytest_kernelbench.gpus.nvml import GpuMonitor
    from pytest_kernelbench.gpus.roofline import published
    from pytest_kernelbench.judge.speed.cuda import CudaBackend

    roofline = session.shared.roofline
    beyond = roofline.beyond(published(gpu.model)) if roofline is not None else None
    return CudaBackend(GpuMonitor(gpu.uuid), roofline, beyond)


def untimed(device: str, language: str) -> str | None:
    """Return why kernels in a language cannot be timed on a device; None where they can."""
    if device == "interpreter":
        return "the interpreter's time is never reported as a speed"
    if device == "cpu" and language != "torch":
        return f"a kernel in {language} is timed on a GPU; on a processor, one in torch"
    return None
