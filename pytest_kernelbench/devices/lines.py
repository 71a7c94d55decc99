"""Which lines of a kernel's file have run: in its host code, and in the kernels that Triton's interpreter runs."""

from __future__ import annotations

import ast
import contextlib
import sys
from collections.abc import Iterator
from types import CodeType, FrameType
from typing import Any

TOOL = 4
"""Number by which `sys.monitoring` knows this module; the lower ones are for debuggers, coverage and profilers."""

MARK = "_kernelbench_ran"
"""Name of the function that interpreted kernels call with the number of each line."""


class RanLines:
    """Collects the lines of one file that run in this process, each of them once."""

    def __init__(self) -> None:
        self.path = ""
        """The kernel's file."""
        self.seen: set[int] = set()
        """Lines that have run."""
        self._told: set[int] = set()
        self._left: dict[CodeType, set[int]] = {}
        self._monitoring: Any = getattr(sys, "monitoring", None)  # since Python 3.12

    def take(self) -> list[int]:
        """Return the lines that have run for the first time since the last call."""
        new = self.seen - self._told
        self._told |= new
        return sorted(new)

    def begin(self, code: CodeType, path: str) -> None:
        """Watch the code of a file; on Python 3.11, lines are seen only where `watching` is active."""
        self.path = path
        if self._monitoring is None:
            return
        events = self._monitoring.events
        if self._monitoring.get_tool(TOOL) is None:
            self._monitoring.use_tool_id(TOOL, "pytest-kernelbench")
            self._monitoring.register_callback(TOOL, events.LINE, self._ran)
        for each in _codes(code):
            self._monitoring.set_local_events(TOOL, each, events.LINE)

    def _ran(self, code: CodeType, line: int) -> Any:
        """Note a line, which is then watched no longer."""
        self.seen.add(line)
        return self._monitoring.DISABLE

    @contextlib.contextmanager
    def watching(self) -> Iterator[None]:
        """Trace host code, on Python 3.11 and unless something else traces this process."""
        if self._monitoring is not None or sys.gettrace() is not None:
            yield
            return
        sys.settrace(self._call)
        try:
            yield
        finally:
            sys.settrace(None)

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        """Trace nothing: interpreted kernels tell their lines themselves, and tracing would slow the interpreter."""
        tracing = sys.gettrace()
        # Methods are made anew at each access, so they are equal and not identical.
        if tracing != self._call:
            yield
            return
        sys.settrace(None)
        try:
            yield
        finally:
            sys.settrace(tracing)

    def _call(self, frame: FrameType, event: str, argument: Any) -> Any:
        """Trace a function of the file unless all of its lines have run."""
        code = frame.f_code
        if code.co_filename != self.path:
            return None
        if code not in self._left:
            self._left[code] = {line for _, _, line in code.co_lines() if line} - {code.co_firstlineno}
            self.seen.add(code.co_firstlineno)
        return self._line if self._left[code] else None

    def _line(self, frame: FrameType, event: str, argument: Any) -> Any:
        if event == "line":
            left = self._left[frame.f_code]
            self.seen.add(frame.f_lineno)
            left.discard(frame.f_lineno)
            frame.f_trace_lines = bool(left)
        return self._line


def _codes(code: CodeType) -> Iterator[CodeType]:
    """Yield a code object and those of the functions in it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)


def install(lines: RanLines) -> None:
    """Make kernels that Triton's interpreter rewrites tell their lines, until this process ends."""
    from triton.runtime import interpreter

    # Kernels that the interpreter rewrites can see every name in its module.
    setattr(interpreter, MARK, lines.seen.add)
    rewriter = interpreter.FunctionRewriter
    real = rewriter._compile_and_exec

    def marked(self: Any, tree: Any) -> Any:
        if self.filename == lines.path:
            for function in tree.body:
                mark(function)
        return real(self, tree)

    rewriter._compile_and_exec = marked


def mark(node: ast.AST) -> None:
    """Insert a call with the number of its line before each statement inside a node."""
    for name in ("body", "orelse", "finalbody"):
        block = getattr(node, name, None)
        if isinstance(block, list) and block:
            setattr(node, name, [each for statement in block for each in (_marker(statement), statement)])
            for statement in block:
                mark(statement)
    for name in ("handlers", "cases"):
        for part in getattr(node, name, []):
            mark(part)


def _marker(statement: ast.stmt) -> ast.stmt:
    """Return the statement that tells the line of another one."""
    call = ast.Call(ast.Name(MARK, ast.Load()), [ast.Constant(statement.lineno)], [])
    return ast.fix_missing_locations(ast.copy_location(ast.Expr(call), statement))
