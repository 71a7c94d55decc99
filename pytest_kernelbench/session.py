"""What one pytest session knows: its settings, the tasks, the submissions, and the oracle."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_kernelbench.devices.turns import Turns
from pytest_kernelbench.model.catalogue import Catalogue
from pytest_kernelbench.model.errors import KernelBenchError
from pytest_kernelbench.model.record import Record
from pytest_kernelbench.model.source import find
from pytest_kernelbench.resume import Known
from pytest_kernelbench.settings import Settings
from pytest_kernelbench.shelf import Shelf

if TYPE_CHECKING:
    from pytest_kernelbench.devices.ceilings import Ceilings
    from pytest_kernelbench.judge.trial import Oracle
    from pytest_kernelbench.judge.yardstick import Yardstick

VERSIONED = ("torch", "triton", "hypothesis", "pytest", "pytest-kernelbench")


class Bench:
    """The state of a session; one in the stash of its config."""

    def __init__(self, settings: Settings, root: Path, cwd: Path) -> None:
        self.settings = settings
        self.root = root
        self.catalogue = Catalogue.find(own=settings.tasks)
        sources = find(settings.submissions, root, cwd)
        self.shelves = tuple(Shelf(source, self) for source in sources)
        self._yardstick: Yardstick | None = None
        self.turns = Turns(settings.gpu.uuid if settings.gpu else None)
        self.judged: dict[tuple[Path, str], Record] = {}
        """Correctness records of this process by file and task: only what is right is timed."""
        # Read before anything is judged: what this session writes answers nothing in it.
        self.known = Known.read(settings.results) if settings.resume and settings.results else Known()
        self.unconfined = ""
        """What of the sandbox does not hold here."""

    def confine(self) -> None:
        """Find out whether the sandbox holds on this machine; raises `KernelBenchError` where it must and does not."""
        if self.settings.sandbox == "off":
            self.unconfined = "no sandbox (--kb-sandbox=off): kernels can read and write what this user can"
            return
        from pytest_kernelbench.runner.attempts import measures

        broken = [measure for measure in measures() if not measure.holds]
        if broken and self.settings.sandbox == "strict":
            lines = [f"  {measure.name}: {measure.broken}; must {measure.advice}" for measure in broken]
            raise KernelBenchError(
                "\n".join(["--kb-sandbox=strict: the sandbox does not hold on this machine", *lines])
            )
        if broken:
            names = ", ".join(measure.name for measure in broken)
            self.unconfined = f"the sandbox does not hold for {names} here (see pytest-kernelbench doctor)"

    @cached_property
    def oracle(self) -> Oracle:
        """The oracle that all kernels of the session share; on a GPU, eager's own error is that of the GPU."""
        from pytest_kernelbench.judge.trial import Oracle

        if self.settings.gpu is None:
            return Oracle()
        from pytest_kernelbench.judge.yardstick import Yardstick

        code = lambda name: self.catalogue.names()[name].path.read_text(encoding="utf-8")  # noqa: E731
        self._yardstick = Yardstick(self.settings.runner_device, code)
        return Oracle(self._yardstick.of)

    @cached_property
    def ceilings(self) -> Ceilings | None:
        """The speed of light of the GPU, if there is one and it is known."""
        from pytest_kernelbench.devices.ceilings import ceilings

        return ceilings(self.settings.gpu) if self.settings.gpu is not None else None

    def close(self) -> None:
        """End what outlives an item."""
        if self._yardstick is not None:
            self._yardstick.close()

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

    def shelf_of(self, path: Path) -> Shelf | None:
        """Return the submission that a path is a part of."""
        return next((shelf for shelf in self.shelves if shelf.holds(path)), None)
