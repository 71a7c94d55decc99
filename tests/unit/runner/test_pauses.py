"""Pauses of a runner while Triton compiles: the judge is told, and says when the runner goes on."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator

import pytest

from pytest_kernelbench.runner.pauses import Pauses
from pytest_kernelbench.wire import protocol


class Compiler:
    """Compiles as `JITFunction` does."""

    def _do_compile(self, text: str) -> str:
        if text == "bad":
            raise ValueError(text)
        return text.upper()


@pytest.fixture
def channels() -> Iterator[tuple[socket.socket, socket.socket]]:
    """The judge's end and the runner's end."""
    mine, other = socket.socketpair()
    with contextlib.closing(mine), contextlib.closing(other):
        yield mine, other


@pytest.mark.parametrize("text", ["good", "bad"])
def test_a_compilation_is_told_and_waits_for_the_judge(
    channels: tuple[socket.socket, socket.socket], text: str
) -> None:
    mine, other = channels
    pauses, found = Pauses(lambda: True), list[str]()
    pauses.while_compiling(kind := type("Mine", (Compiler,), {}))

    def run() -> None:
        with pauses.allowed(protocol.Responder(other, "7")), contextlib.suppress(ValueError):
            found.append(kind()._do_compile(text))
        found.append("done")

    thread = threading.Thread(target=run)
    thread.start()
    told = [protocol.receive(mine, max_bytes=0, timeout=10)[0] for _ in range(2)]
    assert [each["pause"] for each in told] == [True, False]
    assert {each["number"] for each in told} == {"7"}
    assert not found, "it waits"
    protocol.send(mine, {"goes_on": True})
    thread.join(10)
    assert found == (["GOOD", "done"] if text == "good" else ["done"])


def test_nothing_is_told_where_a_pause_is_not_allowed(channels: tuple[socket.socket, socket.socket]) -> None:
    mine, other = channels
    mine.settimeout(0.05)
    busy, free = Pauses(lambda: False), Pauses(lambda: True)
    responder = protocol.Responder(other, "7")
    with busy.allowed(responder), busy.pause():  # a graph is captured
        pass
    with free.allowed(None), free.pause():
        pass
    with free.allowed(responder):
        thread = threading.Thread(target=lambda: free.pause().__enter__())
        thread.start()
        thread.join(10)
    with free.pause():
        pass
    with pytest.raises(TimeoutError):
        mine.recv(1)
