"""Which second of time does a text name?

Files hold millions of times, so what an hour's text comes to is worked out once and kept.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, tzinfo

from streams.errors import InvalidEventError

_MOST_HOURS = 100_000
_MOST_SUFFIXES = 50
_PLAIN = 19  # 2012-11-07T16:35:46
# What follows the hour in the common forms, and the seconds that is.
_WITHIN = {
    suffix: {f"{n // 60:02}:{n % 60:02}{suffix}": n for n in range(3600)} for suffix in ("", "Z")
}


class _Hours(dict[str, int]):
    """The first second of each hour's text, worked out when first asked for."""

    def __init__(self, moments: "Moments", suffix: str) -> None:
        super().__init__()
        self._moments = moments
        self._suffix = suffix

    def __missing__(self, hour: str) -> int:
        self[hour] = second = self._moments.second(f"{hour}00:00{self._suffix}")
        return second


class Moments:
    """Reads ISO-8601 times; naive ones are in `zone`."""

    def __init__(self, zone: tzinfo) -> None:
        self.zone = zone
        self._hours: dict[str, int] = {}
        self._texts: dict[str, _Hours] = {}

    def second(self, text: str) -> int:
        """The second of the epoch that a time falls into."""
        if text[13:14] == ":" and text[16:17] == ":":
            # The common form; anything after the seconds but a Z or a fraction is an offset.
            rest = text[_PLAIN:]
            end = "Z" if rest[-1:] == "Z" else ""
            if rest[: len(rest) - len(end)].lstrip(".0123456789") == "":
                try:
                    hour = self._hours.get(text[:13] + end)
                    if hour is None:
                        hour = self._hour(text[:13] + end, text[:13] + ":00:00" + end)
                    return hour + int(text[14:16]) * 60 + int(text[17:19])
                except ValueError:
                    raise _refused(text) from None
        return int(self.moment(text).timestamp())

    def seconds(self, texts: Sequence[str]) -> list[int]:
        """The same for many times at once; the common form is read in one go."""
        if not texts:
            return []
        suffix = texts[0][_PLAIN:]
        try:
            within = _WITHIN.get(suffix)
            if within is not None:
                hours = self._hours_of(suffix)
                return [hours[text[:14]] + within[text[14:]] for text in texts]
            # All with the same offset, or all in UTC with fractions of a second.
            within = _WITHIN[""]
            if suffix[:1] in {"+", "-"} and {text[_PLAIN:] for text in texts} == {suffix}:
                hours = self._hours_of(suffix)
                return [hours[text[:14]] + within[text[14:_PLAIN]] for text in texts]
            after = {text[_PLAIN : _PLAIN + 1] for text in texts}
            if after <= {"Z", "."} and {text[-1:] for text in texts} == {"Z"}:
                hours = self._hours_of("Z")
                return [hours[text[:14]] + within[text[14:_PLAIN]] for text in texts]
        except KeyError:
            pass
        return [self.second(text) for text in texts]

    def _hours_of(self, suffix: str) -> _Hours:
        if len(self._texts) > _MOST_SUFFIXES:
            self._texts.clear()
        hours = self._texts.setdefault(suffix, _Hours(self, suffix))
        if len(hours) > _MOST_HOURS:
            hours.clear()
        return hours

    def moment(self, text: str) -> datetime:
        """The time itself, aware."""
        try:
            moment = datetime.fromisoformat(text.strip())
        except ValueError:
            raise _refused(text) from None
        return moment if moment.tzinfo else moment.replace(tzinfo=self.zone)

    def _hour(self, key: str, text: str) -> int:
        if len(self._hours) >= _MOST_HOURS:
            self._hours.clear()
        self._hours[key] = int(self.moment(text).timestamp())
        return self._hours[key]


class LocalBins:
    """Turns local labels of bins into stretches of time, right across daylight saving.

    Where a repeated hour has one row, that row is two hours long; where it has two, the second is
    the later one. `width` is the bins' length by the clock on the wall.
    """

    def __init__(self, zone: tzinfo, width: timedelta) -> None:
        self.zone = zone
        self.width = width

    def stretch(self, label: datetime, *, repeated: bool, again: bool) -> tuple[int, int]:
        """[begin, end) in seconds of the epoch.

        `repeated`: the label comes twice in the file; `again`: this is the second time.
        """
        if label.tzinfo is not None:
            begin = int(label.timestamp())
            return begin, begin + int(self.width.total_seconds())
        first = label.replace(tzinfo=self.zone, fold=1 if again else 0)
        begin = int(first.timestamp())
        if repeated:
            return begin, begin + int(self.width.total_seconds())
        end = int((label + self.width).replace(tzinfo=self.zone, fold=0).timestamp())
        if end <= begin:
            end = begin + int(self.width.total_seconds())
        return begin, end


def utc(second: int) -> datetime:
    """A second of the epoch as a time."""
    return datetime.fromtimestamp(second, UTC)


def _refused(text: str) -> InvalidEventError:
    return InvalidEventError("invalid", "time", f"{text[:40]!r} is not an ISO-8601 time")
