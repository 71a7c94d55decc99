"""What watches the calls of one request: the audit with its ledger of launches, or contents that only launches see."""

from __future__ import annotations

import contextlib
from typing import Any

from pytest_kernelbench.devices.instruments import Instruments
from pytest_kernelbench.model.case import Case
from pytest_kernelbench.runner.audit import Audit, HostReads
from pytest_kernelbench.runner.ledger import Ledger
from pytest_kernelbench.runner.swap import CopyTape, Swap
from pytest_kernelbench.wire.conditions import CallConditions
from pytest_kernelbench.wire.materialize import Arguments


class Watch:
    """The watchers of the calls of one request, each of which may see what earlier ones have found."""

    def __init__(self, instruments: Instruments, arguments: Arguments, rewrite: Case | None) -> None:
        """`rewrite` is the case whose contents launches see in a call with `swap_at_launch`."""
        self.instruments = instruments
        self.arguments = arguments
        self.rewrite = rewrite
        self.ledger: Ledger | None = None

    @contextlib.contextmanager
    def over(self, conditions: CallConditions) -> Any:
        """Watch one call as its conditions say."""
        with contextlib.ExitStack() as modes:
            if conditions.swap_at_launch and self.rewrite is not None:
                tape = modes.enter_context(CopyTape(self.instruments)) if conditions.replay_copies else None
                self.instruments.watcher = Swap(self.instruments, self.arguments, self.rewrite, tape)
            elif conditions.audit:
                self.ledger = Ledger(self.instruments, self.arguments, self.ledger)
                self.instruments.watcher = self.ledger
                modes.enter_context(HostReads(self.instruments))
                modes.enter_context(Audit(self.instruments, conditions.count_copies))
            yield
