"""A ledger of launches: what each one touches, and whether it computes or only moves elements."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch

from pytest_kernelbench.devices.cuda import capturing
from pytest_kernelbench.devices.instruments import Instruments
from pytest_kernelbench.runner.unwatched import alike, contents, synchronise, unwatched
from pytest_kernelbench.wire.materialize import Arguments


@dataclass(slots=True)
class _Seen:
    """A tensor that a launch was given."""

    tensor: torch.Tensor
    before: torch.Tensor
    """A contiguous copy of its elements before the launch."""
    after: torch.Tensor | None = None
    """The same after the launch; None where the launch did not change it."""


class Ledger:
    """Watches the launches of an audited call, and counts what they touch.

    A launch whose results were the same in an `earlier` call on other contents is counted in `Counts.constant`, one
    that only rearranges elements in `Counts.copied`, and in `Counts.passed_on` if it leaves even their order and reads
    no argument. Launches whose results are not among the tensors that they were given, but for example behind a table
    of pointers, count as computing.
    """

    def __init__(self, instruments: Instruments, arguments: Arguments, earlier: Ledger | None = None) -> None:
        self.instruments = instruments
        self.arguments = arguments
        self.earlier = earlier
        self.digests: list[bytes] = []
        """Digest of the results of each launch; empty where none were seen."""
        self._seen: list[_Seen] = []
        self._touched = 0
        self._known: Any = None  # sorted addresses that earlier launches of this call have touched

    def before(self, tensors: Sequence[torch.Tensor]) -> None:
        self._touched = self.instruments.counts.touched
        self._seen = []
        if capturing(tensors):
            return
        self.instruments.addresses = []
        with unwatched():
            synchronise(tensors)
            self._seen = [_Seen(tensor, contents(tensor)) for tensor in tensors if tensor.numel()]

    def after(self) -> None:
        counts = self.instruments.counts
        counts.touched = self._touched + self._distinct(counts.touched - self._touched)
        with unwatched():
            synchronise([each.tensor for each in self._seen])
            for each in self._seen:
                now = contents(each.tensor)
                each.after = None if alike(now, each.before) else now
            written = [each for each in self._seen if each.after is not None]
            self.digests.append(_digest(written))
            elements = counts.touched - self._touched
            if self._is_constant():
                counts.constant += elements
            elif written and all(self._is_copy(each) for each in written):
                counts.copied += elements
                counts.passed_on += elements if all(self._is_passed_on(each) for each in written) else 0
        self._seen = []

    def _distinct(self, accesses: int) -> int:
        """Return how many new addresses the launch touches; `accesses` where no addresses were collected."""
        import numpy as np

        collected, self.instruments.addresses = self.instruments.addresses, None
        if not collected:
            return accesses
        new = np.unique(np.concatenate(collected))
        before = 0 if self._known is None else len(self._known)
        self._known = new if self._known is None else np.union1d(self._known, new)
        return len(self._known) - before

    def _is_constant(self) -> bool:
        """Whether the same launch of the earlier call, on other contents, gave the same results."""
        index = len(self.digests) - 1
        earlier = self.earlier.digests if self.earlier is not None else []
        return index < len(earlier) and bool(earlier[index]) and earlier[index] == self.digests[index]

    def _is_copy(self, written: _Seen) -> bool:
        """Whether a result has the elements of another tensor of the launch, in any order."""
        others = [each for each in self._seen if each.after is None]
        return any(_rearranged(written.after, each.before) for each in others)

    def _is_passed_on(self, written: _Seen) -> bool:
        """Whether a result has the elements of another tensor in the same order, and that tensor is no argument."""
        others = [each for each in self._seen if each.after is None and not self._is_argument(each.tensor)]
        return any(_equal(written.after, each.before) for each in others)

    def _is_argument(self, tensor: torch.Tensor) -> bool:
        return any(guarded.holds(tensor.data_ptr()) for guarded in self.arguments.tensors)


def _digest(written: Sequence[_Seen]) -> bytes:
    """Return a digest of all results of a launch; empty where there are none."""
    digest = hashlib.blake2b(digest_size=16)
    for each in written:
        assert each.after is not None
        digest.update(each.after.view(-1).view(torch.uint8).cpu().numpy().tobytes())
    return digest.digest() if written else b""


def _equal(result: torch.Tensor | None, source: torch.Tensor) -> bool:
    """Whether a result has the elements of the source in the same order, rounded to its dtype."""
    if result is None or result.numel() != source.numel() or result.is_complex() != source.is_complex():
        return False
    flat, wanted = result.reshape(-1), source.reshape(-1).to(result.dtype)
    return bool(((flat == wanted) | ((flat != flat) & (wanted != wanted))).all())


def _rearranged(result: torch.Tensor | None, source: torch.Tensor) -> bool:
    """Whether a result has the elements of the source in any order, rounded to its dtype."""
    if result is None or result.numel() != source.numel() or result.is_complex() != source.is_complex():
        return False
    if result.is_complex():
        result, source = torch.view_as_real(result), torch.view_as_real(source)
    return _equal(result, source) or _equal(*(each.reshape(-1).to(result.dtype).sort()[0] for each in (result, source)))
