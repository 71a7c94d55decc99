"""Long lists of kernels: some are judged in every run, the others where slow tests are asked for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest


def some_in_every_run(values: Iterable[Any], every: int) -> list[Any]:
    """Return the parameters of a test: the first of each `every` values as it is, the others marked slow."""
    return [
        pytest.param(value, marks=() if index % every == 0 else pytest.mark.slow) for index, value in enumerate(values)
    ]


def chosen(request: pytest.FixtureRequest, parameter: str) -> list[Any]:
    """Return the values of a parameter in the tests of the asking module that will run, each once, in their order."""
    return list(
        dict.fromkeys(
            item.callspec.params[parameter]
            for item in request.session.items
            if isinstance(item, pytest.Function)
            and item.module is request.module
            and item.get_closest_marker("skip") is None
            and parameter in getattr(getattr(item, "callspec", None), "params", {})
        )
    )
