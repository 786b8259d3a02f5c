"""What does the centre file's `[people]` table say, and what is wrong in it?"""

import re
from dataclasses import replace
from typing import Final, cast, get_args

from streams.centre_table import Table
from streams.domain.people.eligible import Rules
from streams.domain.people.policy import PeoplePolicy
from streams.domain.people.rest import PROFILES, RestProfile, Rule, Strength
from streams.events.people import Profile

RULES: Final = (
    "daily_rest",
    "weekly_rest",
    "rolling_hours",
    "average_hours",
    "consecutive_days",
    "night_hours",
)
_RULE: Final = re.compile(r"(block|warn) (\d+(?:\.\d+)?)|off")


def people_policy(table: Table) -> PeoplePolicy:
    """Read the table; a rule of rest is such as "block 11", "warn 48" or "off"."""
    default = Rules()
    profile = _profile(table)
    own = _rest(table.table("rest"), PROFILES[profile])
    policy = PeoplePolicy(
        file=table.text("file", "", example='"people.csv"'),
        pools=table.texts("pools"),
        profile=profile,
        rules=Rules(
            profiles={**PROFILES, profile: own},
            quiet=_strength(table, "quiet_hours", default.quiet),
            contract_hours=_strength(table, "contract_hours", default.contract_hours),
            response_warning=table.duration("response_warning", default.response_warning),
            standing_fresh=table.duration("standing_fresh", default.standing_fresh),
        ),
    )
    table.finish()
    return policy


def _profile(table: Table) -> Profile:
    name = table.text("profile", "none", example='"EU"')
    if name not in PROFILES:
        table.wrong("profile", f"is {name!r}", f"profiles are {', '.join(get_args(Profile))}")
        return "none"
    return cast("Profile", name)


def _strength(table: Table, name: str, default: Strength) -> Strength:
    word = table.text(name, default, example='"warn"')
    if word not in get_args(Strength):
        table.wrong(name, f"is {word!r}", 'must be "block", "warn" or "off"')
        return default
    return cast("Strength", word)


def _rest(table: Table, profile: RestProfile) -> RestProfile:
    changed: dict[str, Rule] = {}
    for name in RULES:
        rule: Rule = getattr(profile, name)
        text = table.text(name, f"{rule.strength} {rule.limit:g}")
        match = _RULE.fullmatch(text)
        if match is None and text != f"off {rule.limit:g}":
            table.wrong(name, f"is {text!r}", 'must be such as "block 11", "warn 11" or "off"')
        elif match is None or match[1] is None:
            changed[name] = Rule(rule.limit, "off")
        else:
            changed[name] = Rule(float(match[2]), cast("Strength", match[1]))
    table.finish()
    return replace(profile, **changed)  # type: ignore[arg-type]
