"""What does a provider keep of the messages and calls it was given?"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any, Final, Literal
from urllib.parse import unquote, urlsplit

Kind = Literal["Messages", "Calls"]
MOST_ITEMS: Final = 100_000
_PREFIX: Final[dict[Kind, str]] = {"Messages": "SM", "Calls": "CA"}


class FullError(Exception):
    """As many items as it keeps: it takes no more, sooner than to forget some."""


@dataclass(slots=True, kw_only=True)
class Item:
    """One message or call, as the company's API shows it."""

    sid: str
    kind: Kind
    account: str
    to: str = field(repr=False)
    sender: str = field(repr=False)
    body: str = field(default="", repr=False)
    menu_url: str = field(default="", repr=False)
    status_url: str = ""
    events: tuple[str, ...] = ()
    status: str = "queued"
    sequence: int = 0
    valid_seconds: float = 36_000.0
    direction: str = "outbound-api"
    made_at: datetime

    @property
    def attempt(self) -> str:
        """The platform's reference, which travels in the status callback's address."""
        return unquote(urlsplit(self.status_url).path.rpartition("/")[2]) or self.sid

    def shown(self) -> dict[str, Any]:
        """As the REST API answers."""
        made = format_datetime(self.made_at)
        sent = None if self.status in ("queued", "accepted") else made
        shown = {
            "sid": self.sid,
            "account_sid": self.account,
            "to": self.to,
            "from": self.sender,
            "status": self.status,
            "date_created": made,
            "date_updated": made,
            "direction": self.direction,
        }
        if self.kind == "Messages":
            return shown | {"body": self.body, "date_sent": sent, "error_code": None}
        return shown | {"start_time": sent}


class Company:
    """Every item, newest last."""

    def __init__(self) -> None:
        self._items: dict[str, Item] = {}

    def take(self, kind: Kind, account: str, form: dict[str, list[str]]) -> Item:
        """Keep what was asked for, and give it a name."""
        if len(self._items) >= MOST_ITEMS:
            raise FullError
        item = Item(
            sid=_PREFIX[kind] + uuid.uuid4().hex,
            kind=kind,
            account=account,
            to=_one(form, "To"),
            sender=_one(form, "From") or _one(form, "MessagingServiceSid"),
            body=_one(form, "Body"),
            menu_url=_one(form, "Url"),
            status_url=_one(form, "StatusCallback"),
            events=tuple(form.get("StatusCallbackEvent", ["completed"])),
            valid_seconds=float(_one(form, "ValidityPeriod") or 36_000),
            made_at=datetime.now(UTC),
        )
        self._items[item.sid] = item
        return item

    def got(self, account: str, form: Mapping[str, str]) -> None:
        """Keep what somebody wrote to the account, as its list shows it afterwards."""
        if len(self._items) < MOST_ITEMS:
            self._items[form["MessageSid"]] = Item(
                sid=form["MessageSid"],
                kind="Messages",
                account=account,
                to=form["To"],
                sender=form["From"],
                body=form["Body"],
                status="received",
                direction="inbound",
                made_at=datetime.now(UTC),
            )

    def find(self, kind: Kind, account: str, to: str, sender: str) -> list[Item]:
        """What matches, newest first."""
        return [
            item
            for item in reversed(self._items.values())
            if item.kind == kind
            and item.account == account
            and to in ("", item.to)
            and sender in ("", item.sender)
        ]


def _one(form: dict[str, list[str]], name: str) -> str:
    return form.get(name, [""])[0]
