"""What does FastAPI itself cost? The least handler that reads a body and gives an answer.

`python -m load.bench.bare_handler PORT`; the admission bench measures it beside admission.
"""

import sys

import uvicorn
from fastapi import FastAPI, Request, Response

app = FastAPI(openapi_url=None)
BODY = b'{"decision":"queue","reason":"short_wait","position":1}'


@app.post("/v1/admission")
async def admit(request: Request) -> Response:
    """Read everything, look at nothing."""
    await request.body()
    return Response(BODY, media_type="application/json")


@app.get("/readyz")
async def ready() -> Response:
    """It always is."""
    return Response(b"{}", media_type="application/json")


if __name__ == "__main__":
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=int(sys.argv[1]),
        loop="uvloop",
        http="httptools",
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
    )
