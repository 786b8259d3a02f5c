"""Can this worker be sent load, and is it alive? Answered over HTTP, with the metrics."""

from collections.abc import Awaitable, Callable

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST

from streams.telemetry.families import page_of

Answer = Callable[[], tuple[bool, dict[str, object]]]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def _route(answer: Answer) -> Handler:
    async def handle(_request: web.Request) -> web.StreamResponse:
        fine, said = answer()
        return web.json_response(said, status=200 if fine else 503)

    return handle


async def _metrics(_request: web.Request) -> web.StreamResponse:
    return web.Response(body=page_of("streams"), headers={"Content-Type": CONTENT_TYPE_LATEST})


async def serve(host: str, port: int, *, alive: Answer, ready: Answer) -> web.AppRunner:
    """Listen for /healthz, /readyz and /metrics; the caller cleans the runner up."""
    app = web.Application()
    app.router.add_get("/healthz", _route(alive))
    app.router.add_get("/readyz", _route(ready))
    app.router.add_get("/metrics", _metrics)
    runner = web.AppRunner(app, access_log=None, handle_signals=False)
    await runner.setup()
    await web.TCPSite(runner, host, port).start()
    return runner
