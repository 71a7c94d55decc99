"""Stops its own process, so that it neither answers nor ends."""

import os
import signal

import torch


def sigmoid(input, out=None):
    os.kill(os.getpid(), signal.SIGSTOP)
    return torch.zeros_like(input)
