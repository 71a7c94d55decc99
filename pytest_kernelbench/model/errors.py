"""Errors in the input of users and task authors, as opposed to findings about kernels."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class KernelBenchError(Exception):
    """Bad input from a user: names the file, the wrong thing and the legal choices."""


class TaskError(KernelBenchError):
    """A task file or a case breaks the rules that tasks obey."""


def choices(wrong: str, legal: Iterable[str], *, limit: int = 12) -> str:
    """Return the end of an error message: the nearest legal names, or the first `limit` of all where none is near."""
    names = sorted(set(legal))
    if not names:
        return "there are none"
    near = difflib.get_close_matches(wrong, names, n=5, cutoff=0.5)
    if near:
        return f"did you mean {', '.join(near)}? (one of {len(names)})"
    shown = ", ".join(names[:limit])
    return f"choose from: {shown}" + (f", ... ({len(names)} in all)" if len(names) > limit else "")
