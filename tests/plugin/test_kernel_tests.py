"""The decorator `kernel_test` and the fixture `kernelbench`, in a user's own test modules."""

from __future__ import annotations

import json

import pytest

from tests.support.project import Project

SCALED = """
    def scaled(x, weight, eps=1e-6):
        return x * weight + eps

    def product(a, b):
        return a * b

    def wrong(x, weight, eps=1e-6):
        return x * weight.flip(0) + eps

    def low_rank_only(x, weight, eps=1e-6):
        if x.dim() > 2:
            raise NotImplementedError("two dimensions at most")
        return x * weight + eps

    def even_only(x, weight, eps=1e-6):
        assert x.shape[-1] % 2 == 0, "an even number of columns"
        return x * weight + eps
"""

TESTS = """
    from pytest_kernelbench import Case, Tensor, kernel_test, sizes, tensors

    EXAMPLE = Case(x=Tensor((4, 64)), weight=Tensor((64,)))

    def drawn(draw, given):
        n = draw(sizes(given, 1, 64))
        return Case(x=draw(tensors(given, (3, n))), weight=draw(tensors(given, (n,))))

    @kernel_test("mypkg.ops:scaled", examples=[EXAMPLE], language="torch", workloads={"wide": EXAMPLE})
    def right(x, weight, eps=1e-6):
        return x * weight + eps

    @kernel_test("mypkg.ops:wrong", cases=drawn, language="torch", dtypes=("float32",))
    def wrong(x, weight, eps=1e-6):
        return x * weight + eps

    @kernel_test("mypkg.ops:scaled", language="torch")
    def hinted(x: "rows n", weight: "n", eps=1e-6):
        return x * weight + eps

    def test_of_another_kind():
        assert right(2.0, 3.0, 1.0) == 7.0
"""

COMMON = ("--kb-path=src", "--kb-device=cpu", "--kb-examples=4")


@pytest.fixture
def package(project: Project) -> Project:
    """A project with a package in `src/` and a test module for it."""
    project.write({"src/mypkg/__init__.py": "", "src/mypkg/ops.py": SCALED, "test_ops.py": TESTS})
    return project


def test_references_are_collected_beside_other_tests(package: Project) -> None:
    names = ["right::correctness", "right::speed[wide]", "wrong::correctness", "hinted::correctness"]
    wanted = [f"test_ops.py::{name}" for name in [*names, "test_of_another_kind"]]
    assert package.collect(*COMMON) == wanted
    assert package.collect(*COMMON, "test_ops.py::hinted") == ["test_ops.py::hinted::correctness"]
    assert package.collect(*COMMON, "-k", "wrong") == ["test_ops.py::wrong::correctness"]


def test_collecting_loads_no_torch(package: Project) -> None:
    package.write(
        {"conftest.py": "import sys\ndef pytest_collection_finish():\n    assert 'torch' not in sys.modules\n"}
    )
    assert len(package.collect(*COMMON)) == 5


def test_they_are_judged_with_all_that_comes_with_it(package: Project) -> None:
    result = package.run(*COMMON, "--kb-results=r.jsonl", "-k", "correctness or kind", "-rfE", "-n2")
    result.assert_outcomes(passed=3, failed=1)
    result.stdout.fnmatch_lines(
        [
            "wrong_values in basic: Own wrong of test_ops.py",
            "*pytest test_ops.py::wrong::correctness --kb-path=src --kb-device=cpu --kb-facets=basic --kb-case=*",
            "Own * 3/3 *",
            "right: x[[]a, b], weight[[]b]: a from 1, b from 1 varies; float32, float16, bfloat16",
        ]
    )
    records = [json.loads(line) for line in (package.path / "r.jsonl").read_text().splitlines()]
    assert {(each["submission"], each["task"], each["status"]) for each in records} == {
        ("test_ops.py", "right", "passed"),
        ("test_ops.py", "hinted", "passed"),
        ("test_ops.py", "wrong", "wrong_values"),
    }


@pytest.mark.slow
def test_what_a_kernel_refuses_by_itself_is_not_wrong(package: Project) -> None:
    package.write(
        {
            "test_ops.py": """
            from pytest_kernelbench import Case, Tensor, kernel_test

            CASES = [Case(x=Tensor((4, 6)), weight=Tensor((6,))), Case(x=Tensor((2, 4, 6)), weight=Tensor((6,)))]

            @kernel_test("mypkg.ops:low_rank_only", examples=CASES, language="torch")
            def refuses(x, weight, eps=1e-6):
                return x * weight + eps

            @kernel_test("mypkg.ops:low_rank_only", examples=CASES, language="torch", domain={"ranks": [1, 2]})
            def within(x, weight, eps=1e-6):
                return x * weight + eps

            @kernel_test("mypkg.ops:low_rank_only", examples=CASES, language="torch", domain={"ranks": [3]})
            def refuses_its_domain(x, weight, eps=1e-6):
                return x * weight + eps

            @kernel_test("mypkg.ops:even_only", examples=CASES[:1], language="torch")
            def odd_ones(x, weight, eps=1e-6):
                return x * weight + eps + 1
            """
        }
    )
    result = package.run(*COMMON, "--kb-results=r.jsonl")
    result.stdout.fnmatch_lines(["*refused (sizes): *"])
    records = {each["task"]: each for each in map(json.loads, (package.path / "r.jsonl").read_text().splitlines())}
    assert {name: each["status"] for name, each in records.items()} == {
        "refuses": "refused",
        "within": "passed_within",
        "refuses_its_domain": "refused",
        "odd_ones": "wrong_values",
    }
    assert records["refuses"]["facets"]["basic"] == "passed"
    assert records["within"]["settings"]["domain"] == {"ranks": [1, 2]}


def test_the_fixture_checks_one_call_here_or_in_a_runner(package: Project) -> None:
    package.write(
        {
            "test_ops.py": """
            import pytest
            import torch

            def reference(x, weight):
                return x * weight + 1e-6

            def test_right(kernelbench):
                kernelbench.check(lambda x, weight: x * weight + 1e-6, reference, torch.randn(4, 6), torch.randn(6))
                kernelbench.check("mypkg.ops:scaled", reference, torch.randn(4, 6), torch.randn(6))

            def test_of_names(kernelbench):
                kernelbench.check(lambda a, b: a * b, torch.mul, torch.randn(4, 6), torch.randn(6))
                kernelbench.check("mypkg.ops:product", torch.mul, torch.randn(4, 6), torch.randn(6))
                with pytest.raises(RuntimeError) as caught:
                    kernelbench.check(without_gpu, reference, torch.randn(4, 6), torch.randn(6))
                assert "by its name, 'test_ops:without_gpu'" in caught.value.__notes__[0]

            def without_gpu(x, weight):
                raise RuntimeError("0 active drivers ([]). There should only be one.")

            def test_wrong(kernelbench):
                with pytest.raises(AssertionError, match="wrong_values"):
                    kernelbench.check("mypkg.ops:wrong", reference, torch.randn(4, 6), torch.randn(6))
                kernelbench.check(lambda x, weight: x + weight, reference, torch.randn(4, 6), torch.randn(6))

            def test_writes(kernelbench):
                def writes(x, weight):
                    return x.mul_(weight).add_(1e-6).clone()
                kernelbench.check(writes, reference, torch.randn(4, 6), torch.randn(6))
            """
        }
    )
    result = package.run(*COMMON)
    result.assert_outcomes(passed=2, failed=2)
    result.stdout.fnmatch_lines(["*AssertionError: result[[]*got * wanted *", "*an argument was changed*"])


def test_what_is_missing_is_said(package: Project) -> None:
    package.write(
        {
            "test_ops.py": """
            from pytest_kernelbench import kernel_test

            @kernel_test("mypkg.ops:scaled")
            def nothing(x, weight):
                return x * weight

            @kernel_test("mypkg.absent:scaled")
            def absent(x: "n"):
                return x
            """
        }
    )
    result = package.run(*COMMON)
    result.stdout.fnmatch_lines(["*mypkg.absent:scaled: no module absent in */src/mypkg*"])
    result = package.run(*COMMON, "test_ops.py::nothing")
    result.stdout.fnmatch_lines(["*nothing: nothing says what x is: give cases=, examples=, or a hint *"])
