"""The exception for what the interpreter or the stand-in lacks: the kernel is not to blame."""

from __future__ import annotations


class Missing(NotImplementedError):
    """Something that a GPU has and this device lacks; the text names it, as the beginning of a sentence."""

    def __str__(self) -> str:
        return f"{self.args[0]} cannot be run by Triton's interpreter"
