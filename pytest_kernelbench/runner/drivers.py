"""How a kernel is used: most are called once; an optimizer is made and then stepped."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any


def drive(
    driver: str, entry: Callable[..., Any], parameters: Sequence[tuple[str, str]], values: Mapping[str, Any]
) -> Any:
    """Use the entry point on the values and return its result.

    `parameters` are names and kinds of the published signature, in order.
    """
    return bind(driver, entry, parameters, values)()


def bind(
    driver: str, entry: Callable[..., Any], parameters: Sequence[tuple[str, str]], values: Mapping[str, Any]
) -> Callable[[], Any]:
    """Return a function that uses the entry point on the values and does nothing else: it may be timed."""
    if driver == "optimizer":
        return lambda: _optimize(entry, parameters, dict(values))
    positional, named = _arranged(entry, parameters, values)
    return functools.partial(entry, *positional, **named)


def call(entry: Callable[..., Any], parameters: Sequence[tuple[str, str]], values: Mapping[str, Any]) -> Any:
    """Call the entry point, by position where the published signature allows it: authors rename parameters.

    From the first argument that is absent, keyword-only, or that the entry point accepts by name only, names are used.
    """
    positional, named = _arranged(entry, parameters, values)
    return entry(*positional, **named)


def _arranged(
    entry: Callable[..., Any], parameters: Sequence[tuple[str, str]], values: Mapping[str, Any]
) -> tuple[list[Any], dict[str, Any]]:
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


def _optimize(entry: Callable[..., Any], parameters: Sequence[tuple[str, str]], values: dict[str, Any]) -> list[Any]:
    """Make an optimizer of `params` and take one step for each list of gradients; return the parameters."""
    gradients = values.pop("gradients")
    params = [value.detach().requires_grad_() for value in values["params"]]
    optimizer = call(entry, parameters, {**values, "params": params})
    for step in gradients:
        for param, gradient in zip(params, step, strict=True):
            param.grad = gradient.clone()
        optimizer.step()
    return [param.detach() for param in params]
