"""Lines that have run: of host code by tracing, of interpreted kernels by the calls that are put into them."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from pytest_kernelbench.devices.lines import MARK, RanLines, mark

HOST = """def work(n):
    if n > 3:
        return 1
    for _ in range(n):
        n += 1
    return n
"""


@pytest.fixture
def untraced() -> Iterator[None]:
    """Nothing else traces this process, such as the measuring of coverage."""
    tracing = sys.gettrace()
    sys.settrace(None)
    yield
    sys.settrace(tracing)


@pytest.mark.usefixtures("untraced")
def test_each_line_of_host_code_is_told_once() -> None:
    lines, scope = RanLines(), dict[str, Any]()
    code = compile(HOST, "/kernel.py", "exec")
    lines.begin(code, "/kernel.py")
    with lines.watching():
        exec(code, scope)
        assert scope["work"](1) == 2
    assert {1, 2, 4, 5, 6} <= set(lines.take()) < {1, 2, 3, 4, 5, 6}
    with lines.watching():
        scope["work"](1)
    assert lines.take() == []
    with lines.watching(), lines.paused():
        pass
    with lines.watching():
        scope["work"](9)
    assert lines.take() == [3]


KERNEL = """def kernel(n):
    total = 0
    while n:
        n -= 1
        if n == 2:
            total += 1
        else:
            total += 2
    try:
        total = total // 0
    except ZeroDivisionError:
        total = -1
    return total
"""


def test_statements_of_a_kernel_tell_their_lines_and_compute_the_same() -> None:
    tree, seen, scope = ast.parse(KERNEL), set[int](), dict[str, Any]()
    mark(tree.body[0])
    scope[MARK] = seen.add
    exec(compile(tree, "kernel.py", "exec"), scope)
    assert scope["kernel"](2) == -1
    assert seen == {2, 3, 4, 5, 8, 9, 10, 12, 13}
