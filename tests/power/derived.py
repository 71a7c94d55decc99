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
    # Drops a sixteenth more of the probabilities than it should.
    "rate_off_by_a_sixteenth__fused_transformer_block": Derived(
        f"{CONTROLS}/row_blocks__fused_transformer_block.py",
        "rows, p = x.shape[0], dropout_p\n",
        "rows, p = x.shape[0], min(1.0, dropout_p * 17 / 16)\n",
    ),
    # Adds up the counts of at most 1024 blocks.
    "scan_of_one_block__masked_select": Derived(
        f"{CONTROLS}/scan_of_counts__masked_select.py",
        "for start in range(0, blocks, BLOCK):",
        "for start in range(0, 1):",
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
