"""What host code asks a GPU for beside launches: events, graphs, memory, handles, and functions of the GPU itself."""

from __future__ import annotations

import pytest

from pytest_kernelbench import Case, Tensor
from tests.unit.devices import Interpret

CASE = Case(x=Tensor((10,)))

SCALE = """
from triton.language.extra import cuda

@triton.jit
def scale(x, y, count, BLOCK: tl.constexpr):
    at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    tl.store(y + at, 2 * tl.load(x + at, mask=at < count, other=0.0), mask=at < count)
"""

WORK = {
    "time": """
    import triton.testing
    start, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
    start.record(); end.record()
    assert start.elapsed_time(end) > 0
    calls = []
    assert triton.testing.do_bench(lambda: calls.append(1)) > 0
    assert 0 < len(calls) < 20
""",
    "answers": """
    free, total = torch.cuda.mem_get_info()
    assert 0 < free < total == torch.cuda.get_device_properties(0).total_memory
    assert torch.accelerator.current_accelerator() == torch.device("cuda") and torch.accelerator.is_available()
    properties = torch.cuda.get_device_properties(x.device)
    assert properties.max_threads_per_multi_processor == 2048 and properties.regs_per_multiprocessor == 65536
    assert properties.shared_memory_per_block < properties.shared_memory_per_block_optin
    assert torch.cuda.max_memory_allocated() == torch.cuda.memory_reserved() == 0
    with torch.cuda.nvtx.range("work"):
        torch.cuda.nvtx.mark("here")
    torch.accelerator.synchronize()
""",
    "random states": """
    generator = torch.cuda.default_generators[0]
    assert isinstance(generator, torch.Generator) and generator.device.type == "cuda"
    torch.manual_seed(7)
    seed, offset = generator.get_state().view(torch.int64)
    assert (int(seed), int(offset)) == (7, 0) == (torch.cuda.initial_seed(), 0)
    state = torch.cuda.get_rng_state()
    drawn = torch.rand(3, device="cuda")
    assert torch.cuda.get_rng_state().view(torch.int64)[1] > 0
    torch.cuda.set_rng_state(state)
    assert torch.equal(torch.rand(3, device="cuda", generator=generator), drawn)
    state.view(torch.int64)[1] += 8
    generator.set_state(state)
    assert torch.equal(torch.cuda.get_rng_state(), state)
    later = torch.rand(3, device="cuda")
    generator.set_state(state)
    assert torch.equal(torch.rand(3, device="cuda"), later) and not torch.equal(later, drawn)
    own = torch.Generator("cuda").manual_seed(5)
    assert own.get_state().numel() == 16 and torch.rand(3, device="cuda", generator=own).sum() > 0
    assert own.get_state().view(torch.int64).tolist()[0] == 5 and own.get_offset() == 4
    own.set_offset(8)
    assert own.get_state().view(torch.int64).tolist() == [5, 8]
    assert torch.Generator().get_state().numel() > 16
""",
    "warmup": """
    handle = scale.warmup(x, y, 10, BLOCK=16, num_warps=8, grid=(1,))
    handle._init_handles()
    assert handle.n_regs > 0 and handle.n_spills == 0 and handle.metadata.shared > 0
    assert handle.metadata.num_warps == 8 and "ptx" in handle.asm and handle.metadata.target.arch == 80
    assert not y.any()
    handle[(1, 1, 1)](x, y, 10, 16)
    assert torch.equal(y, 2 * x)
    assert scale[(1,)](x, y, 10, BLOCK=16).n_regs > 0
""",
    "graph": """
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        assert torch.cuda.is_current_stream_capturing()
        z = torch.empty_like(x)
        scale[(1,)](x, y, 10, BLOCK=16)
        scale[(1,)](y.view(-1), z, 10, BLOCK=16)
    assert not y.any()
    graph.replay()
    assert torch.equal(z, 4 * x)
    y.zero_()
    graph.replay()
    assert torch.equal(y, 2 * x)
""",
    "extras": """
    found = torch.zeros(4, dtype=torch.int64)
    asked[(2,)](found, num_warps=2)
    assert found.tolist() == [2, 64, 1, 1]
""",
    "map": """
    found = torch.zeros(16)
    mapped[(1,)](x, found)
    wanted = torch.where(x > 0, x + 1, -x) * 2
    assert torch.equal(found[:10], wanted)
""",
}

KERNELS = """
@triton.jit
def asked(y):
    cuda.gdc_wait()
    start = cuda.globaltimer()
    tl.store(y, cuda.num_warps())
    tl.store(y + 1, cuda.num_threads())
    tl.store(y + 2, cuda.smid())
    tl.store(y + 3, (cuda.globaltimer() > start).to(tl.int64))
    cuda.gdc_launch_dependents()

@triton.jit
def pick(v, factor):
    if v > 0:
        result = v + 1
    else:
        result = -v
    return result * factor, factor

@triton.jit
def mapped(x, y):
    at = tl.arange(0, 16)
    value, factor = tl.map_elementwise(pick, tl.load(x + at, mask=at < 10, other=0.0), 2.0)
    tl.store(y + at, value)
"""


@pytest.mark.parametrize("name", WORK)
def test_host_code_and_kernels_get_what_a_gpu_gives(name: str, interpret: Interpret) -> None:
    code = f"{SCALE}{KERNELS}\ndef work(x):\n    y = torch.zeros_like(x)\n{WORK[name]}\n    return y.clone()\n"
    answer = interpret(code, CASE)
    assert answer.status == "ok", answer.text


@pytest.mark.parametrize(
    ("body", "missing"),
    [
        ("graph = torch.cuda.CUDAGraph()\n    with torch.cuda.graph(graph):\n        y = x + 1", "CUDA graphs with"),
        ("graph = torch.cuda.CUDAGraph()\n    with torch.cuda.graph(graph):\n        x.zero_()", "CUDA graphs with"),
        ("torch.cuda.make_graphed_callables(None, ())", "make_graphed_callables"),
    ],
)
def test_what_is_missing_is_named(body: str, missing: str, interpret: Interpret) -> None:
    answer = interpret(f"def work(x):\n    {body}\n    return x.clone()\n", CASE)
    assert answer.status == "unsupported"
    assert missing in answer.message
