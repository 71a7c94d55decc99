"""Libdevice in kernels on the interpreter: every function of Triton's modules, however it is imported."""

from __future__ import annotations

import ast
import importlib.util
from collections.abc import Iterator
from pathlib import Path

import pytest

from pytest_kernelbench import Case, Tensor
from pytest_kernelbench.devices.libdevice.install import FORMS
from pytest_kernelbench.devices.libdevice.symbols import function_of
from tests.unit.devices import Interpret

SPEC = importlib.util.find_spec("triton")
assert SPEC is not None
assert SPEC.origin is not None
ROOT = Path(SPEC.origin).parent


def functions(form: str) -> Iterator[tuple[str, tuple[str, ...], str]]:
    """Yield name, dtypes of the arguments and symbol of each function in a module of Triton."""
    tree = ast.parse((ROOT.parent / f"{form.replace('.', '/')}.py").read_text(encoding="utf-8"))
    for definition in tree.body:
        if isinstance(definition, ast.FunctionDef):
            for table in (node for node in ast.walk(definition) if isinstance(node, ast.Dict)):
                for types, found in zip(table.keys, table.values, strict=True):
                    texts = [node.value for node in ast.walk(types) if isinstance(node, ast.Constant)]
                    symbols = [node.value for node in ast.walk(found) if isinstance(node, ast.Constant)]
                    yield definition.name, tuple(texts), symbols[0]


KERNEL = """
@triton.jit
def {label}({inputs}, y):
    at = tl.arange(0, 4)
    tl.store(y + at, {form}.{name}({loads}).to(tl.float64))
"""
DTYPES = {"fp32": "float32", "fp64": "float64"}


def program(form: str) -> str:
    """Return code that calls every function of a module with every dtype, and counts those that return a number."""
    lines, kernels = [], []
    for index, (name, dtypes, _) in enumerate(functions(form)):
        label, inputs = f"k{index}", [f"x{place}" for place in range(len(dtypes))]
        loads = ", ".join(f"tl.load({each} + at)" for each in inputs)
        kernels.append(KERNEL.format(label=label, form="libdevice", name=name, inputs=", ".join(inputs), loads=loads))
        given = ", ".join(f"torch.full((4,), 1, dtype=torch.{DTYPES.get(each, each)})" for each in dtypes)
        lines.append(f"    y = torch.full((4,), -77.0, dtype=torch.float64)\n    {label}[(1,)]({given}, y)\n"
                     f"    done += int(not (y == -77).any())\n")  # fmt: skip
    return (
        f"import {form} as libdevice\n{''.join(kernels)}\ndef work(x):\n    done = 0\n{''.join(lines)}"
        "    return torch.tensor(done)\n"
    )


@pytest.mark.parametrize("form", FORMS)
def test_every_function_of_a_module_is_computed_with_every_dtype(interpret: Interpret, form: str) -> None:
    wanted = list(functions(form))
    assert len(wanted) > 100
    for _, _, symbol in wanted:
        function_of(symbol)
    answer = interpret(program(form), Case(x=Tensor((1,))))
    assert answer.status == "ok", answer.text
    assert answer.outputs[0].tensor is not None
    assert int(answer.outputs[0].tensor) == len(wanted)


IMPORTS = {
    "generic": ("from triton.language.extra import libdevice", "libdevice.tanh"),
    "renamed": ("import triton.language.extra.libdevice as device", "device.tanh"),
    "cuda": ("", "tl.extra.cuda.libdevice.tanh"),
    "hip": ("import triton.language.extra.hip.libdevice", "tl.extra.hip.libdevice.tanh"),
    "bare": ("from triton.language.extra.libdevice import tanh", "tanh"),
    "bare of a form": ("from triton.language.extra.cuda.libdevice import tanh as t", "t"),
    "of a package": ("from triton.language import extra", "extra.cuda.libdevice.tanh"),
    "of AMD alone": ("from triton.language.extra import libdevice", "libdevice.fast_tanhf"),
}
CALL = """
@triton.jit
def helper(x):
    return {function}(x)

@triton.jit
def kernel(x, y):
    at = tl.arange(0, 8)
    tl.store(y + at, helper(tl.load(x + at)))

def work(x):
    y = torch.empty_like(x)
    kernel[(1,)](x, y)
    return (y - torch.tanh(x)).abs().max()
"""


@pytest.mark.parametrize("how", IMPORTS)
def test_a_function_is_computed_however_it_is_imported(interpret: Interpret, how: str) -> None:
    line, function = IMPORTS[how]
    answer = interpret(f"{line}\n{CALL.format(function=function)}", Case(x=Tensor((8,))))
    assert answer.status == "ok", answer.text
    assert answer.outputs[0].tensor is not None
    assert float(answer.outputs[0].tensor) < 1e-6


SCALARS = """
from triton.language.extra import libdevice
@triton.jit
def kernel(y, s):
    tl.store(y, libdevice.pow(s, 2))
    tl.store(y + 1, libdevice.fma(s, 2.0, 1.0))
    tl.store(y + 2, tl.sum(libdevice.atan2(tl.full((2, 4), 0.0, tl.float32), tl.full((2, 1), -1.0, tl.float32))))
def work(x):
    y = torch.empty(3)
    kernel[(1,)](y, 3.0)
    return y
"""


def test_scalars_constants_and_blocks_to_be_broadcast_are_taken(interpret: Interpret) -> None:
    answer = interpret(SCALARS, Case(x=Tensor((1,))))
    assert answer.status == "ok", answer.text
    assert answer.outputs[0].tensor is not None
    assert answer.outputs[0].tensor.tolist() == pytest.approx([9, 7, 8 * 3.14159265])


@pytest.mark.parametrize("call", ["libdevice.tanh(x)", "libdevice.popc(x)", "libdevice.div_rn(x, 2)"])
def test_dtypes_that_the_compiler_refuses_are_refused(interpret: Interpret, call: str) -> None:
    code = f"from triton.language.extra import libdevice\n{CALL.replace('{function}(x)', call)}"
    answer = interpret(code, Case(x=Tensor((8,), "float16")))
    assert answer.status == "runtime_error"
    assert answer.within == "extern_elementwise"


BARE = """
from triton.language import arange, load, maximum, static_range
from triton.language import store as put
from triton.language.math import exp
@triton.jit
def kernel(x, y):
    block = load(x + arange(0, 8))
    for _ in static_range(2):
        block = maximum(block, exp(block)).sqrt()
    put(y + arange(0, 8), block)
def work(x):
    y = torch.empty_like(x)
    kernel[(1,)](x, y)
    wanted = torch.maximum(torch.maximum(x, x.exp()).sqrt(), torch.maximum(x, x.exp()).sqrt().exp()).sqrt()
    return (y - wanted).abs().max()
"""


def test_functions_of_the_language_may_be_imported_by_name_and_called_as_methods(interpret: Interpret) -> None:
    answer = interpret(BARE, Case(x=Tensor((8,))))
    assert answer.status == "ok", answer.text
    assert answer.outputs[0].tensor is not None
    assert float(answer.outputs[0].tensor) < 1e-5


def test_what_torch_computes_for_libdevice_is_no_work_of_the_host_code(interpret: Interpret) -> None:
    code = f"from triton.language.extra import libdevice\n{CALL.format(function='libdevice.erfcx')}".replace(
        "return (y - torch.tanh(x)).abs().max()", "return y"
    )
    answer = interpret(code, Case(x=Tensor((8,))), audit=True)
    assert answer.status == "ok", answer.text
    assert answer.counts["computed"] == 0


BLIND = """
import types

source = "import triton\\n\\n@triton.jit\\ndef twice(x):\\n    return x + x\\n"
with open("blind.py", "w") as file:
    file.write(source)
blind = types.ModuleType("blind")
exec(compile(source, "blind.py", "exec"), blind.__dict__)
twice = blind.twice

@triton.jit
def kernel(x, y):
    tl.store(y + tl.arange(0, 8), twice(tl.load(x + tl.arange(0, 8))))
def work(x):
    y = torch.empty_like(x)
    kernel[(1,)](x, y)
    return y - 2 * x
"""


def test_a_function_need_not_see_the_language(interpret: Interpret) -> None:
    answer = interpret(BLIND, Case(x=Tensor((8,))))
    assert answer.status == "ok", answer.text
    assert answer.outputs[0].tensor is not None
    assert not answer.outputs[0].tensor.any()
