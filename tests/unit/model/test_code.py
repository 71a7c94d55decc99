"""Code as models deliver it: fences, appended tests, and what is not Python."""

from __future__ import annotations

import hashlib

import pytest

from pytest_kernelbench.model.code import code_of, digest_of, syntax_error

CODE = "def relu(input):\n    return input\n"


@pytest.mark.parametrize("tag", ["python", "py", "", "triton", "Python 3", "{.python}"])
@pytest.mark.parametrize("end", ["```", "```\n", "```\n\nHope this helps!", ""])
def test_fences_with_any_tag(tag: str, end: str) -> None:
    assert code_of(f"Here you are:\n\n```{tag}\n{CODE}{end}").rstrip() == CODE.rstrip()


def test_fences_from_windows() -> None:
    assert code_of("Here:\r\n```python\r\nx = 1\r\n```\r\n") == "x = 1\r\n"


def test_the_longest_block() -> None:
    assert code_of(f"Install:\n```sh\npip install x\n```\nthen\n```py\n{CODE}```\nand\n```\nrelu(3)\n```") == CODE


def test_a_long_broken_block_is_what_was_submitted() -> None:
    broken = "def relu(input:\n    return input\n"
    assert code_of(f"```py\n{broken}```\nUse:\n```py\nrelu(3)\n```\n") == broken


@pytest.mark.parametrize("tag", ["", "python"])
def test_fences_in_a_docstring(tag: str) -> None:
    code = f'def relu(input):\n    """Rectify.\n\n    ```{tag}\n    relu(3)\n    ```\n    """\n    return input\n'
    assert code_of(code) == code
    assert code_of(f"Here:\n```python\n{code}```\n") == code


def test_text_without_fences_stays_to_the_byte() -> None:
    for text in ("\n\n" + CODE, "no code at all", CODE.rstrip(), ""):
        assert code_of(text) == text


@pytest.mark.parametrize("length", [146, 200])
@pytest.mark.parametrize("end", ["\n", "\r\n", "  \n"])
def test_the_appended_test_is_cut_off(length: int, end: str) -> None:
    assert code_of(CODE + "#" * length + end + "import torch\ntest()\n") == CODE


def test_the_appended_test_is_cut_off_within_fences() -> None:
    assert code_of(f"```python\n{CODE}{'#' * 146}\ntest()\n```") == CODE


@pytest.mark.parametrize("ruler", ["#" * 145, "#" * 146 + " kernels", "x = 1  " + "#" * 146])
def test_other_rulers_cut_nothing(ruler: str) -> None:
    text = f"{CODE}{ruler}\nx = 1\n"
    assert code_of(text) == text


def test_hostile_text_takes_no_time() -> None:
    code_of("```\nx = (\n" * 20_000)
    code_of("```" + " " * 100_000 + "`")
    code_of(" " * 100_000 + "#" * 100_000 + "x")


@pytest.mark.parametrize("code", ["def", "x = '\0'", "x = '\ud800'", "(" * 10_000, "-" * 100_000 + "1"])
def test_what_is_not_python(code: str) -> None:
    assert syntax_error(code)


def test_what_is_python() -> None:
    assert syntax_error(r"x = '\d'") is None


def test_the_digest_of_code() -> None:
    assert digest_of(CODE) == hashlib.sha256(CODE.encode()).hexdigest()
    assert len(digest_of("\ud800")) == 64
