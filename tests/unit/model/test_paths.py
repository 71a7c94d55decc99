"""Paths of a kernel's file: what never ran, under which condition, and the sizes that it compares with."""

from __future__ import annotations

import pytest

from pytest_kernelbench.model.paths import Paths

SOURCE = '''"""A kernel."""
LIMIT = 4 * 1024
OTHER: int = 7

def short(x):
    """Doc."""
    return x

def long(x):
    y = x
    return y

def work(x, n):
    if n <= LIMIT:
        result = short(x)
    else:
        result = long(x)
    if n > 1 << 20:
        raise ValueError("too long")
    while True:
        block = min(next_power_of_2(n), 8192)
        break
    return result
'''


def test_lines_that_never_ran_have_their_condition() -> None:
    paths = Paths.of(SOURCE)
    assert paths is not None
    found = paths.unrun({1, 2, 3, 5, 7, 9, 13, 14, 15, 18, 21, 22, 23})
    told = [(each.first, each.last, each.under, each.sizes, each.refuses) for each in found]
    assert told == [
        (10, 11, "def long", (), False),
        (17, 17, "else of if n <= LIMIT", (4096,), False),
        (19, 19, "if n > 1 << 20", (1 << 20,), True),
    ]
    assert found[0].to_json() == {"first": 10, "last": 11, "under": "def long"}


def test_functions_that_were_never_entered_can_be_left_out() -> None:
    paths = Paths.of(SOURCE)
    assert paths is not None
    found = paths.unrun({1, 2, 3, 5, 7, 9, 13, 14, 15, 18, 21, 22, 23}, entered=True)
    assert [(each.first, each.under) for each in found] == [
        (17, "else of if n <= LIMIT"),
        (19, "if n > 1 << 20"),
    ]


def test_nothing_is_told_where_everything_ran() -> None:
    paths = Paths.of(SOURCE)
    assert paths is not None
    assert paths.unrun(range(1, 24)) == []
    assert paths.caps() == [8192]


def test_bounds_of_loops_and_keyword_arguments_are_caps() -> None:
    paths = Paths.of("for k in range(0, tl.minimum(n, 4096), 64):\n    kernel[grid](x, n, BLOCK=2048, other=0)\n")
    assert paths is not None
    assert sorted(paths.caps()) == [64, 2048, 4096]


@pytest.mark.parametrize(
    ("expression", "sizes"),
    [("2**13", (8192,)), ("1 << 13", (8192,)), ("64 * 129 - 1", (8255,)), ("4", ()), ("10**30", ()), ("n // 0", ())],
)
def test_constants_of_conditions(expression: str, sizes: tuple[int, ...]) -> None:
    paths = Paths.of(f"def f(n):\n    if n > {expression}:\n        n = 1\n")
    assert paths is not None
    assert paths.unrun({1, 2})[0].sizes == sizes


def test_what_cannot_be_parsed_has_no_paths() -> None:
    assert Paths.of("def (") is None
    assert Paths.of("x = 1\0") is None
