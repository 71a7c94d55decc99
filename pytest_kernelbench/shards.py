"""`--kb-shard=i/n`: which part of the kernels this process judges, told from names alone."""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Shard:
    """One of the parts of all kernels."""

    number: int
    """From 1 to `count`."""
    count: int

    @classmethod
    def parse(cls, text: str) -> Shard:
        """Read `2/4`; raises `ValueError`."""
        found = re.fullmatch(r"\s*(\d+)\s*/\s*(\d+)\s*", text)
        if not found or not 1 <= int(found[1]) <= int(found[2]):
            raise ValueError("wanted I/N with I from 1 to N, as in 2/4")
        return cls(int(found[1]), int(found[2]))

    def holds(self, rank: int, variant: str | None) -> bool:
        """Whether a kernel is in this part: by its task's place among all tasks, and its variant.

        No other kernel matters: a kernel stays in its part when files are added. A variant with a kernel for each task
        is cut into parts whose sizes differ by one at most, and tasks whose names are alike, as slow ones often are,
        go to different parts. Variants begin to count in different places, so that all first parts are not larger.
        """
        begin = zlib.crc32((variant or "").encode())
        return (rank + begin) % self.count == self.number - 1

    def __str__(self) -> str:
        return f"{self.number}/{self.count}"
