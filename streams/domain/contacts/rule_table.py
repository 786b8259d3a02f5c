"""Which rule of the centre's overflow table is this contact's?

The first that fits. Whom none fits is rung back, so that a table may name the exceptions only and a
mistake in it loses nobody. Whose life is at risk is always rung back, whatever the table says.
"""

from typing import Final

from streams.domain.centre import Occasion, OverflowPolicy, OverflowRule
from streams.events.contacts import Urgency

# What is said of a contact: queue, channel (None for voice), language, country, topic.
Facts = tuple[str, str | None, str | None, str | None, str | None]
VOICE: Final = "voice"
MOST_REMEMBERED: Final = 4096


class RuleTable:
    """The table, asked about single contacts; what was found is remembered by their facts."""

    def __init__(self, policy: OverflowPolicy) -> None:
        self._rules = policy.rules
        self._grave_topics = frozenset(policy.life_at_risk_topics)
        self._found: dict[tuple[Occasion, Facts], OverflowRule] = {}

    def rule(self, when: Occasion, facts: Facts) -> OverflowRule:
        """The rule for what happened to a contact of which this is known."""
        asked = when, facts
        rule = self._found.get(asked)
        if rule is None:
            if len(self._found) >= MOST_REMEMBERED:
                self._found.clear()
            rule = next((r for r in self._rules if r.when == when and _fits(r, facts)), None)
            rule = rule or OverflowRule(when=when)
            self._found[asked] = rule
        return rule

    def is_grave(self, urgency: Urgency, topic: str | None) -> bool:
        """Whether a life is at risk."""
        return urgency == "life_at_risk" or topic in self._grave_topics


def _fits(rule: OverflowRule, facts: Facts) -> bool:
    queue, channel, language, country, topic = facts
    return (
        _is_in(queue, rule.queues)
        and _is_in(channel or VOICE, rule.channels)
        and _is_in(country, rule.countries)
        and _is_in(topic, rule.topics)
        # "ko-KR" is spoken by whoever speaks "ko".
        and (_is_in(language, rule.languages) or _is_in(_plain(language), rule.languages))
    )


def _is_in(value: str | None, values: tuple[str, ...]) -> bool:
    return not values or value in values


def _plain(language: str | None) -> str | None:
    return language.partition("-")[0] if language else None
