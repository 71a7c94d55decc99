"""Loads, stores, atomics, descriptors, and hints to the compiler."""

from __future__ import annotations

import numpy as np

from tests.unit.devices.language import Feature

ACCESSES = [
    Feature(
        "hints of a load",
        "y = tl.load(x_ptr + i, eviction_policy='evict_first') + 0 * tl.load(x_ptr + i, volatile=True)",
        lambda x, i: x,
    ),
    Feature("cache of a load", "y = tl.load(x_ptr + i, cache_modifier='.cg')", lambda x, i: x),
    Feature(
        "hints of a store",
        "y = x\ntl.store(y_ptr + i, x, cache_modifier='.cs')\ntl.store(y_ptr + i, x, eviction_policy='evict_last')",
        lambda x, i: x,
    ),
    Feature(
        "mask by keyword", "y = tl.load(pointer=x_ptr + i, mask=i < 8, other=1.0)", lambda x, i: np.where(i < 8, x, 1)
    ),
    Feature(
        "mask of a row",
        "p = x_ptr + i.reshape(4, 4)\ny = tl.load(p, mask=(tl.arange(0, 4) < 2)[:, None], other=0.0).reshape(16)",
        lambda x, i: np.where(i < 8, x, 0),
    ),
    Feature("load of a scalar", "y = x * tl.load(x_ptr + 2)", lambda x, i: x * 4),
    Feature("pointer arithmetic", "p = x_ptr + 2\np += 1\ny = x * tl.load(p - 1)", lambda x, i: x * 4),
    Feature(
        "pointers of a branch", "p = x_ptr + i\nif n > 3:\n    p = x_ptr + 15 - i\ny = tl.load(p)", lambda x, i: x[::-1]
    ),
    Feature(
        "where of pointers",
        "y = tl.load(tl.where(i > 7, x_ptr + i, x_ptr + 15 - i))",
        lambda x, i: np.where(i > 7, x, x[::-1]),
    ),
    Feature(
        "pointer conversion",
        "p = y_ptr.to(tl.pointer_type(tl.int32))\ntl.store(p + i, i)\ntl.debug_barrier()\n"
        "y = tl.load(p + i).to(tl.float32)",
        lambda x, i: i,
    ),
    Feature(
        "assume and multiples",
        "tl.assume(n > 0)\nj = tl.max_contiguous(tl.multiple_of(i, 16), 16)\ny = tl.load(x_ptr + j)",
        lambda x, i: x,
    ),
    Feature("barrier", "tl.debug_barrier()\ny = x", lambda x, i: x),
    Feature(
        "device_print and device_assert",
        "tl.device_print('x', x)\ntl.device_assert(x < 1, 'text')\ny = x",
        lambda x, i: x,
    ),
    Feature("static_print", "tl.static_print('B', B)\ny = x", lambda x, i: x),
    Feature("grid", "y = x + tl.num_programs(0) + tl.program_id(axis=1)", lambda x, i: x + 1),
]

LOOPS = [
    Feature(
        "range with hints",
        "y = x\nfor k in tl.range(0, n, 4, num_stages=3, loop_unroll_factor=2, flatten=True):\n    y += k",
        lambda x, i: x + 24,
    ),
    Feature(
        "range with warp_specialize",
        "y = x\nfor k in tl.range(n, warp_specialize=False, disallow_acc_multi_buffer=True):\n    y += k",
        lambda x, i: x + 120,
    ),
    Feature("static_range", "y = x\nfor k in tl.static_range(0, B, 8):\n    y += k", lambda x, i: x + 8),
    Feature(
        "static_range with step", "y = x\nfor k in tl.static_range(0, 9, step=4):\n    y += k", lambda x, i: x + 12
    ),
    Feature(
        "loop variable of static_range is constant",
        "y = x\nfor k in tl.static_range(3):\n    if k == 1:\n        y += tl.full((16,), k, tl.float32)",
        lambda x, i: x + 1,
    ),
    Feature(
        "range backwards",
        "y = x\nfor k in range(3, 0, -1):\n    y = y * 2 + k",
        lambda x, i: ((x * 2 + 3) * 2 + 2) * 2 + 1,
    ),
    Feature(
        "loop carries a block",
        "y = x\na = tl.zeros((16,), tl.float32)\nfor k in range(0, n, 8):\n    a += y\n    y += a\n",
        lambda x, i: 5 * x,
    ),
    Feature("range of floats", "y = x\nfor k in range(0.0, 3.0):\n    y += 1"),
]

ATOMICS = [
    Feature(
        "atomic_add",
        "tl.atomic_add(y_ptr + i, x, mask=i < 4, sem='relaxed', scope='gpu')\ny = tl.atomic_add(y_ptr + i, x) + x",
        lambda x, i: np.where(i < 4, 2 * x, x),
    ),
    Feature("atomic_max", "p = y_ptr + i\ntl.atomic_max(p, x)\ny = tl.load(p)", lambda x, i: np.maximum(x, 0)),
    Feature("atomic_min", "p = y_ptr + i\ntl.atomic_min(p, x)\ny = tl.load(p)", lambda x, i: np.minimum(x, 0)),
    Feature(
        "atomic_xchg", "p = y_ptr + i\ntl.atomic_xchg(p, x, sem='acq_rel')\ny = tl.load(p) * 2", lambda x, i: 2 * x
    ),
    Feature(
        "atomic_cas",
        "p = y_ptr + i\no = tl.atomic_cas(p, tl.zeros_like(i), i)\ny = tl.load(p) + o",
        lambda x, i: i,
        dtype="int32",
    ),
    Feature(
        "atomic bits",
        "p = y_ptr + i\ntl.atomic_or(p, i)\ntl.atomic_xor(p, 1)\ntl.atomic_and(p, 6)\ny = tl.load(p)",
        lambda x, i: (i ^ 1) & 6,
        dtype="int32",
    ),
    Feature(
        "atomic_add of one place", "tl.atomic_add(y_ptr + i * 0, x)\ny = x + tl.load(y_ptr)", lambda x, i: x + x.sum()
    ),
    Feature("atomic_add of a scalar", "k = tl.atomic_add(y_ptr, 3.0)\ny = x + tl.load(y_ptr) + k", lambda x, i: x + 3),
    Feature(
        "atomic_add of half",
        "p = y_ptr + i\ntl.atomic_add(p, x.to(tl.float16))\ny = tl.load(p)",
        lambda x, i: x,
        dtype="float16",
    ),
]

DESCRIPTOR = """
d = tl.make_tensor_descriptor(x_ptr, shape=[4, 4], strides=[4, 1], block_shape=[4, 4])
e = tl.make_tensor_descriptor(y_ptr, shape=[4, 4], strides=[4, 1], block_shape=[4, 4])
"""
ROWS = "r = tl.make_tensor_descriptor(x_ptr, [4, 4], [4, 1], [1, 8])\n"

DESCRIPTORS = [
    Feature("descriptor", DESCRIPTOR + "y = d.load([0, 0]).reshape(16)", lambda x, i: x),
    Feature(
        "descriptor out of bounds",
        DESCRIPTOR + "y = d.load([2, 0]).reshape(16)",
        lambda x, i: np.where(i < 8, np.roll(x, -8), 0),
    ),
    Feature(
        "descriptor before the start",
        DESCRIPTOR + "y = d.load([-1, 0]).reshape(16)",
        lambda x, i: np.where(i >= 4, np.roll(x, 4), 0),
    ),
    Feature(
        "descriptor at an odd column",
        DESCRIPTOR + "y = d.load([0, 1]).reshape(16)",
        lambda x, i: np.where(i % 4 < 3, np.roll(x, -1), 0),
    ),
    Feature(
        "descriptor store",
        DESCRIPTOR + "e.store([1, 0], d.load([0, 0]))\ny = e.load([0, 0]).reshape(16)",
        lambda x, i: np.where(i >= 4, np.roll(x, 4), 0),
    ),
    Feature(
        "descriptor functions",
        DESCRIPTOR + "tl.store_tensor_descriptor(e, [0, 0], tl.load_tensor_descriptor(d, [0, 0]))\n"
        "y = e.load([0, 0]).reshape(16)",
        lambda x, i: x,
    ),
    Feature(
        "descriptor attributes",
        DESCRIPTOR + "y = x * d.shape[0].to(tl.float32) * d.block_shape[1]\ntl.static_assert(d.dtype == tl.float32)",
        lambda x, i: 16 * x,
    ),
    Feature(
        "descriptor in a loop",
        "d = tl.make_tensor_descriptor(x_ptr, [16], [1], [4])\na = tl.zeros((4,), tl.float32)\n"
        "for k in range(0, n, 4):\n    a += d.load([k])\ny = x + tl.sum(a, 0)",
        lambda x, i: x + x.sum(),
    ),
    Feature(
        "descriptor add",
        DESCRIPTOR + "e.atomic_add([0, 0], d.load([0, 0]))\ne.atomic_add([1, 0], d.load([0, 0]))\n"
        "y = e.load([0, 0]).reshape(16)",
        lambda x, i: x + np.where(i >= 4, np.roll(x, 4), 0),
    ),
    Feature(
        "descriptor of integers",
        DESCRIPTOR + "e.atomic_max([0, 0], d.load([0, 0]))\ne.atomic_or([0, 0], d.load([0, 0]))\n"
        "e.atomic_xor([0, 0], d.load([0, 0]))\ny = e.load([0, 0]).reshape(16)",
        lambda x, i: (np.maximum(x, 0) | x) ^ x,
        source="int32",
        dtype="int32",
    ),
    Feature(
        "descriptor gather",
        ROWS + "g = r.gather(tl.arange(0, 8) // 2, 0)\ny = tl.sum(g, 1).reshape(8, 1).broadcast_to(8, 2).reshape(16)",
        lambda x, i: x.reshape(4, 4).sum(1)[i // 4],
        since=100,
    ),
    Feature(
        "descriptor scatter",
        "r = tl.make_tensor_descriptor(y_ptr, [2, 8], [8, 1], [1, 8])\nr.scatter(tl.broadcast_to(x.reshape(2, 8)"
        "[None], (4, 2, 8)).reshape(8, 8), tl.arange(0, 8) % 2, 0)\ny = tl.load(y_ptr + i)",
        lambda x, i: x,
        since=100,
    ),
    Feature(
        "descriptor padded with NaN",
        "d = tl.make_tensor_descriptor(x_ptr, [12], [1], [16], padding_option='nan')\ny = d.load([0])",
        lambda x, i: np.where(i < 12, x, np.nan),
    ),
    Feature(
        "descriptor with another last stride", "d = tl.make_tensor_descriptor(x_ptr, [4, 4], [4, 2], [4, 4])\ny = x"
    ),
    Feature("descriptor of a narrow block", "d = tl.make_tensor_descriptor(x_ptr, [16], [1], [2])\ny = x"),
    Feature("descriptor with too few offsets", DESCRIPTOR + "y = d.load([0]).reshape(16)"),
    Feature("descriptor gather of few rows", ROWS + "y = x + tl.sum(r.gather(tl.arange(0, 4), 0))"),
]

FEATURES = [*ACCESSES, *LOOPS, *ATOMICS, *DESCRIPTORS]
