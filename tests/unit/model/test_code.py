"""Code as text: what is not Python, and its digest."""

from __future__ import annotations

import hashlib

import pytest

from pytest_kernelbench.model.code import digest_of, syntax_error

CODE = "def relu(input):\n    return input\n"


@pytest.mark.parametrize("code", ["def", "x = '\0'", "x = '\ud800'", "(" * 10_000, "-" * 100_000 + "1"])
def test_what_is_not_python(code: str) -> None:
    assert syntax_error(code)


def test_what_is_python() -> None:
    assert syntax_error(r"x = '\d'") is None


def test_the_digest_of_code() -> None:
    assert digest_of(CODE) == hashlib.sha256(CODE.encode()).hexdigest()
    assert len(digest_of("\ud800")) == 64
