"""Are the pulses of one step of the tally judged together, whichever partitions they went to?"""

from streams.kafka import Record
from streams.processors.surge import _said_at_once


def record(partition: int, offset: int, timestamp_ms: int) -> Record:
    return Record("pulses", partition, offset, timestamp_ms, None, b"")


def test_records_of_one_moment_are_together_and_none_is_left_out_or_moved() -> None:
    one = [record(3, 0, 1000), record(7, 5, 1004), record(9, 2, 1019)]
    two = [record(3, 1, 1100), record(7, 6, 1101)]
    late = [record(9, 3, 1060)]
    assert list(_said_at_once([*one, *two, *late])) == [one, two, late]
    assert list(_said_at_once([])) == []
