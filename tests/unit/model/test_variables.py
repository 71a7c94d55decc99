"""Environment variables of kernels: which names are taken, and what a mistake says."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_kernelbench.model.errors import KernelBenchError
from pytest_kernelbench.model.variables import MAX_VALUE, checked, merged, parse, table_of


@pytest.mark.parametrize(
    ("text", "variable"),
    [
        ("GEMS_VENDOR=nvidia", ("GEMS_VENDOR", "nvidia")),
        ("MYLIB2_BLOCK=64", ("MYLIB2_BLOCK", "64")),
        ("MY_LIB_FLAGS=a=b c", ("MY_LIB_FLAGS", "a=b c")),
        ("MY_LIB=", ("MY_LIB", "")),
        ("LDA_ORDER=1", ("LDA_ORDER", "1")),
    ],
)
def test_what_is_taken(text: str, variable: tuple[str, str]) -> None:
    assert parse(text) == variable


@pytest.mark.parametrize(
    "name",
    [
        "LD_PRELOAD", "LD_LIBRARY_PATH", "PYTHON_GIL", "PYTORCH_NO", "TRITON_INTERPRET", "CUDA_VISIBLE_DEVICES",
        "OMP_NUM_THREADS", "TORCHINDUCTOR_CACHE_DIR", "TORCH_LOGS", "MKL_NUM_THREADS", "LC_ALL", "BASH_ENV",
        "KERNELBENCH_X", "XDG_CACHE_HOME", "GCONV_PATH", "C_INCLUDE_PATH",
    ],
)  # fmt: skip
def test_what_python_torch_triton_and_the_judge_read_is_refused(name: str) -> None:
    with pytest.raises(KernelBenchError, match=rf"^{name} cannot be set: .*; expected .* such as GEMS_VENDOR$"):
        parse(f"{name}=1")


@pytest.mark.parametrize(
    "name", ["PATH", "PYTHONPATH", "HOME", "CC", "TZ", "LANG", "TMPDIR", "my_lib", "_X", "A_", "A-B", "", "A_B "]
)
def test_a_name_of_another_form_is_refused_with_the_legal_one(name: str) -> None:
    with pytest.raises(KernelBenchError, match=r"cannot be set: expected upper-case letters .* such as GEMS_VENDOR$"):
        checked(name, "1")


def test_a_text_without_a_value_is_no_variable() -> None:
    with pytest.raises(KernelBenchError, match=r"^'MY_LIB' is no variable: expected NAME=VALUE"):
        parse("MY_LIB")


@pytest.mark.parametrize("value", [1, None, "two\nlines", "\0", "x" * (MAX_VALUE + 1)])
def test_values_are_one_line_of_text(value: Any) -> None:
    with pytest.raises(KernelBenchError, match=r"^MY_LIB: expected one line"):
        checked("MY_LIB", value)


def test_a_later_set_decides() -> None:
    assert merged({"A_B": "1", "C_D": "2"}, (("A_B", "3"),)) == (("A_B", "3"), ("C_D", "2"))


@pytest.mark.parametrize(
    ("table", "said"),
    [("nvidia", r"there: expected a table \[environment\]"), ({"LD_PRELOAD": "x"}, "there: LD_PRELOAD cannot be set")],
)
def test_what_is_wrong_with_a_table_says_where(table: Any, said: str) -> None:
    with pytest.raises(KernelBenchError, match=said):
        table_of(table, "there")
