"""The centre's table of overflow rules: read, checked, and obeyed."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import get_args

import pytest

from streams.centre_file import check_centre, load_centre
from streams.domain.centre import Occasion, OverflowPolicy, OverflowRule
from streams.domain.contacts.contact import ContactBook
from streams.events.callbacks import CallbackWanted, CallbackWantedData
from streams.events.contacts import ContactEvent
from tests.support.broker import ROOT
from tests.support.calls import CENTRE, after, event

EXAMPLE = (ROOT / "centre.toml").read_text()
TABLE = EXAMPLE[EXAMPLE.index("[[overflow.rules]]") : EXAMPLE.index("[overflow.zones]")]


def told(*events: ContactEvent, policy: OverflowPolicy) -> ContactBook:
    book = ContactBook(replace(CENTRE, overflow=policy), 4)
    for offset, one in enumerate(events):
        book.observe(one, offset)
    return book


def wanted(book: ContactBook, seconds: float) -> list[CallbackWantedData]:
    return [f.data for f in book.tick(after(seconds)) if isinstance(f, CallbackWanted)]


def rules(*table: OverflowRule) -> OverflowPolicy:
    return OverflowPolicy(rules=table)


def lost(book: ContactBook) -> dict[str, int]:
    return dict(book.counts("")["2026-03-11"]["main"].lost)


GAVE_UP = (event("arrived", "c1", 0, "ann", topic="visa"), event("abandoned", "c1", 60))


def test_the_shipped_table_rings_everybody_back() -> None:
    table = load_centre(ROOT / "centre.toml").overflow.rules
    assert {rule.when: rule.then for rule in table} == dict.fromkeys(get_args(Occasion), "callback")


def test_whom_no_rule_fits_is_rung_back() -> None:
    policy = rules(OverflowRule(when="abandoned", then="nothing", topics=("passport",)))
    assert [one.reason for one in wanted(told(*GAVE_UP, policy=policy), 61)] == ["abandoned"]


def test_whom_a_rule_leaves_out_is_lost_with_that_reason() -> None:
    policy = rules(OverflowRule(when="abandoned", then="nothing", topics=("visa",)))
    book = told(*GAVE_UP, policy=policy)
    assert wanted(book, 61) == []
    assert lost(book) == {"ruled_out": 1}


def test_the_first_rule_that_fits_decides() -> None:
    policy = rules(
        OverflowRule(when="abandoned", topics=("visa",), skills=("visa-desk",)),
        OverflowRule(when="abandoned", then="nothing"),
    )
    assert [one.skills for one in wanted(told(*GAVE_UP, policy=policy), 61)] == [("visa-desk",)]


def test_who_is_turned_away_with_a_prompt_counts_as_deflected() -> None:
    policy = rules(OverflowRule(when="queue_full", then="deflect", prompt="try_the_app"))
    book = told(event("arrived", "c1", 0, "ann"), event("deflected", "c1", 1), policy=policy)
    assert wanted(book, 2) == []
    assert book.counts()["2026-03-11"]["main"].deflected == 1


def test_a_rule_may_ring_back_sooner_than_the_centres_limit() -> None:
    policy = rules(OverflowRule(when="waited_past", after=timedelta(minutes=1), topics=("visa",)))
    book = told(event("arrived", "c1", 0, "ann", topic="visa"), policy=policy)
    assert wanted(book, 59) == []
    assert [one.reason for one in wanted(book, 60)] == ["waited_too_long"]


def test_a_topic_learned_while_waiting_shortens_the_limit() -> None:
    policy = rules(OverflowRule(when="waited_past", after=timedelta(minutes=1), topics=("visa",)))
    book = told(
        event("arrived", "c1", 0, "ann"),
        event("queued", "c1", 10, "ann", topic="visa"),
        policy=policy,
    )
    assert len(wanted(book, 70)) == 1


def test_who_waits_where_waiting_is_not_rung_back_stays_in_the_line() -> None:
    policy = rules(OverflowRule(when="waited_past", then="nothing", channels=("chat",)))
    book = told(event("arrived", "c1", 0, "ann", channel="chat"), policy=policy)
    assert wanted(book, 600) == []
    assert book.counts()["2026-03-11"]["main"].waiting == 1


@pytest.mark.parametrize("language", ["en", "en-GB"])
def test_a_rule_for_a_language_is_for_each_way_of_speaking_it(language: str) -> None:
    policy = rules(OverflowRule(when="abandoned", then="nothing", languages=("en",)))
    events = event("arrived", "c1", 0, "ann", language=language), event("abandoned", "c1", 60)
    assert wanted(told(*events, policy=policy), 61) == []


def test_no_rule_leaves_a_life_at_risk_without_a_callback() -> None:
    policy = OverflowPolicy(
        rules=(OverflowRule(when="abandoned", then="nothing"),), life_at_risk_topics=("visa",)
    )
    [one] = wanted(told(*GAVE_UP, policy=policy), 61)
    assert (one.urgency, one.topic) == ("life_at_risk", "visa")


def test_a_topic_that_is_a_matter_of_life_is_never_moved_by_waiting() -> None:
    policy = OverflowPolicy(life_at_risk_topics=("visa",))
    book = told(event("arrived", "c1", 0, "ann", topic="visa"), policy=policy)
    assert wanted(book, 3600) == []
    assert book.counts()["2026-03-11"]["main"].waiting == 1


def test_what_the_callback_needs_is_what_was_reported_and_what_the_rule_adds() -> None:
    policy = rules(OverflowRule(when="abandoned", skills=("crisis",)))
    events = (
        event("arrived", "c1", 0, "ann", skills=("visa",)),
        event("queued", "c1", 5, skills=("minors",)),
        event("abandoned", "c1", 60),
    )
    [one] = wanted(told(*events, policy=policy), 61)
    assert one.skills == ("crisis", "minors", "visa")


@pytest.mark.parametrize(
    ("said", "zone"),
    [
        ({"caller_tz": "Europe/Paris"}, ("Europe/Paris", "declared")),
        ({"caller_tz": "Europe/Rome", "caller_tz_from": "app"}, ("Europe/Rome", "app")),
        ({"country": "JP"}, ("Asia/Tokyo", "country")),
        ({"country": "TR"}, ("Europe/Istanbul", "country")),
        (
            {"country": "TR", "caller_tz": "Asia/Seoul", "caller_tz_from": "number_prefix"},
            ("Europe/Istanbul", "country"),
        ),
        (
            {"caller_tz": "America/Lima", "caller_tz_from": "number_prefix"},
            ("America/Lima", "number_prefix"),
        ),
        ({"caller_tz": "Atlantis/Lost"}, ("Asia/Seoul", "centre")),
        ({}, ("Asia/Seoul", "centre")),
    ],
)
def test_the_callers_time_zone_says_how_it_is_known(
    said: dict[str, str], zone: tuple[str, str]
) -> None:
    policy = OverflowPolicy(zones=(("TR", "Europe/Istanbul"),))
    events = event("arrived", "c1", 0, "ann", **said), event("abandoned", "c1", 60)
    [one] = wanted(told(*events, policy=policy), 61)
    assert (one.caller_tz, one.caller_tz_from) == zone


def test_what_the_caller_declares_outweighs_what_the_app_and_the_number_say_in_any_order() -> None:
    heard = [
        event("arrived", "c1", 0, "ann", caller_tz="Asia/Seoul", caller_tz_from="number_prefix"),
        event("queued", "c1", 5, caller_tz="Europe/Rome", caller_tz_from="app"),
        event("offered", "c1", 9, caller_tz="Europe/Paris"),
    ]
    for events in (heard, heard[::-1]):
        [one] = wanted(told(*events, event("abandoned", "c1", 60), policy=OverflowPolicy()), 61)
        assert (one.caller_tz, one.caller_tz_from) == ("Europe/Paris", "declared")


@pytest.mark.parametrize(
    ("why", "channel", "consent"),
    [
        ("moved_to_callback", "voice", "given"),
        ("moved_to_callback", "chat", "given"),
        ("full", "voice", "presumed"),
    ],
)
def test_who_asked_gave_consent_and_the_others_did_not_refuse_it(
    why: str, channel: str, consent: str
) -> None:
    events = (
        event("arrived", "c1", 0, "ann", channel=channel),
        event("deflected", "c1", 1, channel=channel, reason=why),
    )
    [one] = wanted(told(*events, policy=OverflowPolicy()), 2)
    assert one.consent == consent


@pytest.mark.parametrize(
    ("row", "where", "right"),
    [
        ('when = "abandonned"', "overflow.rules[1].when", "'abandoned'"),
        ('then = "nothing"', "overflow.rules[1].when", "when ="),
        ('when = "abandoned"\nthen = "calback"', "overflow.rules[1].then", "'callback'"),
        ('when = "abandoned"\nqueue = ["main"]', "overflow.rules[1].queue", "'queues'"),
        ('when = "abandoned"\nqueues = ["mian"]', "overflow.rules[1].queues", "'main'"),
        ('when = "abandoned"\nlanguages = ["kr"]', "overflow.rules[1].languages", "en, ko"),
        ('when = "abandoned"\nchannels = ["phone"]', "overflow.rules[1].channels", "must be one"),
        ('when = "abandoned"\nskills = ["crises"]', "overflow.rules[1].skills", "'crisis'"),
        ('when = "abandoned"\ncountries = ["jp"]', "overflow.rules[1].countries", '"JP"'),
        ('when = "abandoned"\ntopics = ["a b"]', "overflow.rules[1].topics", "letters"),
        ('when = "abandoned"\nafter = "1m"', "overflow.rules[1].after", "waited_past"),
        ('when = "waited_past"\nafter = "0s"', "overflow.rules[1].after", "longer than nothing"),
        ('when = "waited_past"\nafter = 5', "overflow.rules[1].after", '"4m30s"'),
        ('when = "abandoned"\nthen = "deflect"\nprompt = "x"', "overflow.rules[1].then", "only"),
        ('when = "queue_full"\nthen = "deflect"', "overflow.rules[1].prompt", "what to play"),
        ('when = "queue_full"\nprompt = "x"', "overflow.rules[1].prompt", "leave it out"),
        (
            'when = "queue_full"\nthen = "nothing"\nskills = ["crisis"]',
            "overflow.rules[1].skills",
            "leave",
        ),
        (
            'when = "abandoned"\n[[overflow.rules]]\nwhen = "abandoned"\ntopics = ["visa"]',
            "overflow.rules[2]",
            "first",
        ),
        ("when = 3", "overflow.rules[1].when", "must be a text"),
    ],
)
def test_a_problem_of_the_table_names_its_place_and_what_would_be_right(
    tmp_path: Path, row: str, where: str, right: str
) -> None:
    _, problems = check_centre(with_table(tmp_path, f"[[overflow.rules]]\n{row}\n"))
    assert [problem for problem in problems if problem.where == where and right in problem.right]


def test_everything_wrong_with_the_table_is_said_at_once(tmp_path: Path) -> None:
    table = """
        [[overflow.rules]]
        when = "abandonned"
        [[overflow.rules]]
        when = "queue_full"
        queues = ["mian"]
        wen = "closed_hours"
    """
    _, problems = check_centre(with_table(tmp_path, table))
    assert [problem.where for problem in problems] == [
        "overflow.rules[1].when",
        "overflow.rules[2].queues",
        "overflow.rules[2].wen",
    ]


def test_a_single_table_instead_of_a_list_says_how_to_write_it(tmp_path: Path) -> None:
    _, problems = check_centre(with_table(tmp_path, '[overflow.rules]\nwhen = "abandoned"\n'))
    assert [(problem.where, problem.what) for problem in problems] == [
        ("overflow.rules", "is one table")
    ]


@pytest.mark.parametrize(
    ("row", "where"),
    [('TR = "Europe/Stambul"', "overflow.zones.TR"), ('tr = "UTC"', "overflow.zones.tr")],
)
def test_a_zone_that_there_is_not_is_named(tmp_path: Path, row: str, where: str) -> None:
    file = tmp_path / "centre.toml"
    file.write_text(EXAMPLE.replace('TR = "Europe/Istanbul"', row))
    _, problems = check_centre(file)
    assert [problem.where for problem in problems] == [where]


def with_table(folder: Path, table: str) -> Path:
    file = folder / "centre.toml"
    file.write_text(EXAMPLE.replace(TABLE, table))
    return file
