"""What do FastAPI and aiokafka themselves cost? The least handler that stores what it is sent.

`python -m load.bench.bare_writer PORT BROKER TOPIC`: POST /v1/events writes the body as one record
and answers when every replica has it. It looks at nothing, hides nothing and keeps no order.
"""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from aiokafka import AIOKafkaProducer
from fastapi import FastAPI, Request, Response

PORT, BROKER, TOPIC = sys.argv[1:]


@asynccontextmanager
async def living(app: FastAPI) -> AsyncIterator[None]:
    """A producer for as long as the app runs."""
    producer = AIOKafkaProducer(bootstrap_servers=BROKER, acks="all", enable_idempotence=True)
    await producer.start()
    app.state.producer = producer
    yield
    await producer.stop()


app = FastAPI(openapi_url=None, lifespan=living)


@app.post("/v1/events")
async def store(request: Request) -> Response:
    """The body, as it is."""
    await app.state.producer.send_and_wait(TOPIC, await request.body())
    return Response(b'{"accepted":1}', status_code=202, media_type="application/json")


@app.get("/readyz")
async def ready() -> Response:
    """It is, when it answers."""
    return Response(b"{}", media_type="application/json")


if __name__ == "__main__":
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=int(PORT),
        loop="uvloop",
        http="httptools",
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
    )
