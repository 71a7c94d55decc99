"""Stash keys and names of user properties."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pytest_kernelbench.evaluation.session import EvaluationSession
    from pytest_kernelbench.evaluation.settings import Settings
    from pytest_kernelbench.plugin.options import Reporting

EVALUATION: pytest.StashKey[EvaluationSession] = pytest.StashKey()
"""The evaluation session, in `config.stash`."""

REPORTING: pytest.StashKey[Reporting] = pytest.StashKey()
"""Where results are shown, in `config.stash`."""

UNCONFINED: pytest.StashKey[str] = pytest.StashKey()
"""The measures of the sandbox that do not hold on this machine, as a text, in `config.stash`; empty if all hold."""

SETTINGS: pytest.StashKey[Settings] = pytest.StashKey()
"""The settings of kernels in the user's own tests, in `config.stash`, once one was collected."""

RECORD = "kernelbench"
"""The user property that carries a record from a worker to the controller, as a line of JSON."""

TOLD = "kernelbench-told"
"""The user property with what was inferred from the examples of a test, as a line for the summary."""

RESUMED = "kernelbench-resumed"
"""The user property of an item whose record was taken from the results file."""
