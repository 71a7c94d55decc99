"""What a kernel does beside computing: seen by Python's audit hooks, by comparing functions, and by counting threads.

A kernel that means to can blind all of it, since it runs in the same process: these are observations for a reader, and
what they lead to catches accidents and optimisers. What an attacker must not do is kept from him by the sandbox.
"""

from __future__ import annotations

import _thread
import os
import socket
import sys
import sysconfig
import threading
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

from pytest_kernelbench.runner.replaced import State

MOST = 24
"""Observations of one kernel that are kept; the judge has a cap of its own."""

MOST_PATHS = 3
"""Files opened for writing that are named."""

LIBRARIES = frozenset(
    "aiter apex bitsandbytes causal_conv1d cupy cutlass deep_gemm fla flag_gems flash_attn flashinfer jax "  # noqa: SIM905
    "liger_kernel mamba_ssm numba sgl_kernel tilelang torchao transformer_engine unsloth vllm xformers".split()
)
"""Packages that bring kernels with them."""

LAUNCH, STREAM, THREAD = "kernelbench.launch", "kernelbench.stream", "kernelbench.thread"
"""Audit events of our own: the file of a launched kernel, a new CUDA stream, a new thread."""

INDUCTOR = "torch._inductor.compile_fx"
"""The module that torch imports when it first compiles a graph, and not before."""

EXTENSION = os.path.join("torch", "utils", "cpp_extension.py")

STANDARD = tuple(sysconfig.get_path(name) + os.sep for name in ("stdlib", "platstdlib"))
PACKAGES = os.sep + "site-packages" + os.sep

WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND

CHANGING = ("os.chmod", "os.chown", "os.link", "os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.symlink",
            "os.truncate", "os.utime", "shutil.copyfile", "shutil.move", "shutil.rmtree")  # fmt: skip
STARTING = ("os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "os.system", "subprocess.Popen")
NETWORK = ("socket.bind", "socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto")
PEEKING = ("gc.get_objects", "gc.get_referents", "gc.get_referrers", "sys._current_frames", "sys._getframe")


class Observer:
    """Watches one process from its installation on; `home` is the folder in which the kernel may do as it likes."""

    def __init__(self, home: str) -> None:
        self.home = os.path.realpath(home) + os.sep
        self._busy = False
        self._new: dict[str, str] = {}
        self._said: set[str] = set()
        self._imported: set[str] = set()
        self._written = 0
        self._within: dict[str, bool] = {}
        self._before = State()
        self._threads = threading.active_count()
        self._rules = self._table()

    def install(self) -> None:
        """Add the audit hook; there is no way to take one away."""
        for module in (threading, _thread):
            for name in ("_start_new_thread", "start_new_thread"):
                if hasattr(module, name):
                    setattr(module, name, _audited(getattr(module, name)))
        sys.addaudithook(self._hook)

    def note(self, text: str, rule: str = "") -> None:
        """Keep an observation, with the rule that it breaks where it breaks one."""
        if text not in self._said and len(self._said) < MOST:
            self._said.add(text)
            self._new[text] = rule

    def take(self) -> list[list[str]]:
        """Return rule and text of what is new since the last time, after a look at what leaves no event."""
        self._look()
        new, self._new = self._new, {}
        return [[rule, text[:200]] for text, rule in new.items()]

    def _look(self) -> None:
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
        except Exception as error:  # an argument that cannot be shown is no reason to stop the kernel
            self.note(f"{event} ({type(error).__name__})")
        finally:
            self._busy = False

    def _table(self) -> dict[str, Callable[[str, tuple[Any, ...]], None]]:
        table: dict[str, Callable[[str, tuple[Any, ...]], None]] = {
            "open": self._open,
            "import": self._import,
            "ctypes.dlopen": self._dlopen,
            "exec": self._direct("executes source that it makes itself"),
            "sys.settrace": self._direct("traces the interpreter"),
            "sys.setprofile": self._direct("traces the interpreter"),
            "sys.addaudithook": self._direct("adds an audit hook"),
            "os.kill": self._by_kernel("sends signals to processes"),
            "os.killpg": self._by_kernel("sends signals to processes"),
            "os.putenv": self._putenv,
            "object.__setattr__": self._setattr,
            "socket.__new__": self._socket,
            LAUNCH: self._launch,
            STREAM: lambda event, arguments: self.note("makes CUDA streams of its own"),
            THREAD: self._by_kernel("starts threads"),
            "ctypes.cdata": self._by_kernel("reads or writes memory by address"),
            "ctypes.string_at": self._by_kernel("reads or writes memory by address"),
        }
        table |= dict.fromkeys(CHANGING, self._change)
        table |= dict.fromkeys(STARTING, self._start)
        table |= dict.fromkeys(NETWORK, self._by_kernel("uses the network"))
        table |= dict.fromkeys(PEEKING, self._peek)
        return table

    def _by_kernel(self, text: str) -> Callable[[str, tuple[Any, ...]], None]:
        return lambda event, arguments: self.note(text) if self._from_kernel() else None

    def _direct(self, text: str) -> Callable[[str, tuple[Any, ...]], None]:
        """Only where the kernel does it in its own lines: the standard library does the same for harmless reasons."""
        return lambda event, arguments: self.note(text) if self._from_kernel(through=False) else None

    def _open(self, event: str, arguments: tuple[Any, ...]) -> None:
        path, _, flags = arguments
        if isinstance(flags, int) and flags & WRITING and self._outside(path) and self._from_kernel():
            self._written += 1
            many = self._written > MOST_PATHS
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
        if top in LIBRARIES and self._from_kernel():
            self._imported.add(top)
        if top == "pytest_kernelbench" and self._from_kernel():
            self.note("imports the judge's own modules")

    def _dlopen(self, event: str, arguments: tuple[Any, ...]) -> None:
        name = arguments[0]
        if self._from_kernel() or (name and not self._outside(name)):
            self.note(f"loads native code: {_shown(name) if name else 'its own process'}")

    def _putenv(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self._from_kernel():
            self.note(f"sets the environment variable {_shown(arguments[0])}")

    def _setattr(self, event: str, arguments: tuple[Any, ...]) -> None:
        if arguments[1] == "__code__" and self._from_kernel():
            self.note(f"replaces the code of {_shown(getattr(arguments[0], '__qualname__', '?'))}")

    def _socket(self, event: str, arguments: tuple[Any, ...]) -> None:
        # Pairs within one process are no network; a socket that the sandbox refuses gets no further than this.
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
        """Whether the kernel's code is what does this, by itself or through the standard library."""
        for frame in _stack():
            name = frame.f_code.co_filename
            standard = name.startswith(("<frozen", *STANDARD)) and PACKAGES not in name
            if not (through and standard):
                return self._is_kernel(name)
        return False

    def _is_kernel(self, name: str) -> bool:
        """Whether code of that file name is the kernel's: its file, another in its folder, or made from a text."""
        if name.startswith("<"):
            return not name.startswith("<frozen")
        if name not in self._within:
            self._within[name] = os.path.realpath(name).startswith(self.home)
        return self._within[name]

    def _outside(self, path: Any) -> bool:
        if isinstance(path, int):
            return False
        real = os.path.realpath(os.fsdecode(path))
        return not (real + os.sep).startswith(self.home) and real != os.devnull


def _stack() -> Iterator[FrameType]:
    """Yield the frames of whoever caused the event, innermost first."""
    frame: FrameType | None = sys._getframe()
    while frame is not None:
        if not frame.f_code.co_filename.startswith(__file__):
            yield frame
        frame = frame.f_back


def _audited(start: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function that starts threads with an event before it: Python 3.11 has none."""

    def audited(*args: Any, **kwargs: Any) -> Any:
        sys.audit(THREAD)
        return start(*args, **kwargs)

    return audited


def _shown(value: Any) -> str:
    text = os.fsdecode(value) if isinstance(value, (str, bytes, os.PathLike)) else str(value)
    return text if len(text) <= 80 else f"{text[:40]}...{text[-37:]}"
