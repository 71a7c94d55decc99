"""One kernel judged from a program, where no test session is wanted: code in, record and feedback out."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pytest_kernelbench.model.record import CompileRecord, Record
from pytest_kernelbench.model.task import FACETS


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What was found out about one kernel."""

    record: Record
    """Of its correctness."""
    compiled: tuple[CompileRecord, ...] = ()
    """One record for each target that was asked for, in that order."""

    @property
    def passed(self) -> bool:
        """Whether the kernel is right on everything that was tried, and compiles for every target."""
        return all(record.status == "passed" for record in (self.record, *self.compiled))

    @property
    def headline(self) -> str:
        """The task, the worst status, and where it showed."""
        return self.feedback(1 << 16).partition("\n")[0]

    def feedback(self, limit: int = 2000) -> str:
        """Return what a language model needs to improve the kernel, in at most `limit` characters.

        The same evaluation gives the same text.
        """
        from pytest_kernelbench.report.feedback import feedback

        return feedback(self.record, self.compiled, limit)

    def to_json(self) -> str:
        """Return `passed`, `record` and `compiled` as one line of JSON."""
        records = [json.loads(record.to_json()) for record in (self.record, *self.compiled)]
        return json.dumps({"passed": self.passed, "record": records[0], "compiled": records[1:]})


def evaluate(
    code: str,
    task: str,
    *,
    device: str = "auto",
    facets: Sequence[str] = FACETS,
    examples: int = 48,
    timeout: float = 240.0,
    seed: int | str | None = 0,
    targets: Sequence[str] = (),
    compile_timeout: float = 120.0,
    language: str = "triton",
    tasks: str | Path | None = None,
    allow: Sequence[str] = (),
    sandbox: str = "best",
) -> Evaluation:
    """Judge the code of one kernel for one task.

    `code` may be in Markdown fences, as models write it. The options are those of the command line: `examples` is how
    many cases are drawn beside the fixed ones, `timeout` and `compile_timeout` are seconds, `seed` decides what is
    drawn (None: differently each time), `targets` are GPUs to compile for, `language` is `torch` or `cuda` for code
    that is meant to launch no Triton kernel, `tasks` is a folder of task files of one's own, `allow` are rules of the
    audit that do not reject, `sandbox` is `strict`, `best` or `off`.

    May be called from many threads and processes at once. Nothing that the kernel does is raised: it is the status of
    the record, and so is a mistake of the judge's own (`error`). Raises `KernelBenchError` for a task or an option that
    does not exist, naming those that do, and for a sandbox that is `strict` where it cannot be had.
    """
    from pytest_kernelbench.in_process import judged

    options = {
        "device": device,
        "facets": ",".join(facets),
        "examples": str(examples),
        "timeout": str(timeout),
        "target": ",".join(targets),
        "compile_timeout": str(compile_timeout),
        "allow": ",".join(allow),
        "sandbox": sandbox,
        "tasks": str(tasks) if tasks is not None else None,
        "hypothesis_seed": str(seed) if seed is not None else None,
    }
    return Evaluation(*judged(code, task, options, language))
