"""Triton's libdevice for the interpreter, which has none: its functions, computed by numpy and torch."""
