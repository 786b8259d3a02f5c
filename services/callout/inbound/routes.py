"""All doors of machines, as one router."""

from fastapi import APIRouter

from services.callout.inbound import alerts, twilio

router = APIRouter()
router.include_router(twilio.router)
router.include_router(alerts.router)
