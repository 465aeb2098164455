"""The service in PyTorch: FastAPI, on uvicorn.

``python -m pytorch_service`` starts it; the environment sets it up, see
`common.settings`.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Request, Response, Security
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse
from fastapi.security import APIKeyHeader
from starlette.convertors import Convertor, register_url_convertor
from starlette.exceptions import HTTPException

from common.access import Gate, Keys, Rate
from common.contract import answer, contract, status
from common.pictures import check_kind, read_pictures
from common.problems import Problem
from common.settings import Settings, from_environment
from common.telemetry import METRICS_TYPE, Record, exposition
from pytorch_service.asgi import Telemetry, read_body, respond
from pytorch_service.models import Models

KEY = APIKeyHeader(name="X-API-Key", auto_error=False)


class Name(Convertor[str]):
    """A part of a path without a colon, which begins the verb."""

    regex = "[^/:]+"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


@dataclass
class Service:
    """What the application has while it runs."""

    settings: Settings
    keys: Keys
    rate: Rate
    gate: Gate
    models: Models


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Load the models before the first request is let in.

    So a worker that is started again gets no requests until it is warm: the
    others have them.
    """
    settings = from_environment()
    app.state.service = service = Service(
        settings,
        Keys(settings.keys),
        Rate(settings.rate, settings.burst),
        Gate(settings.most_waiting),
        await asyncio.to_thread(Models, settings),
    )
    yield
    await asyncio.to_thread(service.models.close)


register_url_convertor("name", Name())
app = FastAPI(
    lifespan=lifespan, redirect_slashes=False, docs_url=None, redoc_url=None
)
app.openapi = contract  # type: ignore[method-assign]  # what is committed
app.add_middleware(Telemetry)


@app.exception_handler(Problem)
async def on_problem(request: Request, problem: Problem) -> Response:
    """Say what is wrong with a request."""
    record: Record = request.scope["record"]
    record.facts["reason"] = problem.reason
    return respond(problem, record.request_id)


@app.exception_handler(HTTPException)
async def on_http(request: Request, error: HTTPException) -> Response:
    """Say the same in the contract's form where there is no such path."""
    response = await on_problem(
        request, Problem(error.status_code, error.detail)
    )
    response.headers.update(error.headers or {})
    return response


def service_of(request: Request) -> Service:
    """Return what the application has."""
    service: Service = request.app.state.service
    return service


async def let_in(
    request: Request, key: Annotated[str | None, Security(KEY)]
) -> None:
    """Let in who has a key, and does not ask too often."""
    service = service_of(request)
    owner = service.keys.owner(key)
    request.scope["record"].facts["key"] = owner
    service.rate.take(owner)


@app.get("/healthz")
async def live() -> dict[str, str]:
    """Answer, which says it all."""
    return {"status": "live"}


@app.get("/readyz")
async def ready(request: Request) -> dict[str, str]:
    """Say whether the models can be asked."""
    if not service_of(request).models.ready():
        raise Problem(503, "no model is ready", retry_after=1)
    return {"status": "ready"}


@app.get("/metrics")
async def metrics() -> Response:
    """Return what Prometheus collects."""
    text = await run_in_threadpool(exposition)
    return Response(text, media_type=METRICS_TYPE)


@app.get("/v1/models/{model:name}", dependencies=[Depends(let_in)])
async def model_status(request: Request, model: str) -> dict[str, Any]:
    """Say which versions there are."""
    return status(list(service_of(request).models.versions(model)))


@app.post("/v1/models/{model:name}:predict", dependencies=[Depends(let_in)])
async def predict(request: Request, model: str) -> Response:
    """Ask the newest version."""
    return await _predict(request, model, None)


@app.post(
    "/v1/models/{model:name}/versions/{version:name}:predict",
    dependencies=[Depends(let_in)],
)
async def predict_version(
    request: Request, model: str, version: str
) -> Response:
    """Ask one version."""
    return await _predict(request, model, version)


async def _predict(
    request: Request, model: str, version: str | None
) -> Response:
    service, facts = service_of(request), request.scope["record"].facts
    settings, headers = service.settings, request.headers
    served = service.models.get(model, version)
    facts |= {"model": model, "version": served.version}
    kind = check_kind(
        headers.get("content-type", ""), headers.get("content-encoding", "")
    )
    with service.gate.enter():
        body = await read_body(
            request, settings.most_bytes, settings.body_seconds
        )
        pictures = await run_in_threadpool(read_pictures, kind, body, settings)
        facts["pictures"] = len(pictures)
        waiting = asyncio.wrap_future(served.batcher.submit(pictures))
        try:
            async with asyncio.timeout(settings.answer_seconds):
                probabilities = await waiting
        except TimeoutError:
            why = f"no answer after {settings.answer_seconds:g} s"
            raise Problem(504, why) from None
    return JSONResponse(
        answer(model, served.version, served.labels, probabilities)
    )
