"""Did the call-out hold? By its own state, and by the count of the provider, which is not ours."""

from services.cli.play.callouts import SEATS, CallOut, not_told, stood_down
from services.cli.play.proof import Check


async def prove_call_out(callout: CallOut) -> list[Check]:
    """Every check of the call-out."""
    if not callout.id:
        return [Check("people were called in", holds=False, found="never")]
    await callout.look()
    ledger = await callout.ledger()
    return [_filled(callout), _nobody_paged_twice(ledger), _stood_down(callout)]


def _filled(callout: CallOut) -> Check:
    shown = callout.shown
    filled = shown["callout"].get("filled_at") is not None
    found = f"{shown['accepted']} of {shown['needed']}, {shown['arrived']} here"
    holds = filled and shown["accepted"] == shown["needed"] == SEATS
    return Check("every seat filled, and not one more", holds, found)


def _nobody_paged_twice(ledger: dict[str, object]) -> Check:
    """Every message went out once, at one provider, for all its lies."""
    zero, attempts = ledger["must_be_zero"], ledger["attempts"]
    wrong = {name: n for name, n in zero.items() if n} if isinstance(zero, dict) else {"count": 1}
    found = ", ".join(f"{name} {n}" for name, n in wrong.items())
    people = f"{attempts} messages to {ledger['people']} people, none of them twice"
    return Check(
        "nobody paged twice, by the provider's count", bool(attempts) and not wrong, found or people
    )


def _stood_down(callout: CallOut) -> Check:
    told, missed = stood_down(callout.shown), not_told(callout.shown)
    found = f"{len(told)} told" + (f", {len(missed)} not" if missed else "")
    return Check("who is not needed was told so", not missed, found)
