"""The code in a model's answer: without fences, prose, reasoning and an appended test. Nothing is run."""

from __future__ import annotations

import re
from collections.abc import Collection
from itertools import combinations

from pytest_kernelbench.model.blocks import assembled, completed
from pytest_kernelbench.model.code import syntax_error

_APPENDED_TEST = re.compile(r"^[ \t]*#{146,}[ \t]*\r?$", re.MULTILINE)
_FENCE = re.compile(r"[ \t]*(?:`{3,}([^`]*)|~{3,}([^~]*))")
_INLINE_FENCE = re.compile(r"(?<=[^\s`])[ \t]*(`{3,})(?!`)")
_REASONING = re.compile(r"</(?:think|thinking|thought|reasoning|analysis)>", re.IGNORECASE)
_END_MARK = re.compile(r"<\|[\w ]+\|>|</s>")
_ESCAPE = re.compile(r"\\(.)")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}

_MAX_FENCES = 12
"""Number of fences of which every pair is tried; a text may have thousands."""

_MAX_BLOCKS = 50
"""Number of blocks among which names are looked up."""


def code_of(text: str, names: Collection[str] = ()) -> str:
    """Extract the code from a model's answer: without fences, prose and a test that the benchmark appended.

    Text that is valid Python is returned as it is, because a docstring may contain fences. Otherwise reasoning before a
    closing tag such as `</think>` and marks such as `<|im_end|>` are dropped, and line ends that were escaped twice are
    restored. Of several fenced blocks that which defines one of `names` is taken, the functions that are wanted, else
    the longest; with the blocks that define what it uses. Where no such block is valid Python, a fence may belong to a
    docstring, and wider blocks are tried.
    """
    text = _without_test(text.removeprefix("\ufeff"))
    if syntax_error(text) is None:
        return text
    answer = _REASONING.split(text)[-1]
    text = _END_MARK.sub("", answer if answer.strip() else text)
    if "\n" not in text.strip() and "\\n" in text:
        text = _without_test(_ESCAPE.sub(lambda match: _ESCAPES.get(match[1], match[1]), text))
    if syntax_error(text) is None:
        return text
    return _from_fences(text, names)


def _without_test(text: str) -> str:
    test = _APPENDED_TEST.search(text)
    return text[: test.start()] if test else text


def _from_fences(text: str, names: Collection[str]) -> str:
    rows = text.removesuffix("\n").split("\n")
    fences = _fences(rows)
    if not fences and "```" in text:
        rows = _INLINE_FENCE.sub(r"\n\1", text).removesuffix("\n").split("\n")
        fences = _fences(rows)
    if not fences:
        return text
    blocks = [_joined(rows, *block) for block in _blocks(fences, len(rows))]
    longest = max(blocks, key=len)
    blocks = blocks[:_MAX_BLOCKS]
    if names and (code := assembled(blocks, names)) is not None:
        return code
    if syntax_error(longest) is None:
        return completed(longest, blocks) if longest in blocks else longest
    ends = [number for number, _ in fences[:_MAX_FENCES]] + [len(rows)]
    wider = sorted(combinations(ends, 2), key=lambda span: span[0] - span[1])
    codes = (_joined(rows, *span) for span in wider)
    return next((code for code in codes if len(code) > len(longest) and syntax_error(code) is None), longest)


def _fences(rows: list[str]) -> list[tuple[int, str]]:
    """Return the line and the tag of each fence."""
    found = ((number, _FENCE.fullmatch(row)) for number, row in enumerate(rows))
    return [(number, (match[1] or match[2] or "").strip()) for number, match in found if match]


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
