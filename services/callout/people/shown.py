"""How is a person shown to those who plan? Without a name, a number or an address."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from services.people_calendar import age_of
from services.people_cells import CellProblem
from services.people_file import Listed
from services.people_plan import Planned
from streams.domain.people.readiness import Readiness
from streams.events.people import Person, Shift


def shown(
    person: Person, ready: Readiness, shifts: Iterable[Shift], now: datetime
) -> dict[str, Any]:
    """One person and how ready they are."""
    ages = age_of(shifts, now)
    return {
        "id": person.id,
        "pool": person.pool,
        "tier": person.tier,
        "group": person.group,
        "skills": person.skills,
        "languages": person.languages,
        "standing": person.standing,
        "standing_since": person.standing_since,
        "light": ready.light,
        "reasons": ready.reasons,
        "paths": [
            {
                "method": path.method,
                "kind": path.kind,
                "light": path.light,
                "reasons": path.reasons,
                "proved": path.proved,
            }
            for path in ready.paths
        ],
        "calendars": {source: age.total_seconds() for source, age in sorted(ages.items())},
    }


def import_shown(listed: Listed, planned: Planned, *, dry_run: bool) -> dict[str, Any]:
    """What an import did, or would do."""
    return {
        "imported": not dry_run and not listed.problems,
        "dry_run": dry_run,
        "people": len(listed.people),
        "new": len(planned.new),
        "updated": len(planned.updated),
        "unchanged": len(planned.unchanged),
        "missing": sorted(planned.missing)[:100],
        "deactivated": len(planned.deactivated),
        "problems": [_problem(problem) for problem in listed.problems],
        "warnings": [_problem(problem) for problem in listed.warnings],
    }


def _problem(problem: CellProblem) -> dict[str, Any]:
    return {
        "line": problem.line,
        "column": problem.column,
        "what": problem.what,
        "right": problem.right,
    }
