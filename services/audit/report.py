"""How is the audit told: to a person as a table, to a program as JSON?"""

from typing import Any, Final

from rich.console import Console
from rich.table import Table

from services.audit.reader import Audit
from streams.domain.contacts.outcomes import UNACCOUNTED

WORDS: Final = {
    "waiting": "waiting",
    "answered_live": "answered live",
    "callback_open": "callback open",
    "callback_completed": "callback completed",
    "withdrawn": "withdrawn",
    "deflected": "deflected",
    "lost": "lost, with the reason",
    UNACCOUNTED: "unaccounted for",
}
SHOWN_FINDINGS: Final = 50


def as_json(audit: Audit) -> dict[str, Any]:
    """Everything, for a program."""
    shares = audit.ledger.shares(audit.since)
    return {
        "clean": not audit.findings,
        "outcomes": shares.as_counts(),
        "reasons": dict(sorted(shares.reasons.items())),
        "requests": shares.requests,
        "contacts": audit.ledger.contacts,
        "events": audit.ledger.events,
        "refused": audit.ledger.refused,
        "callbacks": audit.ledger.callbacks,
        "compared": {"partitions": audit.compared, "of": audit.partitions},
        "violations": [
            {"kind": finding.kind, "subject": finding.subject, "detail": finding.detail}
            for finding in audit.findings
        ],
    }


def show(audit: Audit, console: Console) -> None:
    """The outcomes, then what is wrong, then what it was judged from."""
    shares = audit.ledger.shares(audit.since)
    table = Table(box=None, padding=(0, 2, 0, 0))
    table.add_column("outcome", no_wrap=True)
    table.add_column("people", justify="right")
    table.add_column("share", justify="right")
    table.add_column("reasons")
    for word, people in shares.as_counts().items():
        if word == UNACCOUNTED and not people:
            continue
        share = f"{people / shares.requests:.1%}" if shares.requests else ""
        table.add_row(WORDS[word], str(people), share, _reasons(shares.reasons, word))
    table.add_row("all", str(shares.requests), "", "")
    console.print(table)
    for finding in audit.findings[:SHOWN_FINDINGS]:
        line = f"{finding.kind}  {finding.subject}: {finding.detail}"
        console.print(line, style="red", highlight=False, markup=False)
    if len(audit.findings) > SHOWN_FINDINGS:
        console.print(f"… and {len(audit.findings) - SHOWN_FINDINGS} more (--json has all)")
    console.print(_verdict(audit), highlight=False)


def _reasons(reasons: dict[str, int], word: str) -> str:
    parts = [
        f"{name.partition(':')[2]} {people}"
        for name, people in sorted(reasons.items())
        if name.startswith(f"{word}:") and people
    ]
    return ", ".join(parts)


def _verdict(audit: Audit) -> str:
    ledger = audit.ledger
    found = len(audit.findings)
    verdict = f"{found} finding{'s' * (found != 1)}" if found else "Everyone is accounted for"
    return (
        f"{verdict}: {ledger.contacts} contacts in {ledger.events} events,"
        f" {ledger.callbacks} callbacks; the published counts of {audit.compared} of"
        f" {audit.partitions} partitions were recounted."
    )
