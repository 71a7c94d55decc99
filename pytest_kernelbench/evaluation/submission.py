"""A submission in a session: its kernels, and their records for correctness, compilation and speed."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_kernelbench.evaluation.code_signals import signals
from pytest_kernelbench.evaluation.kept_code import kept_code
from pytest_kernelbench.evaluation.named import named_kernel
from pytest_kernelbench.evaluation.timing import speed_backend, untimed
from pytest_kernelbench.model.code import Undecodable
from pytest_kernelbench.model.errors import KernelBenchError
from pytest_kernelbench.model.helpers import without_helpers
from pytest_kernelbench.model.origin import Name
from pytest_kernelbench.model.record import RIGHT, CompileRecord, Failure, Record, RecordIdentity, SpeedRecord
from pytest_kernelbench.model.source import METADATA, Source, kernel_files
from pytest_kernelbench.model.submission import Kernel, Metadata, duplicates, kernel_of, read_lines
from pytest_kernelbench.model.variables import merged

if TYPE_CHECKING:
    from pytest_kernelbench.evaluation.session import EvaluationSession
    from pytest_kernelbench.judge.correctness.judgement import Judgement
    from pytest_kernelbench.model.judging import JudgingSettings
    from pytest_kernelbench.model.targets import Target

TRIES = 3
"""Attempts for a kernel whose runner dies with the fork server, before the kernel is blamed."""


class SubmissionSession:
    """One selected submission."""

    in_a_test = False
    """Whether its kernel is named in a test module of the user."""

    def __init__(self, source: Source, session: EvaluationSession, metadata: Metadata | None = None) -> None:
        self.source = source
        self.session = session
        self.metadata = metadata or Metadata.of(source.root)
        self.odd: dict[Path, dict[int, KernelBenchError]] = {}
        """Lines of files of JSON lines that are no kernels, by their numbers."""

    @property
    def told(self) -> str:
        """What the user should know of the tasks that were made for it, as a line; empty for tasks that are files."""
        return ""

    @property
    def settings(self) -> JudgingSettings:
        """The session's settings, with what this submission declares; the session's variables have priority."""
        judging, said = self.session.settings.judging, self.metadata
        variables = merged(said.environment, judging.environment)
        return replace(judging, language=said.language, domain=said.domain, environment=variables)

    @cached_property
    def files(self) -> tuple[Path, ...]:
        """Kernel files and JSON-lines files, sorted; not the helpers that kernels import.

        The `submission.toml` is the last one where it names kernels in packages.
        """
        found = without_helpers(kernel_files(self.source.path), self.source.root, self.session.catalogue)
        table = self.source.root / METADATA
        if self.metadata.kernels and self.source.path == self.source.root:
            found.append(table)
        elif not found:
            told = f"expected .py files, JSON lines (.jsonl), or a table [kernels] in {METADATA}"
            raise KernelBenchError(f"{self.source.path}: no kernels; {told}")
        return tuple(found)

    def holds(self, path: Path) -> bool:
        """Whether a path is the submission, or a folder or file with kernels in it."""
        return path == self.source.path or (
            path.is_relative_to(self.source.path) and any(file == path or path in file.parents for file in self.files)
        )

    def children(self, folder: Path) -> list[Path]:
        """Return the entries of a folder that are kernels or contain them."""
        inside = (file.relative_to(folder).parts[0] for file in self.files if file.is_relative_to(folder))
        return [folder / name for name in dict.fromkeys(inside)]

    def kernels(self, path: Path) -> list[Kernel]:
        """Return the kernels in a file; raises `KernelBenchError` for a bad file."""
        found = self._index.get(path)
        if isinstance(found, KernelBenchError):
            raise found
        return found or []

    def marker(self, task: str) -> str:
        """Return the marker of a task's category."""
        return self.session.catalogue.names()[task].marker

    def place(self, kernel: Kernel) -> tuple[Path, int]:
        """Return the file and the line that reports show for a kernel."""
        return kernel.source_path, kernel.first_line

    def missing(self) -> Iterator[tuple[str | None, str]]:
        """Yield variant and name of each task without a kernel, unless `--kb-missing=hide`."""
        if self.session.settings.missing == "hide":
            return
        there: dict[str | None, set[str]] = {}
        for found in self._index.values():
            for kernel in found if isinstance(found, list) else ():
                there.setdefault(kernel.variant, set()).add(kernel.task)
        for variant, tasks in sorted(there.items(), key=lambda pair: pair[0] or ""):
            for task in self.session.catalogue.names():
                if task not in tasks:
                    yield variant, task

    def workloads(self, kernel: Kernel) -> list[str]:
        """Return the workloads of a kernel's speed items.

        There are none where this device cannot time the submission, unless the user asked for speed by name.
        """
        device, language = self.settings.device, self.metadata.language
        asked = self.session.settings.asks_for_speed or not untimed(device, language)
        if self.settings.case is not None or not asked:
            return []
        return list(self.named_workloads(kernel))

    def named_workloads(self, kernel: Kernel) -> Iterable[str]:
        """Return the names of the workloads of a kernel's task."""
        return self.session.catalogue.load(kernel.task).workloads

    def judge(self, kernel: Kernel, key: str | None, selection: str = "") -> tuple[Record, Judgement]:
        """Judge a kernel's correctness.

        `key` names its entry in the example database, None uses no database; `selection` is the pytest arguments that
        select it alone.
        """
        identity = self.identity(kernel, "correctness", selection)
        return self._judge(kernel, self.settings, identity, key)

    def time(self, kernel: Kernel, workload: str, selection: str = "") -> SpeedRecord:
        """Time a kernel on a workload, after judging it on `basic` unless that is known.

        No other process uses the device while the kernel is timed.
        """
        shared = self.session.shared
        if shared.gpu is not None:
            return self._time(kernel, workload, selection)
        with shared.lock.alone():  # on a processor, all that is done for a workload would disturb whoever is timing
            return self._time(kernel, workload, selection)

    def _time(self, kernel: Kernel, workload: str, selection: str) -> SpeedRecord:
        from pytest_kernelbench.judge.speed.benchmark import SpeedBenchmark

        identity = self.identity(kernel, "speed", selection)
        if reason := untimed(self.settings.device, self.metadata.language):
            failure = Failure("workload", reason)
            return identity.speed(workload=workload, status="unsupported", stage="basic", failure=failure)
        known = self.session.judged.get((kernel.source_path, kernel.task)) or self._judge_basic(kernel)
        if known.status == "rejected" or known.facets.get("basic") not in RIGHT:
            failure = known.failure or Failure("basic", f"it is {known.status}")
            return identity.speed(workload=workload, status=known.status, stage="runs", failure=failure)
        catalogue = self.session.catalogue
        task, code = catalogue.load(kernel.task), catalogue.code(kernel.task)
        backend = speed_backend(self.session)
        try:
            shared = self.session.shared
            kept = kept_code(self.session.settings, kernel, identity, gives=True)
            return SpeedBenchmark(
                kernel, task, code, workload, self.settings, identity, shared.oracle, backend, shared.assessor, kept,
                shared.turns, shared.timed_spares,
            ).run()  # fmt: skip
        finally:
            backend.close()

    def compile(self, kernel: Kernel, target: Target, selection: str = "") -> tuple[CompileRecord, str]:
        """Compile a kernel for a target, unless the cache has its record; return that with what the kernel printed."""
        from pytest_kernelbench.judge.compilation.cache import CompileCache
        from pytest_kernelbench.judge.compilation.compilation import Compilation

        identity = self.identity(kernel, "compile", selection, target=target.name)
        cache = CompileCache(identity, target.name, self.metadata.language)
        known = cache.load()
        if known is not None:
            return identity.adopt(known), ""
        task = self.session.catalogue.load(kernel.task)
        for _ in range(TRIES):
            compilation = Compilation(kernel, task, target, self.settings, identity)
            record = compilation.run()
            if not compilation.orphaned:
                break
        cache.store(record)
        return record, compilation.printed

    def missing_record(self, variant: str | None, task: str) -> Record:
        """Return the record of a task without a kernel."""
        file = self.session.catalogue.names()[task]
        kernel = Kernel(task, file.category, file.path, None, None, variant, "")
        return self.identity(kernel, "correctness", code={}).correctness(status="missing", stage="absent")

    def lost_record(self, kernel: Kernel, item: str, message: str) -> Record:
        """Return the record of a kernel that kernelbench itself failed to judge; `item` is the name of the item."""
        kind, _, part = item.partition("@")[0].rstrip("]").partition("[")
        found: dict[str, Any] = {"status": "error", "stage": "absent", "failure": Failure("load", message)}
        if kind == "compile":
            return self.identity(kernel, kind, target=part).compilation(target=part, **found)
        if kind == "speed":
            return self.identity(kernel, kind).speed(workload=part, **found)
        return self.identity(kernel, "correctness").correctness(**found)

    def identity(
        self,
        kernel: Kernel,
        kind: str,
        selection: str = "",
        *,
        target: str | None = None,
        code: dict[str, int | float] | None = None,
    ) -> RecordIdentity:
        """Return the part of a kernel's record that is known before it is judged."""
        device: dict[str, Any] = {"kind": target or self.settings.device, "machine": platform.machine()}
        gpu = self.session.settings.gpu
        if gpu is not None and target is None:
            device |= {"model": gpu.model, "uuid": gpu.uuid, "driver": gpu.driver, "memory": gpu.memory}
        return RecordIdentity(
            submission=self.source.name,
            variant=kernel.variant,
            task=kernel.task,
            category=kernel.category,
            device=device,
            versions=self.session.shared.versions,
            settings=self.settings.recorded(kind),
            started=datetime.now(UTC).isoformat(timespec="seconds"),
            kernel_sha256=kernel.sha256,
            task_sha256=self.session.catalogue.names()[kernel.task].sha256,
            code=_signals(kernel) if code is None else code,
            selection=selection,
        )

    def _judge(
        self, kernel: Kernel, settings: JudgingSettings, identity: RecordIdentity, key: str | None
    ) -> tuple[Record, Judgement]:
        from pytest_kernelbench.host.fork_servers import fork_server_for

        fork_server_for(settings.device).warm()  # beside this process, which imports torch meanwhile
        from pytest_kernelbench.judge.correctness.judgement import Judgement

        task = self.session.catalogue.load(kernel.task)
        kept = kept_code(self.session.settings, kernel, identity, gives=False)
        for _ in range(TRIES):
            shared = self.session.shared
            judgement = Judgement(
                kernel, task, settings, shared.oracle, identity,
                key=key, spares=shared.spares, kept=kept, turns=shared.turns,
            )  # fmt: skip
            record = judgement.run()
            if not judgement.trial.orphaned:
                break
        self.session.judged[kernel.source_path, kernel.task] = record
        return record, judgement

    def _judge_basic(self, kernel: Kernel) -> Record:
        """Judge a kernel on the facet `basic` alone."""
        settings = replace(self.settings, facets=("basic",), examples=0)
        return self._judge(kernel, settings, self.identity(kernel, "correctness"), None)[0]

    @cached_property
    def _index(self) -> dict[Path, list[Kernel] | KernelBenchError]:
        """The kernels of each file, or its error; a second kernel for the same task is an error."""
        index: dict[Path, list[Kernel] | KernelBenchError] = {}
        good: list[Kernel] = []
        for path in self.files:
            try:
                index[path] = found = self._read(path)
            except (KernelBenchError, OSError) as error:
                index[path] = error if isinstance(error, KernelBenchError) else KernelBenchError(f"{path}: {error}")
                continue
            if repeated := duplicates([*good, *found]):
                index[path] = repeated[0]
            else:
                good += found
        return index

    def _read(self, path: Path) -> list[Kernel]:
        if path.name == METADATA:
            names = {task: Name.parse(text) for task, text in self.metadata.kernels.items()}
            found = (replace(name, task=name.task or task) for task, name in names.items())
            return [named_kernel(name, self.session.catalogue, self.settings.paths) for name in found]
        if path.suffix == ".jsonl":
            kernels, self.odd[path] = read_lines(path, self.source.root, self.session.catalogue)
            return kernels
        return [kernel_of(path, self.source.root, self.session.catalogue)]


def _signals(kernel: Kernel) -> dict[str, int | float]:
    """Return the signals of a kernel's code; none if it is no text, or its file was deleted meanwhile."""
    try:
        return signals(kernel.text())
    except (OSError, Undecodable):
        return {}
