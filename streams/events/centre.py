"""The centre file as it is in force: each version that people have put in place."""

from streams.events.envelope import CloudEvent, Data


class CentreData(Data, frozen=True, kw_only=True):
    """A version put in force. `text` is the whole file, so that any version can come back.

    `version` is the one `surgeline check` prints; `previous` was in force until now, empty for the
    first. `rolled_back` says that this version had been in force before.
    """

    version: str
    text: str
    previous: str = ""
    applied_by: str = ""
    reason: str = ""
    rolled_back: bool = False


class CentreApplied(CloudEvent, frozen=True, kw_only=True, tag="surgeline.centre.applied.v1"):
    data: CentreData
