"""The protocol between judge and runner: a JSON header and raw bytes, with limits on size and time and no pickle."""

from __future__ import annotations

import json
import socket
import struct
import time
from collections.abc import Callable
from typing import Any

FRAME = struct.Struct("<4sIQ")
"""What precedes each message: `MAGIC`, bytes of the header, bytes of the body."""

MAGIC = b"KBR1"
"""First bytes of each message."""

MAX_HEADER = 1 << 20
"""Largest header, in bytes."""

MAX_PART = 1 << 20
"""Bytes that are read at a time, since the deadline is looked at in between."""

FIRST_ROOM = 16 << 20
"""Bytes for which there is room before any has arrived; then there is room for as many again as have arrived."""

MAX_OUTPUTS = 64
"""Largest number of outputs of one call that are compared; further ones are ignored."""

MAX_TEXT = 4000
"""Characters of a message for users that are kept."""

MAX_LINE = 200
"""Characters of a short text that are kept: an observation, or the text of an output that is not a tensor."""

MAX_VIOLATIONS = 8
"""Violations of one request that are reported."""

MAX_FRAMES = 8
"""Stack frames of an exception that are kept, the innermost ones."""


class ProtocolError(Exception):
    """The other end sent something that the protocol does not allow."""


class Closed(Exception):
    """The other end closed the channel."""


class DeadlinePassed(Exception):
    """The other end did not answer in time."""


def send(channel: socket.socket, header: dict[str, Any], *parts: bytes) -> None:
    """Send one message; blocks until the other end has read enough of it. Raises `Closed`."""
    text = json.dumps(header).encode()
    try:
        channel.sendall(FRAME.pack(MAGIC, len(text), sum(map(len, parts))) + text)
        for part in parts:
            channel.sendall(part)
    except (BrokenPipeError, ConnectionResetError) as error:
        raise Closed from error


PROGRESS = "progress"
"""Status of a message before the response to a request."""

PAUSE = "pause"
"""Field of such a message: whether the device is not used from now on, or is wanted again, which the judge answers."""


class Responder:
    """Sends responses to one request, each bearing the number of that request."""

    def __init__(self, channel: socket.socket, number: str) -> None:
        self._channel = channel
        self._number = number

    def __call__(self, header: dict[str, Any], *parts: bytes) -> None:
        """Send one message."""
        send(self._channel, {**header, "number": self._number}, *parts)

    def wait(self) -> None:
        """Wait until the judge says that the request goes on."""
        receive(self._channel, max_bytes=0)


def receive(
    channel: socket.socket,
    *,
    max_bytes: int,
    timeout: float | None = None,
    wait: Callable[[float | None], None] | None = None,
) -> tuple[dict[str, Any], bytes]:
    """Receive one message and return its header and body.

    The body may have at most `max_bytes` bytes, and all of the message must arrive within `timeout` seconds. `wait` is
    called with the deadline, on the monotonic clock, before each part is read: it returns when there is something to
    read, and may do other things meanwhile. Raises `ProtocolError`, `Closed`, `DeadlinePassed`, and what `wait` raises.
    """
    deadline = None if timeout is None else time.monotonic() + timeout
    magic, header_size, body_size = FRAME.unpack(_exactly(channel, FRAME.size, deadline, wait))
    if magic != MAGIC:
        raise ProtocolError(f"a message does not start with {MAGIC!r}")
    for name, size, limit in (("header", header_size, MAX_HEADER), ("body", body_size, max_bytes)):
        if size > limit:
            raise ProtocolError(f"the {name} of a message has {size} bytes, at most {limit} are allowed")
    text = _exactly(channel, header_size, deadline, wait)
    body = _exactly(channel, body_size, deadline, wait)
    try:
        header = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ProtocolError("the header of a message is not JSON") from error
    if not isinstance(header, dict):
        raise ProtocolError("the header of a message is not a JSON object")
    return header, body


def _exactly(
    channel: socket.socket, size: int, deadline: float | None, wait: Callable[[float | None], None] | None
) -> bytes:
    """Read `size` bytes; no byte that arrives extends the deadline."""
    received, count = bytearray(min(size, FIRST_ROOM)), 0
    while count < size:
        if count == len(received):
            received += bytes(min(count, size - count))
        if wait is not None:
            wait(deadline)
        try:
            channel.settimeout(None if deadline is None else max(0.001, deadline - time.monotonic()))
            # In place: a copy of each part would take as long as the system call.
            got = channel.recv_into(memoryview(received)[count : count + MAX_PART])
        except TimeoutError as error:
            raise DeadlinePassed from error
        except ConnectionError as error:
            raise Closed from error
        if not got:
            raise Closed
        count += got
        if deadline is not None and time.monotonic() > deadline:
            raise DeadlinePassed
    return bytes(received)
