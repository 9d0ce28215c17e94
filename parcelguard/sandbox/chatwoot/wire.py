"""One Chatwoot call from request to answer; errors have a status and a text, no codes."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from parcelguard.sandbox.chatwoot.accounts import ChatwootAccounts
from parcelguard.sandbox.faults import FaultSwitch
from parcelguard.sandbox.world.records import Shop
from parcelguard.sandbox.world.refusals import Refused
from parcelguard.sandbox.world.world import World

MAX_ATTACHMENT = 40 * 1024 * 1024
MOST_ATTACHMENTS = 15
_ATTACHMENTS = "attachments[]"
_SIGN_IN = "You need to sign in or sign up before continuing."


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a handler gets to see of a request that was let through."""

    path: str  # behind the method, as the fault switches want it
    query: Mapping[str, str]
    named: Mapping[str, str]  # the parts of the path that name something
    body: Mapping[str, Any]
    base_url: str
    state: ChatwootAccounts
    shop: Shop
    files: Sequence[bytes] = field(default_factory=tuple)

    def whole(self, name: str, default: int) -> int:
        """Read a whole number from the query."""
        text = self.query.get(name, "")
        return int(text) if text.isdecimal() else default


class Handler(Protocol):
    """Does one call's work; returns the answer or raises `Refused`."""

    def __call__(self, world: World, asked: Asked, /) -> dict[str, Any]:
        """Act on a request that was let through."""
        ...


@dataclass(frozen=True, slots=True)
class Call:
    """One call of the server; `path` follows the account's."""

    method: str
    path: str
    handler: Handler


def missing() -> Refused:
    """Refuse what names something that is not there."""
    return Refused("not_found", "Resource could not be found", status=404)


def invalid(message: str) -> Refused:
    """Refuse what cannot be stored."""
    return Refused("invalid", message, status=422)


async def answer(world: World, calls: Mapping[str, Call], request: Request) -> Response:
    """Handle one call; every way out is a line in the request log."""
    path = next(iter(calls.values())).path
    try:
        call = calls.get(request.method)
        if call is None:
            raise missing()
        said = await _handle(world, call, request)
    except Refused as refused:
        return _refuse(world, path, refused)
    with world.lock:
        world.requests.note(path, "", 200)
    return JSONResponse(said)


def _refuse(world: World, path: str, refused: Refused) -> Response:
    with world.lock:
        status = 200 if world.faults.strike("all_200", path) else refused.status
        world.requests.note(path, refused.code, status)
    if refused.code == "throttled":
        return PlainTextResponse(refused.message, status, refused.headers)
    return JSONResponse({"error": refused.message}, status)


async def _handle(world: World, call: Call, request: Request) -> dict[str, Any]:
    path = f"{request.method} {request.url.path}"
    body, files = await _read(request)
    with world.lock:
        state = world.state_of(ChatwootAccounts)
        shop = _admit(world, state, path, request)
        _check_pace(world, path, shop)
        asked = Asked(
            path=path,
            query=request.query_params,
            named=request.path_params,
            body=body,
            base_url=str(request.base_url).rstrip("/"),
            state=state,
            shop=shop,
            files=files,
        )
        return _act(world, call, asked)


def _act(world: World, call: Call, asked: Asked) -> dict[str, Any]:
    fault = world.faults.strike("error", asked.path)
    if fault is None:
        return call.handler(world, asked)
    if fault.processed:
        call.handler(world, asked)
    raise Refused(fault.error, fault.message, status=_status(fault))


def _status(fault: FaultSwitch) -> int:
    """Return the status of a wished-for error: here a code can be nothing else."""
    return fault.status or (int(fault.error) if fault.error.isdecimal() else 500)


def _admit(world: World, state: ChatwootAccounts, path: str, request: Request) -> Shop:
    if world.faults.strike("revoke", path):  # an access token runs out by no clock
        state.revoke()
    token = request.headers.get("api_access_token", "")
    if not token:
        raise Refused("unauthorized", _SIGN_IN, status=401)
    owner = state.account_of(token)
    if owner is None:
        raise Refused("unauthorized", "Invalid Access Token", status=401)
    shop = world.shops.get(request.path_params["account_id"])
    if shop is None or shop.marketplace != "chatwoot":
        raise missing()
    # An account of somebody else is told from one that does not exist, as the server does it.
    if shop.shop_id != owner:
        raise Refused("unauthorized", "You are not authorized to access this account", status=401)
    if not shop.chat_allowed:
        raise Refused("forbidden", "You are not authorized to do this action", status=403)
    return shop


def _check_pace(world: World, path: str, shop: Shop) -> None:
    if fault := world.faults.strike("rate_limit", path):
        waits = {"Retry-After": str(fault.value)} if fault.value else {}
        raise Refused("throttled", "Retry later\n", status=fault.status or 429, headers=waits)
    fault = world.faults.strike("requests_per_s", path)
    if fault and world.requests.too_many(shop.shop_id, fault.value):
        raise Refused("throttled", "Retry later\n", status=429)


async def _read(request: Request) -> tuple[Mapping[str, Any], Sequence[bytes]]:
    if request.method == "GET":
        return {}, ()
    kind = request.headers.get("content-type", "").split(";")[0].strip()
    if kind == "multipart/form-data":
        return await _read_form(request)
    if kind != "application/json":
        raise invalid("the body must be JSON or a multipart form")
    try:
        body = json.loads(await request.body())
    except ValueError as error:
        raise Refused("bad_request", "Error occurred while parsing request parameters", status=400) from error
    if not isinstance(body, dict):
        raise Refused("bad_request", "the body must be an object", status=400)
    return body, ()


async def _read_form(request: Request) -> tuple[Mapping[str, Any], Sequence[bytes]]:
    try:
        async with request.form(max_files=MOST_ATTACHMENTS, max_fields=20) as form:
            pairs = form.multi_items()
            files = []
            for name, value in pairs:
                if isinstance(value, UploadFile):
                    if name != _ATTACHMENTS:  # the real server would lose the file without a word
                        raise invalid(f"a file must be in a field named {_ATTACHMENTS}")
                    files.append(await value.read(MAX_ATTACHMENT + 1))
            return {name: value for name, value in pairs if isinstance(value, str)}, files
    except HTTPException as error:
        raise invalid(f"the body is no multipart form of at most {MOST_ATTACHMENTS} files") from error
