"""What is intake made of? The app, its routes, and what starts and stops with it."""

from fastapi import FastAPI

from services.intake import routes
from services.intake.described import description
from services.intake.door import Door
from services.intake.running import Running
from services.intake.settings import Settings
from services.serving import living, new_app


def create_app(settings: Settings) -> FastAPI:
    """The app of one process."""
    running = Running(settings)
    app = new_app("intake", settings, lambda _: living(running), description, kind=Door)
    app.state.running = running
    app.state.senders = {}
    routes.install(app)
    return app
