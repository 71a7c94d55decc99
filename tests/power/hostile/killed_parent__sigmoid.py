"""Kills the process that started it."""

import os
import signal

import torch


def sigmoid(input, out=None):
    os.kill(os.getppid(), signal.SIGKILL)
    return torch.zeros_like(input)
