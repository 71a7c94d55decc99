"""Collectors for submissions: folders, kernel files and JSON lines. Imports neither torch nor any kernel."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

from pytest_kernelbench.evaluation.named_submission import NamedSubmission
from pytest_kernelbench.model.printing import visible
from pytest_kernelbench.plugin.items import KernelItem, MissingItem, Readable, items

if TYPE_CHECKING:
    from pytest_kernelbench.evaluation.session import EvaluationSession
    from pytest_kernelbench.evaluation.submission import SubmissionSession
    from pytest_kernelbench.model.errors import KernelBenchError
    from pytest_kernelbench.model.source import Source
    from pytest_kernelbench.model.submission import Kernel


class KernelDirectory(Readable, pytest.Directory):
    """A folder of a submission: its root, a variant or a category."""

    submission: SubmissionSession

    def collect(self) -> Iterator[pytest.Item | pytest.Collector]:
        """Yield the sub-folders and files with kernels; for the root also the tasks without a kernel."""
        for path in self.submission.children(self.path):
            if path.is_dir():
                yield directory(self, path, self.submission)
            else:
                yield file(self, path, self.submission)
        if self.path == self.submission.source.path:
            for variant, task in self.submission.missing():
                yield from MissingItem.of(self, self.submission, variant, task)


class KernelFile(Readable, pytest.File):
    """A `.py` file with one kernel."""

    submission: SubmissionSession

    def collect(self) -> Iterator[pytest.Item]:
        """Yield the items of the kernel."""
        (kernel,) = self.submission.kernels(self.path)
        yield from items(self, self.submission, kernel)


class KernelLines(Readable, pytest.File):
    """A file of JSON lines with a kernel each, or a `submission.toml` that names kernels."""

    submission: SubmissionSession

    def collect(self) -> Iterator[pytest.Item | pytest.Collector]:
        """Yield a collector for each kernel, named after its task."""
        for kernel in self.submission.kernels(self.path):
            sample = kernel.variant is not None and kernel.variant != self.path.stem
            name = f"{kernel.variant}:{kernel.task}" if sample else kernel.task
            yield KernelLine.from_parent(self, name=name, kernel=kernel, submission=self.submission)
        for number, error in self.submission.odd.get(self.path, {}).items():
            line: OddLine = OddLine.from_parent(self, name=f"line_{number}")
            line.error = error
            yield line


class OddLine(Readable, pytest.Item):
    """A line of a file of JSON lines that is no kernel: it fails, and the other lines are judged."""

    error: KernelBenchError

    def runtest(self) -> None:
        """Raise what is wrong with the line."""
        raise self.error

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Name the line in reports."""
        return self.path, int(self.name.rpartition("_")[2]) - 1, self.name


class KernelLine(pytest.Collector):
    """A kernel without a file of its own: a JSON line, or a name."""

    def __init__(self, *, kernel: Kernel, submission: SubmissionSession, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.kernel, self.submission = kernel, submission

    def collect(self) -> Iterator[pytest.Item]:
        """Yield the items of the kernel."""
        yield from items(self, self.submission, self.kernel)


def directory(parent: pytest.Collector, path: Path, submission: SubmissionSession) -> KernelDirectory:
    """Return the collector of a folder of a submission."""
    node: KernelDirectory = KernelDirectory.from_parent(parent, path=path, **_identity(parent, path, submission))
    node.submission = submission
    return node


def file(parent: pytest.Collector, path: Path, submission: SubmissionSession) -> KernelFile | KernelLines:
    """Return the collector of a file of a submission."""
    kind: Any = KernelFile if path.suffix == ".py" else KernelLines
    node: KernelFile | KernelLines = kind.from_parent(parent, path=path, **_identity(parent, path, submission))
    node.submission = submission
    return node


def named_items(session: pytest.Session, evaluation: EvaluationSession) -> Iterator[pytest.Item]:
    """Yield the items of the kernels that are named by `--kb-kernel`; their node ids start with the module."""
    for submission in evaluation.submissions:
        for kernel in submission.named if isinstance(submission, NamedSubmission) else ():
            assert kernel.origin is not None
            about = {"kernel": kernel, "submission": submission}
            nodeid = f"{kernel.origin.name.module}::{kernel.task}"
            yield from KernelLine.from_parent(session, name=kernel.task, nodeid=nodeid, **about).collect()


def shadow_conftests(config: pytest.Config, sources: Iterable[Source]) -> None:
    """Register an empty module in place of each `conftest.py` of the submissions, so that pytest imports none."""
    for root in {source.root for source in sources}:
        for path in map(str, root.rglob("conftest.py")):
            if not config.pluginmanager.has_plugin(path):
                config.pluginmanager.register(ModuleType("conftest"), path)


def keep_shard(evaluation: EvaluationSession, found: list[pytest.Item]) -> None:
    """Deselect the items of kernels in other shards; items without a kernel stay in every shard."""
    shard = evaluation.settings.shard
    assert shard is not None
    ranks = {task: rank for rank, task in enumerate(evaluation.catalogue.names())}
    kept: list[pytest.Item] = []
    left: list[pytest.Item] = []
    for item in found:
        named = item.kernel if isinstance(item, KernelItem) else item.record if isinstance(item, MissingItem) else None
        mine = named is None or shard.holds(ranks.get(named.task, zlib.crc32(named.task.encode())), named.variant)
        (kept if mine else left).append(item)
    if left:
        left[0].config.hook.pytest_deselected(items=left)
        found[:] = kept


def _identity(parent: pytest.Collector, path: Path, submission: SubmissionSession) -> dict[str, Any]:
    """Return the node id of a path where pytest's own will not do, and the name.

    So it is outside of the root directory, where the node id does not depend on where the folder is, and where a name
    has characters that must not reach a terminal.
    """
    root = parent.config.rootpath
    inside = path.is_relative_to(root)
    name = path.relative_to(root if inside else submission.source.root.parent).as_posix()
    if name != visible(name):
        return {"nodeid": visible(name), "name": visible(path.name)}
    return {} if inside else {"nodeid": name}
