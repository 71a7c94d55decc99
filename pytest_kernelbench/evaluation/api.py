"""One kernel, judged from a program: code in, records and feedback out; pytest is not imported."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from pytest_kernelbench.evaluation.options import OPTIONS, completing
from pytest_kernelbench.evaluation.session import EvaluationSession, SharedState
from pytest_kernelbench.evaluation.settings import Settings, choose_device
from pytest_kernelbench.evaluation.submission import SubmissionSession
from pytest_kernelbench.gpus.inventory import Gpu
from pytest_kernelbench.host.process import SandboxError
from pytest_kernelbench.model.answers import code_of
from pytest_kernelbench.model.code import digest_of
from pytest_kernelbench.model.errors import KernelBenchError, choices
from pytest_kernelbench.model.helpers import checked_helpers, digest_with
from pytest_kernelbench.model.judging import JudgingSettings
from pytest_kernelbench.model.locks import PROCESS_LOCK
from pytest_kernelbench.model.record import RIGHT, CompileRecord, Record
from pytest_kernelbench.model.source import Source
from pytest_kernelbench.model.submission import LANGUAGES, Kernel, Metadata
from pytest_kernelbench.model.targets import Target

NAME = "evaluate"
"""The submission in the records of evaluations."""

_DEFAULTS = JudgingSettings()


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The result of judging one kernel."""

    record: Record
    """The record of its correctness."""
    compiled: tuple[CompileRecord, ...] = ()
    """One record for each target that was asked for, in that order."""

    @property
    def passed(self) -> bool:
        """Whether the kernel is right in every facet that was tried, and compiles for every target."""
        return all(record.status in RIGHT for record in (self.record, *self.compiled))

    @property
    def headline(self) -> str:
        """One line: the task, the worst status, and the facet or target that showed it."""
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
    facets: Sequence[str] = _DEFAULTS.facets,
    examples: int = _DEFAULTS.examples,
    timeout: float = _DEFAULTS.timeout,
    seed: int | str | None = 0,
    targets: Sequence[str] = (),
    compile_timeout: float = _DEFAULTS.compile_timeout,
    language: str = _DEFAULTS.language,
    tasks: str | Path | None = None,
    allow: Sequence[str] = (),
    sandbox: str = _DEFAULTS.sandbox,
    helpers: Mapping[str, str] | None = None,
) -> Evaluation:
    """Judge the code of one kernel for one task.

    `code` may be in Markdown fences, as models write it. The options are those of the command line: `examples` is how
    many cases are drawn beside the fixed ones, `timeout` and `compile_timeout` are seconds, `seed` decides what is
    drawn (None: differently each time), `targets` are GPUs to compile for, the first of which completes the verdict of
    the interpreter (none given: sm_90; `"none"`: nothing is compiled), `language` is `torch` or `cuda` for code
    that need not launch a Triton kernel, `tasks` is a folder of your own task files, `allow` are rules of the
    audit that do not reject, `sandbox` is `strict`, `best` or `off`, `helpers` is the code of the modules that the
    kernel imports from its submission, by their paths, such as `helpers.py` or `pack/__init__.py`.

    Thread-safe and process-safe. Nothing that the kernel does is raised: it is the status of the record, and so is an
    error in kernelbench itself (`error`). Raises `KernelBenchError` for a task or an option that does not exist, naming
    those that do, and for a sandbox that is `strict` where it cannot be had.
    """
    if language not in LANGUAGES:
        raise KernelBenchError(f"language={language!r}: {choices(language, LANGUAGES)}")
    kind, uuid, pool = choose_device(OPTIONS["device"].checked(device))
    asked: tuple[Target, ...] = OPTIONS["target"].checked(tuple(targets), "targets")
    judging = JudgingSettings(
        device=kind,
        gpu_uuid=uuid,
        facets=OPTIONS["facets"].checked(facets),
        examples=OPTIONS["examples"].checked(examples),
        seed=None if seed is None else str(seed),
        allow=OPTIONS["allow"].checked(allow),
        sandbox=OPTIONS["sandbox"].checked(sandbox),
        timeout=OPTIONS["timeout"].checked(timeout),
        target=completing(asked if targets else None),
        compile_timeout=OPTIONS["compile-timeout"].checked(compile_timeout, "compile_timeout"),
    )
    settings = Settings(judging=judging, targets=asked, pool=pool, tasks=Path(tasks).absolute() if tasks else None)
    with PROCESS_LOCK:
        shared = _shared(settings.tasks, settings.gpu)
    return _evaluate(EvaluationSession(settings, shared), code, task, language, checked_helpers(helpers or {}))


def _evaluate(
    session: EvaluationSession, answer: str, task: str, language: str, helpers: Mapping[str, str]
) -> Evaluation:
    file = session.catalogue.match(task)
    code = code_of(answer, session.catalogue.functions(file))
    session.catalogue.load(file.name)
    submission = SubmissionSession(Source(NAME, Path(NAME), Path(NAME)), session, Metadata(language=language))
    path, digest = Path(f"{file.name}.py"), digest_with(digest_of(code), helpers)
    kernel = Kernel(file.name, file.category, path, code, None, None, digest, helpers)
    try:
        record, _ = submission.judge(kernel, None)
    except SandboxError:
        raise
    except Exception as error:
        record = submission.lost_record(kernel, "correctness", f"{type(error).__name__}: {error}")
    return Evaluation(record, tuple(_compiled(submission, kernel, target) for target in session.settings.targets))


def _compiled(submission: SubmissionSession, kernel: Kernel, target: Target) -> CompileRecord:
    try:
        return submission.compile(kernel, target)[0]
    except Exception as error:
        lost = submission.lost_record(kernel, f"compile[{target.name}]", f"{type(error).__name__}: {error}")
        assert isinstance(lost, CompileRecord)
        return lost


@lru_cache(maxsize=8)
def _shared(tasks: Path | None, gpu: Gpu | None) -> SharedState:
    """Return what all evaluations of this process share, for the tasks and the GPU."""
    return SharedState.of(tasks, gpu)
