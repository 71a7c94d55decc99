"""Returns a tensor of 2 ** 40 elements that takes four bytes."""

import torch


def sigmoid(input, out=None):
    return torch.empty(1).expand(1 << 40)
