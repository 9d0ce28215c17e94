"""How any marketplace says no: one exception that carries the coded answer."""

from collections.abc import Mapping

METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]  # the wrong one gets a coded answer too


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
