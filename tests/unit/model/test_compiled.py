"""Compiled specialisations: what a runner reports is checked, and the occupancy follows from it."""

from __future__ import annotations

import pytest

from pytest_kernelbench.model.compiled import NUMBERS, compiled
from pytest_kernelbench.model.targets import TARGETS

HEADER = {"name": "k", "specialisation": "x: *fp32", "seconds": 0.1, "registers": 32, "warps": 4}


@pytest.mark.parametrize("wrong", [{"registers": -1}, {"warps": "4"}, {"name": 3}, {"seconds": "x"}, {"error": 1}])
def test_what_a_runner_says_is_checked(wrong: dict[str, object]) -> None:
    assert compiled(HEADER, TARGETS["sm_80"]).occupancy == 1.0
    with pytest.raises(ValueError, match=r"expected a|could not convert"):
        compiled({**HEADER, **wrong}, TARGETS["sm_80"])


@pytest.mark.parametrize("name", ["name", "specialisation", "seconds"])
def test_a_field_that_is_absent(name: str) -> None:
    header = {key: value for key, value in HEADER.items() if key != name}
    with pytest.raises(LookupError):
        compiled(header, TARGETS["sm_80"])


@pytest.mark.parametrize("seconds", [-1.0, float("inf"), float("nan")])
def test_times_are_finite_and_not_negative(seconds: float) -> None:
    with pytest.raises(ValueError, match="expected a time in seconds"):
        compiled({**HEADER, "seconds": seconds}, TARGETS["sm_80"])


@pytest.mark.parametrize("name", NUMBERS)
def test_counts_are_whole_numbers_of_a_sensible_size(name: str) -> None:
    assert getattr(compiled({**HEADER, name: 0}, TARGETS["sm_80"]), name) == 0
    assert getattr(compiled({**HEADER, name: None}, TARGETS["sm_80"]), name) is None
    for wrong in (-1, 1 << 40, 1.0, True, "1"):
        with pytest.raises(ValueError, match="expected a count"):
            compiled({**HEADER, name: wrong}, TARGETS["sm_80"])


def test_long_texts_are_cut() -> None:
    found = compiled({**HEADER, "name": "n" * 10_000, "specialisation": "s" * 10_000, "error": "e" * 10_000,
                      "reason": "r" * 10_000}, TARGETS["sm_80"])  # fmt: skip
    assert [len(found.name), len(found.specialisation), len(found.error or ""), len(found.reason or "")] == [
        200, 2000, 4000, 40,
    ]  # fmt: skip


def test_what_does_not_compile_has_no_occupancy() -> None:
    found = compiled({**HEADER, "error": "bad", "reason": "language"}, TARGETS["sm_80"])
    assert (found.occupancy, found.limiter) == (None, None)
    assert compiled({**HEADER, "registers": 255, "warps": 8}, TARGETS["sm_80"]).limiter == "registers"


@pytest.mark.parametrize(("tuned", "kept"), [(True, True), (False, False), (1, False), ("yes", False)])
def test_only_a_boolean_says_that_the_autotuner_tried_it(tuned: object, kept: bool) -> None:
    assert compiled({**HEADER, "tuned": tuned}, TARGETS["sm_80"]).tuned is kept
