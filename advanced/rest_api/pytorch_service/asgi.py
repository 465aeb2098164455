"""Around the application: ids, log, metrics, and bodies with a limit."""

import asyncio
import logging

from fastapi import Request
from fastapi.responses import JSONResponse
from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from common.problems import Problem
from common.telemetry import Record, request_id

log = logging.getLogger("service")


class Telemetry:
    """Gives each request an id, and says how it ended."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(
        self, scope: Scope, receive: Receive, send: Send
    ) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = dict(scope["headers"]).get(b"x-request-id", b"")
        name = request_id(given.decode("latin-1"))
        record = Record(name, scope["method"], scope["path"])
        scope["record"] = record
        status = 0

        async def named(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-ID"] = name
            await send(message)

        try:
            await self.app(scope, receive, named)
        except Exception:
            log.exception("failed", extra={"facts": {"request_id": name}})
            if not status:
                problem = Problem(500, "the service has failed")
                await respond(problem, name)(scope, receive, named)
        finally:
            route = scope.get("route")
            record.route = getattr(route, "path_format", "other")
            record.done(status or 499)  # 499: the client is gone


def respond(problem: Problem, request_id: str) -> JSONResponse:
    """Return the answer that says what is wrong."""
    body, headers = problem.body(request_id), problem.headers()
    return JSONResponse(body, problem.status, headers)


async def read_body(request: Request, most: int, seconds: float) -> bytes:
    """Return a request's body.

    What is beyond the limit is read and dropped, for as long as a body may
    take: a client that is cut off while it sends does not read the answer.

    Raises
    ------
    Problem
        413 or 408, if it is too large, or does not come.
    """
    parts, size = [], 0
    try:
        async with asyncio.timeout(seconds):
            async for part in request.stream():
                size += len(part)
                if size <= most:
                    parts.append(part)
    except TimeoutError:
        if size <= most:
            why = f"the body was not whole after {seconds:g} s"
            raise Problem(408, why) from None
    except ClientDisconnect:
        raise Problem(400, "the body is cut off") from None
    if size > most:
        raise Problem(413, f"the body has more than {most:,} bytes")
    return b"".join(parts)
