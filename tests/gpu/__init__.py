"""Tests that need a GPU."""

from __future__ import annotations

from pytest_kernelbench.evaluation.session import EvaluationSession, SharedState
from pytest_kernelbench.evaluation.settings import Settings
from pytest_kernelbench.gpus.inventory import Gpu
from pytest_kernelbench.gpus.pool import Pool
from pytest_kernelbench.model.catalogue import Catalogue
from pytest_kernelbench.model.judging import JudgingSettings
from pytest_kernelbench.model.task import FACETS


def session_on(gpu: Gpu, facets: tuple[str, ...] = FACETS, sandbox: str = "best") -> EvaluationSession:
    """Return a session that judges on the GPU, with fixed cases only; references need `sandbox` to be `off`."""
    judging = JudgingSettings(device=f"cuda:{gpu.slug}", gpu_uuid=gpu.uuid, facets=facets, examples=0, sandbox=sandbox)
    pool = Pool((gpu,), (gpu.slug,))
    return EvaluationSession(Settings(judging=judging, pool=pool), SharedState(Catalogue.find(), gpu))
