"""When an exception of host code is a refusal."""

from __future__ import annotations

import linecache
from collections.abc import Callable

import pytest

from pytest_kernelbench.runner.refusing import refuses
from pytest_kernelbench.wire.calling_conventions import call

FILE = "/kernels/mine.py"

CODE = """\
import torch

def ranks(x):
    raise NotImplementedError(
        "two dimensions at most"
    )

def asserts(x):
    assert x == 2, "only two"

def checks(x):
    torch._check(x == 2, lambda: "only two")

def by_accident(x):
    return x + None

def of_torch(x):
    return torch.ones(2) @ torch.ones(3)

def hides(x):
    try:
        return x + None
    except TypeError:
        raise ValueError("not supported")

def chains(x):
    try:
        return x + None
    except TypeError as error:
        raise ValueError("not supported") from error

def lookup(x):
    raise KeyError("no configuration")
"""


def raised(name: str) -> BaseException:
    """Return what a function of the file raises."""
    linecache.cache[FILE] = (len(CODE), None, CODE.splitlines(keepends=True), FILE)
    module: dict[str, Callable[[int], None]] = {}
    exec(compile(CODE, FILE, "exec"), module)
    with pytest.raises(BaseException) as found:  # noqa: PT011 - each of them raises another
        call(module[name], [("x", "POSITIONAL_OR_KEYWORD")], {"x": 1})
    return found.value


@pytest.mark.parametrize(
    ("name", "refused"),
    [
        ("ranks", True),
        ("asserts", True),
        ("checks", True),
        ("by_accident", False),
        ("of_torch", False),
        ("hides", False),
        ("chains", False),
        ("lookup", False),
    ],
)
def test_only_what_host_code_raises_itself_is_a_refusal(name: str, refused: bool) -> None:
    error = raised(name)
    assert refuses(error, lambda file: file == FILE, 0) is refused
    assert not refuses(error, lambda file: file == FILE, 1), "after a launch"
    assert not refuses(error, lambda file: False, 0), "in a file that is not the kernel's"
