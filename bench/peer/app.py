"""Ingest and reads of an evaluation service in the usual Python stack: what autorater's are measured beside.

Written after the description of the system that autorater replaces: FastAPI, SQLAlchemy and asyncpg, redis-py, uvloop
and orjson; a deterministic id from the payload's SHA-256, INSERT ... ON CONFLICT DO NOTHING, then a Redis stream. A read
is one statement in autocommit by the primary key, and its answer is made without validation.
"""

import hashlib
import json
import os
import uuid
from contextlib import asynccontextmanager

import orjson
import redis.asyncio as redis
from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import ORJSONResponse
from sqlalchemy import text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine(
    os.environ["PEER_DATABASE_URL"], pool_size=5, max_overflow=10, json_deserializer=orjson.loads
)
reads = engine.execution_options(isolation_level="AUTOCOMMIT")
stream = redis.from_url(os.environ["PEER_REDIS_URL"], socket_timeout=3)

INSERT = text(
    "INSERT INTO evaluations (id, payload, status) VALUES (:id, :payload, 'pending') ON CONFLICT (id) DO NOTHING"
)
ONE = text(
    "SELECT id, status, rubric, strategy, model, priority, metadata, correlation_id, progress, attempts, error, usage, "
    "created_at, started_at, finished_at, assessment FROM evaluations WHERE id = :id"
).columns(metadata=JSONB, progress=JSONB, error=JSONB, usage=JSONB, assessment=JSONB)


@asynccontextmanager
async def lifespan(_app: FastAPI):
    yield
    await stream.aclose()
    await engine.dispose()


app = FastAPI(lifespan=lifespan, default_response_class=ORJSONResponse)


def evaluation_id(payload: dict) -> uuid.UUID:
    """From 128 bits of the hash; the canonical form is that of the description."""
    canonical = json.dumps(payload, sort_keys=True)
    return uuid.UUID(hashlib.sha256(canonical.encode()).hexdigest()[:32])


@app.post("/v1/evaluations", status_code=202)
async def post(request: Request):
    payload = orjson.loads(await request.body())
    id = evaluation_id(payload)
    async with engine.begin() as connection:
        done = await connection.execute(INSERT, {"id": id, "payload": orjson.dumps(payload).decode()})
    created = done.rowcount == 1
    if created:
        await stream.xadd("peer:evaluations", {"id": str(id)})
    return {"id": str(id), "status": "pending", "created": created}


@app.get("/v1/evaluations/{id}")
async def get(id: uuid.UUID):
    async with reads.connect() as connection:
        row = (await connection.execute(ONE, {"id": id})).mappings().first()
    if row is None:
        raise HTTPException(404)
    return ORJSONResponse({**row, "id": str(id)})
