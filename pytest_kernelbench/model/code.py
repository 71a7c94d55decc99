"""Kernel code as models and benchmarks deliver it: in Markdown fences, with an appended test. Nothing is run."""

from __future__ import annotations

import ast
import hashlib
import io
import re
import tokenize
import warnings
from itertools import combinations

from pytest_kernelbench.model.locks import PROCESS_LOCK

_APPENDED_TEST = re.compile(r"^[ \t]*#{146,}[ \t]*\r?$", re.MULTILINE)
_FENCE = re.compile(r"[ \t]*`{3,}([^`]*)")
_MAX_FENCES = 12
"""Number of fences of which every pair is tried; a text may have thousands."""


class Undecodable(ValueError):
    """A file has bytes that are no text in its encoding; the message is that of Python."""


def code_of(text: str) -> str:
    """Extract the code from a model's answer: without fences, prose and a test that the benchmark appended.

    Of several fenced blocks the longest is taken. Text that is valid Python is returned as it is, because a docstring
    may contain fences; where the longest block is not valid Python, it may end too early at such a docstring, and wider
    blocks are tried.
    """
    test = _APPENDED_TEST.search(text)
    text = text[: test.start()] if test else text
    rows = text.removesuffix("\n").split("\n")
    fences = [(number, match[1].strip()) for number, row in enumerate(rows) if (match := _FENCE.fullmatch(row))]
    if not fences or syntax_error(text) is None:
        return text
    longest = max((_joined(rows, *block) for block in _blocks(fences, len(rows))), key=len)
    if syntax_error(longest) is None:
        return longest
    ends = [number for number, _ in fences[:_MAX_FENCES]] + [len(rows)]
    wider = sorted(combinations(ends, 2), key=lambda span: span[0] - span[1])
    codes = (_joined(rows, *span) for span in wider)
    return next((code for code in codes if len(code) > len(longest) and syntax_error(code) is None), longest)


def decoded(data: bytes) -> str:
    """Decode a file of Python as Python does: by its byte order mark or its coding line (PEP 263), otherwise as UTF-8.

    Raises `Undecodable`.
    """
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        return data.decode(encoding).replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise Undecodable(f"SyntaxError: (unicode error) line {line}: {error}") from None
    except (SyntaxError, LookupError) as error:
        raise Undecodable(f"SyntaxError: {error}") from None


def syntax_error(code: str) -> str | None:
    """Return why a text is not valid Python; None where it is."""
    try:
        parsed(code)
    except SyntaxError as error:
        return f"{error.msg} (line {error.lineno})" if error.lineno else error.msg
    except (ValueError, RecursionError, MemoryError) as error:
        return str(error) or type(error).__name__
    return None


def parsed(code: str) -> ast.Module:
    """Return the syntax tree of code, without printing the compiler's warnings; raises as `ast.parse` does."""
    with PROCESS_LOCK, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(code)


def digest_of(code: str) -> str:
    """Return the SHA-256 of code that has no file of its own, as hexadecimal digits."""
    return hashlib.sha256(code.encode("utf-8", "surrogatepass")).hexdigest()


def _blocks(fences: list[tuple[int, str]], end: int) -> list[tuple[int, int]]:
    """Return the lines of the fences around each block, as Markdown pairs them: only a fence without a tag closes."""
    blocks = []
    start = None
    for number, tag in fences:
        if start is None:
            start = number
        elif not tag:
            blocks.append((start, number))
            start = None
    return blocks if start is None else [*blocks, (start, end)]


def _joined(rows: list[str], start: int, end: int) -> str:
    return "\n".join(rows[start + 1 : end]) + "\n"
