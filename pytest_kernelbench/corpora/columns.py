"""The columns of the data set of judged kernels: names, types and meanings, for the table and for its card."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from pytest_kernelbench.model.task import FACETS


class Column(NamedTuple):
    """A column of the data set."""

    name: str
    type: str | Sequence[Column]
    """`string`, `int`, `float` or `bool`; for a list of objects, their columns."""
    meaning: str


COMPILED = (
    Column("target", "string", "GPU architecture, such as `sm_90`"),
    Column("status", "string", "`passed`, or why it does not compile"),
    Column("reason", "string", "kind of a `compile_error`"),
    Column("registers", "int", "most registers of any specialisation, per thread"),
    Column("spills", "int", "most spilled bytes (NVIDIA) or vector registers (AMD)"),
    Column("stack", "int", "largest stack, bytes per thread"),
    Column("shared_bytes", "int", "largest shared memory, bytes per block"),
    Column("warps", "int", "most warps per block"),
    Column("stages", "int", "most software pipeline stages"),
)

SPEED = (
    Column("device", "string", "device that it was timed on"),
    Column("workload", "string", "name of the workload"),
    Column("baseline", "string", "`eager` or `compile`"),
    Column("verdict", "string", "`faster`, `slower`, `same`, `unclear` or `impossible`"),
    Column("ratio", "float", "time of the baseline over time of the kernel"),
    Column("low", "float", "low end of the 99 % interval of the ratio"),
    Column("high", "float", "high end of the 99 % interval of the ratio"),
    Column("seconds", "float", "median time of one call of the kernel on the device"),
    Column("baseline_seconds", "float", "median time of one call of the baseline on the device"),
    Column("speed_of_light", "float", "share of the speed that the device allows"),
)

COLUMNS = (
    Column("submission", "string", "name of the set of kernels"),
    Column("variant", "string", "round or sample within the submission"),
    Column("method", "string", "how the kernels were written, from `submission.toml`"),
    Column("model", "string", "the model that wrote them, from `submission.toml`"),
    Column("task", "string", "name of the task"),
    Column("category", "string", "category of the task"),
    Column("kernel_sha256", "string", "SHA-256 of the kernel's code"),
    Column("repository", "string", "where the kernels were published, from `submission.toml`"),
    Column("path", "string", "path of the kernel in its submission"),
    Column("licence", "string", "licence of the kernel (SPDX), from `submission.toml`"),
    Column("code", "string", "the code, where its licence allows copies, else null"),
    Column("status", "string", "`passed`, or what is wrong"),
    Column("stage", "string", "how far it got: `absent`, `loads`, `runs`, the facets in order, `all`"),
    *(Column(f"facet_{name}", "string", f"status of `{name}`; null where it was not tried") for name in FACETS),
    Column("grade", "string", "`ieee`, or `tf32` where float32 products are only as accurate as TF32"),
    Column("label", "string", "who computes: `kernel`, `mixed`, `decoy` or `torch_only`"),
    Column("kernel_share", "float", "share of the elements that launches compute"),
    Column("launches", "int", "number of launches that were seen"),
    Column("failed_facet", "string", "the facet that found the failure"),
    Column("message", "string", "what is wrong, in words"),
    Column("minimal_case", "string", "the smallest case that shows it, as `--kb-case` takes it"),
    Column("got", "string", "the worst value, shape or dtype that the kernel returned"),
    Column("wanted", "string", "what was wanted there"),
    Column("unrun_lines", (Column("first", "int", "first line"), Column("last", "int", "last line"),
                           Column("under", "string", "the condition that they depend on")),
           "lines of the file that never ran in any judged case"),
    Column("observations", "string", "what the kernel does besides computing, one a line"),
    Column("compiled", COMPILED, "resources for each target it was compiled for"),
    Column("speed", SPEED, "speed on each workload that was timed"),
    Column("cases", "int", "number of cases that were tried"),
    Column("seconds", "float", "time that judging took"),
    Column("device", "string", "device that it was judged on; `interpreter` is Triton's on a CPU"),
    Column("started", "string", "when it was judged, such as `2026-05-01 08:30:00 UTC`"),
    Column("versions", "string", "versions of the judge, torch, Triton and others, as JSON"),
    Column("settings", "string", "settings that the verdict depends on, as JSON"),
    Column("task_sha256", "string", "SHA-256 of the task's file, which holds its cases and reference"),
)  # fmt: skip
"""The columns, one row a kernel and device."""


def arrow_schema(columns: Sequence[Column] = COLUMNS) -> Any:
    """Return the schema of the table for pyarrow; raises `ImportError` where it is not installed."""
    import pyarrow

    return pyarrow.schema([pyarrow.field(each.name, _arrow_type(each.type)) for each in columns])


def _arrow_type(kind: str | Sequence[Column]) -> Any:
    import pyarrow

    if not isinstance(kind, str):
        return pyarrow.list_(pyarrow.struct([pyarrow.field(each.name, _arrow_type(each.type)) for each in kind]))
    plain: Mapping[str, Any] = {
        "string": pyarrow.string(), "int": pyarrow.int64(), "float": pyarrow.float64(), "bool": pyarrow.bool_(),
    }  # fmt: skip
    return plain[kind]


def feature_lines(columns: Sequence[Column] = COLUMNS, indent: int = 2) -> list[str]:
    """Return the columns as `datasets` reads them in the head of a card, so that empty columns keep their type."""
    types = {"string": "string", "int": "int64", "float": "float64", "bool": "bool"}
    lines = []
    for each in columns:
        pad = " " * indent
        if isinstance(each.type, str):
            lines += [f"{pad}- name: {each.name}", f"{pad}  dtype: {types[each.type]}"]
        else:
            lines += [f"{pad}- name: {each.name}", f"{pad}  list:", *feature_lines(each.type, indent + 2)]
    return lines
