"""`--kb-shard=i/n`: the part of the kernels that this process judges, decided by names alone."""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Shard:
    """One of `count` parts of the kernels."""

    number: int
    """Number of this part, from 1 to `count`."""
    count: int

    @classmethod
    def parse(cls, text: str) -> Shard:
        """Parse `2/4`; raises `ValueError`."""
        found = re.fullmatch(r"\s*(\d+)\s*/\s*(\d+)\s*", text)
        if not found or not 1 <= int(found[1]) <= int(found[2]):
            raise ValueError("expected I/N with I from 1 to N, as in 2/4")
        return cls(int(found[1]), int(found[2]))

    def holds(self, rank: int, variant: str | None) -> bool:
        """Whether a kernel is in this part, by the rank of its task among all tasks and by its variant.

        It does not depend on other kernels: adding files moves none. Parts of a variant with a kernel for every task
        differ by at most one kernel, and neighbouring tasks (often similar in cost) go to different parts. Each variant
        starts counting at another part, so that the first part is not always the largest.
        """
        begin = zlib.crc32((variant or "").encode())
        return (rank + begin) % self.count == self.number - 1

    def __str__(self) -> str:
        return f"{self.number}/{self.count}"
