"""People for call-outs: a pool of any size, everybody reachable, nobody real."""

from datetime import UTC, datetime, timedelta

from streams.domain.callout.candidates import Candidate, sort_out
from streams.domain.people.eligible import Rules
from streams.domain.people.roster import Roster
from streams.events.callouts import MethodKind, Need, Policy, Quota
from streams.events.people import ContactMethod, Person, PlanStep

START = datetime(2026, 3, 2, 3, tzinfo=UTC)
RULES = Rules()


def at(minutes: float = 0.0) -> datetime:
    """Minutes after three o'clock of some Monday morning."""
    return START + timedelta(minutes=minutes)


def person(
    number: int,
    *,
    pool: str = "reserve",
    tier: int = 1,
    kinds: tuple[MethodKind, ...] = ("sms", "voice"),
    skills: tuple[str, ...] = (),
    languages: tuple[str, ...] = ("ko",),
    sealed: str = "s1.sealed",
) -> Person:
    """Reserve number so-and-so: an SMS at once, a call after two minutes."""
    methods = tuple(
        ContactMethod(
            id=f"m{number}-{kind}", kind=kind, sealed=sealed, verified_at=START - timedelta(days=9)
        )
        for kind in kinds
    )
    return Person(
        id=f"p{number:04d}",
        sealed_name=sealed,
        pool=pool,
        tier=tier,
        skills=skills,
        languages=languages,
        methods=methods,
        plan=tuple(
            PlanStep(method=m.id, after_seconds=120 if m.kind == "voice" else 0) for m in methods
        ),
        timezone="Asia/Seoul",
    )


def need(
    seats: int = 30,
    *,
    key: str = "pool/reserve",
    quotas: tuple[Quota, ...] = (),
    pool: str = "reserve",
    start: datetime = START + timedelta(hours=1),
    end: datetime = START + timedelta(hours=7),
    expires_at: datetime = START + timedelta(hours=3),
) -> Need:
    """Seats from one hour on, for six hours."""
    return Need(
        dedup_key=key,
        pool=pool,
        quotas=quotas or (Quota(seats=seats),),
        start=start,
        end=end,
        raised_at=at(),
        raised_by="kim",
        expires_at=expires_at,
    )


def ready(people: list[Person], of: Need, now: datetime = START) -> list[Candidate]:
    """Who may be asked, in order."""
    return sort_out(people, Roster(), of, now, RULES, {}, {})[0]


POLICY = Policy()
