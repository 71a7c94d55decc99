"""What a response says about the result of a call: outputs, aliases, and contents that a later call changed."""

from __future__ import annotations

from typing import Any

import torch

from pytest_kernelbench import Case, Tensor
from pytest_kernelbench.runner.results import LastResult, contents, described, readable
from pytest_kernelbench.wire.materialize import Arguments, materialize


def arguments() -> Arguments:
    return materialize(Case(x=Tensor((4, 5)), y=[Tensor((3,), "int64", "integers(0, 9)")]))


def entries(result: Any, given: Arguments, max_bytes: int = 1 << 20) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = described(result, given, max_bytes)[0]["outputs"]
    return found


def test_outputs_of_all_kinds() -> None:
    class Sneaky(torch.Tensor):
        pass

    given = arguments()
    result = (torch.ones(2, 3), [None, 3], torch.ones(2).to_sparse(), torch.ones(2).as_subclass(Sneaky))
    plain, nothing, number, sparse, derived = entries(result, given)
    assert (plain["class"], plain["dtype"], plain["shape"], plain["bytes"]) == ("Tensor", "float32", [2, 3], 24)
    assert (nothing["class"], nothing["value"], number["value"]) == ("NoneType", "None", "3")
    assert (sparse["layout"], sparse["omitted"], sparse["bytes"]) == ("sparse_coo", True, 0)
    assert (derived["class"], derived["subclass"]) == ("Sneaky", True)


def test_the_body_has_outputs_and_then_the_memory_of_all_arguments() -> None:
    given = arguments()
    header, parts = described(torch.ones(2), given, 1 << 20)
    assert parts == [contents(torch.ones(2)), *(each.snapshot() for each in given.tensors)]
    assert header["memory"] == [4 * 20 + 512, 8 * 3 + 512]
    assert header["metadata"] == [[[4, 5], [5, 1]], [[3], [1]]]


def test_outputs_beyond_the_limit_come_without_contents() -> None:
    first, second = entries((torch.ones(4), torch.ones(4)), arguments(), max_bytes=16)
    assert "omitted" not in first
    assert second["omitted"]


def test_aliases_of_arguments() -> None:
    given = arguments()
    x, y = given.values["x"], given.values["y"][0]
    aliases = [(each["alias"], each["same"]) for each in entries((x, x[1:], x.t(), y, x.clone(), x[:0]), given)]
    assert aliases == [("x", True), ("x", False), ("x", False), ("y[0]", True), (None, False), (None, False)]
    empty = materialize(Case(x=Tensor((0,))))
    (entry,) = entries(empty.values["x"], empty)
    assert (entry["alias"], entry["same"]) == ("x", True)


def test_contents_are_in_row_major_order_and_resolved() -> None:
    turned = torch.arange(6.0).reshape(2, 3).t()
    assert contents(turned) == contents(turned.contiguous())
    conjugated = torch.tensor([1 + 2j]).conj()
    assert contents(conjugated) == contents(torch.tensor([1 - 2j]))
    assert contents(torch.ones(3, 1)[::2]) == contents(torch.ones(2, 1))
    assert contents(torch.empty(0)) == b""


def test_only_plain_strided_tensors_can_be_read() -> None:
    dense = torch.ones(2)
    assert readable([dense, (torch.ones(2).to_sparse(), torch.nn.Parameter(dense), 3)]) == [dense]


def test_the_last_result_notices_a_change() -> None:
    last, result = LastResult(), torch.ones(3)
    assert not last.changed()
    last.keep((result, 3))
    assert not last.changed()
    result[1] = float("nan")
    assert last.changed()
    last.keep(torch.ones(1 << 18))
    assert not last.changed()
