"""Closes every file that its process has open."""

import os

import torch


def sigmoid(input, out=None):
    os.closerange(0, 256)
    return torch.zeros_like(input)
