"""The service in TensorFlow: Flask, on gunicorn, before TF Serving.

``gunicorn -c python:tensorflow_service.gunicorn_conf
"tensorflow_service.app:create_app()"`` starts it; the environment sets it up,
see `common.settings`. It holds no model and does not import TensorFlow: the
model is TF Serving's, and so are its versions and its batches.
"""

import logging

from flask import Blueprint, Flask, Response, current_app, g, jsonify, request
from werkzeug.exceptions import HTTPException
from werkzeug.routing import BaseConverter

from common.access import Gate, Keys, Rate
from common.contract import answer, find_versions, read_labels, status
from common.contract import contract as read_contract
from common.pictures import check_kind, read_pictures
from common.problems import Problem
from common.settings import Settings, from_environment
from common.telemetry import METRICS_TYPE, Record, exposition, request_id
from tensorflow_service.backend import Backend
from tensorflow_service.bodies import Deadlines, leave_unread, read_body

log = logging.getLogger("service")
operation = Blueprint("operation", __name__)
models = Blueprint("models", __name__, url_prefix="/v1/models")


class Name(BaseConverter):
    """A part of a path without a colon, which begins the verb."""

    regex = "[^/:]+"


class Service:
    """What the application has while it runs, in each worker."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.keys = Keys(settings.keys)
        self.rate = Rate(settings.rate, settings.burst)
        self.gate = Gate(settings.most_waiting)
        self.deadlines = Deadlines()
        self.backend = Backend(settings)
        self.labels = {
            model: read_labels(settings.models, model)
            for model in find_versions(settings.models)
        }


def create_app(settings: Settings | None = None) -> Flask:
    """Return the application."""
    app = Flask(__name__, static_folder=None)
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = False
    app.url_map.converters["name"] = Name
    app.url_map.strict_slashes = True
    app.extensions["service"] = Service(settings or from_environment())
    app.before_request(_begin)
    app.after_request(_end)
    app.register_error_handler(Problem, _on_problem)
    app.register_error_handler(HTTPException, _on_http)
    app.register_error_handler(Exception, _on_failure)
    app.register_blueprint(operation)
    app.register_blueprint(models)
    return app


def service() -> Service:
    """Return what the application has."""
    found: Service = current_app.extensions["service"]
    return found


def _begin() -> None:
    name = request_id(request.headers.get("X-Request-ID"))
    rule = request.url_rule.rule if request.url_rule else "other"
    route = rule.replace("<name:", "{").replace(">", "}")  # the contract's
    g.record = Record(name, request.method, request.path, route)
    g.body_read = False


def _end(response: Response) -> Response:
    response.headers["X-Request-ID"] = g.record.request_id
    g.record.done(response.status_code)
    return response


def _on_problem(problem: Problem) -> Response:
    g.record.facts["reason"] = problem.reason
    response = jsonify(problem.body(g.record.request_id))
    response.status_code = problem.status
    response.headers.update(problem.headers())
    if problem.status == 503 and request.content_length and not g.body_read:
        leave_unread(response)
    return response


def _on_http(error: HTTPException) -> Response:
    """Say the same in the contract's form where there is no such path."""
    response = _on_problem(Problem(error.code or 500, error.name))
    for name, value in error.get_headers():
        if name != "Content-Type":
            response.headers[name] = value
    return response


def _on_failure(error: Exception) -> Response:
    facts = {"request_id": g.record.request_id}
    log.error("failed", exc_info=error, extra={"facts": facts})
    return _on_problem(Problem(500, "the service has failed"))


@operation.get("/healthz")
def live() -> Response:
    """Answer, which says it all."""
    return jsonify(status="live")


@operation.get("/readyz")
def ready() -> Response:
    """Say whether the models can be asked."""
    known = service()
    if not known.labels:
        raise Problem(503, "there is no model", retry_after=1)
    for model in known.labels:
        try:
            known.backend.version(model, None)
        except Problem as problem:
            raise Problem(503, problem.reason, retry_after=1) from None
    return jsonify(status="ready")


@operation.get("/metrics")
def metrics() -> Response:
    """Return what Prometheus collects."""
    return Response(exposition(), content_type=METRICS_TYPE)


@operation.get("/openapi.json")
def contract() -> Response:
    """Return the contract."""
    return jsonify(read_contract())


@models.before_request
def let_in() -> None:
    """Let in who has a key, and does not ask too often."""
    owner = service().keys.owner(request.headers.get("X-API-Key"))
    g.record.facts["key"] = owner
    service().rate.take(owner)


@models.get("/<name:model>")
def model_status(model: str) -> Response:
    """Say which versions there are."""
    return jsonify(status(service().backend.versions(model)))


@models.post("/<name:model>:predict")
def predict(model: str) -> Response:
    """Ask the newest version."""
    return _predict(model, None)


@models.post("/<name:model>/versions/<name:version>:predict")
def predict_version(model: str, version: str) -> Response:
    """Ask one version."""
    return _predict(model, version)


def _predict(model: str, version: str | None) -> Response:
    known, facts, headers = service(), g.record.facts, request.headers
    settings = known.settings
    if model not in known.labels:
        raise Problem(404, f"there is no model {model!r:.60}")
    version = known.backend.version(model, version)
    facts |= {"model": model, "version": version}
    kind = check_kind(
        headers.get("Content-Type", ""), headers.get("Content-Encoding", "")
    )
    with known.gate.enter():
        g.body_read = True
        body = read_body(
            known.deadlines, settings.most_bytes, settings.body_seconds
        )
        pictures = read_pictures(kind, body, settings)
        facts["pictures"] = len(pictures)
        probabilities = known.backend.predict(model, version, pictures)
    return jsonify(answer(model, version, known.labels[model], probabilities))
