"""The kernels that `--kb-kernel` names, as a submission for each package."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_kernelbench.evaluation.submission import SubmissionSession
from pytest_kernelbench.model.errors import KernelBenchError
from pytest_kernelbench.model.source import Source
from pytest_kernelbench.model.submission import Kernel, Metadata

if TYPE_CHECKING:
    from pytest_kernelbench.evaluation.session import EvaluationSession


class NamedSubmission(SubmissionSession):
    """The kernels of one package that the user has named, without a folder of their own."""

    def __init__(self, top: str, kernels: Sequence[Kernel], session: EvaluationSession, metadata: Metadata) -> None:
        folder = Path(top)
        super().__init__(Source(top, folder, folder), session, metadata)
        self.named = tuple(kernels)
        """The kernels, in the order in which they were named."""

    @cached_property
    def files(self) -> tuple[Path, ...]:
        """No files: nothing that pytest collects belongs to it."""
        return ()

    @cached_property
    def _index(self) -> dict[Path, list[Kernel] | KernelBenchError]:
        index: dict[Path, list[Kernel] | KernelBenchError] = {}
        for kernel in self.named:
            found = index.setdefault(kernel.source_path, [])
            assert isinstance(found, list)
            found.append(kernel)
        return index
