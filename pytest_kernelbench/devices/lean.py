"""Spend less time on the bookkeeping of Triton's interpreter; what kernels compute stays the same.

Most of the time of a small program goes into types: each operation makes that of its result anew, with its shape as a
tuple of constants, and compares dtypes by their names. Here all of that is made once and kept with the dtype.
`lean_operations` has the patches of operations.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

BLOCKS = "_kernelbench_blocks"
"""Attribute of a dtype: what all block types of its elements have, by their shape."""

FIELDS = "_kernelbench_fields"
"""Attribute of a type: what all tensors of the type have."""

SIZES = "_kernelbench_sizes"
"""Attribute of a block type: its shape as a plain tuple."""

NUMPY = "_kernelbench_numpy"
"""Attribute of a dtype: the numpy dtype that holds its elements."""

BYTES = "_kernelbench_bytes"
"""Attribute of a dtype: the most bytes of an element that a handle of this dtype was found to allow."""


def install() -> None:
    """Patch Triton's interpreter until this process ends; before anything that patches the language."""
    import triton.language
    from triton.language import core
    from triton.runtime import interpreter

    _unwrap_quickly(core)
    _keep_block_types(core, interpreter.interpreter_builder)
    _keep_fields(core.tensor)
    _keep_pointer_types(triton.language)
    _keep_numpy_dtypes(interpreter)
    _check_handles_once(interpreter.TensorHandle)
    _compare_quickly(core.dtype)
    _call_directly(core, interpreter)
    _patch_language_quickly(interpreter)


def _keep_block_types(core: Any, builder: Any) -> None:
    """Compute name and size of a block type once for each dtype and shape; types of one shape share it."""
    build, convert = core.block_type.__init__, core.block_type.to_ir
    kinds, whole, unwrap = (list, core.tuple), {int}, core._unwrap_if_constexpr
    shapes: dict[tuple[int, ...], Any] = {}

    @functools.wraps(build)
    def init(self: Any, element_ty: Any, shape: Any) -> None:
        sizes = shape.__dict__.get(SIZES) if type(shape) is core.tuple else None
        if sizes is None:
            sizes = tuple([unwrap(size) for size in shape]) if type(shape) in kinds else ()
        if set(map(type, sizes)) != whole:
            build(self, element_ty, shape)
            return
        known = element_ty.__dict__.setdefault(BLOCKS, {})
        fields = known.get(sizes)
        if fields is None:
            build(self, element_ty, shape)
            self.shape = shapes.setdefault(sizes, self.shape)
            self.shape.__dict__[SIZES] = sizes
            fields = known[sizes] = {**vars(self), FIELDS: {}, SIZES: sizes}
        self.__dict__.update(fields)

    # The interpreter's representation of a type is the type itself.
    core.block_type.__init__ = init
    core.block_type.to_ir = lambda self, target: self if target is builder else convert(self, target)


def _keep_fields(tensor: Any) -> None:
    """Compute shape and size of a tensor once for each type."""
    build = tensor.__init__

    @functools.wraps(build)  # a wrong call from host code is told as Triton tells it
    def init(self: Any, handle: Any, type: Any) -> None:
        fields = type.__dict__.get(FIELDS)
        if fields:
            self.__dict__.update(fields)
            self.handle, self.type = handle, type
            return
        build(self, handle, type)
        fields = type.__dict__.setdefault(FIELDS, {})
        fields.update({name: value for name, value in vars(self).items() if name not in ("handle", "type")})

    tensor.__init__ = init


def _keep_pointer_types(language: Any) -> None:
    """Give all pointers to one dtype the same type, so that what is kept with it serves all launches."""
    read, known = language.str_to_ty, {}

    def kept(name: Any, *rest: Any) -> Any:
        if not (type(name) is str and name.startswith("*") and all(each is None for each in rest)):
            return read(name, *rest)
        if name not in known:
            known[name] = read(name, *rest)
        return known[name]

    language.str_to_ty = kept


def _keep_numpy_dtypes(interpreter: Any) -> None:
    """Look up the numpy dtype of a dtype once."""
    find = interpreter._get_np_dtype

    def found(kind: Any) -> Any:
        fields = kind.scalar.__dict__
        known = fields.get(NUMPY)
        if known is None:
            known = fields[NUMPY] = find(kind)
        return known

    interpreter._get_np_dtype = found


def _check_handles_once(handle: Any) -> None:
    """Check that elements fit into a dtype only where they are longer than those of all handles before."""

    def init(self: Any, data: Any, dtype: Any, attr: Any = None) -> None:
        self.data, self.dtype, self.attr = data, dtype, {} if attr is None else attr
        if data.itemsize > dtype.__dict__.get(BYTES, 0):
            self.__post_init__()
            setattr(dtype, BYTES, data.itemsize)

    handle.__init__ = init


def _compare_quickly(dtype: Any) -> None:
    """Compare scalar dtypes without a search for constants in them."""
    compare = dtype.__eq__

    def equal(self: Any, other: Any) -> bool:
        if self is other:
            return True
        if type(self) is type(other) is dtype:
            return bool(self.name == other.name)
        return bool(compare(self, other))

    dtype.__eq__ = equal


def _unwrap_quickly(core: Any) -> None:
    """Return what is no constant and has no parts at once."""
    unwrap, constexpr = core._unwrap_if_constexpr, core.constexpr
    plain = {int, float, bool, str, type(None), core.tensor, core.dtype, core.block_type, core.pointer_type}

    def unwrapped(value: Any) -> Any:
        kind = type(value)
        if kind in plain:
            return value
        return value.value if kind is constexpr else unwrap(value)

    core._unwrap_if_constexpr = unwrapped


def _call_directly(core: Any, interpreter: Any) -> None:
    """Call functions of the language without the wrappers that look for a missing argument."""
    semantic, wrapper = interpreter.interpreter_semantic, core.builtin(lambda: None).__code__

    def patch(owner: Any, name: str, member: Any, builder: Any, scope: Any) -> None:
        wrapped = getattr(member, "__code__", None) is wrapper
        function: Callable[..., Any] = member.__wrapped__ if wrapped else member

        def called(*args: Any, **kwargs: Any) -> Any:
            kwargs["_semantic"] = semantic
            return function(*args, **kwargs)

        scope.set_attr(owner, name, called)

    interpreter._patch_attr = patch


def _patch_language_quickly(interpreter: Any) -> None:
    """Patch the language for a launch as for the one before, without a search for what there is to patch."""
    import triton.language as tl

    patch, missing = interpreter._patch_lang, interpreter._MISSING
    known: dict[tuple[bool, bool], list[tuple[Any, str, Any, Any]]] = {}

    def patched(function: Any) -> Any:
        values = function.__globals__.values()
        visible = any(value is tl for value in values), any(value is tl.core for value in values)
        changes = known.get(visible, [])
        now = [getattr(owner, name, missing) for owner, name, _, _ in changes]
        if not changes or any(
            here is not was and here is not value for here, (_, _, was, value) in zip(now, changes, strict=True)
        ):
            scope = patch(function)
            known[visible] = _changes(scope)
            return scope
        scope = interpreter._LangPatchScope()
        for here, (owner, name, _, value) in zip(now, changes, strict=True):
            # What a device function has patched stays so after the launch.
            if here is not value:
                scope.set_attr(owner, name, value)
        return scope

    interpreter._patch_lang = patched


def _changes(scope: Any) -> list[tuple[Any, str, Any, Any]]:
    """Return what a scope has patched, each attribute once: its owner, its name, its value before and now."""
    first: dict[tuple[int, str], tuple[Any, str, Any]] = {}
    for owner, name, was in scope._changes:
        first.setdefault((id(owner), name), (owner, name, was))
    return [(owner, name, was, getattr(owner, name)) for owner, name, was in first.values()]
