"""Rows that become kernels, and what is said about the rest."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pytest_kernelbench.corpora.rows import Columns
from pytest_kernelbench.model.submission import Metadata
from tests.support.imports import CODE, OTHER, Import, left_out, written


class TestRows:
    @pytest.mark.parametrize(
        "row",
        [
            {"task": "attention", "category": "Fusion", "code": CODE, "call_ok": True},
            {"file": "Fusion/attention.py", "predict": CODE},
            {"file": "Fusion\\attention.py", "predict": f"Sure:\n```python\n{CODE}```\n"},
            {"file": "attention.py", "predict": f"{CODE}{'#' * 146}\ntest()\n"},
            {"instruction": "Do it.\nWrapper Entry Information: attention(q, k, v) -> Tensor", "predict": CODE},
            {"instruction": "Wrapper Entry Information: `torch.nn.attention(q)`", "predict": CODE},
            {"instruction": "Wrapper Entry Information:\ndef attention(q):", "predict": CODE},
        ],
    )
    def test_one_kernel(self, imported: Import, into: Path, row: object) -> None:
        assert imported(row).left_out == []
        assert written(into) == {"Fusion/attention.py": CODE}

    @pytest.mark.parametrize("turn", [3, "3", "round_3", 3.0])
    def test_a_round(self, imported: Import, into: Path, turn: object) -> None:
        imported({"task": "relu", "code": CODE, "round": turn})
        assert written(into) == {"round_3/Activation/relu.py": CODE}

    @pytest.mark.parametrize("name", ["attention", "Fusion/attention.py", "fusion/attention"])
    def test_published_corpus(self, imported: Import, into: Path, name: str) -> None:
        summary = imported(
            {"task_id": name, "from_round": 0, "to_round": 1, "before_code": CODE, "after_code": OTHER},
            {"task_id": name, "from_round": 1, "to_round": 2, "before_code": OTHER, "after_code": CODE},
        )
        assert written(into) == {
            "round_0/Fusion/attention.py": CODE,
            "round_1/Fusion/attention.py": OTHER,
            "round_2/Fusion/attention.py": CODE,
        }
        assert left_out(summary) == [("rows.jsonl:2", "exact duplicate")]

    def test_the_published_function_names_its_task(self, imported: Import, into: Path) -> None:
        imported({"instruction": "Wrapper Entry Information: lion_step(param, grad)", "predict": CODE})
        assert written(into) == {"Optimizer/Lion.py": CODE}

    def test_the_bytes_of_the_code_are_kept(self, imported: Import, into: Path) -> None:
        code = "# \u00b5\r\nx = 1\n\n\n"
        imported({"task": "relu", "code": code})
        assert (into / "Activation" / "relu.py").read_bytes() == code.encode()

    @pytest.mark.parametrize(
        ("row", "reason", "detail"),
        [
            ({"task": "conv9d", "code": CODE}, "no such task in this version", "conv9d"),
            ({"task": "relu", "code": None}, "no code", "relu"),
            ({"task": "relu", "code": "```\n```"}, "no code", "relu"),
            ({"task": "relu", "code": CODE, "round": -1}, "round is not a number", "relu: -1"),
            ({"task": "relu", "code": CODE, "round": "last"}, "round is not a number", "relu: last"),
            (
                {"task": "\ud800\x1b[2J" + "x" * 1000, "code": CODE},
                "no such task in this version",
                r"'\ud800\x1b[2Jxxx",
            ),
            ({"task_id": 12, "after_code": CODE, "to_round": 1}, "task given by number, not by name", "12"),
            ({"task_id": "12", "after_code": CODE, "to_round": 1}, "task given by number, not by name", "12"),
            ({"task": "relu", "source": CODE}, "unknown kind of row", "task, source"),
            ({"instruction": "Write relu.", "predict": CODE}, "unknown kind of row", "instruction, predict"),
            (
                {"instruction": "Wrapper Entry Information: A (Tensor), B", "predict": CODE},
                "the prompt names no function",
                "A",
            ),
            ([CODE], "unknown kind of row", "a list"),
            ("{'task': 1}", "not JSON", "Expecting property name"),
            ('{"task": "relu", "co', "not JSON", "Unterminated string"),
        ],
    )
    def test_what_is_left_out(self, imported: Import, into: Path, row: object, reason: str, detail: str) -> None:
        summary = imported({"task": "attention", "code": CODE}, "", row)
        assert left_out(summary) == [("rows.jsonl:3", reason)]
        assert summary.left_out[0].detail.startswith(detail)
        assert len(summary.left_out[0].detail) < 100
        assert all(line.isprintable() for line in summary.text().split("\n"))
        assert written(into) == {"Fusion/attention.py": CODE}

    def test_two_kernels_for_one_place(self, imported: Import, into: Path) -> None:
        summary = imported({"task": "relu", "code": CODE, "round": 1}, {"task": "relu", "code": OTHER, "round": 1})
        assert left_out(summary) == [("rows.jsonl:2", "another kernel of this task and round came first")]
        assert summary.left_out[0].detail == f"relu: {into.parent}/rows.jsonl:1"
        assert written(into) == {"round_1/Activation/relu.py": CODE}

    def test_code_that_is_not_python_is_a_kernel_that_does_not_load(self, imported: Import, into: Path) -> None:
        summary = imported({"task": "relu", "code": "def"})
        assert summary.left_out == []
        assert "not valid Python, and imported as it is: 1" in summary.text()
        assert written(into) == {"Activation/relu.py": "def"}

    def test_a_prompt_without_a_name(self, imported: Import, into: Path) -> None:
        """The code names the function, if it takes what the prompt describes."""
        prompt = "Wrapper Entry Information: x (Tensor): the input. dim (int)"
        imported({"prompt": prompt, "predict": "def relu(x):\n    pass\ndef attention(q):\n    pass\n"})
        assert set(written(into)) == {"Activation/relu.py"}

    @pytest.mark.parametrize("name", ["exp_it", "linalg.exp", "linalg_exp", "Math/exp_it.py"])
    def test_names_of_other_benchmarks(self, imported: Import, into: Path, name: str) -> None:
        assert imported({"task": name, "code": CODE}).left_out == []
        assert set(written(into)) == {"Math/fused_exp.py"}


class TestKeys:
    @pytest.mark.parametrize(
        "row",
        [
            {"prompt": "Wrapper Entry Information: relu(x)", "predict": CODE, "label": ""},
            {"prompt": "Wrapper Entry Information: def relu(x) -> Tensor", "output": CODE},
            {"messages": [{"role": "user", "content": "Wrapper Entry Information: relu(x)"}], "response": CODE},
            {"op": "relu", "completion": CODE},
            {"entry_point": "relu", "choices": [{"message": {"role": "assistant", "content": CODE}}]},
            {"name": "relu", "kernel_code": json.dumps({"code": CODE})},
            {"relu": CODE},
            {"name": "some-model", "prompt": "Wrapper Entry Information: relu(x)", "predict": CODE},
        ],
    )
    def test_one_kernel(self, imported: Import, into: Path, row: object) -> None:
        assert imported(row).left_out == []
        assert written(into) == {"Activation/relu.py": CODE}

    @pytest.mark.parametrize("key", ["samples", "predict", "outputs"])
    def test_a_list_of_samples(self, imported: Import, into: Path, key: str) -> None:
        imported({"task": "relu", key: [CODE, f"```python\n{OTHER}```"]})
        assert written(into) == {"sample_0/Activation/relu.py": CODE, "sample_1/Activation/relu.py": OTHER}

    def test_columns_by_name(self, imported: Import, into: Path) -> None:
        rows = [{"which": "relu", "src": CODE, "by": by, "code": 3} for by in ("a/b 1", "c")]
        summary = imported(*rows, columns=Columns(code="src", task="which", model="by"))
        assert written(into) == {"a-b-1/Activation/relu.py": CODE, "c/Activation/relu.py": CODE}
        assert Metadata.of(into / "a-b-1").model == "a/b 1"
        assert "2 models" in summary.text()

    def test_models_whose_names_are_alike(self, imported: Import, into: Path) -> None:
        rows = [{"task": "relu", "code": CODE, "by": by} for by in ("a/b", "a-b", "../..")]
        imported(*rows, columns=Columns(model="by"))
        assert set(written(into)) == {f"{folder}/Activation/relu.py" for folder in ("a-b", "a-b-2", "model")}

    @pytest.mark.parametrize("variant", ["../../out", "/tmp/out", 3, "round_1/../../out"])
    def test_a_row_cannot_choose_where_it_is_written(self, imported: Import, into: Path, variant: object) -> None:
        imported({"task": "relu", "code": CODE, "variant": variant})
        assert set(written(into)) == {"Activation/relu.py"}

    def test_the_first_key_that_holds_something(self, imported: Import, into: Path) -> None:
        imported({"task": "relu", "code": None, "output": "", "response": CODE})
        assert written(into) == {"Activation/relu.py": CODE}

    def test_a_column_of_prompts(self, imported: Import, into: Path) -> None:
        row = {"ask": "Wrapper Entry Information: relu(x)", "src": CODE}
        imported(row, columns=Columns(code="src", task="ask"))
        assert set(written(into)) == {"Activation/relu.py"}

    def test_a_column_that_is_not_there(self, imported: Import) -> None:
        summary = imported({"task": "relu", "code": CODE}, columns=Columns(code="src"))
        assert left_out(summary) == [("rows.jsonl:1", "unknown kind of row")]
