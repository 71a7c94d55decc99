"""The evaluation session: settings, tasks, submissions, and the state that kernels share."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_kernelbench.evaluation.named import named_kernel
from pytest_kernelbench.evaluation.named_submission import NamedSubmission
from pytest_kernelbench.evaluation.resume import KnownRecords
from pytest_kernelbench.evaluation.settings import Settings
from pytest_kernelbench.evaluation.submission import SubmissionSession
from pytest_kernelbench.formats.find import find as find_tasks
from pytest_kernelbench.gpus.lock import GpuLock
from pytest_kernelbench.model.catalogue import Catalogue
from pytest_kernelbench.model.errors import KernelBenchError
from pytest_kernelbench.model.origin import Name
from pytest_kernelbench.model.record import Record
from pytest_kernelbench.model.source import find
from pytest_kernelbench.model.submission import Kernel, Metadata, duplicates
from pytest_kernelbench.model.turns import UNDIVIDED

if TYPE_CHECKING:
    from pytest_kernelbench.gpus.inventory import Gpu
    from pytest_kernelbench.gpus.roofline import Roofline
    from pytest_kernelbench.host.spares import Spares
    from pytest_kernelbench.judge.comparison.gpu_eager import GpuEager
    from pytest_kernelbench.judge.comparison.oracle import Oracle
    from pytest_kernelbench.judge.speed.assessor import Assessor
    from pytest_kernelbench.judge.speed.baselines import TimedSpares
    from pytest_kernelbench.model.turns import Turns

VERSIONED = ("torch", "triton", "hypothesis", "pytest", "pytest-kernelbench")
"""Packages whose versions are recorded."""


class SharedState:
    """State that the sessions of a process on one device share: tasks, the oracle with its cache, versions."""

    def __init__(self, catalogue: Catalogue, gpu: Gpu | None) -> None:
        self.catalogue = catalogue
        self.gpu = gpu
        self.lock = GpuLock(gpu.uuid if gpu is not None else None)
        """The lock of the GPU, or of this machine's CPU."""
        self._gpu_eager: GpuEager | None = None
        self._assessor: Assessor | None = None
        self._spares: Spares | None = None
        self._timed_spares: tuple[Spares, ...] = ()

    @classmethod
    def of(cls, tasks: Path | None, gpu: Gpu | None) -> SharedState:
        """Return the state for the shipped tasks with the user's folder `tasks`, in whichever form it is."""
        return cls(find_tasks(own=tasks), gpu)

    @property
    def turns(self) -> Turns:
        """When the device may be used; at any time where there is no GPU, since cores are not shared."""
        return self.lock if self.gpu is not None else UNDIVIDED

    @cached_property
    def oracle(self) -> Oracle:
        """The oracle; on a GPU, eager PyTorch's own error is that of the GPU."""
        from pytest_kernelbench.judge.comparison.oracle import Oracle

        if self.gpu is None:
            return Oracle()
        from pytest_kernelbench.judge.comparison.gpu_eager import GpuEager
        from pytest_kernelbench.wire.device_names import CUDA

        self._gpu_eager = GpuEager(f"{CUDA}{self.gpu.uuid}", self.catalogue.code, self.turns)
        return Oracle(self._gpu_eager.of)

    @cached_property
    def spares(self) -> Spares:
        """Runners for the next kernel, which enter the GPU while the current one is judged."""
        from pytest_kernelbench.host.spares import Spares

        self._spares = Spares()
        return self._spares

    @cached_property
    def timed_spares(self) -> TimedSpares:
        """Runners for the next pair of kernel and baseline, which enter the GPU while the current one is timed."""
        from pytest_kernelbench.host.spares import Spares
        from pytest_kernelbench.judge.speed.baselines import TimedSpares

        self._timed_spares = (Spares(), Spares())
        return TimedSpares(*self._timed_spares)

    @cached_property
    def assessor(self) -> Assessor | None:
        """What compares the results of workloads on the GPU, for all kernels; None without a GPU."""
        if self.gpu is None:
            return None
        from pytest_kernelbench.judge.speed.assessor import Assessor
        from pytest_kernelbench.wire.device_names import CUDA

        self._assessor = Assessor(f"{CUDA}{self.gpu.uuid}", self.catalogue.code)
        return self._assessor

    @cached_property
    def roofline(self) -> Roofline | None:
        """The roofline of the GPU; None without a GPU, or where it is unknown."""
        from pytest_kernelbench.gpus.roofline import roofline

        return roofline(self.gpu, turns=self.turns) if self.gpu is not None else None

    @cached_property
    def versions(self) -> dict[str, str]:
        """Versions that a verdict may depend on."""
        found = {"python": platform.python_version(), "fp_fusion": os.environ.get("TRITON_DEFAULT_FP_FUSION", "1")}
        for name in VERSIONED:
            try:
                found[name] = importlib.metadata.version(name)
            except importlib.metadata.PackageNotFoundError:
                found[name] = "absent"
        return found

    def close(self) -> None:
        """End the processes that serve several kernels."""
        if self._gpu_eager is not None:
            self._gpu_eager.close()
        if self._assessor is not None:
            self._assessor.close()
        if self._spares is not None:
            self._spares.close()
        for spares in self._timed_spares:
            spares.close()


class EvaluationSession:
    """A session that judges kernels under one set of settings."""

    def __init__(self, settings: Settings, shared: SharedState) -> None:
        self.settings = settings
        self.shared = shared
        self.submissions: tuple[SubmissionSession, ...] = ()
        self.judged: dict[tuple[Path, str], Record] = {}
        """Correctness records of this process by file and task, since a kernel is timed only if it is right."""
        # Read before anything is judged: records of this session must not answer for it.
        self.known = KnownRecords.read(settings.results) if settings.resume and settings.results else KnownRecords()

    @classmethod
    def start(cls, settings: Settings, root: Path, cwd: Path) -> EvaluationSession:
        """Return a session with the selected submissions; `root` is the folder that holds `submissions/`.

        Raises `KernelBenchError` for a submission, a task folder or a metadata file that is wrong.
        """
        session = cls(settings, SharedState.of(settings.tasks, settings.gpu))
        sources = find(settings.submissions, root, cwd)
        session.submissions = (*(SubmissionSession(source, session) for source in sources), *session.named())
        return session

    def named(self) -> list[NamedSubmission]:
        """Return the kernels of `--kb-kernel`, by package; raises `KernelBenchError`."""
        found: dict[str, list[Kernel]] = {}
        for text in self.settings.kernels:
            name = Name.parse(text)
            found.setdefault(name.top, []).append(named_kernel(name, self.catalogue, self.settings.judging.paths))
        for repeated in (error for kernels in found.values() for error in duplicates(kernels)):
            raise repeated
        return [NamedSubmission(top, kernels, self, Metadata()) for top, kernels in found.items()]

    @property
    def catalogue(self) -> Catalogue:
        """The tasks."""
        return self.shared.catalogue

    def submission_of(self, path: Path) -> SubmissionSession | None:
        """Return the submission to which a path belongs; None for any other path."""
        return next((submission for submission in self.submissions if submission.holds(path)), None)

    def unconfined(self) -> str:
        """Try the sandbox in a child process and return the measures that do not hold, as a text; empty if all hold.

        Raises `KernelBenchError` if the sandbox is `strict` and a measure does not hold.
        """
        mode = self.settings.judging.sandbox
        if mode == "off":
            return "no sandbox (--kb-sandbox=off): kernels can read and write what this user can"
        from pytest_kernelbench.sandbox.self_test import measures

        broken = [measure for measure in measures() if not measure.holds]
        if broken and mode == "strict":
            lines = [f"  {measure.name}: {measure.broken}; must {measure.advice}" for measure in broken]
            header = "--kb-sandbox=strict: the sandbox does not hold on this machine"
            raise KernelBenchError("\n".join([header, *lines]))
        names = ", ".join(measure.name for measure in broken)
        return f"the sandbox does not hold for {names} here (see pytest-kernelbench doctor)" if broken else ""

    def close(self) -> None:
        """End the processes that serve several kernels."""
        self.shared.close()
