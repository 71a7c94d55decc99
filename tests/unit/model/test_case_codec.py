"""Cases as JSON and as source: both give the same case back, and neither runs any code."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_kernelbench import Case, DType, Generator, TaskError, Tensor
from pytest_kernelbench.model.case import ITEMSIZE, LAYOUTS
from pytest_kernelbench.model.case_codec import decode, encode, parse

tensors = st.builds(
    Tensor,
    shape=st.lists(st.integers(0, 5000), max_size=5).map(tuple),
    dtype=st.sampled_from(sorted(ITEMSIZE)),
    fill=st.sampled_from(
        ["normal", "normal(1000, 0.1)", "integers(-3, 4)", "uniform(1e-3, 2)", "nan", "constant(-inf)"]
    ),
    layout=st.sampled_from(LAYOUTS),
    seed=st.integers(0, 2**16),
)
scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from([2 - 3j, 1j, -0.5 + 1e300j])
    | st.text()
    | st.builds(DType, st.sampled_from(sorted(ITEMSIZE)))
)
values = st.recursive(
    tensors | scalars, lambda inner: st.lists(inner, max_size=3) | st.lists(inner, max_size=3).map(tuple), max_leaves=6
)
names = st.sampled_from(["input", "dim", "x", "_", "Case", "match", "é"])
cases = st.dictionaries(names, values, max_size=5).map(lambda arguments: Case(**arguments))


@given(cases)
def test_source_and_wire_give_the_same_case_back(case: Case) -> None:
    assert parse(repr(case)) == case
    assert decode(json.loads(json.dumps(encode(case), allow_nan=False))) == case
    assert hash(parse(repr(case))) == hash(case)
    assert eval(repr(case)) == case


def test_a_generator_goes_there_and_back() -> None:
    case = Case(size=(5,), generator=Generator(7))
    assert repr(case) == "Case(size=(5,), generator=Generator(7))"
    assert parse(repr(case)) == decode(json.loads(json.dumps(encode(case)))) == case


def test_what_is_no_encoded_case_is_named() -> None:
    with pytest.raises(TaskError, match=r"^not an encoded case: 'pickle'"):
        decode({"pickle": "x"})


@pytest.mark.parametrize(
    "source",
    [
        "",
        "Case(",
        "Case(x=open('/etc/passwd'))",
        "Case(x=().__class__)",
        "Case(x=[y for y in (1,)])",
        "Tensor((3,))",
        "Case(**{'x': 1})",
        "Case(1)",
        "Case(x=Tensor())",
        "Case(x=f'{1}')",
        "Case(x=Tensor((3,), 'float99'))",
        "Case(x=" + "(" * 500 + ")" * 500 + ")",
    ],
)
def test_source_is_read_and_never_evaluated(source: str) -> None:
    with pytest.raises(TaskError):
        parse(source)
