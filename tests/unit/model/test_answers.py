"""Answers of models: fences, several blocks, reasoning, appended tests."""

from __future__ import annotations

import pytest

from pytest_kernelbench.model.answers import code_of

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


KERNEL = "import triton\n\n@triton.jit\ndef relu_kernel(x):\n    pass\n"
WRAPPER = "import torch\n\ndef relu(input):\n    relu_kernel[(1,)](input)\n    return input\n"
USE = "import torch\nx = torch.randn(3, device='cuda')\n" + "print(relu(x))\n" * 20


@pytest.mark.parametrize("names", [("relu",), ()])
def test_blocks_that_need_each_other_are_joined(names: tuple[str, ...]) -> None:
    text = f"The kernel:\n```python\n{KERNEL}```\nits wrapper:\n```python\n{WRAPPER}```\n"
    assert code_of(text, names) == f"{KERNEL}\n{WRAPPER}"


def test_imports_of_a_later_block_stand_first() -> None:
    kernel = KERNEL.removeprefix("import triton\n\n")
    wrapper = f"import triton\n{WRAPPER}"
    text = f"```triton\n{kernel}```\nand\n```python\n{wrapper}```\n"
    assert code_of(text, ("relu",)) == f"import triton\n\n{kernel}\n{wrapper}"


def test_a_name_that_is_bound_again_is_needed() -> None:
    wrapper = f"relu_kernel = compiled(relu_kernel)\n{WRAPPER}"
    text = f"```python\n{KERNEL}```\n```python\n{wrapper}```\n"
    assert code_of(text, ("relu",)) == f"{KERNEL}\n{wrapper}"


def test_an_example_of_its_use_is_left_out() -> None:
    text = f"```python\n{KERNEL}```\n```python\n{WRAPPER}```\nUse it:\n```python\n{USE}```\n"
    assert code_of(text, ("relu",)) == f"{KERNEL}\n{WRAPPER}"


def test_the_block_that_defines_the_function_is_preferred_to_a_longer_one() -> None:
    text = f"```cpp\n{'int x;' * 200}\n```\n```python\n{CODE}```\n"
    assert code_of(text, ("relu",)) == CODE


def test_a_block_with_triton_is_preferred_to_the_plain_function() -> None:
    plain = "def relu(x):\n" + "    # as PyTorch does\n" * 20 + "    return x\n"
    whole = f"import triton\n{CODE}"
    assert code_of(f"```python\n{plain}```\n```python\n{whole}```", ("relu",)) == whole


@pytest.mark.parametrize("tag", ["think", "thinking", "reasoning"])
def test_reasoning_is_no_code(tag: str) -> None:
    thought = f"<{tag}>\nI try:\n```python\n{'x = 1' * 3}\n{CODE * 9}```\n</{tag}>\n"
    assert code_of(f"{thought}\n```python\n{CODE}```\n", ("relu",)) == CODE
    assert code_of(f"{thought}{CODE}").strip() == CODE.strip()


def test_marks_of_the_end() -> None:
    assert code_of(f"{CODE}<|im_end|>") == CODE


def test_line_ends_that_were_escaped_twice() -> None:
    code = 'def relu(x):\n    print("a\\n")\n'
    escaped = code.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
    assert code_of(escaped) == code


def test_fences_that_begin_within_a_line() -> None:
    assert code_of(f"Here it is: ```python\n{CODE.rstrip()}```", ("relu",)).strip() == CODE.strip()


def test_a_byte_order_mark() -> None:
    assert code_of("\ufeff" + CODE) == CODE
