"""How does a seat get into a counselor's own calendar?

An iTIP request (RFC 5546) with a stable UID and a rising sequence, so that the same seat is one
entry however often it is fetched, and a withdrawn one is cancelled. Two alarms: an hour and ten
minutes before.
"""

from datetime import datetime, timedelta
from typing import Final

from icalendar import Alarm, Calendar, Event, vCalAddress, vText

from services.callout.answering.words import say, with_drill
from services.callout.answers import Offered

ALARMS: Final = (timedelta(hours=-1), timedelta(minutes=-10))
# The address is nobody's: a reply goes by the link, never by mail.
ORGANIZER: Final = "mailto:callout@surgeline.invalid"


def seat_file(offered: Offered, language: str, now: datetime) -> bytes:
    """The calendar file of a seat, or of its cancellation."""
    seated = offered.reply is not None and offered.reply.kind == "seated"
    calendar = Calendar()
    calendar.add("prodid", "-//Surgeline//callout//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "REQUEST" if seated else "CANCEL")
    event = Event()
    event.add("uid", f"{offered.offer}@surgeline.invalid")
    event.add("sequence", offered.revision)
    event.add("dtstamp", now)
    event.add("dtstart", offered.since or offered.starts_at)
    event.add("dtend", offered.until or offered.ends_at)
    summary = say("needed", language)
    event.add("summary", with_drill(summary, language, drill=offered.drill))
    event.add("status", "CONFIRMED" if seated else "CANCELLED")
    event.add("class", "PRIVATE")
    if offered.place:
        event.add("location", offered.place)
    event.add("organizer", vCalAddress(ORGANIZER))
    event.add("attendee", _attendee(seated=seated))
    for before in ALARMS if seated else ():
        event.add_component(_alarm(before, summary))
    calendar.add_component(event)
    return bytes(calendar.to_ical())


def _attendee(*, seated: bool) -> vCalAddress:
    attendee = vCalAddress("mailto:you@surgeline.invalid")
    attendee.params["PARTSTAT"] = vText("ACCEPTED" if seated else "DECLINED")
    return attendee


def _alarm(before: timedelta, text: str) -> Alarm:
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", text)
    alarm.add("trigger", before)
    return alarm
