"""Which numbers are never dialled, whoever asks for it?

Emergency services above all, then our own numbers, those that the centre blocked, premium lines,
and countries that it does not ring. Admission asks before it offers a callback, the callback list
before it promises and before it dials one.
"""

from collections.abc import Iterable
from typing import Final

import phonenumbers
from phonenumbers import (
    PhoneNumber,
    PhoneNumberType,
    number_type,
    region_code_for_country_code,
    region_code_for_number,
)
from phonenumbers.shortnumberinfo import is_emergency_number

from streams.domain.centre import CallbackPolicy
from streams.events.callbacks import Outcome

Refusal = tuple[Outcome, str]
BLOCKED: Final[Refusal] = ("blocked", "number_blocked")
EMERGENCY: Final[Refusal] = ("blocked", "emergency_number")
OWN: Final[Refusal] = ("blocked", "own_number")
PREMIUM: Final[Refusal] = ("blocked", "premium_number")
COUNTRY: Final[Refusal] = ("blocked", "country_not_allowed")

PREMIUM_TYPES: Final = frozenset({PhoneNumberType.PREMIUM_RATE, PhoneNumberType.SHARED_COST})


class NumberList:
    """Numbers as a centre file lists them.

    An entry that begins with + stands for every number that begins so; any other for the national
    number of exactly these digits, with or without the leading 0.
    """

    def __init__(self, entries: Iterable[str]) -> None:
        listed = set(entries)
        self._prefixes = tuple(entry for entry in listed if entry.startswith("+"))
        self._national = listed - set(self._prefixes)
        self._national |= {entry.removeprefix("0") for entry in self._national}

    def __contains__(self, number: str) -> bool:
        if self._prefixes and number.startswith(self._prefixes):
            return True
        parsed = parsed_number(number)
        return (str(parsed.national_number) if parsed else number) in self._national


class NeverDialled:
    """Knows which they are; `region` is whose emergency numbers a number without a country is."""

    def __init__(self, blocked: Iterable[str], rules: CallbackPolicy, region: str) -> None:
        self._region = region
        self._blocked = NumberList(blocked)
        self._own = NumberList(rules.own_numbers)
        self._allowed = frozenset(rules.countries_allowed)
        self._denied = frozenset(rules.countries_denied)

    def refusal(self, number: str) -> Refusal | None:
        """Why this number is never dialled."""
        parsed = parsed_number(number)
        if self._is_emergency(number, parsed):
            return EMERGENCY
        if number in self._own:
            return OWN
        if number in self._blocked:
            return BLOCKED
        if parsed is None:
            return None
        if number_type(parsed) in PREMIUM_TYPES:
            return PREMIUM
        return None if self._may_ring(_region(parsed)) else COUNTRY

    def _is_emergency(self, number: str, parsed: PhoneNumber | None) -> bool:
        if parsed is None:
            return bool(is_emergency_number(number, self._region))
        return bool(is_emergency_number(str(parsed.national_number), _region(parsed)))

    def _may_ring(self, region: str) -> bool:
        if region in self._denied:
            return False
        return not self._allowed or region in self._allowed


def _region(parsed: PhoneNumber) -> str:
    # Short numbers belong to no region of their own: the country code's main one is meant.
    found = region_code_for_number(parsed)
    return str(found or region_code_for_country_code(parsed.country_code or 0))


def parsed_number(number: str) -> PhoneNumber | None:
    """The number taken apart; None when it is none."""
    try:
        return phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return None
