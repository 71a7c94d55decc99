"""Kernel code as text: decoded as Python does, parsed, and its digest. Nothing is run."""

from __future__ import annotations

import ast
import hashlib
import io
import tokenize
import warnings

from pytest_kernelbench.model.locks import PROCESS_LOCK


class Undecodable(ValueError):
    """A file has bytes that are no text in its encoding; the message is that of Python."""


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
