"""Did it hold? What is checked when the play is over, each with what was found."""

import asyncio
import os
import sys
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import orjson

from services.cli.play.book import PhoneBook
from services.cli.play.news import News
from services.cli.play.stage import Stage
from streams.events.callbacks import CallbackChanged
from streams.events.codec import decode_parcel
from streams.events.contacts import ContactEvent
from streams.kafka import read_to_end
from streams.topics import CONTACTS

# End-to-end limits are asserted at three times the bar (decisions.md, Tests).
SLACK: Final = 3
AUDIT_SECONDS: Final = 120.0
HELD_BACK: Final = frozenset({"due"})


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that must hold."""

    name: str
    holds: bool
    found: str


async def prove(stage: Stage, news: News, phone: dict[str, Any]) -> list[Check]:
    """Every check, in the order of the story."""
    book = PhoneBook.read(stage.ledger)
    log = await contacts_on_the_log(stage)
    return [
        declared_in_time(stage, news, book),
        shown_in_time(stage, news),
        nobody_waits(phone),
        callbacks_worked_off(news),
        ledger_is_the_log(book, log),
        dials_are_the_callbacks(book, news),
        nobody_called_twice(phone),
        await audit_is_clean(stage),
    ]


def declared_in_time(stage: Stage, news: News, book: PhoneBook) -> Check:
    """A surge was declared soon after the first extra call."""
    bar = stage.scenario.verdict.declared_within or timedelta(seconds=15)
    name = f"surge declared within {bar.total_seconds():.0f} s of the first extra call"
    if not news.declared or book.first_extra_call is None:
        return Check(name, holds=False, found="never")
    seconds = (news.declared[0].data.declared_at - book.first_extra_call).total_seconds()
    early = seconds < 0
    holds = not early and seconds <= SLACK * bar.total_seconds()
    return Check(name, holds, "before it: a false alarm" if early else f"{seconds:.1f} s")


def shown_in_time(stage: Stage, news: News) -> Check:
    """The board showed it soon after."""
    bar = (stage.scenario.verdict.shown_within or timedelta(seconds=2)).total_seconds()
    name = f"on the board within {bar:.0f} s of wall time of the declaration"
    if not news.declared:
        return Check(name, holds=False, found="never")
    seconds = news.shown_after.get(news.declared[0].data.episode)
    if seconds is None:
        return Check(name, holds=False, found="never")
    return Check(name, seconds <= SLACK * bar, f"{seconds:.2f} s")


def nobody_waits(phone: dict[str, Any]) -> Check:
    """The lines are empty and everything was reported."""
    found = f"{phone['waiting']} waiting, {phone['unsent']} reports unsent"
    return Check("nobody waiting", not (phone["waiting"] or phone["unsent"]), found)


def callbacks_worked_off(news: News) -> Check:
    """Every promise is kept or closed, or due again after an attempt that the caller missed."""
    states = news.callback_states()
    open_now = news.open_callbacks()
    excused = [one for one in open_now if _waits_for_its_time(one)]
    found = ", ".join(f"{count} {state}" for state, count in states.most_common()) or "none"
    if excused:
        found += f" ({len(excused)} due again after a missed ring)"
    # A demo in which nobody needed a callback shows nothing.
    return Check("callbacks worked off", bool(states) and len(excused) == len(open_now), found)


def ledger_is_the_log(book: PhoneBook, log: dict[str, Counter[str]]) -> Check:
    """Every ring the phone system counted is on the log with all that happened, and no other."""
    missing = sum(1 for contact in book.kinds if contact not in log)
    invented = sum(1 for contact in log if contact not in book.kinds)
    differs = sum(1 for contact, kinds in book.kinds.items() if log.get(contact, kinds) != kinds)
    found = f"{len(book.kinds)} rings, {len(log)} contacts on the log"
    if missing or invented or differs:
        found += f"; {missing} missing, {invented} invented, {differs} told otherwise"
    return Check("the phone's ledger is the log", not (missing or invented or differs), found)


def dials_are_the_callbacks(book: PhoneBook, news: News) -> Check:
    """Every ring to a caller belongs to an attempt on the log, and each promise was kept once."""
    rung = book.rung()
    attempts = {
        attempt.id for changed in news.callbacks.values() for attempt in changed.data.attempts
    }
    unknown = len(rung.keys() - attempts)
    completed = {dial for dial, state in rung.items() if state == "completed"}
    kept = sum(1 for changed in news.callbacks.values() if changed.data.outcome == "completed")
    found = f"{len(rung)} dials, {len(completed)} talks, {kept} promises kept by ringing back"
    return Check("dials are the callbacks", not unknown and len(completed) == kept, found)


def nobody_called_twice(phone: dict[str, Any]) -> Check:
    """What the phone system itself must never see."""
    wrong = {name: count for name, count in phone["must_be_zero"].items() if count}
    found = ", ".join(f"{name} {count}" for name, count in wrong.items()) or "0 double dials"
    return Check("nobody called twice", not wrong, found)


async def audit_is_clean(stage: Stage) -> Check:
    """`surgeline audit` over the whole log."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "services.cli", "audit", "--json"),
        env=_child_env(stage),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        out, err = await asyncio.wait_for(process.communicate(), AUDIT_SECONDS)
    except TimeoutError:
        process.kill()
        await process.wait()
        return Check("audit clean", holds=False, found="did not end")
    if process.returncode not in (0, 1) or not out.strip():
        words = stage.ledger.with_name("audit.err")
        words.write_bytes(err)
        last = (err.decode(errors="replace").strip().splitlines() or ["no word"])[-1]
        return Check("audit clean", holds=False, found=f"{last} (see {words})")
    return Check("audit clean", process.returncode == 0, _audit_words(out))


async def contacts_on_the_log(stage: Stage) -> dict[str, Counter[str]]:
    """Contact id to how often each kind of event is there; repeats of an id count once."""
    found: dict[str, Counter[str]] = {}
    seen: set[tuple[str, str]] = set()
    async for record in read_to_end(stage.platform.connections, CONTACTS):
        events, _ = decode_parcel(record.value or b"")
        for event in events:
            identity = (event.source, event.id)
            if isinstance(event, ContactEvent) and identity not in seen:
                seen.add(identity)
                kind = str(event.__struct_config__.tag).split(".")[2]
                found.setdefault(event.subject, Counter())[kind] += 1
    return found


def _waits_for_its_time(changed: CallbackChanged) -> bool:
    data = changed.data
    return data.state in HELD_BACK and bool(data.attempts) and data.due_at > changed.time


def _audit_words(out: bytes) -> str:
    told = orjson.loads(out)
    words = ", ".join(f"{count} {name}" for name, count in told["outcomes"].items() if count)
    lost = [
        f"{count} {name.partition(':')[2]}"
        for name, count in told["reasons"].items()
        if name.startswith("lost:") and count
    ]
    if lost:
        words += f" ({', '.join(lost)})"
    violations = [f"{one['kind']} {one['subject']}" for one in told["violations"]]
    return f"{words}; {len(violations)} violations: {violations[:3]}" if violations else words


def _child_env(stage: Stage) -> dict[str, str]:
    return {**os.environ, **stage.platform.env}
