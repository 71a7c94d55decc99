"""Leaves a process behind that has a session, a parent and files of its own."""

import os
import time

import torch


def sigmoid(input, out=None):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.closerange(0, 256)
            time.sleep(600)
        os._exit(0)
    os.wait()
    return torch.zeros_like(input)
