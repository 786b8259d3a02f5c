"""What an audit line says, and what it never says."""

import pytest

from services.audit_log import AuditLog, path_of
from services.auth import Identity
from streams.events.audit import AuditData
from streams.settings import Connections
from tests.support.broker import ROOT

CALLBACK = "5a1f9c3e-0000-4000-8000-000000000001"
NOWHERE = Connections(kafka="127.0.0.1:9", centre=ROOT / "centre.toml")


@pytest.mark.parametrize(
    ("path", "given", "expected"),
    [
        ("/v1/callbacks/next", {}, "/v1/callbacks/next"),
        (f"/v1/callbacks/{CALLBACK}/dial", {"callback_id": CALLBACK}, None),
        (
            "/v1/callbacks/+821012345678",
            {"callback_id": "+821012345678"},
            "/v1/callbacks/{callback_id}",
        ),
        ("/people/kim@example.org", {"person": "kim@example.org"}, "/people/{person}"),
    ],
)
def test_a_path_is_told_with_ids_of_ours_and_nothing_else(
    path: str, given: dict[str, object], expected: str | None
) -> None:
    assert path_of(path, given) == (expected or path)


def test_a_line_names_who_did_it_with_which_roles_and_where() -> None:
    audit = AuditLog(NOWHERE, "callbacks")
    who = Identity("lead-1", frozenset({"lead", "counselor"}))
    line = audit.line(who, "switch dialling off", "queue main", "lines fail")
    assert line == AuditData(
        actor="lead-1",
        roles=("counselor", "lead"),
        action="switch dialling off",
        object="queue main",
        result="done",
        reason="lines fail",
        service="callbacks",
    )


def test_whoever_asked_without_being_known_is_called_so() -> None:
    assert AuditLog(NOWHERE, "boards").line(None, "GET", "/").actor == "unknown"


async def test_while_the_broker_is_away_lines_are_kept_up_to_a_bound_and_repeats_are_one() -> None:
    audit = AuditLog(NOWHERE, "intake")
    for number in range(3000):
        audit.note(audit.line(None, "POST", f"/{number}", result="refused"))
        audit.note(audit.line(None, "POST", "/0", result="refused"))
    assert audit.waiting == 1000
    await audit.stop()
