"""How an entry point is called: most are functions that are called once; an optimizer is constructed and stepped."""

from __future__ import annotations

import functools
import inspect
import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pytest_kernelbench.wire.modules import ModuleEntry

Parameters = Sequence[tuple[str, str]]
"""Name and kind (as in `inspect.Parameter.kind`) of each parameter of a task's signature, in order."""


def invoke(convention: str, entry: Callable[..., Any], parameters: Parameters, values: Mapping[str, Any]) -> Any:
    """Call the entry point with arguments given by name, following a calling convention, and return its result.

    `convention` is one of `model.task.CALLING_CONVENTIONS`; `values` may omit parameters that have defaults.
    """
    return bind(convention, entry, parameters, values)()


def bind(
    convention: str, entry: Callable[..., Any], parameters: Parameters, values: Mapping[str, Any]
) -> Callable[[], Any]:
    """Return a function without parameters that makes the call of `invoke`, with as little overhead as possible."""
    if convention == "optimizer":
        return lambda: _optimize(entry, parameters, dict(values))
    if isinstance(entry, ModuleEntry):
        return entry.bound(parameters, values)
    positional, named = _arranged(entry, parameters, values)
    return functools.partial(entry, *positional, **named)


def call(entry: Callable[..., Any], parameters: Parameters, values: Mapping[str, Any]) -> Any:
    """Call the entry point, passing arguments by position where possible, because authors rename parameters.

    Arguments are passed by name from the first one on that is omitted, that is keyword-only in the task's signature, or
    that the entry point does not accept at its position.
    """
    positional, named = _arranged(entry, parameters, values)
    return entry(*positional, **named)


def _arranged(
    entry: Callable[..., Any], parameters: Parameters, values: Mapping[str, Any]
) -> tuple[list[Any], dict[str, Any]]:
    """Return the positional and the named arguments."""
    positional: list[Any] = []
    named: dict[str, Any] = {}
    accepted = _accepted(entry)
    by_position = True
    for index, (name, kind) in enumerate(parameters):
        if name not in values:
            by_position = False
        elif kind == "VAR_POSITIONAL":
            positional.extend(values[name])
        elif by_position and kind != "KEYWORD_ONLY" and _fits(accepted, name, index):
            positional.append(values[name])
        else:
            by_position = False
            named[name] = values[name]
    return positional, named


def _accepted(entry: Callable[..., Any]) -> list[inspect.Parameter] | None:
    """Return the parameters of an entry point; None where they cannot be read, as for some built-in functions."""
    try:
        return list(inspect.signature(entry).parameters.values())
    except (TypeError, ValueError):
        return None


def _fits(accepted: list[inspect.Parameter] | None, name: str, index: int) -> bool:
    """Whether the entry point takes this argument at this position."""
    if accepted is None:
        return True
    if any(parameter.name == name for parameter in accepted[index + 1 :]):
        return False
    kinds = [parameter.kind for parameter in accepted]
    if index < len(kinds):
        return kinds[index] is not inspect.Parameter.KEYWORD_ONLY
    return inspect.Parameter.VAR_POSITIONAL in kinds


def _optimize(entry: Callable[..., Any], parameters: Parameters, values: dict[str, Any]) -> list[Any]:
    """Construct an optimizer of `params`, take one step for each list of gradients, and return the parameters.

    A gradient may be None. `changes` has pairs of an option and its new value for each step, which are written to the
    optimizer's `param_groups` before that step, as schedulers do.
    """
    gradients, changes = values.pop("gradients"), values.pop("changes", ())
    params = [value.detach().requires_grad_() for value in values["params"]]
    optimizer = call(entry, parameters, {**values, "params": params})
    for step, changed in itertools.zip_longest(gradients, changes, fillvalue=()):
        if changed:
            for group in optimizer.param_groups:
                group.update(changed)
        for param, gradient in zip(params, step, strict=True):
            param.grad = None if gradient is None else gradient.clone()
        optimizer.step()
    return [param.detach() for param in params]
