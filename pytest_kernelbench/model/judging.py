"""The settings that verdicts depend on, in one object."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pytest_kernelbench.model.case import Case
from pytest_kernelbench.model.domain import Domain
from pytest_kernelbench.model.targets import DEFAULT
from pytest_kernelbench.model.task import FACETS

BASELINES = ("eager", "compile")
"""Baselines that a kernel can be timed against: the reference as it is, and under torch.compile."""

SANDBOX_MODES = ("strict", "best", "off")
"""`strict` refuses to run without every measure, `best` uses those that this machine has, `off` uses none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgingSettings:
    """The settings that decide verdicts; records, resume and caches compare them, the command line sets them."""

    device: str = "interpreter"
    """Where kernels run, as records name it: `interpreter`, `cpu`, or `cuda:` and the model of a GPU."""
    gpu_uuid: str | None = None
    """The GPU of this process; any other GPU of its model would give the same verdict."""
    facets: tuple[str, ...] = FACETS
    """Facets to try, in their order."""
    examples: int = 48
    """Cases drawn per kernel, over all facets, in addition to the fixed ones."""
    case: Case | None = None
    """The one case to replay instead of everything else."""
    seed: str | None = None
    """Decides which cases are drawn; None leaves that to Hypothesis."""
    language: str = "triton"
    """What the submission is written in: one of `model.submission.LANGUAGES`."""
    domain: Domain | None = None
    """What the submission declares that its kernels take; None where it declares nothing."""
    allow: tuple[str, ...] = ()
    """Rules of the audit that do not reject a kernel."""
    sandbox: str = "best"
    """One of `SANDBOX_MODES`."""
    paths: tuple[str, ...] = ()
    """Folders that kernels may read and import from, beside their own and those of Python."""
    environment: tuple[tuple[str, str], ...] = ()
    """Environment variables of the kernel's process by name, beside those that every runner has."""
    timeout: float = 240.0
    """Seconds per kernel, or per kernel and workload where it is timed."""
    target: str | None = DEFAULT
    """The GPU for which the compiler completes a verdict of the interpreter; None for no compiler."""
    compile_timeout: float = 120.0
    """Seconds per kernel and target."""
    baselines: tuple[str, ...] = BASELINES[:1]
    """Some of `BASELINES`; the first decides the verdict."""

    @property
    def runner_device(self) -> str:
        """The device as runners are told: a GPU by its UUID."""
        return f"cuda:{self.gpu_uuid}" if self.gpu_uuid else self.device

    @property
    def completing(self) -> str | None:
        """The target for which correctness compiles what it launches; None where nothing is compiled."""
        return self.target if self.device == "interpreter" and self.language == "triton" else None

    def recorded(self, kind: str) -> dict[str, Any]:
        """Return the settings that a record of a kind depends on, as JSON has them; `timeout` is in seconds.

        `kind` is `correctness`, `compile` or `speed`.
        """
        given = {"environment": dict(self.environment)} if self.environment else {}
        if kind == "compile":
            return {"language": self.language, "timeout": self.compile_timeout, "sandbox": self.sandbox, **given}
        shared = {
            "language": self.language,
            **given,
            **({"domain": self.domain.to_json()} if self.domain is not None else {}),
            "allow": list(self.allow),
            "sandbox": self.sandbox,
            "timeout": self.timeout,
        }
        if kind == "speed":
            return {"baselines": list(self.baselines), **shared}
        return {
            "facets": list(self.facets),
            "examples": self.examples,
            "seed": self.seed,
            "case": repr(self.case) if self.case is not None else None,
            "target": self.completing,
            **shared,
        }
