"""Validation of responses: whatever a header claims, it is rejected or harmless."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pytest_kernelbench.host.answers import Answer, InconsistentAnswer, answer, plain, printable

TENSOR = {"class": "Tensor", "dtype": "float32", "shape": [2], "layout": "strided", "alias": None, "same": False}


def header(**changes: Any) -> dict[str, Any]:
    entry = {**TENSOR, "bytes": 8}
    return {
        "outputs": [entry],
        "memory": [3],
        "metadata": [[[2], [1]]],
        "counts": {"launches": 1},
        "seconds": 0.5,
        "overwritten": False,
        "unready": False,
    } | changes


def judged(header: dict[str, Any], body: bytes) -> Answer:
    """Validate the response to a call with one argument of three bytes."""
    return answer(header, body, {"x": 3})


def test_an_honest_answer() -> None:
    import torch

    made = judged(header(), b"\x00\x00\x80\x3f\x00\x00\x00\x40abc")
    (output,) = made.outputs
    assert output.tensor is not None
    assert torch.equal(output.tensor, torch.tensor([1.0, 2.0]))
    assert (made.status, made.memory, made.counts) == ("ok", (b"abc",), {"launches": 1})


def test_violations_are_few_lines_fit_to_be_printed() -> None:
    body = b"\x00" * 11
    assert judged(header(violations=["a\x1b[31m\nb", 3]), body).violations == ("a b", "")
    with pytest.raises(InconsistentAnswer, match="a list of at most 8"):
        judged(header(violations=["x"] * 9), body)


@pytest.mark.parametrize(
    "entry",
    [
        {"bytes": 4},
        {"bytes": -8},
        {"bytes": math.inf},
        {"bytes": "x"},
        {"dtype": "load"},
        {"dtype": "__class__"},
        {"dtype": "float64"},
        {"shape": [-1, -2]},
        {"shape": [2**70, 0]},
        {"shape": [math.inf]},
        {"shape": 2},
        {"class": 3, "shape": None, "dtype": None},
    ],
)
def test_an_entry_that_lies(entry: dict[str, Any]) -> None:
    try:
        made = judged(header(outputs=[{**TENSOR, "bytes": 8, **entry}]), b"\x00" * 11)
    except InconsistentAnswer:
        return
    assert all(output.tensor is None or output.tensor.numel() <= 2 for output in made.outputs)


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(["float32", "Tensor"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(sorted(TENSOR)), inner, max_size=4),
    max_leaves=8,
)


@settings(max_examples=200, deadline=None)
@given(st.fixed_dictionaries({}, optional=dict.fromkeys(header(), values)), st.binary(max_size=16))
@example({"memory": [math.inf]}, b"")
@example({"seconds": 10**400}, b"")
def test_any_header_at_all(changes: dict[str, Any], body: bytes) -> None:
    for base in (header(outputs=[], memory=[]), header()):
        try:
            made = judged({**base, **changes}, body)
        except InconsistentAnswer:
            continue
        assert made.status == "ok"
        assert len(made.outputs) <= 64


def test_counts_are_whole_numbers() -> None:
    counts = {"launches": "many", "configs": -1, "programs": None, "touched": math.inf, "computed": [], "bare_loads": 3}
    try:
        made = judged(header(counts=counts), b"\x00" * 11)
    except InconsistentAnswer:
        return
    assert int(made.counts.get("launches", 0)) >= 0
    assert int(made.counts.get("configs", 1)) >= 0
    assert made.counts.get("programs", 0) >= 0


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(st.sampled_from(["status", "message", "frames"]), values))
def test_plain_answers(fields: dict[str, Any]) -> None:
    made = plain(fields)
    assert made.status in ("ok", "load_error", "runtime_error", "unsupported", "crash")
    assert len(made.message) <= 4000
    assert len(made.frames) <= 8


def test_a_status_that_is_not_the_runners_to_give() -> None:
    assert plain({"status": "passed"}).status == "crash"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07plain", "plain"),
        ("\x1b]8;;http://x\x1b\\link", "link"),
        ("a\x1b[2Jb\x1b[1;1Hc", "abc"),
        ("bell\x07 back\x08space\r", "bell backspace"),
        ("two\nlines\tand ü", "two\nlines\tand ü"),
        ("\x1b", ""),
        ("\x9b31mred", "31mred"),
    ],
)
def test_text_cannot_steer_a_terminal(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_marks_of_direction_and_other_hidden_characters_are_escaped() -> None:
    hostile = "a\u202eb\u2066c\u200ed\u2028e\x1b[31mf\x9bg\ud800h\u200bi\ufeffj\U000e0041k"
    assert printable(hostile) == r"a\u202eb\u2066c\u200ed\u2028efg\ud800h\u200bi\ufeffj\U000e0041k"
    assert printable("naïve Größe, 速い\n\t✓") == "naïve Größe, 速い\n\t✓"
