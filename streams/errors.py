"""What can go wrong with a message, in words short enough to be a metric label."""


class SurgelineError(Exception):
    """The root of the errors that this house raises on purpose."""


class InvalidEventError(SurgelineError):
    """An event that cannot be taken. It goes to the dead letters, or back to its sender.

    `reason` is a short word from a closed set and doubles as the metric label; `field` is the
    path of the field at fault ("data.queue"; "" for the message as a whole); `detail` is a
    sentence for a person and never holds the value of a personal field.
    """

    def __init__(self, reason: str, field: str, detail: str) -> None:
        super().__init__(f"{reason}: {field}: {detail}" if field else f"{reason}: {detail}")
        self.reason = reason
        self.field = field
        self.detail = detail


class OverloadedError(SurgelineError):
    """Refused for certain, before anything was stored; the sender may try again."""

    def __init__(self, detail: str, retry_after_seconds: int = 1) -> None:
        super().__init__(detail)
        self.retry_after_seconds = retry_after_seconds


class WrongSettingError(SurgelineError):
    """A setting or a centre file that cannot be used; the message says what would be right."""


class UnknownOutcomeError(SurgelineError):
    """The deadline passed before the broker answered: the record may or may not be on the log."""
