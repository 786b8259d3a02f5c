"""How is the log written and read?

One writer that answers only when the broker has every record, and readers without a consumer
group for whoever rebuilds or follows state. aiokafka is used here and in the processors only.
"""

from streams.kafka.admin import create_topics
from streams.kafka.centre import FollowedCentre
from streams.kafka.clock import FollowedClock
from streams.kafka.door import connect
from streams.kafka.reader import Record, end_offsets, follow, read_to_end
from streams.kafka.topic_settings import apply_settings, kept_ms
from streams.kafka.writer import LogWriter, Outgoing

__all__ = [
    "FollowedCentre",
    "FollowedClock",
    "LogWriter",
    "Outgoing",
    "Record",
    "apply_settings",
    "connect",
    "create_topics",
    "end_offsets",
    "follow",
    "kept_ms",
    "read_to_end",
]
