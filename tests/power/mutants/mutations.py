"""Faults that need a real Triton kernel, as changes of its source: each returns the faulty source or nothing."""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator

Mutation = Callable[[ast.Module], bool]
"""Changes a module in place; returns whether there was anything to change."""


def source(module: ast.Module) -> str:
    """Return the text of a changed module."""
    return ast.unparse(ast.fix_missing_locations(module)) + "\n"


def mutated(text: str, mutation: Mutation) -> str | None:
    """Return the source of a kernel with a fault; None where it has nothing that the fault could change."""
    module = ast.parse(text)
    return source(module) if mutation(module) else None


def kernels(module: ast.Module) -> Iterator[ast.FunctionDef]:
    """Yield the functions with the decorator `triton.jit`."""
    for node in module.body:
        if isinstance(node, ast.FunctionDef) and any("jit" in ast.unparse(each) for each in node.decorator_list):
            yield node


def _calls(tree: ast.AST, name: str) -> Iterator[ast.Call]:
    """Yield the calls of a function such as `tl.load`, in the order of the source."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == name:
            yield node


def _launches(module: ast.Module) -> Iterator[tuple[ast.Subscript, list[ast.expr]]]:
    """Yield the subscript of each launch `kernel[grid](...)` with the sizes of its grid."""
    names = {kernel.name for kernel in kernels(module)}
    for node in ast.walk(module):
        if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id in names:
            grid = node.slice.body if isinstance(node.slice, ast.Lambda) else node.slice
            if isinstance(grid, ast.Tuple):
                yield node, grid.elts


def _with_sizes(node: ast.Subscript, sizes: list[ast.expr]) -> None:
    """Give a launch a grid of these sizes."""
    grid = ast.Tuple(sizes, ast.Load())
    if isinstance(node.slice, ast.Lambda):
        node.slice.body = grid
    else:
        node.slice = grid


def first_block_only(module: ast.Module) -> bool:
    """Ends a loop over blocks after the first one, as a kernel does that takes rows of one block only"""
    found = False
    for kernel in kernels(module):
        for node in ast.walk(kernel):
            if isinstance(node, ast.For) and isinstance(node.iter, ast.Call) and len(node.iter.args) == 3:
                begin, _, step = node.iter.args
                node.iter.args[1] = ast.BinOp(copy.deepcopy(begin), ast.Add(), copy.deepcopy(step))
                found = True
    return found


def reads_out_of_bounds(module: ast.Module) -> bool:
    """Loads without a mask, and so reads behind the end of a tensor"""
    found = False
    for kernel in kernels(module):
        for call in _calls(kernel, "tl.load"):
            kept = [each for each in call.keywords if each.arg not in ("mask", "other")]
            found |= len(kept) < len(call.keywords)
            call.keywords = kept
    return found


def grid_on_y(module: ast.Module) -> bool:
    """Launches a grid of one dimension along the second axis, which ends at 65,535"""
    single = {}
    for node, sizes in _launches(module):
        assert isinstance(node.value, ast.Name)
        single.setdefault(node.value.id, []).append((node, sizes))
    found = False
    for kernel in kernels(module):
        launches = single.get(kernel.name, [])
        if not launches or any(len(sizes) != 1 for _, sizes in launches):
            continue
        for node, sizes in launches:
            _with_sizes(node, [ast.Constant(1), *sizes])
        for name in ("tl.program_id", "tl.num_programs"):
            for call in _calls(kernel, name):
                call.args = [ast.Constant(1)]
        found = True
    return found


def persistent_without_loop(module: ast.Module) -> bool:
    """Launches at most one program for each multiprocessor, in a kernel without a loop over blocks"""
    found = False
    limit = "torch.cuda.get_device_properties(0).multi_processor_count"
    for node, sizes in _launches(module):
        sizes = [ast.parse(f"min({ast.unparse(sizes[0])}, {limit})", mode="eval").body, *sizes[1:]]
        _with_sizes(node, sizes)
        found = True
    return found


def false_hint(module: ast.Module) -> bool:
    """Promises the compiler that a number of elements is a multiple of 16"""
    for kernel in kernels(module):
        plain = {each.arg for each in kernel.args.args if each.annotation is None and not each.arg.endswith("ptr")}
        compared = [
            name.id
            for node in ast.walk(kernel)
            if isinstance(node, ast.Compare)
            for name in ast.walk(node.comparators[0])
            if isinstance(name, ast.Name) and name.id in plain
        ]
        if compared:
            name = compared[0]
            kernel.body[:0] = ast.parse(f"{name} = tl.multiple_of({name}, 16)").body
            return True
    return False


def unprotected_accumulation(module: ast.Module) -> bool:
    """Loads, adds and stores where an atomic addition is needed"""
    found = False
    for kernel in kernels(module):
        for node in ast.walk(kernel):
            call = node.value if isinstance(node, ast.Expr) else None
            if isinstance(call, ast.Call) and ast.unparse(call.func) == "tl.atomic_add":
                pointer, value, *_ = call.args
                masks = [each for each in call.keywords if each.arg == "mask"]
                before = ast.Call(ast.parse("tl.load", mode="eval").body, [pointer], copy.deepcopy(masks))
                call.func = ast.parse("tl.store", mode="eval").body
                call.args, call.keywords = [copy.deepcopy(pointer), ast.BinOp(before, ast.Add(), value)], masks
                found = True
    return found


def half_accumulator(module: ast.Module) -> bool:
    """Rounds a sum to float16 after each block"""
    found = False
    for kernel in kernels(module):
        for loop in ast.walk(kernel):
            if not isinstance(loop, ast.For):
                continue
            for index, node in enumerate(loop.body):
                text = ast.unparse(node)
                if isinstance(node, ast.AugAssign) and isinstance(node.op, ast.Add) and "ptr" not in text:
                    name = ast.unparse(node.target)
                    if "tile" in name:
                        continue
                    rounded = f"{name} = ({name} + ({ast.unparse(node.value)})).to(tl.float16).to({name}.dtype)"
                    loop.body[index] = ast.parse(rounded).body[0]
                    found = True
                elif isinstance(node, ast.Assign) and text.split(" = ")[1].startswith("tl.dot("):
                    name = ast.unparse(node.targets[0])
                    loop.body.insert(index + 1, ast.parse(f"{name} = {name}.to(tl.float16).to(tl.float32)").body[0])
                    found = True
                    break
    return found


def narrow_offsets(module: ast.Module) -> bool:
    """Computes offsets in 32 bits"""
    found = False
    for kernel in kernels(module):
        for node in ast.walk(kernel):
            if isinstance(node, ast.Attribute) and ast.unparse(node) == "tl.int64":
                node.attr = "int32"
                found = True
    return found


def rounds_program_numbers(module: ast.Module) -> bool:
    """Keeps 8 bits of the number of a program"""
    found = False
    for kernel in kernels(module):
        for call in _calls(kernel, "tl.program_id"):
            inner = copy.deepcopy(call)
            call.func = ast.Attribute(ast.Constant("%"), "join", ast.Load())
            replaced = ast.parse(f"({ast.unparse(inner)} & 255)", mode="eval").body
            call.__class__ = replaced.__class__  # type: ignore[assignment]
            call.__dict__.clear()
            call.__dict__.update(replaced.__dict__)
            found = True
    return found


def misses_last_program(module: ast.Module) -> bool:
    """Launches one program too few where there are more than 8"""
    found = False
    for node, sizes in _launches(module):
        text = ast.unparse(sizes[0])
        _with_sizes(node, [ast.parse(f"({text}) - (({text}) > 8)", mode="eval").body, *sizes[1:]])
        found = True
    return found


MUTATIONS: dict[str, Mutation] = {
    each.__name__: each
    for each in (
        first_block_only,
        reads_out_of_bounds,
        grid_on_y,
        persistent_without_loop,
        false_hint,
        unprotected_accumulation,
        half_accumulator,
        narrow_offsets,
        rounds_program_numbers,
        misses_last_program,
    )
}
"""Changes of a kernel's own source, by name."""
