"""Wrong kernels that are a right one of the project with a change or two: the fault, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]

CONTROLS = "tests/power/controls"


class Derived(NamedTuple):
    """A right kernel and what is changed in it."""

    right: str
    """Path of the right kernel in the checkout."""
    old: str
    """Text that stands in it once."""
    new: str
    """The same text with the fault."""


DERIVED: Mapping[str, Derived] = {
    # Finds classes by 16 bits of their index.
    "class_of_16_bits__nll_loss": Derived(
        "submissions/examples/Loss/nll_loss.py", "target * stride_class", "target % 65536 * stride_class"
    ),
    # Draws numbers of eight bits, which cannot drop one element in a thousand.
    "eight_bits__fused_hardshrink_dropout": Derived(
        f"{CONTROLS}/language_rand__fused_hardshrink_dropout.py",
        "tl.rand(seed, offsets) >= p",
        "tl.floor(tl.rand(seed, offsets) * 256) / 256 >= p",
    ),
    # Knows four dimensions, and takes the first index of those before them.
    "four_dims__fused_add_gelu": Derived(
        "submissions/examples/Fusion/fused_add_gelu.py",
        "return x.expand(shape).reshape(-1, *(1, 1, 1, *shape)[-3:])",
        "return x.expand(shape)[(0,) * max(0, len(shape) - 4)].reshape(-1, *(1, 1, 1, *shape)[-3:])",
    ),
    # Computes at most 64 heads; the others are those of the first ones, and their results unwritten.
    "heads_to_64__attention": Derived(
        "submissions/examples/Fusion/attention.py",
        "    tile = tl.program_id(0) % tiles\n",
        "    tile = tl.program_id(0) % tiles\n    heads = tl.minimum(heads, 64)\n",
    ),
    # Ends each sum at 4096 terms, in a bound of `tl.minimum`.
    "inner_to_4096__matmul_bf16": Derived(
        f"{CONTROLS}/splits_in_batches__matmul_bf16.py",
        "tl.minimum(k, split * chunk + chunk)",
        "tl.minimum(tl.minimum(k, 4096), split * chunk + chunk)",
    ),
    # Starts at most 128 programs, and has no loop for more rows.
    "programs_to_128__argmax": Derived(
        "submissions/examples/Reduce/argmax.py",
        "[(triton.cdiv(rows, block_rows), splits)]",
        "[(min(triton.cdiv(rows, block_rows), 128), splits)]",
    ),
    # Drops a sixteenth more of the probabilities than it should.
    "rate_off_by_a_sixteenth__fused_transformer_block": Derived(
        f"{CONTROLS}/row_blocks__fused_transformer_block.py",
        "rows, p = x.shape[0], dropout_p\n",
        "rows, p = x.shape[0], min(1.0, dropout_p * 17 / 16)\n",
    ),
    # Starts programs for at most 65,536 results.
    "results_to_65536__interpolate": Derived(
        f"{CONTROLS}/scaled_coordinates__interpolate.py",
        "grid = (triton.cdiv(count, 512),)",
        "grid = (min(triton.cdiv(count, 512), 1 << 7),)",
    ),
    # Finds rows of the table by 16 bits of their index.
    "row_of_16_bits__fused_embedding_add_tanh": Derived(
        f"{CONTROLS}/rows_scaled_first__fused_embedding_add_tanh.py",
        "row = tl.load(index_ptr + place // depth, mask=inside, other=0)",
        "row = tl.load(index_ptr + place // depth, mask=inside, other=0) % 65536",
    ),
    # Adds up the counts of at most 1024 blocks.
    "scan_of_one_block__masked_select": Derived(
        f"{CONTROLS}/scan_of_counts__masked_select.py",
        "for start in range(0, blocks, BLOCK):",
        "for start in range(0, 1):",
    ),
    # Finds places in a plane by 16 bits of their index.
    "space_of_16_bits__batch_norm": Derived(
        "submissions/examples/Normalization/batch_norm.py",
        "plane * space + place, y, mask",
        "plane * space + place % 65536, y, mask",
    ),
    # Finds places in a plane by ten bits of their index.
    "space_of_1024__nll_loss": Derived(
        "submissions/examples/Loss/nll_loss.py", "sample % space * stride_space", "sample % space % 1024 * stride_space"
    ),
}
"""The faults by name, which ends in the task's."""


def written(folder: Path) -> Iterator[Path]:
    """Write the wrong kernels to a folder, and yield their files."""
    for name, (right, old, new) in DERIVED.items():
        text = (ROOT / right).read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{right} has {old!r} {text.count(old)} times"
        path = folder / f"{name}.py"
        path.write_text(text.replace(old, new), encoding="utf-8")
        yield path
