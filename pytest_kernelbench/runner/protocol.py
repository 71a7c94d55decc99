"""The wire between judge and runner: a JSON header and raw bytes, never pickle, all with a cap and a deadline."""

from __future__ import annotations

import json
import socket
import struct
import time
from typing import Any

FRAME = struct.Struct("<4sIQ")
MAGIC = b"KBR1"
MOST_HEADER = 1 << 20
"""Bytes that a header may have."""
MOST_OUTPUTS = 64
"""Outputs of one call that are looked at."""


class ProtocolError(Exception):
    """The other side sent what the protocol does not allow."""


class Closed(Exception):
    """The other side is gone."""


class DeadlinePassed(Exception):
    """The other side did not answer in time."""


def send(channel: socket.socket, header: dict[str, Any], *parts: bytes) -> None:
    """Send one message; blocks until the other side has taken it."""
    text = json.dumps(header).encode()
    try:
        channel.sendall(FRAME.pack(MAGIC, len(text), sum(map(len, parts))) + text)
        for part in parts:
            channel.sendall(part)
    except (BrokenPipeError, ConnectionResetError) as error:
        raise Closed from error


class Answering:
    """Sends what answers one request, under the number of that request."""

    def __init__(self, channel: socket.socket, number: str) -> None:
        self._channel = channel
        self._number = number

    def __call__(self, header: dict[str, Any], *parts: bytes) -> None:
        """Send one message."""
        send(self._channel, {**header, "number": self._number}, *parts)


def receive(channel: socket.socket, *, most: int, seconds: float | None = None) -> tuple[dict[str, Any], bytes]:
    """Receive one message with a body of at most `most` bytes, whole within `seconds`.

    Raises `ProtocolError`, `Closed` or `DeadlinePassed`.
    """
    deadline = None if seconds is None else time.monotonic() + seconds
    magic, header_size, body_size = FRAME.unpack(_exactly(channel, FRAME.size, deadline))
    if magic != MAGIC:
        raise ProtocolError("a message does not start as messages do")
    if header_size > MOST_HEADER or body_size > most:
        raise ProtocolError(f"a message of {header_size} + {body_size} bytes is over the limit of {most}")
    text = _exactly(channel, header_size, deadline)
    body = _exactly(channel, body_size, deadline)
    try:
        header = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ProtocolError("a header is not JSON") from error
    if not isinstance(header, dict):
        raise ProtocolError("a header is not a JSON object")
    return header, body


def _exactly(channel: socket.socket, size: int, deadline: float | None) -> bytes:
    chunks = bytearray()
    while len(chunks) < size:
        try:
            channel.settimeout(None if deadline is None else max(0.001, deadline - time.monotonic()))
            chunk = channel.recv(min(size - len(chunks), 1 << 20))
        except TimeoutError as error:
            raise DeadlinePassed from error
        except ConnectionError as error:
            raise Closed from error
        if not chunk:
            raise Closed
        chunks += chunk
        if deadline is not None and time.monotonic() > deadline:
            raise DeadlinePassed
    return bytes(chunks)
