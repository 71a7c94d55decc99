"""Modules as kernels: a class that is constructed from a case's numbers and called on its tensors.

A module gets the parameters of the reference's module: both are constructed under the seed that a case names, and what
has the same name and shape in both is then copied. Modules are kept between calls, as those of a model are. At the
beginning of each call their buffers are as they were made, so that no result depends on earlier calls.
"""

from __future__ import annotations

import importlib
import inspect
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

ModuleFactory = Callable[..., "torch.nn.Module"]

OWN = ("init_inputs", "training", "parameter_seed")
"""Arguments of a case that are for the module's construction, not for its call."""

CLASS = "ModelNew"
"""Name of a kernel's class."""

PROBLEM = "kernelbench_problem"
"""Module in a kernel's process that defines the class of the reference, `Model`."""

SEED = 42
"""Seed under which modules are constructed where a case names no other."""

MAX_KEPT = 6
"""Modules of one class that are kept."""


class ModuleEntry:
    """The class of a kernel as the entry point of its file."""

    def __init__(self, made: ModuleFactory, tensor_device: str | None = None) -> None:
        """`tensor_device` is where parameters are copied to; None leaves them where they are made."""
        self._made = made
        self._device = tensor_device
        self._kept: OrderedDict[str, Any] = OrderedDict()

    def module(self, values: Mapping[str, Any]) -> torch.nn.Module:
        """Return the module for the arguments of a case, with the parameters of the reference's module."""
        import torch

        key = repr([values.get(name) for name in OWN])
        meta = any(isinstance(value, torch.Tensor) and value.is_meta for value in values.values())
        if meta:
            return self._without_contents(values)
        if key not in self._kept:
            self._kept[key] = self._constructed(values)
            while len(self._kept) > MAX_KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        found: torch.nn.Module = self._kept[key]
        return found

    def prepare(self, values: Mapping[str, Any]) -> None:
        """Construct the module for the arguments of a case, or give its buffers their first contents again."""
        restore(self.module(values))

    def _constructed(self, values: Mapping[str, Any]) -> torch.nn.Module:
        model: ModuleFactory = importlib.import_module(PROBLEM).Model
        source, module = (_constructed(made, values) for made in (model, self._made))
        give(source, module)
        return kept(module if self._device is None else module.to(self._device))

    def _without_contents(self, values: Mapping[str, Any]) -> torch.nn.Module:
        import torch

        with torch.device("meta"):
            return _constructed(self._made, values)

    def bound(self, parameters: Sequence[tuple[str, str]], values: Mapping[str, Any]) -> Callable[[], Any]:
        """Return a function that calls the module on the tensors of a case, without recording gradients."""
        import torch

        inputs = [values[name] for name, _ in parameters if name not in OWN and name in values]
        module = self.module(values)

        def call() -> Any:
            with torch.no_grad():
                return module(*inputs)

        return call


class ReferenceModule:
    """The class of the reference as a function of tensors in any floating-point dtype, on any device."""

    def __init__(self, made: ModuleFactory) -> None:
        self._made = made
        self._kept: OrderedDict[tuple[Any, ...], Any] = OrderedDict()
        own = [inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY) for name in OWN]
        forward = list(inspect.signature(getattr(made, "forward")).parameters.values())[1:]  # noqa: B009
        plain = [each.replace(annotation=inspect.Parameter.empty) for each in forward]
        self.__signature__ = inspect.Signature([*plain, *own])

    def __call__(
        self, *inputs: Any, init_inputs: Sequence[Any], training: bool, parameter_seed: int = SEED, **named: Any
    ) -> Any:
        """Return the result of a module that was constructed under a seed."""
        import torch

        floating = [each for each in (*inputs, *named.values()) if _is_floating(each)]
        dtype = floating[0].dtype if floating else torch.float32
        tensors = [each for each in (*inputs, *named.values()) if isinstance(each, torch.Tensor)]
        device = tensors[0].device if tensors else torch.device("cpu")
        with torch.no_grad():
            module = self.module(init_inputs, training, dtype, device, parameter_seed)
            restore(module)
            return module(*inputs, **named)

    def module(
        self, init_inputs: Sequence[Any], training: bool, dtype: torch.dtype, device: torch.device, seed: int = SEED
    ) -> torch.nn.Module:
        """Return the module for these arguments, dtype, device and seed."""
        import torch

        key = (repr(init_inputs), training, dtype, device, seed)
        if key not in self._kept:
            if device.type == "meta":
                with torch.device("meta"):
                    module = constructed(self._made, init_inputs, training=training, seed=seed).to(dtype)
            else:
                module = constructed(self._made, init_inputs, training=training, seed=seed).to(dtype).to(device)
            self._kept[key] = kept(module)
            while len(self._kept) > MAX_KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        found: torch.nn.Module = self._kept[key]
        return found


def _constructed(made: ModuleFactory, values: Mapping[str, Any]) -> torch.nn.Module:
    seed = values.get("parameter_seed", SEED)
    return constructed(made, values["init_inputs"], training=values["training"], seed=seed)


def constructed(
    made: ModuleFactory, init_inputs: Sequence[Any], *, training: bool, seed: int = SEED
) -> torch.nn.Module:
    """Return a module that is constructed under a seed; the random state is afterwards as before."""
    import torch

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return made(*init_inputs).train(training)


def give(source: torch.nn.Module, module: torch.nn.Module) -> None:
    """Copy the parameters and buffers of a module to those of the same names and shapes in another one."""
    import torch

    found = module.state_dict()
    with torch.no_grad():
        for name, value in source.state_dict().items():
            if name in found and found[name].shape == value.shape and not torch.equal(found[name], value):
                found[name].copy_(value)


FIRST = "_first_contents"
"""Attribute of a kept module with the first contents of its buffers."""


def kept(module: torch.nn.Module) -> torch.nn.Module:
    """Remember the contents of the buffers of a module, and return it."""
    object.__setattr__(module, FIRST, [buffer.clone() for buffer in module.buffers()])
    return module


def restore(module: torch.nn.Module) -> None:
    """Give the buffers of a kept module their first contents again."""
    for buffer, first in zip(module.buffers(), getattr(module, FIRST, ()), strict=False):
        if buffer.shape == first.shape:
            buffer.copy_(first)


def _is_floating(value: Any) -> bool:
    import torch

    return isinstance(value, torch.Tensor) and value.is_floating_point()
