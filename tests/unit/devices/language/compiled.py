"""Compile all kernels of the table, and print the errors of those that the compiler refuses."""

from __future__ import annotations

import json
import tempfile
import warnings
from pathlib import Path
from typing import Any

import triton
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource

from tests.unit.devices.language import LENGTH, Feature, functions, memory, syntax, types

NAMES = {"float16": "fp16", "float32": "fp32", "float64": "fp64", "int32": "i32", "int64": "i64"}
"""Triton's names of dtypes."""


def error_of(feature: Feature, folder: Path) -> str | None:
    """Return the compiler's error, if it has one."""
    # The compiler reads the source of functions from their files.
    path = folder / f"{feature.name.replace(' ', '_')}.py"
    path.write_text(f"import torch, triton, triton.language as tl\n{feature.code}", encoding="utf-8")
    scope: dict[str, Any] = {"__name__": path.stem, "__file__": str(path)}
    try:
        exec(compile(path.read_text(encoding="utf-8"), path, "exec"), scope)
        pointers = {"x_ptr": f"*{NAMES[feature.source]}", "y_ptr": f"*{NAMES[feature.dtype]}"}
        signature = {**pointers, "n": "i32", "s": "fp32", "B": "constexpr"}
        aligned = {(argument,): [["tt.divisibility", 16]] for argument in (0, 1)}
        source = ASTSource(scope["kernel"], signature=signature, constexprs={"B": LENGTH}, attrs=aligned)
        triton.compile(source, target=GPUTarget("cuda", feature.since, 32))
    except Exception as error:
        return f"{type(error).__name__}: {error}"[:400]
    return None


def main() -> None:
    """Compile all kernels."""
    warnings.simplefilter("ignore")
    features = [*syntax.FEATURES, *types.FEATURES, *functions.FEATURES, *memory.FEATURES]
    with tempfile.TemporaryDirectory() as folder:
        errors = {feature.name: error_of(feature, Path(folder)) for feature in features}
    print(json.dumps({name: error for name, error in errors.items() if error is not None}))  # noqa: T201


if __name__ == "__main__":
    main()
