"""A stand-in for TF Serving, where its container cannot run.

It speaks the part of TF Serving's REST API (V1) that the service needs: which
versions a model has, and `:predict`. It loads SavedModels as TF Serving does,
calls their signature ``serving_default``, and puts requests together in
batches. What it does not do: take up new versions while it runs, gRPC, more
than one input.

``gunicorn --worker-class gthread --workers 1 --threads 160
"tensorflow_service.model_server:serve()"``
"""

import gc
import logging
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from flask import Flask, Response, jsonify, request

from common.batching import Batcher
from common.contract import find_versions
from common.problems import Problem
from common.settings import from_environment
from common.telemetry import exposition, observe_batch

log = logging.getLogger("service")


def load(place: Path) -> Callable[[np.ndarray], np.ndarray]:
    """Return the model of a folder: a function of pictures, NumPy to NumPy."""
    model = tf.saved_model.load(str(place))
    signature = model.signatures["serving_default"]
    ((name, wanted),) = signature.structured_input_signature[1].items()

    def compute(pictures: np.ndarray) -> np.ndarray:
        inputs = {name: tf.constant(pictures, wanted.dtype)}
        (output,) = signature(**inputs).values()
        return np.asarray(output.numpy())

    compute.model = model  # type: ignore[attr-defined]  # its variables live
    return compute


class ModelServer:
    """All versions of all models, which are loaded while it answers."""

    def __init__(self) -> None:
        self.settings = from_environment()
        tf.config.threading.set_intra_op_parallelism_threads(
            self.settings.threads
        )
        self.places = find_versions(self.settings.models)
        self.batchers: dict[tuple[str, str], Batcher] = {}
        threading.Thread(target=self._load_all, daemon=True).start()

    def _load_all(self) -> None:
        """Load all, then show all, as TF Serving does at its start."""
        loaded = {}
        for model, places in self.places.items():
            for version, place in places.items():
                try:
                    loaded[model, version] = self._batcher(place)
                except Exception:  # it stays LOADING, which its client sees
                    log.exception("%s %s cannot be loaded", model, version)
        gc.collect()
        gc.freeze()  # what is loaded stays: it need not be looked at again
        self.batchers = loaded

    def _batcher(self, place: Path) -> Batcher:
        compute, settings = load(place), self.settings
        for rows in (1, settings.batch_rows):  # what a first call costs
            compute(np.zeros((rows, 32, 32, 3), np.uint8))
        return Batcher(
            compute,
            settings.batch_rows,
            settings.batch_wait,
            settings.most_waiting * settings.workers,
            observe_batch,
        )

    def status(self, model: str) -> dict[str, Any]:
        """Return the versions of a model, newest first, as TF Serving does."""
        states = [
            {
                "version": version,
                "state": "AVAILABLE"
                if (model, version) in self.batchers
                else "LOADING",
                "status": {"error_code": "OK", "error_message": ""},
            }
            for version in reversed(self.places[model])
        ]
        return {"model_version_status": states}


def serve() -> Flask:
    """Return the application."""
    app, server = Flask(__name__), ModelServer()

    @app.errorhandler(Problem)
    def on_problem(problem: Problem) -> tuple[Response, int]:
        return jsonify(error=problem.reason), problem.status

    @app.get("/v1/models/<model>")
    def status(model: str) -> Response:
        if model not in server.places:
            raise Problem(404, f"Could not find any versions of model {model}")
        return jsonify(server.status(model))

    @app.post("/v1/models/<model>:predict")
    @app.post("/v1/models/<model>/versions/<version>:predict")
    def predict(model: str, version: str | None = None) -> Response:
        if version is None and server.places.get(model):
            version = list(server.places[model])[-1]
        batcher = server.batchers.get((model, str(version)))
        if batcher is None:
            why = f"Servable not found for request: Specific({model})"
            raise Problem(404, why)
        try:
            rows = np.array(request.get_json()["instances"], np.uint8)
        except (KeyError, TypeError, ValueError, OverflowError):
            raise Problem(400, "Missing or wrong 'instances'") from None
        if rows.shape[1:] != (32, 32, 3):
            raise Problem(400, f"instances of the shape {rows.shape}")
        seconds = server.settings.answer_seconds
        outputs = batcher.submit(rows).result(seconds)
        return jsonify(predictions=outputs.tolist())

    @app.get("/monitoring/prometheus/metrics")
    def metrics() -> Response:
        return Response(exposition(), content_type="text/plain")

    return app


os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
