"""How the marketplace says no: one exception that carries the coded answer."""

from collections.abc import Mapping

DENIED = 403  # no official list of statuses exists; clients must decide on the code, never on this number


class Refused(Exception):
    """A coded refusal; the request changed nothing."""

    def __init__(
        self, code: str, message: str, *, status: int = 200, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status
        self.headers = dict(headers or {})


def denied(code: str, message: str) -> Refused:
    """Refuse a caller whose identity, signature or token is not in order."""
    return Refused(code, message, status=DENIED)


def wrong_parameters(detail: str, *, code: str = "error_param") -> Refused:
    """Refuse a request whose parameters do not fit."""
    return Refused(code, f"Wrong parameters, detail: {detail}.")
