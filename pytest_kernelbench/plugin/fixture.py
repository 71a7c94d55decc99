"""The fixture `kernelbench`, for tests that compare a kernel with a reference themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_kernelbench.plugin.own_tests import settings_of

if TYPE_CHECKING:
    from pytest_kernelbench.evaluation.checking import Checker


@pytest.fixture
def kernelbench(request: pytest.FixtureRequest) -> Checker:
    """Checks one call: `kernelbench.check(kernel, reference, *args)`."""
    from pytest_kernelbench.evaluation.checking import Checker

    return Checker(settings_of(request.config))
