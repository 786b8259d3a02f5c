"""No phone system takes our commands: agents dial by hand.

Nothing can be withdrawn or asked, so a waiting call stays where it is, and a callback whose holder
went silent after dialling stays with the holder: unknown is never tried again blindly.
"""

from services.ports import (
    Cancellation,
    DialOrder,
    DialStatus,
    TextAnswer,
    TextOrder,
    Withdrawal,
)


class HandDialling:
    """Every order is done, as far as this house can know."""

    async def withdraw(self, contact: str, callback: str) -> Withdrawal:  # noqa: ARG002
        """The call is somebody else's business."""
        return "not_waiting"

    async def dial(self, order: DialOrder) -> DialStatus:  # noqa: ARG002
        """The agent sees the number and dials."""
        return DialStatus("ringing")

    async def cancel(self, dial: str) -> Cancellation:  # noqa: ARG002
        """The agent has hung up, or would not hear of it."""
        return "cancelled"

    async def dial_status(self, dial: str) -> DialStatus:  # noqa: ARG002
        """Only the agent knows: it goes on until they say otherwise."""
        return DialStatus("ringing")

    async def hand_over(self, order: TextOrder) -> TextAnswer:  # noqa: ARG002
        """Nobody here sends texts."""
        return "refused"
