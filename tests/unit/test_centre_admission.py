"""The [admission] part of a centre file."""

from datetime import timedelta
from pathlib import Path

import pytest

from streams.centre_file import check_centre, load_centre
from streams.domain.centre import AdmissionPolicy
from tests.support.broker import ROOT

EXAMPLE = ROOT / "centre.toml"


def with_admission(folder: Path, lines: str) -> Path:
    file = folder / "centre.toml"
    file.write_text(f"{EXAMPLE.read_text()}\n[admission]\n{lines}\n")
    return file


def test_a_centre_file_need_not_speak_of_admission(tmp_path: Path) -> None:
    assert load_centre(EXAMPLE).admission == AdmissionPolicy()
    assert load_centre(with_admission(tmp_path, "")).admission == AdmissionPolicy()


def test_every_setting_of_admission_is_read(tmp_path: Path) -> None:
    lines = """
        hysteresis = 0.1
        most_pending = 50
        most_drain = "90m"
        most_waiting = 200
    """
    assert load_centre(with_admission(tmp_path, lines)).admission == AdmissionPolicy(
        hysteresis=0.1,
        most_pending=50,
        most_drain=timedelta(minutes=90),
        most_waiting=200,
    )


@pytest.mark.parametrize(
    ("line", "where", "right"),
    [
        ("hysteresis = 1", "admission.hysteresis", "0 to 0.9"),
        ("most_pending = 0", "admission.most_pending", "a whole number"),
        ("most_pending = 2.5", "admission.most_pending", "a whole number"),
        ('most_drain = "0s"', "admission.most_drain", "longer than nothing"),
        ("most_waiting = -1", "admission.most_waiting", "a whole number"),
        ('life_at_risk_topics = ["a"]', "admission.life_at_risk_topics", "under [overflow]"),
        ("most_waitin = 5", "admission.most_waitin", "'most_waiting'"),
    ],
)
def test_a_problem_of_admission_names_its_place_and_what_would_be_right(
    tmp_path: Path, line: str, where: str, right: str
) -> None:
    _, problems = check_centre(with_admission(tmp_path, line))
    assert [problem for problem in problems if problem.where == where and right in problem.right]
