"""How does a service listen? The same way in each: one process, uvloop, no second log."""

import uvicorn
from fastapi import FastAPI


def serve(
    app: FastAPI, host: str, port: int, *, grace_seconds: int, keep_alive_seconds: int = 5
) -> None:
    """Serve until a signal says stop; open requests get `grace_seconds` to end."""
    uvicorn.run(
        app,
        host=host,
        port=port,
        loop="uvloop",
        http="httptools",
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        timeout_keep_alive=keep_alive_seconds,
        timeout_graceful_shutdown=grace_seconds,
    )
