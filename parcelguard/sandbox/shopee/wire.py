"""One signed call of Shopee from request to envelope: admit, read, act, answer."""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from parcelguard.sandbox.shopee import gate
from parcelguard.sandbox.shopee.refusals import Refused, denied, wrong_parameters
from parcelguard.sandbox.world.records import Shop
from parcelguard.sandbox.world.world import World

# Sources disagree between 2 and 10 MB; the smaller one is the safer teacher.
MAX_BYTES = 2 * 1024 * 1024
_NO_CHAT = denied("error_permission", "No permission to current api.")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a handler gets to see of a request that was let through."""

    path: str
    query: Mapping[str, str]
    body: Mapping[str, Any]
    base_url: str
    upload: bytes = b""
    caller: Shop | None = None

    @property
    def shop(self) -> Shop:
        """The shop the call is signed for."""
        if self.caller is None:
            raise LookupError("a public call has no shop")
        return self.caller

    def whole(self, name: str, default: int | None = None, *, low: int = 0, high: int = 2**63) -> int:
        """Read a whole number from the query."""
        text = self.query.get(name, "")
        if text == "" and default is not None:
            return default
        if not (text.isascii() and text.isdigit()) or not low <= int(text) <= high:
            raise wrong_parameters(f"{name} is missing or invalid")
        return int(text)

    def listed(self, name: str, most: int) -> list[str]:
        """Read a comma-joined list from the query."""
        values = [value for value in self.query.get(name, "").split(",") if value]
        if not 1 <= len(values) <= most:
            raise wrong_parameters(f"{name} must have 1 to {most} entries")
        return values


class Handler(Protocol):
    """Does one call's work; returns the answer's fields or raises `Refused`."""

    def __call__(self, world: World, asked: Asked, /) -> dict[str, Any]:
        """Act on a request that was let through."""
        ...


@dataclass(frozen=True, slots=True)
class Call:
    """One call of the platform."""

    method: str
    path: str
    handler: Handler
    public: bool = False  # signed by the partner alone
    bare: bool = False  # answers at top level, without `response`
    upload: bool = False

    @property
    def chat(self) -> bool:
        """Whether the app needs the chat permission."""
        return "/sellerchat/" in self.path


async def answer(world: World, call: Call, request: Request) -> Response:
    """Handle one call; every way out is an envelope and a line in the request log."""
    request_id = secrets.token_hex(8)
    try:
        fields = await _handle(world, call, request)
    except Refused as refusal:
        return refuse(world, call.path, refusal, request_id)
    with world.lock:
        world.requests.note(call.path, "", 200)
    envelope = {"request_id": request_id, "error": "", "message": ""}
    return JSONResponse({**envelope, **fields} if call.bare else {**envelope, "response": fields})


def refuse(world: World, path: str, refusal: Refused, request_id: str = "") -> Response:
    """Answer with a coded refusal; it has no `response`."""
    with world.lock:
        status = 200 if world.faults.strike("all_200", path) else refusal.status
        world.requests.note(path, refusal.code, status)
    body = {
        "request_id": request_id or secrets.token_hex(8),
        "error": refusal.code,
        "message": refusal.message,
    }
    return JSONResponse(body, status_code=status, headers=refusal.headers)


async def _handle(world: World, call: Call, request: Request) -> dict[str, Any]:
    body, upload = await _read(call, request)
    with world.lock:  # after the body: a signature that grew old meanwhile is refused
        caller = _admit(world, call, request)
    asked = Asked(
        call.path, request.query_params, body, str(request.base_url).rstrip("/"), upload=upload, caller=caller
    )
    with world.lock:
        fault = world.faults.strike("error", call.path)
        refusal = fault and Refused(fault.error, fault.message, status=fault.status or 200)
        # A coded error may be a lie: with `processed` the message goes through all the same.
        if refusal and not (fault and fault.processed):
            raise refusal
        fields = call.handler(world, asked)
        if refusal:
            raise refusal
        return fields


def _admit(world: World, call: Call, request: Request) -> Shop | None:
    if request.method != call.method:
        raise denied("error_param", f"Wrong parameters, detail: {call.path} wants {call.method}.")
    gate.check_single(request.query_params.multi_items())
    if call.public:
        gate.check_public(world, call.path, request.query_params)
        shop = None
    else:
        shop = gate.check_shop(world, call.path, request.query_params)
    # After the signature, before the shop: an app without the chat permission is refused whoever asks.
    if world.faults.strike("http_491", call.path):
        raise Refused("error_permission", "No permission to current api.", status=491)
    if shop is not None:
        if call.chat and not shop.chat_allowed:
            raise _NO_CHAT
        if shop.status == "BANNED" and not call.path.endswith("/get_shop_info"):
            raise denied("shop_banned", "The shop is banned.")
    gate.check_pace(world, call.path, shop)
    return shop


async def _read(call: Call, request: Request) -> tuple[Mapping[str, Any], bytes]:
    if call.method == "GET":
        return {}, b""
    if call.upload:
        return {}, await _read_upload(request)
    if request.headers.get("content-type", "").split(";")[0].strip() != "application/json":
        raise wrong_parameters("the body must be application/json")
    try:
        body = json.loads(await request.body())
    except ValueError as error:
        raise wrong_parameters("the body is no JSON") from error
    if not isinstance(body, dict):
        raise wrong_parameters("the body must be an object")
    return body, b""


async def _read_upload(request: Request) -> bytes:
    try:
        async with request.form(max_files=2, max_fields=10) as form:
            file = form.get("file")
            if not isinstance(file, UploadFile):
                raise wrong_parameters("there is no file in field file")
            if not file.filename or not (file.content_type or "").startswith("image/"):
                raise wrong_parameters("file needs a name and an image content type")
            return await file.read(MAX_BYTES + 1)
    except HTTPException as error:
        raise wrong_parameters("the body is no multipart form") from error
