"""What watchers of launches share: to look at tensors without being seen or counted."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence

import torch


@contextlib.contextmanager
def unwatched() -> Iterator[None]:
    """Run without function modes and dispatch modes: no stand-in, no poison, no audit."""
    with torch._C.DisableTorchFunction(), torch._C._DisableTorchDispatch(), torch.no_grad():
        yield


def synchronise(tensors: Sequence[torch.Tensor]) -> None:
    """Wait for all streams where any of the tensors is on a GPU: a launch may be on another one than the caller's."""
    if any(tensor.is_cuda for tensor in tensors):
        torch.cuda.synchronize()


def contents(tensor: torch.Tensor) -> torch.Tensor:
    """Return a contiguous copy of the elements."""
    return tensor.detach().resolve_conj().resolve_neg().clone(memory_format=torch.contiguous_format)


def alike(one: torch.Tensor, other: torch.Tensor) -> bool:
    """Whether two contiguous tensors of one shape and dtype have the same bytes."""
    return torch.equal(one.view(-1).view(torch.uint8), other.view(-1).view(torch.uint8))
