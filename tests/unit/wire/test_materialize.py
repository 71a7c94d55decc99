"""Tensors from recipes: bitwise reproducible, laid out as documented, between guard bands."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_kernelbench import Case, DType, Generator, Tensor
from pytest_kernelbench.model.case import ITEMSIZE, LAYOUTS
from pytest_kernelbench.wire.materialize import GUARD, GUARD_BYTE, geometry, materialize, refill

recipes = st.builds(
    Tensor,
    shape=st.lists(st.integers(0, 7), max_size=4).map(tuple),
    dtype=st.sampled_from(sorted(ITEMSIZE)),
    fill=st.sampled_from(["normal", "integers(-3, 4)", "outliers", "signed_zeros"]),
    layout=st.sampled_from(LAYOUTS),
    seed=st.integers(0, 9),
)
quick = settings(max_examples=80, deadline=None)


@quick
@given(recipes)
def test_a_recipe_gives_the_same_bits_each_time(recipe: Tensor) -> None:
    first, second = (materialize(Case(x=recipe)).tensors[0] for _ in range(2))
    assert first.snapshot() == second.snapshot()
    assert tuple(first.tensor.shape) == recipe.shape
    assert str(first.tensor.dtype) == f"torch.{recipe.dtype}"


@quick
@given(recipes)
def test_a_layout_changes_where_elements_lie_and_not_what_they_are(recipe: Tensor) -> None:
    import torch

    (guarded,) = materialize(Case(x=recipe)).tensors
    plain = Tensor(recipe.shape, recipe.dtype, recipe.fill, "contiguous", recipe.seed)
    (dense,) = materialize(Case(x=plain)).tensors
    wanted = dense.tensor
    if recipe.layout == "expanded" and recipe.shape and recipe.shape[0]:
        wanted = wanted[:1].expand(recipe.shape)
    assert torch.equal(guarded.tensor.contiguous().view(-1), wanted.contiguous().view(-1))
    elements, strides, offset = geometry(recipe)
    assert guarded.tensor.stride() == strides
    assert len(guarded.memory) == elements * ITEMSIZE[recipe.dtype] + 2 * GUARD
    assert offset + sum(max(0, size - 1) * step for size, step in zip(recipe.shape, strides, strict=True)) < elements


@pytest.mark.parametrize(
    ("layout", "strides", "offset"),
    [
        ("contiguous", (60, 20, 5, 1), 0),
        ("transposed", (60, 20, 1, 4), 0),
        ("strided", (120, 40, 10, 2), 0),
        ("offset", (60, 20, 5, 1), 3),
        ("expanded", (0, 20, 5, 1), 0),
        ("channels_last", (60, 1, 15, 3), 0),
    ],
)
def test_layouts_are_as_documented(layout: str, strides: tuple[int, ...], offset: int) -> None:
    recipe = Tensor((2, 3, 4, 5), layout=layout)
    assert geometry(recipe)[1:] == (strides, offset)
    (guarded,) = materialize(Case(x=recipe)).tensors
    assert guarded.tensor.data_ptr() % 4 == 0
    assert guarded.tensor.is_contiguous() == (layout in ("contiguous", "offset"))


def test_a_layout_that_a_shape_cannot_have_is_contiguous() -> None:
    for layout in ("transposed", "channels_last"):
        assert geometry(Tensor((5,), layout=layout)) == geometry(Tensor((5,)))
    assert geometry(Tensor((), layout="expanded"))[1] == ()


@quick
@given(recipes)
def test_guards_lie_before_and_after(recipe: Tensor) -> None:
    import torch

    (guarded,) = materialize(Case(x=recipe)).tensors
    guard = bytes([GUARD_BYTE]) * GUARD
    assert guarded.snapshot()[:GUARD] == guarded.snapshot()[-GUARD:] == guard
    before = guarded.snapshot()
    guarded.tensor.copy_(torch.ones_like(guarded.tensor)) if recipe.layout != "expanded" else None
    assert guarded.snapshot()[:GUARD] == guarded.snapshot()[-GUARD:] == guard
    assert len(guarded.snapshot()) == len(before)


def test_new_contents_come_unseen() -> None:
    import torch

    case = Case(x=Tensor((4, 5), layout="transposed"), y=[Tensor((3,), "int64", "integers(0, 9)")], z=2)
    other = Case(
        x=Tensor((4, 5), layout="transposed", seed=1), y=[Tensor((3,), "int64", "integers(0, 9)", seed=1)], z=2
    )
    arguments = materialize(case)
    x = arguments.values["x"]
    before = x.data_ptr(), x._version, x.stride(), x.clone()
    refill(arguments, other)
    assert (x.data_ptr(), x._version, x.stride()) == before[:3]
    assert not torch.equal(x, before[3])
    assert torch.equal(x, materialize(other).values["x"])
    assert torch.equal(arguments.values["y"][0], materialize(other).values["y"][0])


def test_values_keep_their_containers() -> None:
    import torch

    values = materialize(Case(a=[Tensor((2,))], b=(Tensor(()), 1), c=DType("bfloat16"), d="same")).values
    assert isinstance(values["a"], list)
    assert isinstance(values["b"], tuple)
    assert values["b"][0].shape == ()
    assert values["c"] is torch.bfloat16
    assert values["d"] == "same"


def test_arguments_differ_from_each_other_and_by_seed() -> None:
    import torch

    values = materialize(Case(a=Tensor((64,)), b=Tensor((64,)), c=[Tensor((64,)), Tensor((64,))])).values
    tensors = [values["a"], values["b"], *values["c"], materialize(Case(a=Tensor((64,), seed=1))).values["a"]]
    assert all(not torch.equal(x, y) for i, x in enumerate(tensors) for y in tensors[:i])


GRID = Case(x=Tensor((4, 5)))


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "complex64", "bool", "int64"])
def test_what_is_copied_to_a_device_is_laid_out_and_guarded_there(layout: str, dtype: str) -> None:
    import torch

    case = Case(x=Tensor((3, 4, 5), dtype, "integers(0, 2)", layout))
    (here,), (there,) = materialize(case).tensors, materialize(case, "cpu").tensors
    assert there.memory.data_ptr() != here.memory.data_ptr()
    assert there.snapshot() == here.snapshot()
    assert torch.equal(there.tensor, here.tensor)
    assert (there.tensor.stride(), there.tensor.storage_offset()) == (
        here.tensor.stride(),
        here.tensor.storage_offset(),
    )
    assert there.tensor.untyped_storage().nbytes() == here.tensor.untyped_storage().nbytes()
    assert there.holds(there.tensor.data_ptr())
    assert not there.holds(here.tensor.data_ptr())


def test_a_write_past_the_end_on_a_device_is_seen() -> None:
    (guarded,) = materialize(GRID, "cpu").tensors
    guarded.memory[-GUARD] = 0
    after = guarded.snapshot()
    assert after[:GUARD] == bytes([GUARD_BYTE]) * GUARD
    assert after[-GUARD:] != bytes([GUARD_BYTE]) * GUARD


def test_new_contents_on_a_device_do_not_change_version_counters() -> None:
    import torch

    arguments = materialize(GRID, "cpu")
    tensor = arguments.tensors[0].tensor
    before = (tensor.data_ptr(), tensor._version)
    refill(arguments, Case(x=Tensor((4, 5), seed=9)))
    assert (tensor.data_ptr(), tensor._version) == before
    assert torch.equal(tensor, materialize(Case(x=Tensor((4, 5), seed=9))).tensors[0].tensor)


def test_generators_are_made_from_their_seeds() -> None:
    import torch

    case = Case(x=Tensor((3,)), generator=Generator(7))
    first, second = (materialize(case).values["generator"] for _ in range(2))
    assert first is not second
    assert torch.equal(torch.rand(5, generator=first), torch.rand(5, generator=second))
    assert first.initial_seed() == 7


def test_out_may_be_an_argument() -> None:
    arguments = materialize(Case(x=Tensor((3,)), y=Tensor((3,))))
    assert arguments.passed("y")["out"] is arguments.values["y"]
    assert arguments.passed(None) is arguments.values
    assert "out" not in arguments.values
