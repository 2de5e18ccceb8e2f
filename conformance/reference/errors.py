"""Refusals, in OpenAI's error envelope."""

from conformance.reference.wire import JSON_BODY, Frame, Json, Reply, pretty

INVALID_REQUEST = "invalid_request_error"
SERVER_ERROR = "server_error"


class RefusedError(Exception):
    """The request cannot be answered; carries the status and the four fields of the envelope.

    Control flow of the reference provider, which makes a refusal of it: no ConformanceError.
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        param: str | None = None,
        code: str | None = None,
        kind: str = INVALID_REQUEST,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.body: Json = {"error": {"message": message, "type": kind, "param": param, "code": code}}


def refusal(refused: RefusedError, request_id: str) -> Reply:
    """The reply that tells the client why."""
    return Reply(
        status=refused.status,
        headers=(("content-type", JSON_BODY), ("x-request-id", request_id)),
        frames=(Frame(data=pretty(refused.body).encode()),),
    )
