"""Does the second site go on from its mirror when the first one dies in a surge?

What the runbook says is lost and repeated is all that is (docs/operations.md, Two sites).
"""

from pathlib import Path

from tests.support.failover import Play, Surge, report
from tests.support.stack import SecretsEnv


async def test_the_second_site_goes_on_and_loses_and_repeats_no_more_than_the_runbook_says(
    tmp_path: Path, secrets_env: SecretsEnv
) -> None:
    surge = Surge(
        contacts=900, events_per_second=150, dies_after_seconds=12.0, link_lost_before=2.0
    )
    found = await Play(tmp_path, secrets_env, surge).run()
    report(found)
    # Lost is what came last: the copy has no holes, and what was told after the death is there.
    assert found.not_a_prefix == []
    assert found.on_log == found.accepted - found.lost_events
    assert 0 < len(found.lost_events) < len(found.acknowledged)
    assert found.promises - len(found.lost_promises) > 0
    # Repeated are only those whose last change was lost, and those who were on the line.
    assert found.talked_twice <= found.in_flight | found.lost_changes.keys()
    assert (found.rung_at_once, found.promised_twice) == ([], [])
    # What is there is folded as if it had always been there.
    assert (found.said.counts, found.said.offsets) == (found.due.counts, found.due.offsets)
    assert [second for second in found.pulses_that_differ() if second > found.died_at] == []
    assert found.due.overflow == {}
    assert found.board[0] == found.board[1]
    assert found.answer is not None
    assert found.answer.findings == []
