"""Host code on tensors without contents: reads are counted and made up, and never end in a loop."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch

from pytest_kernelbench.devices import meta_tensors
from pytest_kernelbench.devices.meta_tensors import META, EndlessReads, MetaStandIn

READS: dict[str, Callable[[torch.Tensor], Any]] = {
    "item": lambda x: x.sum().item(),
    "bool": lambda x: bool(x.sum() > 0),
    "int": lambda x: int(x.sum()),
    "float": lambda x: float(x.sum()),
    "index": lambda x: [10, 20][x.sum().to(torch.int64)],
    "tolist": lambda x: x[0].tolist(),
    "numpy": lambda x: x[0].numpy().tolist(),
    "cpu": lambda x: x[0].cpu(),
    "to cpu": lambda x: x[0].to("cpu", torch.float64),
}


@pytest.mark.parametrize("name", READS)
def test_each_read_is_counted_and_gives_what_is_asked_for(name: str) -> None:
    told = {}
    for contents in ("zero", "one"):
        mode = MetaStandIn(contents, META)
        with mode:
            found = READS[name](torch.empty(2, 3, device="cuda"))
        assert mode.reads == 1
        told[contents] = found.tolist() if isinstance(found, torch.Tensor) else found
    assert told["zero"] != told["one"]


def test_tensors_are_on_the_gpu_and_have_no_contents() -> None:
    with MetaStandIn("zero", META):
        x = torch.empty(1 << 20, 1 << 20, device="cuda")
        assert x.is_cuda
        assert x.device.type == "cuda"
        y = torch.ones(3).cuda()
    assert x.is_meta
    assert y.is_meta


def test_reads_of_tensors_with_contents_are_counted_and_true() -> None:
    mode = MetaStandIn("one")
    with mode:
        assert torch.full((2,), 7.0, device="cuda").sum().item() == 14
        assert torch.empty(2, device="cuda").tolist() == [1.0, 1.0]
    assert mode.reads == 2


def test_a_large_tensor_cannot_be_read_whole() -> None:
    with MetaStandIn("zero", META), pytest.raises(NotImplementedError, match="has no contents without a launch"):
        torch.empty(1 << 23, device="cuda").cpu()


def test_waiting_for_a_result_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meta_tensors, "MAX_READS", 5)
    done = torch.zeros(1, device=META)
    with MetaStandIn("zero", META), pytest.raises(EndlessReads, match="waits for something"):
        list(iter(done.item, 1.0))
