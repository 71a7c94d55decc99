"""Tell the judge when Triton compiles: the device is not used then, and others may use it alone."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import Any

from pytest_kernelbench.wire.protocol import PAUSE, PROGRESS, Responder


class Pauses:
    """The pauses of one request at a time."""

    def __init__(self, settle: Callable[[], bool]) -> None:
        """`settle()` waits for the device, and returns whether there may be a pause now."""
        self._settle = settle
        self._responder: Responder | None = None
        self._thread = 0

    @contextlib.contextmanager
    def allowed(self, responder: Responder | None) -> Iterator[None]:
        """Have pauses meanwhile, in this thread; none without the responder of a request."""
        self._responder, self._thread = responder, threading.get_ident()
        try:
            yield
        finally:
            self._responder = None

    @contextlib.contextmanager
    def pause(self) -> Iterator[None]:
        """Do what needs no device, and go on when the judge says so."""
        responder, here = self._responder, threading.get_ident() == self._thread
        if responder is None or not here or not self._settle():
            yield
            return
        self._responder = None  # no pause within a pause
        responder({"status": PROGRESS, PAUSE: True})
        try:
            yield
        finally:
            responder({"status": PROGRESS, PAUSE: False})
            responder.wait()
            self._responder = responder

    def while_compiling(self, compiler: Any) -> None:
        """Pause whenever the class `compiler`, which is `triton.runtime.jit.JITFunction`, compiles.

        Versions of Triton that have no method for that compile without a pause.
        """
        original = getattr(compiler, "_do_compile", None)
        if original is None:
            return

        def compiled(function: Any, *arguments: Any, **options: Any) -> Any:
            with self.pause():
                return original(function, *arguments, **options)

        compiler._do_compile = compiled
