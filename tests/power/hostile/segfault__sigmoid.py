"""Reads from address 0."""

import ctypes

import torch


def sigmoid(input, out=None):
    ctypes.string_at(0)
    return torch.zeros_like(input)
