"""A list of people: everything wrong is named, and nothing of a wrong file is taken."""

import csv
import io
from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import CliRunner

from load.people import people as made_up
from load.people import write
from services.cli.people import command
from services.numbers import Pseudonyms
from services.people_file import COLUMNS, Secrets, read_people
from services.people_plan import plan_import
from services.sealing import Sealer
from streams.events.people import PlanStep, QuietHours, Span
from tests.support.broker import ROOT
from tests.support.people import CENTRE, SECRETS, at

GOOD = {
    "id": "volunteer-01",
    "name": "Han Areum",
    "pool": "volunteers",
    "sms": "+44 7700 900001",
    "verified": "sms",
    "verified_on": "2026-03-01",
}


def file_of(*rows: dict[str, str], columns: Any = COLUMNS) -> bytes:
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def read(raw: bytes) -> Any:
    return read_people(raw, CENTRE, SECRETS)


def problems(**changed: str) -> list[tuple[int, str]]:
    found = read(file_of(GOOD | changed)).problems
    return [(problem.line, problem.column) for problem in found]


def test_the_example_of_the_example_centre_is_right_and_enough() -> None:
    listed = read((ROOT / "people.csv").read_bytes())
    assert (listed.problems, listed.warnings) == ((), ())
    pools = [one.pool for one in listed.people]
    assert {pool: pools.count(pool) for pool in set(pools)} == {
        "counselors": 24,
        "volunteers": 15,
        "reserve": 46,
    }


def test_the_example_is_what_its_maker_makes() -> None:
    made = io.StringIO()
    write(made, (24, 15, 46), seed=7)
    assert made.getvalue() == (ROOT / "people.csv").read_text()


def test_a_thousand_made_up_people_have_a_thousand_numbers_that_ring_nowhere() -> None:
    numbers = {row["sms"] for row in made_up((24, 15, 961), seed=1)}
    assert len(numbers) == 1000
    assert all(number.startswith("+44 7700 900") for number in numbers)
    with pytest.raises(ValueError, match="1000"):
        list(made_up((24, 15, 962), seed=1))


def test_names_and_addresses_leave_the_reader_sealed() -> None:
    (one,) = read(file_of(GOOD)).people
    told = repr(one)
    assert "Areum" not in told
    assert "7700" not in told
    assert SECRETS.sealer.open(one.sealed_name) == b"Han Areum"
    assert SECRETS.sealer.open(one.methods[0].sealed) == b"+447700900001"


def test_everything_about_a_person_is_read() -> None:
    (one,) = read(
        file_of(
            GOOD
            | {
                "voice": "010-0000-1234",
                "email": "Han@Example.ORG",
                "push": "ntfys://ntfy.example.org/han",
                "plan": "sms@0 voice@120 voice@300",
                "quiet": "23:00-07:00 22:00-09:00/sa,su",
                "leave": "2026-12-24..2026-12-27",
                "timezone": "Asia/Seoul",
                "standing": "2h",
                "monthly_hours": "32",
            }
        )
    ).people
    assert [SECRETS.sealer.open(m.sealed).decode() for m in one.methods] == [
        "+447700900001",
        "+821000001234",
        "Han@example.org",
        "ntfys://ntfy.example.org/han",
    ]
    assert [method.verified_at is not None for method in one.methods] == [True, False, False, False]
    assert one.plan[1] == PlanStep(method="voice", after_seconds=120)
    assert one.quiet == (
        QuietHours(from_minute=1380, until_minute=420),
        QuietHours(from_minute=1320, until_minute=540, days=(5, 6)),
    )
    # Both days included, where the person lives.
    assert one.leave == (Span(starts_at=at(23, 15, month=12), ends_at=at(27, 15, month=12)),)
    assert (one.standing, one.monthly_hours, one.profile) == ("2h", 32.0, "KR")


@pytest.mark.parametrize(
    ("column", "wrong"),
    [
        ("id", ""),
        ("id", "two words"),
        ("name", " "),
        ("pool", "counselers"),
        ("tier", "0"),
        ("tier", "1.5"),
        ("group", "friend"),
        ("skills", "a,b"),
        ("sms", "12"),
        ("sms", "call me"),
        ("email", "nobody"),
        ("push", "not an address"),
        ("verified", "voice"),
        ("verified_on", "yesterday"),
        ("verified_on", ""),
        ("plan", "sms"),
        ("plan", "voice@10"),
        ("timezone", "Seoul"),
        ("standing", "maybe"),
        ("quiet", "25:00-07:00"),
        ("quiet", "23:00-07:00/xx"),
        ("leave", "2026-12-27..2026-12-24"),
        ("leave", "christmas"),
        ("profile", "US"),
        ("weekly_hours", "many"),
        ("weekly_hours", "nan"),
        ("monthly_hours", "-1"),
        ("response_minutes", "2000"),
    ],
)
def test_a_wrong_cell_is_named_with_its_line_and_column(column: str, wrong: str) -> None:
    assert problems(**{column: wrong}) == [(2, column)]


def test_a_problem_never_repeats_who_somebody_is() -> None:
    found = read(file_of(GOOD | {"sms": "+44 77", "email": "han.areum@", "pool": "x"}))
    told = " ".join(str(problem) for problem in found.problems)
    assert len(found.problems) == 3
    assert not any(secret in told for secret in ("+44", "areum", "Areum"))


def test_one_wrong_line_keeps_everybody_out_and_all_problems_are_told_at_once() -> None:
    found = read(file_of(GOOD, GOOD | {"id": "", "tier": "x"}, GOOD | {"id": "b", "pool": "z"}))
    assert found.people == ()
    assert [(p.line, p.column) for p in found.problems] == [(3, "id"), (3, "tier"), (4, "pool")]


@pytest.mark.parametrize(
    ("raw", "line", "what"),
    [
        (b"id,name\nx,y\n", 1, "is missing"),
        (b"id,name,pool,pol\n", 1, "is not a column"),
        (b"id,name,pool,pool\n", 1, "stands twice"),
        (b"id,name,pool\na,b,volunteers,d\n", 2, "has no column"),
        (b'id,name,pool\na,"b,volunteers\n', 2, "is not CSV"),
        ("id,name,pool\n\na,é,volunteers\n".encode("latin-1"), 3, "is not UTF-8"),
    ],
)
def test_a_file_of_another_form_is_told_what_is_wrong(raw: bytes, line: int, what: str) -> None:
    found = read(raw).problems
    assert [(problem.line, what in problem.what) for problem in found][:1] == [(line, True)]


def test_a_file_as_spreadsheets_write_it_is_read() -> None:
    raw = file_of(GOOD).replace(b"\n", b"\r\n")
    assert len(read(b"\xef\xbb\xbf" + raw).people) == 1


def test_two_people_with_one_id_or_one_desk_are_a_problem() -> None:
    found = read(file_of(GOOD | {"agent": "a1"}, GOOD | {"agent": "a1"}))
    assert [(p.line, p.column) for p in found.problems] == [(3, "id"), (3, "agent")]


def test_a_second_contact_with_the_same_number_is_kept_and_said() -> None:
    """Everbridge, with duplicates removed, does not reach the second one."""
    found = read(file_of(GOOD, GOOD | {"id": "volunteer-02"}))
    assert len(found.people) == 2
    assert [(w.line, w.column) for w in found.warnings] == [(3, "sms")]


def test_somebody_without_any_way_to_be_reached_is_said_but_kept() -> None:
    found = read(file_of(GOOD | {"sms": "", "verified": ""}))
    assert len(found.people) == 1
    assert "nobody can reach them" in str(found.warnings[0])


# What an import changes


def known_of(*rows: dict[str, str]) -> dict[str, Any]:
    return {one.id: one for one in read(file_of(*rows)).people}


def plan(known: dict[str, Any], *rows: dict[str, str], remove: bool = False) -> Any:
    listed = read(file_of(*rows)).people
    return plan_import(listed, known, SECRETS.sealer, remove_missing=remove)


def test_the_same_file_again_changes_nothing() -> None:
    planned = plan(known_of(GOOD), GOOD)
    assert (planned.changed, planned.unchanged) == ((), ("volunteer-01",))


def test_a_number_that_stays_keeps_its_proof_and_a_new_one_has_none() -> None:
    known = known_of(GOOD)
    silent = GOOD | {"verified": "", "verified_on": ""}
    (same,) = plan(known, silent | {"tier": "2"}).changed
    assert same.methods[0].verified_at == known["volunteer-01"].methods[0].verified_at
    (other,) = plan(known, silent | {"sms": "+44 7700 900002"}).changed
    assert other.methods[0].verified_at is None
    assert other.version == 2


def test_proof_outlives_a_new_key_for_hashing_numbers() -> None:
    known = known_of(GOOD)
    rotated = Secrets(SECRETS.sealer, Pseudonyms({"p2": b"q" * 32}))
    silent = GOOD | {"verified": "", "verified_on": ""}
    listed = read_people(file_of(silent), CENTRE, rotated).people
    (after,) = plan_import(listed, known, SECRETS.sealer).changed
    before = known["volunteer-01"].methods[0]
    assert after.methods[0].verified_at == before.verified_at
    assert after.methods[0].digest != before.digest


def test_the_file_once_more_seals_everything_with_a_new_key() -> None:
    known = known_of(GOOD)
    rotated = Sealer({"s9": b"r" * 32} | {"s1": b"s" * 32})
    listed = read_people(file_of(GOOD), CENTRE, Secrets(rotated, SECRETS.pseudonyms)).people
    (after,) = plan_import(listed, known, rotated).changed
    before = known["volunteer-01"].methods[0]
    assert after.sealed_name.startswith("s9.")
    assert all(method.sealed.startswith("s9.") for method in after.methods)
    assert after.methods[0].verified_at == before.verified_at
    assert plan_import(listed, {after.id: after}, rotated).changed == ()


def test_a_number_that_opted_out_stays_opted_out() -> None:
    known = known_of(GOOD)
    before = known["volunteer-01"]
    out = type(before.methods[0])
    method = {name: getattr(before.methods[0], name) for name in out.__struct_fields__}
    fields = {name: getattr(before, name) for name in before.__struct_fields__}
    fields["methods"] = (out(**{**method, "opted_out": True}),)
    known["volunteer-01"] = type(before)(**fields)
    (after,) = plan(known, GOOD | {"tier": "2"}).changed
    assert after.methods[0].opted_out


def test_who_is_not_in_the_file_stays_unless_it_is_asked_otherwise() -> None:
    known = known_of(GOOD, GOOD | {"id": "volunteer-02", "sms": "+44 7700 900002"})
    assert plan(known, GOOD).missing == ("volunteer-02",)
    assert plan(known, GOOD).changed == ()
    (gone,) = plan(known, GOOD, remove=True).changed
    assert (gone.id, gone.active) == ("volunteer-02", False)


# From the terminal


def run(folder: Path, raw: bytes, *options: str) -> Any:
    file = folder / "people.csv"
    file.write_bytes(raw)
    arguments = ["import", str(file), "--dry-run", "--centre", str(ROOT / "centre.toml"), *options]
    return CliRunner().invoke(command, arguments)


def test_a_dry_run_says_that_nothing_is_wrong(tmp_path: Path) -> None:
    done = run(tmp_path, file_of(GOOD))
    assert (done.exit_code, done.output) == (0, "1 people, nothing wrong\n")


def test_a_dry_run_names_every_problem_and_ends_with_one(tmp_path: Path) -> None:
    done = run(tmp_path, file_of(GOOD | {"pool": "volunters", "tier": "x"}))
    assert done.exit_code == 1
    assert (
        "line 2, pool: is 'volunters', which is no pool of the centre; did you mean" in done.output
    )
    assert "2 problems: nobody is taken in" in done.output


def test_a_dry_run_can_be_read_by_a_program(tmp_path: Path) -> None:
    told = orjson.loads(run(tmp_path, file_of(GOOD | {"tier": "x"}), "--json").output)
    assert told["problems"][0]["column"] == "tier"
