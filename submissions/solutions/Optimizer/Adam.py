"""Adam as an optimizer: each parameter and its moments, kept in float32, are updated in one pass. Bound by memory.

The algorithm is that of Kingma and Ba, Adam: A Method for Stochastic Optimization, 2015. Each parameter counts its own
steps, since it may have no gradient in some of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch
from _common.adam import update


class Adam(torch.optim.Optimizer):
    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 0.001,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
    ) -> None:
        super().__init__(params, {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            options = (group["lr"], group["betas"], group["eps"], group["weight_decay"])
            for param in group["params"]:
                if param.grad is not None:
                    self.move(param, *options)
        return loss

    def move(self, param: torch.Tensor, *options: Any) -> None:
        """Update one parameter, in a dense copy if it is not dense."""
        state = self.state[param]
        if not state:
            state["step"] = 0
            state["exp_avg"], state["exp_avg_sq"] = torch.zeros((2, *param.shape), device=param.device)
        state["step"] += 1
        dense = param.contiguous()
        tensors = dense, state["exp_avg"], state["exp_avg_sq"]
        update(tensors, tensors, param.grad.contiguous(), state["step"], *options, coupled=True)
        if dense is not param:
            param.copy_(dense)
