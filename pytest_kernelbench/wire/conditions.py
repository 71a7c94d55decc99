"""The conditions of one kernel call: everything that varies between calls beside the arguments."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class CallConditions:
    """How a runner makes one call; the defaults describe an ordinary call."""

    poison: str = "nan"
    """Contents of uninitialised memory: `nan` or `big`."""
    order: str = "forward"
    """Order of the programs of a grid: `forward`, `reverse` or `shuffled`; ignored on a GPU, which schedules itself."""
    poison_masked_lanes: bool = False
    """Whether masked lanes of loads without `other` hold NaN instead of 0; on the interpreter only."""
    config: int | None = None
    """Index of the autotune configuration to run; None runs the first one that pruning leaves."""
    benchmark: bool = False
    """Whether to autotune again: every configuration runs before the chosen one."""
    tuned: bool = False
    """Whether to autotune exactly as the kernel asks, remembering the result between calls."""
    any_may_win: bool = False
    """Whether programs may store different values in one element, of which any may stay; on the interpreter only."""
    skip_launches: bool = False
    """Whether launches do nothing."""
    out_is: str | None = None
    """Path of the tensor argument that is also passed as `out=`, if any."""
    fail_launches: bool = False
    """Whether launches raise, as they do on a device that cannot run them."""
    audit: bool = False
    """Whether to count what ATen operations and the host touch, and to keep a ledger of launches.

    Counting loses the conjugation of complex views, so the outputs of such a call are only compared where that cannot
    matter.
    """
    count_copies: bool = False
    """Whether copies and casts count as computing in an audited call: they do where moving elements is the task."""
    swap_at_launch: bool = False
    """Whether launches alone see the contents of `rewrite`, while all other code sees those of the case."""
    replay_copies: bool = False
    """Whether copies that the host code made before a launch show the contents of `rewrite` in the launch, too."""

    differentiate: tuple[str, ...] = ()
    """Tensor arguments whose gradients are computed after the call and returned behind its results."""
    cotangent: str | None = None
    """The incoming gradient of a backward pass: one of `wire.cotangents.KINDS`; None stands for the first of them."""
    second_backward: bool = False
    """Whether a second backward pass through the same graph follows, whose gradients are returned, too."""
    interleaved: bool = False
    """Whether another call on other contents comes between a call and its backward pass."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "differentiate", tuple(self.differentiate))  # JSON has lists

    def to_wire(self) -> dict[str, Any]:
        """Return the conditions as a JSON object."""
        return asdict(self)


ORDINARY = CallConditions()
"""The conditions of an ordinary call."""
