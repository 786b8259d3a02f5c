"""What is admission made of? The app, its routes, and what starts and stops with it."""

from fastapi import FastAPI

from services.admission import routes
from services.admission.described import description
from services.admission.running import Running
from services.admission.settings import Settings
from services.serving import living, new_app


def create_app(settings: Settings) -> FastAPI:
    """The app of one process."""
    running = Running(settings)
    app = new_app("admission", settings, lambda _: living(running), description)
    app.state.running = running
    routes.install(app)
    return app
