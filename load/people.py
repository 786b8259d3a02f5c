"""Who could a made-up centre call out? `python -m load.people > people.csv`

People who do not exist, with numbers that ring nowhere: +44 7700 900000 to 900999 are kept free
for films and books by Ofcom, example.org for documents by RFC 2606. A seed gives the same people
every time.
"""

import argparse
import csv
import random
import sys
from collections.abc import Iterator, Sequence
from typing import Final, TextIO

COLUMNS: Final = (
    "id",
    "name",
    "pool",
    "tier",
    "group",
    "agent",
    "skills",
    "languages",
    "sms",
    "voice",
    "email",
    "verified",
    "verified_on",
    "plan",
    "standing",
    "quiet",
    "profile",
    "weekly_hours",
    "monthly_hours",
)
FICTION: Final = "+44 7700 900{:03}"
MOST: Final = 1000
FAMILY: Final = ("Han", "Seo", "Moon", "Bae", "Shim", "Noh", "Gwak", "Ma", "Tak", "Pyo", "Yang")
GIVEN: Final = (
    "Areum",
    "Bora",
    "Chanmi",
    "Daon",
    "Eunbi",
    "Garam",
    "Haneul",
    "Iseul",
    "Jinsol",
    "Kyungmo",
    "Narae",
    "Onyu",
    "Pureum",
    "Saeron",
    "Taeyang",
    "Uijin",
    "Woori",
    "Yeoreum",
)
# pool, group, tier, prefix of the ids
POOLS: Final = (
    ("counselors", "counselor", 1, "counselor"),
    ("volunteers", "volunteer", 2, "volunteer"),
    ("reserve", "agency", 1, "reserve"),
)


def people(counts: Sequence[int], seed: int) -> Iterator[dict[str, str]]:
    """The lines of the file: so many of each pool, each with a number of their own."""
    if sum(counts) > MOST:
        raise ValueError(f"only {MOST} numbers are kept free for people who do not exist")
    chance = random.Random(seed)
    number = 0
    for (pool, group, tier, prefix), count in zip(POOLS, counts, strict=True):
        for index in range(1, count + 1):
            person = f"{prefix}-{index:02}"
            phone = FICTION.format(number)
            number += 1
            yield {
                "id": person,
                "name": f"{chance.choice(FAMILY)} {chance.choice(GIVEN)}",
                "pool": pool,
                "tier": str(tier),
                "group": group,
                "agent": person,
                "skills": "general crisis" if group != "volunteer" else "general",
                "languages": _languages(group, chance),
                "sms": phone,
                "voice": phone,
                "email": f"{person}@example.org",
                "verified": "sms voice email",
                "verified_on": f"2026-{chance.randint(1, 10):02}-{chance.randint(1, 28):02}",
                "plan": "sms@0 email@0 voice@120 voice@300",
                "standing": chance.choice(("now", "30min", "30min", "2h")),
                "quiet": chance.choice(("", "", "", "01:00-06:00")) if group == "volunteer" else "",
                "profile": "none" if group == "volunteer" else "KR",
                "weekly_hours": "52" if group != "volunteer" else "",
                "monthly_hours": "32" if group == "volunteer" else "",
            }


def _languages(group: str, chance: random.Random) -> str:
    bilingual = {"counselor": 0.6, "agency": 0.4, "volunteer": 0.2}[group]
    return "ko en" if chance.random() < bilingual else "ko"


def write(to: TextIO, counts: Sequence[int], seed: int) -> None:
    """The whole file."""
    writer = csv.DictWriter(to, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(people(counts, seed))


def main() -> None:
    """See the module's first line."""
    parser = argparse.ArgumentParser(prog="python -m load.people", description=__doc__)
    parser.add_argument("--counselors", type=int, default=24)
    parser.add_argument("--volunteers", type=int, default=15)
    parser.add_argument("--reserve", type=int, default=46)
    parser.add_argument("--seed", type=int, default=7)
    given = parser.parse_args()
    write(sys.stdout, (given.counselors, given.volunteers, given.reserve), given.seed)


if __name__ == "__main__":
    main()
