"""Receiving messages: any bytes at all give a message, a refusal or the end of the channel."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from collections.abc import Iterator

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pytest_kernelbench.wire.protocol import (
    FRAME,
    MAGIC,
    MAX_HEADER,
    Closed,
    DeadlinePassed,
    ProtocolError,
    receive,
    send,
)


@pytest.fixture
def channel() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def test_a_message_there_and_back(channel: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = channel
    send(theirs, {"status": "ok", "text": "ü\n"}, b"ab", b"", b"c" * 10)
    send(theirs, {})
    assert receive(ours, max_bytes=100, timeout=5) == ({"status": "ok", "text": "ü\n"}, b"ab" + b"c" * 10)
    assert receive(ours, max_bytes=0) == ({}, b"")


def test_a_large_body(channel: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = channel
    body = bytes(range(256)) * 40_000
    sender = threading.Thread(target=send, args=(theirs, {}, body))
    sender.start()
    assert receive(ours, max_bytes=len(body), timeout=20)[1] == body
    sender.join()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\n", "does not start with b'KBR1'"),
        (
            FRAME.pack(MAGIC, MAX_HEADER + 1, 0),
            "the header of a message has 1048577 bytes, at most 1048576 are allowed",
        ),
        (FRAME.pack(MAGIC, 2, 65) + b"{}", "the body of a message has 65 bytes, at most 64 are allowed"),
        (
            FRAME.pack(MAGIC, 2, 2**64 - 1) + b"{}",
            "the body of a message has 18446744073709551615 bytes, at most 64 are allowed",
        ),
        (FRAME.pack(MAGIC, 3, 0) + b"{]}", "the header of a message is not JSON"),
        (FRAME.pack(MAGIC, 4, 0) + b"\xff\xfe\xfd\xfc", "the header of a message is not JSON"),
        (FRAME.pack(MAGIC, 2, 0) + b"[]", "the header of a message is not a JSON object"),
        (FRAME.pack(MAGIC, 200_000, 0) + b"[" * 200_000, "the header of a message is not JSON"),
    ],
)
def test_what_is_no_message(channel: tuple[socket.socket, socket.socket], data: bytes, message: str) -> None:
    ours, theirs = channel
    sender = threading.Thread(target=theirs.sendall, args=(data,))
    sender.start()
    with pytest.raises(ProtocolError, match=message):
        receive(ours, max_bytes=64, timeout=10)
    sender.join()


@pytest.mark.parametrize("size", [0, 5, FRAME.size, FRAME.size + 1, FRAME.size + 4])
def test_a_message_that_ends_too_early(channel: tuple[socket.socket, socket.socket], size: int) -> None:
    ours, theirs = channel
    theirs.sendall((FRAME.pack(MAGIC, 2, 3) + b"{}abc")[:size])
    theirs.close()
    with pytest.raises(Closed):
        receive(ours, max_bytes=64, timeout=5)


def test_silence_and_a_message_that_stops(channel: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = channel
    for data in (b"", FRAME.pack(MAGIC, 10, 0) + b"{"):
        theirs.sendall(data)
        started = time.monotonic()
        with pytest.raises(DeadlinePassed):
            receive(ours, max_bytes=64, timeout=0.1)
        assert time.monotonic() - started < 2


def test_bytes_that_drip_do_not_extend_the_deadline(channel: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = channel
    stop = threading.Event()

    def drip() -> None:
        for byte in FRAME.pack(MAGIC, 2, 5000) + b"{}" + b"x" * 5000:
            if stop.wait(0.02):
                return
            with contextlib.suppress(OSError):
                theirs.send(bytes([byte]))

    dripping = threading.Thread(target=drip)
    dripping.start()
    started = time.monotonic()
    with pytest.raises(DeadlinePassed):
        receive(ours, max_bytes=10_000, timeout=0.3)
    assert time.monotonic() - started < 2
    stop.set()
    dripping.join()


def test_the_other_side_is_gone(channel: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = channel
    theirs.close()
    with pytest.raises(Closed):
        send(ours, {}, b"x" * 10_000_000)


frames = st.builds(
    lambda magic, header, body, text: FRAME.pack(magic, header, body) + text,
    st.sampled_from([MAGIC, b"KBR2"]),
    st.integers(0, 40) | st.integers(0, 2**32 - 1),
    st.integers(0, 40) | st.integers(0, 2**64 - 1),
    st.binary(max_size=80) | st.just(b'{"status": "ok"}' + b"x" * 40),
)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200) | frames, st.integers(0, 50))
@example(FRAME.pack(MAGIC, 16, 3) + b'{"status": "ok"}abc', 3)
def test_any_bytes_at_all(data: bytes, limit: int) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(data)
        theirs.close()
        try:
            header, body = receive(ours, max_bytes=limit, timeout=5)
        except (ProtocolError, Closed):
            return
        assert isinstance(header, dict)
        assert len(body) <= limit
        json.dumps(header)
