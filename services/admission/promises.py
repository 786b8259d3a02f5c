"""Which callers have an open callback, and how many are open?"""

from streams.domain.admission.rules import Promise
from streams.events.callbacks import CallbackData


class Promises:
    """The open callbacks by caller. Of the closed ones only the version is kept, so that a record
    that the log holds twice does not open them again.
    """

    def __init__(self) -> None:
        self._versions: dict[str, int] = {}
        self._callers: dict[str, str] = {}
        self._open: dict[str, Promise] = {}

    def observe(self, data: CallbackData) -> None:
        """Take a callback's state."""
        if self._versions.get(data.id, 0) >= data.version:
            return
        self._versions[data.id] = data.version
        if data.outcome is None:
            self._callers[data.id] = data.caller.key
            self._open[data.caller.key] = Promise(
                id=data.id,
                origin=data.origin,
                promised_by=data.promised_by,
                reason=data.reason,
            )
        else:
            self._close(data.id)

    def forget(self, callback: str) -> None:
        """The log holds it no longer."""
        self._close(callback)
        self._versions.pop(callback, None)

    def of(self, caller: str | None) -> Promise | None:
        """The open callback of a caller."""
        return self._open.get(caller) if caller is not None else None

    def __len__(self) -> int:
        return len(self._callers)

    def _close(self, callback: str) -> None:
        caller = self._callers.pop(callback, "")
        if caller in self._open and self._open[caller].id == callback:
            del self._open[caller]
