"""Observe what a kernel does beside computing: with audit hooks, by comparing functions, and by counting threads.

A kernel can disable all of this on purpose, because it runs in the same process. Observations inform the reader and
catch accidents and automatic optimisers. Preventing attacks is the task of the sandbox.
"""

from __future__ import annotations

import _thread
import os
import socket
import sys
import sysconfig
import threading
from collections.abc import Callable, Iterator, Sequence
from types import FrameType
from typing import Any

from pytest_kernelbench.devices.instruments import LAUNCH_EVENT, STREAM_EVENT
from pytest_kernelbench.model.record import MAX_OBSERVATIONS
from pytest_kernelbench.runner.monkeypatches import State
from pytest_kernelbench.wire.protocol import MAX_LINE

MAX_PATHS = 3
"""Files opened for writing that are named; further ones are only mentioned."""

LIBRARIES = frozenset(
    "aiter apex bitsandbytes causal_conv1d cupy cutlass deep_gemm fla flag_gems flash_attn flashinfer jax "  # noqa: SIM905
    "liger_kernel mamba_ssm numba sgl_kernel tilelang torchao transformer_engine unsloth vllm xformers".split()
)
"""Packages that contain kernels."""

THREAD_EVENT = "kernelbench.thread"
"""Audit event of a new thread."""

INDUCTOR = "torch._inductor.bounds"
"""A module that torch imports when it first compiles a graph; the decorator `torch.compile` alone imports others."""

EXTENSION = os.path.join("torch", "utils", "cpp_extension.py")
"""End of the path of the module that builds C++ and CUDA extensions."""

STANDARD = tuple(sysconfig.get_path(name) + os.sep for name in ("stdlib", "platstdlib"))
"""Folders of the standard library."""

PACKAGES = os.sep + "site-packages" + os.sep
"""Part of the path of an installed package."""

WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
"""Flags of `open` that allow writing."""

CHANGING = ("os.chmod", "os.chown", "os.link", "os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.symlink",
            "os.truncate", "os.utime", "shutil.copyfile", "shutil.move", "shutil.rmtree")  # fmt: skip
"""Events that change files."""

STARTING = ("os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "os.system", "subprocess.Popen")
"""Events that start processes."""

NETWORK = ("socket.bind", "socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto")
"""Events that use the network."""

PEEKING = ("gc.get_objects", "gc.get_referents", "gc.get_referrers", "sys._current_frames", "sys._getframe")
"""Events that give access to objects of others."""


class Observer:
    """Observes the current process from `install` on."""

    def __init__(self, home: str, own: Sequence[str] = ()) -> None:
        """`home` is the kernel's folder: files in it are the kernel's own, and changing them is no observation.

        `own` are the folders, or the file, of the package of a named kernel, which are its own as well.
        """
        self.home = os.path.realpath(home) + os.sep
        self.own = (self.home, *(os.path.realpath(each) + os.sep for each in own))
        self.packages = {os.path.basename(each.rstrip(os.sep)).removesuffix(".py") for each in self.own[1:]}
        self._busy = False
        self._new: dict[str, str] = {}
        self._known: set[str] = set()
        self._imported: set[str] = set()
        self._written = 0
        self._within: dict[str, bool] = {}
        self._before = State()
        self._threads = threading.active_count()
        self._rules = self._table()

    def install(self) -> None:
        """Add the audit hook, which Python offers no way to remove."""
        for module in (threading, _thread):
            for name in ("_start_new_thread", "start_new_thread"):
                if hasattr(module, name):
                    setattr(module, name, _audited(getattr(module, name)))
        sys.addaudithook(self._hook)

    def note(self, text: str, rule: str = "") -> None:
        """Add an observation, unless it is known already; `rule` is the rule that it breaks, if any."""
        if text not in self._known and len(self._known) < MAX_OBSERVATIONS:
            self._known.add(text)
            self._new[text] = rule

    def take(self) -> list[list[str]]:
        """Return rule and text of each observation since the last time, including changes that raise no audit event."""
        self._compare()
        new, self._new = self._new, {}
        return [[rule, text[:MAX_LINE]] for text, rule in new.items()]

    def _compare(self) -> None:
        """Look for changes that raise no audit event."""
        for text, rule in self._before.changes():
            self.note(text, rule)
        if threading.active_count() > self._threads:
            self.note("leaves threads running after a call")
        for name in self._imported & sys.modules.keys():
            self.note(f"imports {name}", "libraries")

    def _hook(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self._busy or (rule := self._rules.get(event)) is None:
            return
        self._busy = True
        try:
            rule(event, arguments)
        except Exception as error:  # an argument that cannot be described must not stop the kernel
            self.note(f"{event} ({type(error).__name__})")
        finally:
            self._busy = False

    def _table(self) -> dict[str, Callable[[str, tuple[Any, ...]], None]]:
        """Return what to do at each audit event."""
        table: dict[str, Callable[[str, tuple[Any, ...]], None]] = {
            "open": self._open,
            "import": self._import,
            "ctypes.dlopen": self._dlopen,
            "exec": self._by_kernel_itself("executes source that it makes itself"),
            "sys.settrace": self._by_kernel_itself("traces the interpreter"),
            "sys.setprofile": self._by_kernel_itself("traces the interpreter"),
            "sys.addaudithook": self._by_kernel_itself("adds an audit hook"),
            "os.kill": self._by_kernel("sends signals to processes"),
            "os.killpg": self._by_kernel("sends signals to processes"),
            "os.putenv": self._putenv,
            "object.__setattr__": self._setattr,
            "socket.__new__": self._socket,
            LAUNCH_EVENT: self._launch,
            STREAM_EVENT: lambda event, arguments: self.note("makes CUDA streams of its own"),
            THREAD_EVENT: self._by_kernel("starts threads"),
            "ctypes.cdata": self._by_kernel("reads or writes memory by address"),
            "ctypes.string_at": self._by_kernel("reads or writes memory by address"),
        }
        table |= dict.fromkeys(CHANGING, self._change)
        table |= dict.fromkeys(STARTING, self._start)
        table |= dict.fromkeys(NETWORK, self._by_kernel("uses the network"))
        table |= dict.fromkeys(PEEKING, self._peek)
        return table

    def _by_kernel(self, text: str) -> Callable[[str, tuple[Any, ...]], None]:
        """Return a handler that notes a text where the kernel causes the event, directly or by the standard library."""
        return lambda event, arguments: self.note(text) if self._from_kernel() else None

    def _by_kernel_itself(self, text: str) -> Callable[[str, tuple[Any, ...]], None]:
        """Return a handler that notes a text where the kernel causes the event directly: the standard library may."""
        return lambda event, arguments: self.note(text) if self._from_kernel(through=False) else None

    def _open(self, event: str, arguments: tuple[Any, ...]) -> None:
        path, _, flags = arguments
        if isinstance(flags, int) and flags & WRITING and self._outside(path) and self._from_kernel():
            self._written += 1
            many = self._written > MAX_PATHS
            self.note("opens more files for writing" if many else f"opens for writing: {_shown(path)}")

    def _change(self, event: str, arguments: tuple[Any, ...]) -> None:
        paths = [path for path in arguments[:2] if isinstance(path, (str, bytes, os.PathLike))]
        if any(map(self._outside, paths)) and self._from_kernel():
            self.note(f"changes files outside of its folder ({event})")

    def _start(self, event: str, arguments: tuple[Any, ...]) -> None:
        names = [frame.f_code.co_filename for frame in _stack()]
        if any(name.endswith(EXTENSION) for name in names):
            self.note("builds a C++ or CUDA extension", "cpp_extension")
        elif self._from_kernel():
            program = arguments[0] if event in ("subprocess.Popen", "os.system", "os.posix_spawn") else ""
            self.note(f"starts a process{f': {_shown(program)}' if program else ''}")

    def _import(self, event: str, arguments: tuple[Any, ...]) -> None:
        name = str(arguments[0])
        if name == INDUCTOR:
            self.note("compiles with torch.compile", "torch_compile")
        top = name.partition(".")[0]
        if top in LIBRARIES - self.packages and self._from_kernel():
            self._imported.add(top)
        if top == "pytest_kernelbench" and self._from_kernel():
            self.note("imports modules of pytest_kernelbench")

    def _dlopen(self, event: str, arguments: tuple[Any, ...]) -> None:
        name = arguments[0]
        if self._from_kernel() or (name and not self._outside(name)):
            self.note(f"loads native code: {_shown(name) if name else 'the current process'}")

    def _putenv(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self._from_kernel():
            self.note(f"sets the environment variable {_shown(arguments[0])}")

    def _setattr(self, event: str, arguments: tuple[Any, ...]) -> None:
        if arguments[1] == "__code__" and self._from_kernel():
            self.note(f"replaces the code of {_shown(getattr(arguments[0], '__qualname__', '?'))}")

    def _socket(self, event: str, arguments: tuple[Any, ...]) -> None:
        # Socket pairs are local. A socket that the sandbox refuses raises no further event.
        if arguments[1] != socket.AF_UNIX and self._from_kernel():
            self.note("uses the network")

    def _peek(self, event: str, arguments: tuple[Any, ...]) -> None:
        caller = next((frame for frame in _stack() if not frame.f_code.co_filename.endswith("/inspect.py")), None)
        if caller is not None and self._is_kernel(caller.f_code.co_filename):
            self.note("looks into its caller's frames or objects")

    def _launch(self, event: str, arguments: tuple[Any, ...]) -> None:
        file = str(arguments[0])
        if file and not self._is_kernel(file):
            self.note(f"launches a kernel that is not its own: {file.rpartition(PACKAGES)[2]}", "libraries")

    def _from_kernel(self, *, through: bool = True) -> bool:
        """Whether the kernel's code caused the event: directly, or with `through` also by the standard library."""
        for frame in _stack():
            name = frame.f_code.co_filename
            standard = name.startswith(("<frozen", *STANDARD)) and PACKAGES not in name
            if not (through and standard):
                return self._is_kernel(name)
        return False

    def _is_kernel(self, name: str) -> bool:
        """Whether a file name belongs to the kernel: its file, another one in its folder, or generated code."""
        if name.startswith("<"):
            return not name.startswith("<frozen")
        if name not in self._within:
            self._within[name] = (os.path.realpath(name) + os.sep).startswith(self.own)
        return self._within[name]

    def _outside(self, path: Any) -> bool:
        """Whether a path lies outside of the kernel's folder; file descriptors do not count."""
        if isinstance(path, int):
            return False
        real = os.path.realpath(os.fsdecode(path))
        return not (real + os.sep).startswith(self.home) and real != os.devnull


def _stack() -> Iterator[FrameType]:
    """Yield the stack frames that led to the event, innermost first, without those of this module."""
    frame: FrameType | None = sys._getframe()
    while frame is not None:
        if not frame.f_code.co_filename.startswith(__file__):
            yield frame
        frame = frame.f_back


def _audited(start: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap a function that starts threads so that it raises an audit event, which Python 3.11 does not."""

    def audited(*args: Any, **kwargs: Any) -> Any:
        sys.audit(THREAD_EVENT)
        return start(*args, **kwargs)

    return audited


def _shown(value: Any) -> str:
    """Return a value as text, shortened in the middle."""
    text = os.fsdecode(value) if isinstance(value, (str, bytes, os.PathLike)) else str(value)
    return text if len(text) <= 80 else f"{text[:40]}...{text[-37:]}"
