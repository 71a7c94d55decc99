"""Ignores every signal that can be ignored and never returns."""

import signal

import torch


def sigmoid(input, out=None):
    for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
        signal.signal(number, signal.SIG_IGN)
    while True:
        pass
