"""Reading results files: whole, cut off, foreign, repeated, from several devices."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from pytest_kernelbench.model.record import CompileRecord, Record
from pytest_kernelbench.report.results import Results, Variant, device_of, load, name_of
from tests.support.records import correctness, results, schema_1, speed

MINE = Variant("mine")


def write(path: Path, *lines: Record | str) -> Path:
    text = "".join(f"{line.to_json() if isinstance(line, Record) else line}\n" for line in lines)
    path.write_text(text, encoding="utf-8")
    return path


def test_several_files_and_a_folder(tmp_path: Path) -> None:
    write(tmp_path / "a.jsonl", correctness("relu"), speed("relu", 1.5))
    write(tmp_path / "b.jsonl", correctness("gelu", "wrong_values", "sizes", submission="geak", variant="round_10"))
    write(tmp_path / "c.txt", correctness("abs"))
    other = write(tmp_path / "d", correctness("gelu", submission="geak", variant="round_2"))
    found = load([tmp_path, other, tmp_path / "a.jsonl"])
    assert found.notes == ()
    assert found.submissions == ("geak", "mine")
    assert [variant.label for variant in found.variants] == ["geak/round_2", "geak/round_10", "mine"]
    assert len(found.tasks) == 176
    assert found.tasks["relu"] == "Activation"
    assert set(found.correctness(MINE)) == {"relu"}
    assert [record.ratio for record in found.speed(MINE, "cuda:h100")["relu"]] == [1.5]
    assert found.speed(MINE, "cuda:a100") == {}


def test_a_line_that_is_cut_off_costs_only_itself(tmp_path: Path) -> None:
    whole = correctness("relu").to_json()
    path = tmp_path / "results.jsonl"
    path.write_bytes(f"{whole}\n{correctness('gelu').to_json()}".encode()[:-40])
    found = load([path])
    assert set(found.correctness(MINE)) == {"relu"}
    assert found.notes == (f"{path}: line 2: the last line is cut off",)


def test_a_last_line_of_another_schema_is_not_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    path.write_text('{"schema": 7}', encoding="utf-8")
    assert load([path]).notes == (f"{path}: line 1: not a record of schema 1 to 2",)


def test_a_last_line_without_its_end_is_read_where_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    path.write_text(correctness("relu").to_json(), encoding="utf-8")
    found = load([path])
    assert (set(found.correctness(MINE)), found.notes) == ({"relu"}, ())


def test_what_is_no_record_is_counted_by_reason(tmp_path: Path) -> None:
    other = json.dumps({**json.loads(correctness("relu").to_json()), "schema": 7})
    path = write(tmp_path / "r.jsonl", other, other, "{}", "nonsense", "[" * 100_000, correctness("abs"))
    with path.open("ab") as stream:
        stream.write(b"\xff\xfe\n")
    found = load([path])
    assert set(found.correctness(MINE)) == {"abs"}
    assert found.notes == (
        f"{path}: 3 lines, the first is 1: not a record of schema 1 to 2",
        f"{path}: 2 lines, the first is 4: not JSON",
        f"{path}: line 7: not UTF-8",
    )


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"status": "fine"}, "unknown status 'fine'"),
        ({"task": None}, "task is of type NoneType"),
        ({"variant": 3}, "variant is of type int"),
        ({"facets": None}, "facets is of type NoneType"),
        ({"others": {"compile": 1.5}}, "others is of type dict"),
        ({"others": {"compile": {"ratio": "2"}}}, "ratio and interval are not positive numbers, low before high"),
        ({"ratio": -1.0}, "ratio and interval are not positive numbers, low before high"),
        ({"interval": [2.0, 1.0]}, "ratio and interval are not positive numbers, low before high"),
        ({"interval": [0.5]}, "ratio and interval are not positive numbers, low before high"),
        ({"ratio": None}, "ratio and interval are not positive numbers, low before high"),
        ({"verdict": "rocket"}, "ratio and interval are not positive numbers, low before high"),
    ],
)
def test_a_record_that_no_report_could_use(tmp_path: Path, change: dict[str, object], reason: str) -> None:
    line = json.dumps({**json.loads(speed("relu", 1.5).to_json()), **change})
    path = write(tmp_path / "r.jsonl", line)
    assert load([path]).notes == (f"{path}: line 1: not a record: {reason}",)


def test_what_cannot_be_read_is_said(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    nothing = write(tmp_path / "nothing.jsonl")
    found = load([tmp_path / "absent.jsonl", tmp_path / "empty", nothing])
    assert found.records == ()
    assert found.notes == (
        f"{tmp_path}/absent.jsonl: not read: No such file or directory",
        f"{tmp_path}/empty: no *.jsonl in this folder",
        f"{nothing}: no records",
    )


def test_the_newest_record_of_a_key_counts(tmp_path: Path) -> None:
    old = correctness("relu", "crash", "basic", started="2026-11-20T10:00:00+00:00")
    new = correctness("relu", started="2026-11-20T12:30:00+02:00", kernel_sha256="other")  # 10:30 in UTC
    undated = correctness("relu", "timeout", "basic", started="")
    for records in ([old, new, undated], [undated, new, old]):
        found = load([write(tmp_path / "r.jsonl", *records)])
        assert found.correctness(MINE)["relu"].status == "passed"
        assert found.notes == ("2 records superseded by newer ones of the same key",)


def test_a_speed_does_not_outlive_the_code_that_had_it(tmp_path: Path) -> None:
    again = correctness("relu", started="2026-11-21T10:00:00+00:00", kernel_sha256="other")
    timed = speed("relu", 9.0, started="2026-11-20T11:00:00+00:00")
    for records in ([correctness("relu"), timed, again], [again, timed, correctness("relu")]):
        found = load([write(tmp_path / "r.jsonl", *records)])
        assert found.correctness(MINE)["relu"].kernel_sha256 == "other"
        assert found.speed(MINE, "cuda:h100") == {}
        assert "1 record left out: made with earlier code of the kernel" in found.notes
    found = load([write(tmp_path / "r.jsonl", correctness("relu"), timed)])
    assert set(found.speed(MINE, "cuda:h100")) == {"relu"}


def test_among_records_of_one_time_the_last_counts(tmp_path: Path) -> None:
    found = load([write(tmp_path / "r.jsonl", correctness("relu"), correctness("relu", "crash", "basic"))])
    assert found.correctness(MINE)["relu"].status == "crash"


def test_workloads_targets_and_devices_are_keys_of_their_own(tmp_path: Path) -> None:
    compiled = {"kind": "compile", "submission": "mine", "variant": None, "task": "relu", "category": "Activation"}
    lines = [CompileRecord(**compiled, status="passed", stage="loads", target=name) for name in ("sm_80", "sm_90")]
    lines += [speed("relu", 1.5, workload="small"), speed("relu", 2.0), speed("relu", 0.5, baseline="compile")]
    found = load([write(tmp_path / "r.jsonl", *lines)])
    assert found.notes == ()
    assert len(found.speed(MINE, "cuda:h100")["relu"]) == 2
    assert [each.ratio for each in found.speed(MINE, "cuda:h100", "compile")["relu"]] == [0.5]
    assert found.devices(kind="compile") == ("sm_80", "sm_90")
    assert set(found.compiled(MINE, "sm_90")) == {"relu"}


def test_another_baseline_of_the_same_record() -> None:
    other = {"verdict": "slower", "ratio": 0.8, "interval": [0.7, 0.9], "seconds": 1e-4}
    found = results(speed("relu", 2.0, others={"compile": other}), speed("gelu", 2.0))
    (record,) = found.speed(MINE, "cuda:h100", "compile")["relu"]
    assert (record.baseline, record.ratio, record.interval, record.verdict) == ("compile", 0.8, [0.7, 0.9], "slower")
    assert record.baseline_seconds == 1e-4
    assert set(found.speed(MINE, "cuda:h100", "compile")) == {"relu"}


def test_what_records_do_not_have_in_common_is_said(tmp_path: Path) -> None:
    found = load([write(
        tmp_path / "r.jsonl",
        correctness("relu", versions={"torch": "2.6"}),
        correctness("relu", versions={"torch": "2.13"}, device={"kind": "cuda", "model": "h100"}, task_sha256="u"),
        correctness("gelu", facets={"basic": "passed"}),
        correctness("my_own", category="Math"),
    )])  # fmt: skip
    assert found.notes == (
        "1 task in addition to the 176 of the catalogue: my_own",
        "verdicts come from 2 devices: interpreter (3), cuda:h100 (1)",
        "records were made with 2 versions of torch: 2.6 (1), 2.13 (1)",
        "the tests of 1 task changed between records: relu",
        "1 kernel passed every facet that was tried, but not all facets were tried",
    )
    assert found.tasks["my_own"] == "Math"


CUDA = {"kind": "cuda", "model": "h100"}


@pytest.mark.parametrize(
    ("here", "there", "verdict"),
    [
        (correctness("relu"), correctness("relu", "crash", "basic", device=CUDA), "crash"),
        (correctness("relu", "wrong_values", "sizes"), correctness("relu", device=CUDA), "wrong_values"),
        (correctness("relu", "unsupported", "sizes"), correctness("relu", device=CUDA), "passed"),
        (
            correctness("relu", "error", "basic"),
            correctness("relu", "unsupported", "basic", device=CUDA),
            "unsupported",
        ),
    ],
)
def test_over_several_devices_the_one_that_found_a_fault_decides(here: Record, there: Record, verdict: str) -> None:
    for found in (results(here, there), results(there, here)):
        assert found.correctness(MINE)["relu"].status == verdict
        assert found.correctness(MINE, device_of(there))["relu"] == there
        assert found.devices(MINE) == ("cuda:h100", "interpreter")


def test_missing_kernels_are_absent() -> None:
    assert results(correctness("relu", "missing")).correctness(MINE) == {}


def test_no_records_have_no_variants() -> None:
    assert Results((), {}).variants == ()


def test_reports_are_made_without_torch(tmp_path: Path) -> None:
    path = write(tmp_path / "r.jsonl", correctness("relu"))
    code = (
        "import sys; from pathlib import Path; from pytest_kernelbench.report import results, compare, deviance\n"
        f"found = results.load([Path({str(path)!r})]); assert len(found.tasks) == 176\n"
        "print(sorted({'torch', 'triton', 'numpy', 'hypothesis', 'rich'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_lines_of_schema_1_are_read_beside_those_of_today(tmp_path: Path) -> None:
    old = [schema_1(record.to_json()).rstrip("\n") for record in (correctness("relu"), speed("relu", 1.5))]
    found = load([write(tmp_path / "r.jsonl", *old, correctness("gelu"))])
    assert found.notes == ()
    assert {task: record.stage for task, record in found.correctness(MINE).items()} == {"relu": "all", "gelu": "all"}
    assert found.speed(MINE, "cuda:h100")["relu"] == [speed("relu", 1.5)]


@pytest.mark.parametrize(("variant", "name"), [(None, "relu"), ("round_1", "round_1/relu")])
def test_the_name_of_a_kernel(variant: str | None, name: str) -> None:
    assert name_of(correctness("relu", variant=variant)) == name
