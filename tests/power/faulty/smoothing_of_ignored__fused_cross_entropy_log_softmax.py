"""Adds the smoothing of the labels for targets that are ignored, too."""

import torch
import triton
import triton.language as tl


@triton.jit
def loss_kernel(x_ptr, t_ptr, w_ptr, loss_ptr, norm_ptr, classes, inner, ignore, smoothing, PROBABLE: tl.constexpr,
                BLOCK: tl.constexpr):  # fmt: skip
    row, lane = tl.program_id(0), tl.arange(0, BLOCK)
    inside = lane < classes
    at = (row // inner) * classes * inner + lane * inner + row % inner
    z = tl.load(x_ptr + at, mask=inside, other=float("-inf")).to(tl.float32)
    peak = tl.max(z, axis=0)
    losses = tl.where(inside, peak + tl.log(tl.sum(tl.exp(z - peak), axis=0)) - z, 0.0)
    weights = tl.load(w_ptr + lane, mask=inside, other=0.0).to(tl.float32)
    if PROBABLE:
        share = tl.load(t_ptr + at, mask=inside, other=0.0).to(tl.float32) * (1 - smoothing) + smoothing / classes
        tl.store(loss_ptr + row, tl.sum(losses * weights * share, axis=0))
        tl.store(norm_ptr + row, 1.0)
    else:
        target = tl.load(t_ptr + row)
        hit = (lane == target) & (target != ignore)
        own = tl.sum(tl.where(hit, losses * weights, 0.0), axis=0)
        tl.store(loss_ptr + row, (1 - smoothing) * own + smoothing / classes * tl.sum(losses * weights, axis=0))
        tl.store(norm_ptr + row, tl.sum(tl.where(hit, weights, 0.0), axis=0))


def fused_cross_entropy_log_softmax(
    input, target, dim=1, weight=None, ignore_index=-100, reduction="mean", label_smoothing=0.0
):
    classes, probable = input.shape[1], target.is_floating_point()
    rows = input.numel() // classes
    loss, norm = torch.empty((2, rows), dtype=torch.float32, device=input.device)
    weights = input.new_ones(classes) if weight is None else weight.contiguous()
    loss_kernel[(rows,)](
        input.contiguous(), target.contiguous(), weights, loss, norm, classes, rows // input.shape[0], ignore_index,
        label_smoothing, PROBABLE=probable, BLOCK=triton.next_power_of_2(classes),
    )  # fmt: skip
    if reduction == "none":
        return loss.to(input.dtype).reshape(input.shape[0], *input.shape[2:])
    return (loss.sum() / norm.sum() if reduction == "mean" else loss.sum()).to(input.dtype)
