"""Cases: what may be in them, and their source."""

from __future__ import annotations

import math
from typing import Any

import pytest

from pytest_kernelbench import Case, DType, TaskError, Tensor
from pytest_kernelbench.model.case import FILLS, leaves, map_tensors, parse_fill, replace, without

FULL = Case(
    input=Tensor((2, 3), "float16", fill="normal(1000, 0.1)", layout="transposed", seed=7),
    tensors=[Tensor((1,)), (Tensor(()), 3)],
    dim=(0, -1),
    one=(5,),
    dtype=DType("float64"),
    scale=float("-inf"),
    shift=1e-05,
    unknown=float("nan"),
    factor=2 - 3j,
    mode="a 'quoted' \n text",
    keepdim=True,
    weight=None,
)

SOURCE = (
    "Case(input=Tensor((2, 3), 'float16', fill='normal(1000, 0.1)', layout='transposed', seed=7), "
    "tensors=[Tensor((1,)), (Tensor(()), 3)], dim=(0, -1), one=(5,), dtype=DType('float64'), scale=float('-inf'), "
    "shift=1e-05, unknown=float('nan'), factor=(2-3j), mode=\"a 'quoted' \\n text\", keepdim=True, weight=None)"
)


def test_the_source_of_a_case() -> None:
    assert repr(FULL) == SOURCE
    assert repr(Case()) == "Case()"
    assert repr(Tensor((4,), "bool", seed=1)) == "Tensor((4,), 'bool', seed=1)"


def test_a_case_is_its_arguments() -> None:
    assert FULL.input.shape == (2, 3)
    assert "dim" in FULL
    assert "axis" not in FULL
    with pytest.raises(AttributeError, match=r"^this case has no argument 'axis': input, tensors, dim"):
        _ = FULL.axis
    with pytest.raises(AttributeError, match="cases are immutable: use replace"):
        FULL.dim = 0


def test_cases_change_by_copies() -> None:
    assert replace(Case(a=1), a=2, b=3) == Case(a=2, b=3)
    assert without(Case(a=1, b=2), "a", "c") == Case(b=2)
    assert [path for path, _ in leaves(FULL)] == ["input", "tensors[0]", "tensors[1][0]"]
    seen = []
    changed = map_tensors(FULL, lambda path, recipe: seen.append(path) or Tensor(recipe.shape, "int8"))
    assert seen == ["input", "tensors[0]", "tensors[1][0]"]
    assert changed.tensors == [Tensor((1,), "int8"), (Tensor((), "int8"), 3)]
    assert changed.mode == FULL.mode


def test_equality_is_of_arguments_and_tells_types_apart() -> None:
    assert Case(a=1, b=2) != Case(b=2, a=1)
    assert Case(a=1) != Case(a=True)
    assert Case(a=1) != Case(a=1.0)
    assert Case(a=math.nan) == Case(a=math.nan)
    assert Case() != "Case()"


def test_sizes_in_elements_and_bytes() -> None:
    assert (Tensor((2, 3, 4), "complex64").numel, Tensor((2, 3, 4), "complex64").nbytes) == (24, 192)
    assert (Tensor(()).numel, Tensor((0, 5)).nbytes) == (1, 0)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Tensor((3,), "float33"), r"^dtype 'float33': did you mean float32, .* \(one of 12\)"),
        (lambda: DType("half"), "^dtype 'half': choose from: bfloat16, bool, complex128"),
        (lambda: Tensor((3, -1)), r"^Tensor\(\(3, -1\)\): sizes are at least 0"),
        (lambda: Tensor((3,), layout="strides"), r"^layout 'strides': did you mean strided\? \(one of 8\)"),
        (lambda: Tensor((3,), fill="norml"), r"^fill 'norml': did you mean normal.*\(one of \d+\)"),
        (lambda: Tensor((3,), fill="uniform(1)"), r"^fill 'uniform\(1\)': uniform takes 2 to 2 arguments"),
        (lambda: Tensor((3,), fill="constant(x)"), r"^fill 'constant\(x\)': arguments are numbers"),
        (
            lambda: Case(x=object()),
            "^argument x: a object cannot be in a case; use Tensor, DType, Generator or scalars",
        ),
        (lambda: Case(x=[{1}]), "^argument x: a set cannot be in a case"),
    ],
)
def test_a_mistake_names_the_choices(make: Any, message: str) -> None:
    with pytest.raises(TaskError, match=message):
        make()


@pytest.mark.parametrize(
    ("fill", "parsed"),
    [
        ("normal", ("normal", ())),
        ("normal()", ("normal", ())),
        ("normal( -1e3 ,.1)", ("normal", (-1000.0, 0.1))),
        ("constant(-inf)", ("constant", (-math.inf,))),
    ],
)
def test_fills_are_names_with_numbers(fill: str, parsed: tuple[str, tuple[float, ...]]) -> None:
    assert parse_fill(fill) == parsed


def test_every_fill_says_how_many_arguments_it_takes() -> None:
    for name, (fewest, most) in FILLS.items():
        assert parse_fill(f"{name}({','.join('1' * fewest)})") == (name, (1.0,) * fewest)
        with pytest.raises(TaskError, match=f"{name} takes {fewest} to {most} arguments"):
            parse_fill(f"{name}({','.join('1' * (most + 1))})")
