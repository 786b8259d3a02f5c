"""What did people do, or try to do, that others must be able to look up later?

Refused roles, switches turned, numbers looked at, orders given. One line each, and never a number
or a name of a caller: `object` names the thing by its id, `actor` is an account or a token's name.
"""

from typing import Literal

from streams.events.envelope import CloudEvent, Data

Result = Literal["done", "refused"]


class AuditData(Data, frozen=True, kw_only=True):
    """Who (`actor`, with which `roles`) did what (`action`) to what (`object`), in which service.

    `reason` is the actor's own, or why it was refused. `times` is above 1 when the same thing
    was done over and over within a moment.
    """

    actor: str
    roles: tuple[str, ...] = ()
    action: str
    object: str
    result: Result
    reason: str = ""
    service: str
    times: int = 1


class AuditRecorded(CloudEvent, frozen=True, kw_only=True, tag="surgeline.audit.recorded.v1"):
    data: AuditData
