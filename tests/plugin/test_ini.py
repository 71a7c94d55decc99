"""Every option has a twin in the ini file; what is given on the command line wins."""

from __future__ import annotations

from tests.support.project import TORCH_RELU, WRONG_RELU, Project

INI = """
[pytest]
kb_submission = mine submissions/other
kb_device = cpu
kb_examples = 0
kb_facets = basic
kb_timeout = 60
kb_results = results.jsonl
kb_missing = hide
"""


def test_ini_values_and_what_wins_over_them(project: Project) -> None:
    project.pytester.path.joinpath("tox.ini").write_text(INI)
    project.submit({"relu.py": TORCH_RELU})
    project.submit({"relu.py": WRONG_RELU}, "other")
    project.run().assert_outcomes(passed=1, failed=1)
    first, second = project.records()
    assert (first["submission"], second["submission"]) == ("mine", "other")
    assert first["facets"] == {"basic": "passed"}
    assert first["device"]["kind"] == "cpu"
    given = (
        "--kb-submission=mine",
        "--kb-missing=skip",
        "-k",
        "missing and (gelu or softmax)",
        "--kb-results=given.jsonl",
    )
    assert project.collect(*given)[0].startswith("submissions/mine::missing[")


def test_a_bad_ini_value_is_refused_as_an_option_is(project: Project) -> None:
    project.pytester.path.joinpath("tox.ini").write_text("[pytest]\nkb_facets = basics\n")
    assert project.refused() == "ERROR: --kb-facets=basics: did you mean basic, sizes? (one of 8)"
