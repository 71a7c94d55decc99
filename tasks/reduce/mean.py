"""Mean over one or several dimensions; the input is cast to `dtype` first, where it is given."""

from __future__ import annotations

from pytest_kernelbench import Case, DType, Tensor
from pytest_kernelbench.authoring.strategies import choice, reduction


def reference(input_tensor, dim, keepdim=False, dtype=None, out=None):
    return input_tensor.mean(dim, keepdim=keepdim, dtype=dtype)


task = reduction(
    reference,
    none=False,
    options=lambda draw: {"dtype": draw(choice(None, None, DType("float32")))},
    keywords=(
        {"dtype": DType("float32")},
        {"dtype": DType("float32"), "input_tensor": Tensor((5, 6, 7), "float16", "uniform(20000, 60000)")},
        {"dtype": DType("float32"), "input_tensor": Tensor((5, 6, 7), "int64", "integers(-1000, 1000)")},
    ),
    workloads={
        "llama_hidden_rows": Case(input_tensor=Tensor((16384, 4096), "float16"), dim=-1),
        "resnet50_global_pooling": Case(input_tensor=Tensor((512, 2048, 7, 7), "float16"), dim=(2, 3)),
    },
)
