"""Random search: cases are drawn as requested, the smallest failing one is reported, and time is limited."""

from __future__ import annotations

import time
from typing import Any

import pytest

from pytest_kernelbench import Case, Task, Tensor
from pytest_kernelbench.judge.correctness import search as module
from pytest_kernelbench.judge.correctness.search import search
from pytest_kernelbench.judge.correctness.trial import Finding
from pytest_kernelbench.model.task import DrawRequest

REQUESTS = {dtype: DrawRequest(dtype=dtype) for dtype in ("float32", "float16")}


def cases(draw: Any, request: DrawRequest) -> Case:
    from hypothesis import strategies as st

    return Case(x=Tensor((draw(st.integers(1, 1000)),), request.dtype))


TASK = Task(lambda x: x, cases, fixed_cases=(Case(x=Tensor((3,))),))


def drawn(**options: Any) -> list[Case]:
    """Return the cases that a search checks."""
    checked: list[Case] = []
    settings = {"count": 30, "budget": 60.0, "key": None, "seed": "1", **options}
    search(TASK, REQUESTS, checked.append, **settings)
    return checked


def test_cases_are_drawn_under_every_request() -> None:
    checked = drawn()
    assert 20 <= len(checked) <= 30
    assert len(set(checked)) == len(checked)
    assert {case.x.dtype for case in checked} == {"float32", "float16"}


def test_a_seed_decides_what_is_drawn() -> None:
    assert drawn(seed="1") == drawn(seed="1")
    assert drawn(seed="1") != drawn(seed="2")
    assert drawn(seed="word") == drawn(seed="word")
    assert drawn(seed=None)


def test_the_smallest_failing_case_is_reported() -> None:
    def check(case: Case) -> None:
        if case.x.shape[0] > 128:
            raise Finding("wrong_values", "too long", case)

    with pytest.raises(Finding) as found:
        search(TASK, REQUESTS, check, count=60, budget=60.0, key=None, seed="1")
    assert found.value.case == Case(x=Tensor((129,), "float16"))


def test_without_time_nothing_is_checked() -> None:
    assert drawn(budget=-1.0) == []


def test_a_kernel_that_is_wrong_once_is_reported_by_that_case() -> None:
    failed: list[Case] = []

    def check(case: Case) -> None:
        if not failed and case.x.shape[0] > 10:
            failed.append(case)
            raise Finding("wrong_values", "once", case)

    with pytest.raises(Finding) as found:
        search(TASK, REQUESTS, check, count=60, budget=60.0, key=None, seed="1")
    assert found.value.case == failed[0]


@pytest.mark.parametrize(("limit", "value"), [("MAX_SHRINKS", 3), ("SHRINK_SECONDS", -1.0)])
def test_shrinking_is_limited(limit: str, value: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, limit, value)
    after: list[Case] = []

    def check(case: Case) -> None:
        after.append(case)
        if case.x.shape[0] > 10:
            del after[: after.index(case)]
            raise Finding("wrong_values", "too long", case)

    with pytest.raises(Finding):
        search(TASK, REQUESTS, check, count=60, budget=60.0, key=None, seed="1")
    assert len(after) <= 1 + max(value, 0)


def test_a_failing_case_is_remembered_under_its_key() -> None:
    from hypothesis import settings
    from hypothesis.database import InMemoryExampleDatabase

    before = settings.get_current_profile_name()
    settings.register_profile("remembering", database=InMemoryExampleDatabase())
    settings.load_profile("remembering")
    try:
        first: dict[str, Case] = {}

        def check(case: Case, key: str) -> None:
            first.setdefault(key, case)
            if case.x.shape[0] > 500:
                raise Finding("wrong_values", "too long", case)

        for key in ("mine", "mine", "yours"):
            first.pop(key, None)
            with pytest.raises(Finding):
                search(TASK, REQUESTS, lambda case, key=key: check(case, key), count=200, budget=60.0, key=key)
        assert first["mine"].x.shape == (501,)
        assert first["yours"].x.shape != (501,)
    finally:
        settings.load_profile(before)


def test_old_versions_of_hypothesis_search_one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    import hypothesis

    from pytest_kernelbench.model.locks import PROCESS_LOCK

    held = []

    def check(case: Case) -> None:
        held.append(PROCESS_LOCK._is_owned())  # type: ignore[attr-defined]

    for version, locked in (((6, 100, 0), True), ((99, 0, 0), False)):
        held.clear()
        monkeypatch.setattr(hypothesis, "__version_info__", version)
        search(TASK, REQUESTS, check, count=3, budget=60.0, key=None)
        assert set(held) == {locked}


def test_the_time_begins_with_the_search() -> None:
    started = time.monotonic()
    assert len(drawn(count=5, budget=30.0)) >= 3
    assert time.monotonic() - started < 30
