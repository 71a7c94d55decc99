"""One submission in a session: which kernels are in its files, and how each question about one is answered."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pytest_kernelbench.model.errors import KernelBenchError
from pytest_kernelbench.model.record import CompileRecord, Failure, Record, SpeedRecord
from pytest_kernelbench.model.source import Source, kernel_files
from pytest_kernelbench.model.submission import Kernel, Metadata, duplicates, kernel_of, kernels_of_lines
from pytest_kernelbench.report.code_quality import signals
from pytest_kernelbench.resume import deciding

if TYPE_CHECKING:
    from pytest_kernelbench.devices.listing import Gpu
    from pytest_kernelbench.judge.correctness import Judgement, Plan
    from pytest_kernelbench.judge.speed import SpeedPlan
    from pytest_kernelbench.model.targets import Target
    from pytest_kernelbench.model.task import Task
    from pytest_kernelbench.session import Bench

R = TypeVar("R", bound=Record)

TRIES = 3
"""How often a kernel is judged whose runner dies with the fork server, before that counts as its own doing."""


def untimed(device: str, language: str) -> str | None:
    """Return why a device cannot time kernels of a language at all; None where it can."""
    if device == "interpreter":
        return "interpreter time is never a speed"
    if device == "cpu" and language != "torch":
        return f"a kernel in {language} is timed on a GPU; on a processor, one in torch"
    return None


class Shelf:
    """One selected submission: its files, and which kernels are in them."""

    def __init__(self, source: Source, bench: Bench, metadata: Metadata | None = None) -> None:
        self.source = source
        self.bench = bench
        self.metadata = metadata or Metadata.of(source.root)

    @cached_property
    def files(self) -> tuple[Path, ...]:
        """Files that are kernels or hold them, sorted."""
        return tuple(kernel_files(self.source.path))

    def holds(self, path: Path) -> bool:
        """Whether a path is the submission, one of its folders, or one of its files."""
        return path == self.source.path or (
            path.is_relative_to(self.source.path) and any(file == path or path in file.parents for file in self.files)
        )

    def children(self, folder: Path) -> list[Path]:
        """Return what lies directly in a folder and is a kernel or leads to one."""
        inside = (file.relative_to(folder).parts[0] for file in self.files if file.is_relative_to(folder))
        return [folder / name for name in dict.fromkeys(inside)]

    def kernels(self, path: Path) -> list[Kernel]:
        """Return the kernels of a file; raises `KernelBenchError` for a file that is wrong."""
        found = self._index.get(path)
        if isinstance(found, KernelBenchError):
            raise found
        return found or []

    def marker(self, task: str) -> str:
        """Return the marker of a task's category."""
        return self.bench.catalogue.names()[task].marker

    def missing(self) -> Iterator[tuple[str | None, str]]:
        """Yield variant and name of each task without a kernel, if the user wants to know."""
        if self.bench.settings.missing == "hide":
            return
        there: dict[str | None, set[str]] = {}
        for found in self._index.values():
            for kernel in found if isinstance(found, list) else ():
                there.setdefault(kernel.variant, set()).add(kernel.task)
        for variant, tasks in sorted(there.items(), key=lambda pair: pair[0] or ""):
            for task in self.bench.catalogue.names():
                if task not in tasks:
                    yield variant, task

    def missing_record(self, variant: str | None, task: str) -> Record:
        """Return the record of a task without a kernel."""
        category = self.bench.catalogue.names()[task].category
        record = Record(
            kind="correctness", submission=self.source.name, variant=variant, task=task, category=category,
            status="missing", rung="absent",
        )  # fmt: skip
        return self.complete(record)

    def lost_record(self, kernel: Kernel, item: str, message: str) -> Record:
        """Return the record of a kernel whose judge has failed; `item` is the name of the item."""
        fields: dict[str, Any] = {
            "submission": self.source.name, "variant": kernel.variant, "task": kernel.task, "category": kernel.category,
            "status": "error", "rung": "absent", "kernel_sha256": kernel.sha256, "failure": Failure("load", message),
        }  # fmt: skip
        kind, _, target = item.partition("@")[0].rstrip("]").partition("[")
        if kind == "compile":
            return self.complete(CompileRecord(kind=kind, target=target, **fields), kernel)
        if kind == "speed":
            return self.complete(SpeedRecord(kind=kind, workload=target, **fields), kernel)
        return self.complete(Record(kind="correctness", **fields), kernel)

    def judge(self, kernel: Kernel, key: str | None) -> tuple[Record, Judgement]:
        """Judge a kernel; `key` tells its example database entry from others, None does without a database."""
        from pytest_kernelbench.judge.correctness import Judgement

        plan = self._plan()
        task = self.bench.catalogue.load(kernel.task)
        for _ in range(TRIES):
            judgement = Judgement(kernel, task, plan, self.bench.oracle, language=self.metadata.language, key=key)
            record = judgement.run()
            if not judgement.trial.orphaned:
                break
        self.bench.judged[kernel.source_path, kernel.task] = record = self.complete(record, kernel)
        return record, judgement

    def workloads(self, kernel: Kernel) -> list[str]:
        """Return the workloads that items of speed ask about.

        Where this device cannot time the submission there are none, unless the user has asked for speed by name.
        """
        settings = self.bench.settings
        if settings.case is not None or (
            untimed(settings.device, self.metadata.language) and not settings.asks_for_speed
        ):
            return []
        return list(self.bench.catalogue.load(kernel.task).workloads)

    def time(self, kernel: Kernel, workload: str) -> SpeedRecord:
        """Time a kernel on a workload; it is judged on the plainest cases first, unless it has been."""
        from pytest_kernelbench.judge.speed import Speed, SpeedPlan, not_timed

        settings = self.bench.settings
        task, file = self.bench.catalogue.load(kernel.task), self.bench.catalogue.names()[kernel.task]
        if reason := untimed(settings.device, self.metadata.language):
            return self.complete(not_timed(kernel, workload, "unsupported", Failure("workload", reason)), kernel)
        known = self.bench.judged.get((kernel.source_path, kernel.task)) or self._basic(kernel)
        if known.status == "rejected" or known.facets.get("basic") != "passed":
            said = known.failure or Failure("basic", f"it is {known.status}")
            return self.complete(not_timed(kernel, workload, known.status, said), kernel)
        plan = SpeedPlan(
            settings.runner_device, settings.baselines, settings.timeout, self.metadata.language,
            allow=settings.allow, sandbox=settings.sandbox,
        )  # fmt: skip
        code = file.path.read_text(encoding="utf-8")
        if settings.gpu is None:
            return self.complete(Speed(kernel, task, code, workload, plan).run(), kernel)
        return self.complete(self._time_on_gpu(settings.gpu, kernel, task, code, workload, plan), kernel)

    def _time_on_gpu(
        self, gpu: Gpu, kernel: Kernel, task: Task, code: str, workload: str, plan: SpeedPlan
    ) -> SpeedRecord:
        from pytest_kernelbench.devices.nvml import Watch
        from pytest_kernelbench.judge.speed_on_gpu import SpeedOnGpu

        watch = Watch(gpu.uuid)
        try:
            speed = SpeedOnGpu(kernel, task, code, workload, plan, self.bench.oracle)
            speed.watch, speed.ceilings = watch, self.bench.ceilings
            return speed.run()
        finally:
            watch.close()

    def _plan(self) -> Plan:
        from pytest_kernelbench.judge.correctness import Plan

        settings = self.bench.settings
        return Plan(
            settings.runner_device, settings.facets, settings.examples, settings.timeout, settings.case, settings.seed,
            allow=settings.allow, sandbox=settings.sandbox,
        )  # fmt: skip

    def _basic(self, kernel: Kernel) -> Record:
        """Judge a kernel on the plainest cases alone."""
        from pytest_kernelbench.judge.correctness import Judgement

        plan = replace(self._plan(), facets=("basic",), examples=0)
        task = self.bench.catalogue.load(kernel.task)
        judgement = Judgement(kernel, task, plan, self.bench.oracle, language=self.metadata.language, key="")
        self.bench.judged[kernel.source_path, kernel.task] = record = self.complete(judgement.run(), kernel)
        return record

    def compile(self, kernel: Kernel, target: Target) -> tuple[CompileRecord, str]:
        """Compile a kernel for a target, or find what an earlier session made of it; with what the kernel printed."""
        from pytest_kernelbench.judge.compile_cache import CompileCache
        from pytest_kernelbench.judge.compiling import Compilation

        settings, language = self.bench.settings, self.metadata.language
        file = self.bench.catalogue.names()[kernel.task]
        cache = CompileCache(kernel.sha256, file.sha256, target.name, language, self.bench.versions)
        known = cache.load()
        if known is not None:
            return self.complete(known, kernel), ""
        task = self.bench.catalogue.load(kernel.task)
        for _ in range(TRIES):
            compilation = Compilation(
                kernel, task, target, settings.compile_timeout, language=language, sandbox=settings.sandbox
            )
            record = self.complete(compilation.run(), kernel)
            if not compilation.orphaned:
                break
        cache.store(record)
        return record, compilation.printed

    def complete(self, record: R, kernel: Kernel | None = None) -> R:
        """Add to a record what the session knows and the judge does not."""
        file = self.bench.catalogue.names()[record.task]
        settings = self.bench.settings
        device: dict[str, Any] = {"kind": settings.place, "machine": platform.machine()}
        if isinstance(record, CompileRecord):
            device["kind"] = record.target
        elif (gpu := settings.gpu) is not None:
            device |= {"model": gpu.model, "uuid": gpu.uuid, "driver": gpu.driver, "memory": gpu.memory}
        return replace(
            record,
            submission=self.source.name,
            task_sha256=file.sha256,
            device=device,
            versions=self.bench.versions,
            started=record.started or datetime.now(UTC).isoformat(timespec="seconds"),
            code=_signals(kernel) if kernel is not None else {},
            settings=deciding(record.kind, self.bench.settings, self.metadata.language),
        )

    @cached_property
    def _index(self) -> dict[Path, list[Kernel] | KernelBenchError]:
        """Kernels of each file, or what is wrong with it; a second kernel for one task is wrong."""
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
        if path.suffix == ".jsonl":
            return kernels_of_lines(path, self.source.root, self.bench.catalogue)
        return [kernel_of(path, self.source.root, self.bench.catalogue)]


def _signals(kernel: Kernel) -> dict[str, int | float]:
    """Return the signals of a kernel's code, none where its file has gone since it was found."""
    try:
        return signals(kernel.text())
    except OSError:
        return {}
