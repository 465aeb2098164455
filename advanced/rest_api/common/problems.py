"""The answers to requests that fail."""


class Problem(Exception):
    """A request that gets no answer, and why.

    Parameters
    ----------
    status
        4xx: the request is at fault; 5xx: the service is.
    reason
        A sentence for the client: what was wanted, and what came.
    retry_after
        Seconds after which it may be sent again.
    """

    def __init__(
        self, status: int, reason: str, retry_after: float | None = None
    ) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
        self.retry_after = retry_after

    def headers(self) -> dict[str, str]:
        """Return what the answer's head says besides the status."""
        found = {}
        if self.status == 401:
            found["WWW-Authenticate"] = "ApiKey"
        if self.status == 408:
            found["Connection"] = "close"  # the rest of it may still come
        if self.retry_after is not None:
            found["Retry-After"] = str(max(1, round(self.retry_after)))
        return found

    def body(self, request_id: str) -> dict[str, str]:
        """Return the answer's body; TF Serving's errors have `error`, too."""
        return {"error": self.reason, "request_id": request_id}
