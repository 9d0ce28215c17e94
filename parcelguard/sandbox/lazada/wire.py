"""One Lazada call from request to envelope: read, admit, act, answer.

Nearly everything is answered with HTTP 200; the code inside tells.
"""

import json
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from parcelguard.sandbox.lazada import signing as lazada_signing
from parcelguard.sandbox.lazada.apps import App, LazadaApps
from parcelguard.sandbox.world.records import Shop
from parcelguard.sandbox.world.refusals import METHODS, Refused
from parcelguard.sandbox.world.world import World

REST = "/rest"
# Lazada Open Platform, "Signature algorithm": the error `IllegalTimestamp` comes at two hours.
WINDOW_MS = 7_200_000
_MOST_FILE_BYTES = 4 * 1024 * 1024
_SYSTEM = ("app_key", "timestamp", "sign_method", "sign")


class SaidNo(Refused):
    """A refusal of the chat itself, which the platform may put into `err_code` instead of `code`."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a handler gets to see of a request that was let through."""

    path: str
    given: Mapping[str, str]
    base_url: str
    app: App
    file: bytes | None = None
    caller: Shop | None = None

    @property
    def shop(self) -> Shop:
        """The shop whose token the call carries."""
        if self.caller is None:
            raise LookupError("a token call has no shop")
        return self.caller

    def text(self, name: str) -> str:
        """Read a parameter that must be there."""
        if not self.given.get(name):
            raise missing(name)
        return self.given[name]

    def whole(
        self,
        name: str,
        default: int | None = None,
        *,
        low: int = 0,
        high: int = 2**63,
        code: str = "InvalidParameter",
    ) -> int:
        """Read a whole number."""
        text = self.given.get(name, "")
        if text == "" and default is not None:
            return default
        if text == "":
            raise missing(name)
        if not (text.isascii() and text.isdigit()) or not low <= int(text) <= high:
            raise Refused(code, f"Invalid {name}")
        return int(text)


class Handler(Protocol):
    """Does one call's work; returns the answer's fields or raises `Refused`."""

    def __call__(self, world: World, asked: Asked, /) -> dict[str, Any]:
        """Act on a request that was let through."""
        ...


@dataclass(frozen=True, slots=True)
class Call:
    """One call of the platform; `path` is what is signed."""

    path: str
    handler: Handler
    methods: tuple[str, ...] = ("GET",)
    app: str = "order"  # whose permission it is; empty for the token calls

    @property
    def chat(self) -> bool:
        """Whether the answer has the chat's own success fields."""
        return self.app == "chat" and self.path != "/im/session/open"


@dataclass(slots=True)
class Read:
    """A request's parameters, from the query and the form alike."""

    given: dict[str, str] = field(default_factory=dict)
    file: bytes | None = None


def routes(world: World, calls: Iterable[Call]) -> list[Route]:
    """Return what to mount for these calls, and the answer for every other path."""
    known = [
        Route(REST + call.path, partial(_answer, world, call), methods=METHODS, name=call.path)
        for call in calls
    ]
    return [*known, Route(REST + "/{rest:path}", partial(_unknown, world), methods=METHODS)]


def missing(name: str) -> Refused:
    """Refuse a request that lacks a parameter."""
    text = f'The input parameter "{name}" that is mandatory for processing this request is not supplied'
    return Refused("MissingParameter", text)


async def _unknown(world: World, request: Request) -> Response:
    return _refuse(world, request.url.path, Refused("InvalidApiPath", "The specified API path is invalid"))


async def _answer(world: World, call: Call, request: Request) -> Response:
    path = request.url.path
    try:
        read = await _read(request)
        with world.lock:
            fields = _handle(world, call, request, read)
            quoted = world.faults.strike("quoted_scalars", path)
            world.requests.note(path, "", 200)
    except Refused as refusal:
        return _refuse(world, path, refusal)
    success = {"success": True, "err_code": "0", "err_message": "SUCCESS"} if call.chat else {}
    answer = {"code": "0", **success, **fields, "request_id": _request_id()}
    return JSONResponse(_quoted(answer) if quoted else answer)


def _handle(world: World, call: Call, request: Request, read: Read) -> dict[str, Any]:
    path = request.url.path
    app = _check_signed(world, call, request.method, read.given)
    shop = _check_token(world, call, path, app, read.given) if call.app else None
    _check_pace(world, path, shop)
    fault = world.faults.strike("error", path)
    refusal = fault and Refused(fault.error, fault.message, status=fault.status or 200)
    if refusal and not (fault and fault.processed):
        raise refusal
    base_url = str(request.base_url).rstrip("/")
    fields = call.handler(world, Asked(path, read.given, base_url, app, read.file, shop))
    if refusal:
        raise refusal
    return fields


def _check_signed(world: World, call: Call, method: str, given: Mapping[str, str]) -> App:
    if method not in call.methods:
        raise Refused("InvalidMethod", f"{call.path} wants {' or '.join(call.methods)}")
    for name in _SYSTEM:
        if not given.get(name):
            raise missing(name)
    app = world.state_of(LazadaApps).app(given["app_key"])
    if app is None:
        raise Refused("InvalidAppKey", "The specified app key is invalid")
    stamp = given["timestamp"]
    near = stamp.isascii() and stamp.isdigit() and abs(world.wire_now() * 1000 - int(stamp)) <= WINDOW_MS
    if not near:
        raise Refused("IllegalTimestamp", "The timestamp is not within two hours of the server's time")
    right = lazada_signing.matches(app.secret, call.path, given, given["sign"])
    if given["sign_method"] != "sha256" or not right:
        raise Refused("IncompleteSignature", "The request signature does not conform to lazop standards")
    return app


def _check_token(world: World, call: Call, path: str, app: App, given: Mapping[str, str]) -> Shop:
    state = world.state_of(LazadaApps)
    uploads = call.path == "/image/upload" and state.chat_may_upload
    if app.kind != call.app and not uploads:
        raise _no_permission()
    if not given.get("access_token"):
        raise Refused("MissingAccessToken", "The access token is missing")
    if world.faults.strike("expire_tokens", path):
        state.expire_access(app)
    if world.faults.strike("revoke", path):
        state.revoke(app)
    shop = world.shops[state.shop_of(app, given["access_token"], world.now())]
    if app.kind == "chat" and not shop.chat_allowed:
        raise _no_permission()
    if shop.status != "NORMAL":
        raise Refused("SellerNotVerified", "The seller is not verified")
    return shop


def _no_permission() -> Refused:
    return Refused("InsufficientPermission", "App does not have permission to access this api")


def _check_pace(world: World, path: str, shop: Shop | None) -> None:
    if fault := world.faults.strike("rate_limit", path):
        raise _too_often("ApiCallLimit", "Api access frequency", fault.value)
    fault = world.faults.strike("requests_per_s", path)
    if fault and world.requests.too_many(shop.shop_id if shop else 0, fault.value):
        raise _too_often("SellerCallLimit", "Seller call frequency", 1)


def _too_often(code: str, what: str, seconds: int) -> Refused:
    return Refused(code, f"{what} exceeds the limit. this ban will last {seconds} seconds")


def _refuse(world: World, path: str, refusal: Refused) -> Response:
    with world.lock:
        world.requests.note(path, refusal.code, refusal.status)
        inside = isinstance(refusal, SaidNo) and world.faults.strike("refusal_in_err_code", path)
    if inside:
        answer = {"code": "0", "success": False, "err_code": refusal.code, "err_message": refusal.message}
    else:
        # Lazada Open Platform, "Error codes": ISV is the caller's mistake, ISP is not.
        kind = "ISP" if refusal.code.isdecimal() or refusal.code.startswith("Service") else "ISV"
        answer = {"code": refusal.code, "type": kind, "message": refusal.message}
    return JSONResponse(
        answer | {"request_id": _request_id()}, status_code=refusal.status, headers=refusal.headers
    )


async def _read(request: Request) -> Read:
    pairs: list[tuple[str, str]] = list(request.query_params.multi_items())
    file = None
    try:
        async with request.form(max_files=2, max_fields=50) as form:
            for name, value in form.multi_items():
                if isinstance(value, UploadFile):
                    file = await value.read(_MOST_FILE_BYTES) if name == "image" else file
                else:
                    pairs.append((name, value))
    except HTTPException as error:
        raise Refused("InvalidParameter", "The body is no form") from error
    # Query and form are one set to the signature, so a name in both could be signed in two ways.
    given = dict(pairs)
    if len(given) < len(pairs):
        raise Refused("InvalidParameter", "A parameter is given twice")
    return Read(given, file)


def _request_id() -> str:
    return secrets.token_hex(8)


def _quoted(value: Any) -> Any:
    """Put numbers and truth values into quotes, as the documentation's samples have them."""
    if isinstance(value, dict):
        return {name: _quoted(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_quoted(inner) for inner in value]
    return value if value is None or isinstance(value, str) else json.dumps(value)
