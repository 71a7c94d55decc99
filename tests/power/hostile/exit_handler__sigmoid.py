"""Loops forever when its process is to end, and returns zeros until then."""

import atexit
import time

import torch

atexit.register(lambda: time.sleep(600))


def sigmoid(input, out=None):
    return torch.zeros_like(input)
