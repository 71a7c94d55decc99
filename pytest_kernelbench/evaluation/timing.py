"""What times kernels on the device of a session."""

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
