"""Updated arguments as outputs: tensors made from the bytes that a call left in an argument's memory."""

from __future__ import annotations

from pytest_kernelbench.host.answers import Answer, Output
from pytest_kernelbench.model.case import Case, Tensor, leaves
from pytest_kernelbench.model.task import Task
from pytest_kernelbench.wire.far import compact
from pytest_kernelbench.wire.materialize import GUARD, geometry, torch_dtype


def updated(task: Task, case: Case, answer: Answer) -> list[Output]:
    """Return the arguments in `task.mutates` as the call left them."""
    memory = dict(zip((path for path, _ in leaves(case)), answer.memory, strict=False))
    return [
        afterwards(recipe, memory[path])
        for name in task.mutates
        for path, recipe in leaves(case)
        if path.partition("[")[0] == name and path in memory
    ]


def afterwards(recipe: Tensor, memory: bytes) -> Output:
    """Return the tensor of a recipe, contiguous, from its memory after a call, guard bands included."""
    import torch

    elements, strides, offset = geometry(compact(recipe))
    storage = torch.frombuffer(bytearray(memory), dtype=torch_dtype(recipe.dtype), count=elements, offset=GUARD)
    tensor = storage.as_strided(recipe.shape, strides, offset).contiguous()
    return Output("Tensor", recipe.dtype, recipe.shape, tensor=tensor)
