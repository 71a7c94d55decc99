"""How a call broke its contract: memory that it may not write, and results that are not what a caller may expect."""

from __future__ import annotations

from pytest_kernelbench.host.answers import Answer
from pytest_kernelbench.model.case import Case, leaves
from pytest_kernelbench.model.task import Task
from pytest_kernelbench.wire.far import compacted
from pytest_kernelbench.wire.materialize import GUARD, geometry, materialize


def breach(
    task: Task, case: Case, answer: Answer, out_is: str | None, *, on_gpu: bool, drawn_on: str | None = None
) -> str | None:
    """Return how a call broke the contract, such as by writing to an input; None if it did not.

    `out_is` is the argument that was also passed as `out=`, if any. `drawn_on` is where large inputs were drawn.
    """
    written = {*task.written(case), out_is}
    before = materialize(compacted(case), drawn_on=drawn_on).tensors
    strides = [geometry(recipe)[1] for _, recipe in leaves(case)]
    for guarded, after, metadata, stride in zip(before, answer.memory, answer.metadata, strides, strict=True):
        now = guarded.snapshot()
        if len(after) != len(now) or after[:GUARD] != now[:GUARD] or after[-GUARD:] != now[-GUARD:]:
            return f"memory outside of {guarded.path} was written"
        if guarded.path.partition("[")[0] not in written and after != now:
            return f"{guarded.path} was changed: it is only an input"
        if metadata != [list(guarded.tensor.shape), list(stride)]:
            return f"shape or strides of {guarded.path} were changed"
    if answer.overwritten:
        return "the call changed the result of the previous call"
    if answer.unready:
        return "the result is not ready on the caller's stream: the kernel does not wait for work on another stream"
    for output in answer.outputs:
        if on_gpu and before and output.tensor is not None and output.device != "cuda":
            return f"the result is on the {output.device}, wanted on the GPU"
        if output.alias and not task.contract.alias and output.alias.partition("[")[0] not in written:
            return f"the result shares memory with {output.alias}"
        if case.arguments.get("requires_grad") and output.tensor is not None and not output.requires_grad:
            return "the result does not require gradients, wanted by requires_grad=True"
    return next(iter(answer.violations), None)
