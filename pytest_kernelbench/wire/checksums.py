"""Checksums of inputs, which two processes that made them from the same recipe compare: the same on every device."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

PIECE = 32 << 20
"""Bytes that are summed up at a time; a multiple of the eight bytes of a word."""

_MODULUS = 1 << 64


def checksums(arguments: Mapping[str, Any]) -> dict[str, str]:
    """Return the checksum of each argument that has tensors, by its name."""
    import torch
    from torch.utils._pytree import tree_leaves

    found = {}
    for name, value in arguments.items():
        tensors = [leaf for leaf in tree_leaves(value) if isinstance(leaf, torch.Tensor)]
        if tensors:
            found[name] = f"{sum((2 * at + 1) * _checksum(each) for at, each in enumerate(tensors)) % _MODULUS:016x}"
    return found


def differing(mine: Mapping[str, str], theirs: Mapping[str, str]) -> list[str]:
    """Return the names of `mine` that have another checksum in `theirs`, or none."""
    return [name for name, text in mine.items() if theirs.get(name) != text]


def _checksum(tensor: Any) -> int:
    """Return a sum over the elements of a tensor in their order, whatever its layout, modulo 2^64."""
    import torch

    flat = tensor.detach().resolve_conj().resolve_neg().contiguous().reshape(-1).view(torch.uint8)
    total = int(flat.numel())
    for start in range(0, flat.numel(), PIECE):
        piece = flat[start : start + PIECE]
        words = torch.zeros(-(-piece.numel() // 8), dtype=torch.int64, device=flat.device)
        words.view(torch.uint8)[: piece.numel()] = piece
        # Odd weights: no change of a single word is lost, and sums of integers do not depend on their order.
        weights = torch.arange(1, 2 * words.numel(), 2, device=flat.device)
        total = (31 * total + int(words.mul_(weights).sum())) % _MODULUS
    return total
