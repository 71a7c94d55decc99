"""Calls itself until the stack ends."""

import torch


def sigmoid(input, out=None):
    return sigmoid(input, out)
