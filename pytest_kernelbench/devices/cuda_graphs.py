"""CUDA graphs of Triton launches: what is launched while a graph is captured runs when the graph is replayed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from pytest_kernelbench.devices.missing import Missing


class Graph:
    """A CUDA graph. Launches can be captured; PyTorch's operations cannot, since they have run by then."""

    capturing: Graph | None = None
    """The graph that is being captured in this process."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.launches: list[Callable[[], Any]] = []

    def capture_begin(self, *args: Any, **kwargs: Any) -> None:
        """Begin to capture launches."""
        Graph.capturing, self.launches = self, []

    def capture_end(self) -> None:
        """Capture no further launches."""
        Graph.capturing = None

    def replay(self) -> None:
        """Make all captured launches again."""
        for launch in self.launches:
            launch()

    def reset(self) -> None:
        """Forget what was captured."""
        self.launches = []

    def pool(self) -> tuple[int, int]:
        """Return the name of the graph's memory pool."""
        return (0, 0)


class Capture:
    """The context manager `torch.cuda.graph`."""

    def __init__(self, cuda_graph: Graph, *args: Any, **kwargs: Any) -> None:
        self.graph = cuda_graph

    def __enter__(self) -> None:
        self.graph.capture_begin()

    def __exit__(self, *error: object) -> None:
        self.graph.capture_end()


def captured(launch: Callable[[], Any]) -> bool:
    """Keep a launch for later if a graph is being captured, and return whether it is."""
    graph = Graph.capturing
    if graph is not None:
        graph.launches.append(launch)
    return graph is not None


def refuse(name: str) -> None:
    """Raise `Missing` where an operation of PyTorch would have to be captured."""
    if Graph.capturing is not None:
        raise Missing(f"CUDA graphs with PyTorch's operations in them, such as {name},")


def _make_graphed_callables(*args: Any, **kwargs: Any) -> Any:
    raise Missing("torch.cuda.make_graphed_callables")


def install() -> None:
    """Replace the graphs of `torch.cuda` until this process ends."""
    for name, value in (
        ("CUDAGraph", Graph),
        ("graph", Capture),
        ("graph_pool_handle", lambda: (0, 0)),
        ("is_current_stream_capturing", lambda: Graph.capturing is not None),
        ("make_graphed_callables", _make_graphed_callables),
    ):
        setattr(torch.cuda, name, value)
        setattr(torch.cuda.graphs, name, value)
