"""The text of a task file, with what may vary as it was inferred from a reference and examples."""

from __future__ import annotations

import importlib
import inspect
import os
import sys
from collections.abc import Callable, Sequence
from typing import Any

from pytest_kernelbench.evaluation.inference import Inferred, infer
from pytest_kernelbench.model.case import Case
from pytest_kernelbench.model.case_codec import parse
from pytest_kernelbench.model.errors import KernelBenchError
from pytest_kernelbench.model.origin import Name

TEXT = '''"""{summary}"""

from __future__ import annotations

from pytest_kernelbench.authoring import Task
from pytest_kernelbench.authoring.patterns import Pattern, Sized, Tied, Varying, cases, fixed_cases, longest

SIZES = {{{sizes}}}
"""What each size may be: from `low` on, in multiples of `step`, up to `high`."""

PATTERNS = (
{patterns}
)
"""Arguments of a call; sizes of one name are equal, numbers in place of names do not vary."""


def reference({signature}):
    from {module} import {function}

    return {function}({arguments})


task = Task(
    reference,
    cases(SIZES, *PATTERNS),
    fixed_cases=fixed_cases(SIZES, *PATTERNS, dtype={dtype!r}, small={small}),
    dtypes={dtypes!r},
    accumulation=longest,{mutates}
    workloads={{}},
)
'''


def inferred(kernel: str, reference: str, examples: Sequence[str]) -> tuple[str, str]:
    """Return the text of the task file, and what was inferred as one line; raises `KernelBenchError`."""
    name = Name.parse(reference)
    function = _imported(name)
    found = infer(function, [_case(text) for text in examples])
    return _text(Name.parse(kernel), name, function, found), found.told()


def _imported(name: Name) -> Callable[..., Any]:
    """Import a reference, from the working directory too; it is the user's own."""
    sys.path.insert(0, os.getcwd())
    try:
        module = importlib.import_module(name.module)
    except ImportError as error:
        raise KernelBenchError(f"--reference={name}: {error}") from error
    finally:
        sys.path.remove(os.getcwd())
    function = getattr(module, name.function, None)
    if not callable(function):
        raise KernelBenchError(f"--reference={name}: {name.module} has no function {name.function}")
    return function  # type: ignore[no-any-return]


def _case(text: str) -> Case:
    return parse(text if text.lstrip().startswith("Case(") else f"Case({text})")


def _text(kernel: Name, name: Name, function: Callable[..., Any], found: Inferred) -> str:
    parameters = [each.replace(annotation=each.empty) for each in inspect.signature(function).parameters.values()]
    sizes = "".join(f"\n    {size!r}: {varying!r}," for size, varying in found.sizes.items())
    return TEXT.format(
        summary=f"What {kernel} computes, as {name} defines it.",
        sizes=f"{sizes}\n" if sizes else "",
        patterns="\n".join(f"    {pattern!r}," for pattern in found.patterns),
        signature=", ".join(map(str, parameters)),
        module=name.module,
        function=name.function,
        arguments=", ".join(
            f"{each.name}={each.name}" if each.kind is each.KEYWORD_ONLY else each.name for each in parameters
        ),
        dtype=found.dtypes[0],
        small=dict(found.small),
        dtypes=found.dtypes,
        mutates=f"\n    mutates={found.mutates!r}," if found.mutates else "",
    )
