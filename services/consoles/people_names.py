"""What are the people of a page called?

Asked anew for each page and for those it shows alone, and only by who leads: their names are sealed
wherever they are kept. Numbers are on the call sheet, which is read once and written down.
"""

from collections.abc import Iterable
from itertools import islice
from typing import Final

from services.consoles.api import Api
from services.consoles.lists import LEADING
from services.sessions import Session

MOST: Final = 1000


async def names_of(api: Api, who: Session, people: Iterable[str]) -> dict[str, str]:
    """Names by person; empty for who may not see them."""
    wanted = list(islice(dict.fromkeys(people), MOST))
    if not wanted or set(LEADING).isdisjoint(who.roles):
        return {}
    told = await api.post("/v1/people/names", {"people": wanted})
    names: dict[str, str] = told["names"]
    return names
