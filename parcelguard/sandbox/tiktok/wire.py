"""One TikTok Shop call from request to envelope: admit, read, act, answer."""

import json
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from parcelguard.sandbox.tiktok import gate as tiktok_gate
from parcelguard.sandbox.tiktok.app_state import Grant, TikTokApp
from parcelguard.sandbox.tiktok.paging import Page, page_of
from parcelguard.sandbox.tiktok.refusals import number, refusal
from parcelguard.sandbox.world.records import Shop
from parcelguard.sandbox.world.refusals import Refused
from parcelguard.sandbox.world.world import World

MAX_UPLOAD = 10 * 1024 * 1024
_UPLOAD_TYPES = frozenset({"image/jpeg", "image/jpg", "image/png", "image/gif", "image/webp"})

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a handler gets to see of a request that was let through."""

    path: str  # behind the method, as the fault switches want it
    query: Mapping[str, str]
    named: Mapping[str, str]  # the parts of the path that name something
    body: Mapping[str, Any]
    base_url: str
    state: TikTokApp
    wrong: int  # the code for parameters that do not fit
    upload: bytes = b""
    grant: Grant | None = None
    caller: Shop | None = None

    @property
    def shop(self) -> Shop:
        """The shop whose cipher the call carries."""
        if self.caller is None:
            raise LookupError("this call is not about one shop")
        return self.caller

    def bad(self, detail: str) -> Refused:
        """Refuse parameters that do not fit."""
        return refusal(self.wrong, f"Invalid parameters: {detail}.")

    def text(self, name: str) -> str:
        """Read a text that must be in the body."""
        value = self.body.get(name)
        if not isinstance(value, str) or not value:
            raise self.bad(f"`{name}` is missing or no string")
        return value

    def page(self, rows: Iterable[Row], key: Callable[[Row], str], *, most: int, down: bool) -> Page[Row]:
        """Return the page that `page_size` and `page_token` ask for, sorted by `key`."""
        size = self.query.get("page_size", "")
        if not (size.isascii() and size.isdigit()) or not 1 <= int(size) <= most:
            raise self.bad(f"`page_size` must be 1 to {most}")
        page = page_of(rows, key, int(size), self.query.get("page_token", ""), down=down)
        if page is None:
            raise self.bad("`page_token` is invalid")
        return page

    def choice(self, name: str, *choices: str) -> str:
        """Read one of several words from the query; the first one is the default."""
        value = self.query.get(name) or choices[0]
        if value not in choices:
            raise self.bad(f"`{name}` must be one of {', '.join(choices)}")
        return value


class Handler(Protocol):
    """Does one call's work; returns the answer's data or raises `Refused`."""

    def __call__(self, world: World, asked: Asked, /) -> dict[str, Any]:
        """Act on a request that was let through."""
        ...


@dataclass(frozen=True, slots=True)
class Call:
    """One call of the platform."""

    method: str
    path: str
    handler: Handler
    scope: str = ""  # what the consent must cover; a call without one is unsigned
    of_shop: bool = True  # names a shop by its cipher
    metered: bool = False  # counts against the day's chat quota
    upload: bool = False
    wrong: int = 36009004


async def answer(world: World, calls: Mapping[str, Call], request: Request) -> Response:
    """Handle one call; every way out is an envelope and a line in the request log."""
    call = calls.get(request.method)
    path = next(iter(calls.values())).path
    try:
        if call is None:
            raise refusal(36009010, f"The method {request.method} is not supported.", status=405)
        data = await _handle(world, call, request)
    except Refused as refused:
        return refuse(world, path, refused)
    with world.lock:
        world.requests.note(path, "", 200)
    return JSONResponse({"code": 0, "message": "Success", "request_id": _request_id(), "data": data})


def refuse(world: World, path: str, refused: Refused) -> Response:
    """Answer with a coded refusal; its `data` is null."""
    with world.lock:
        status = 200 if world.faults.strike("all_200", path) else refused.status
        world.requests.note(path, refused.code, status)
    body = {
        "code": number(refused.code),
        "message": refused.message,
        "request_id": _request_id(),
        "data": None,
    }
    return JSONResponse(body, status_code=status, headers=refused.headers)


async def _handle(world: World, call: Call, request: Request) -> dict[str, Any]:
    path = f"{request.method} {request.url.path}"
    raw = await request.body()
    with world.lock:  # after the body: a signature that grew old meanwhile is refused
        grant, shop = None, None
        if call.scope:
            grant, shop = tiktok_gate.admit(world, request, raw, scope=call.scope, of_shop=call.of_shop)
        tiktok_gate.check_pace(world, path, shop, metered=call.metered)
    upload = await _read_upload(request) if call.upload else b""
    asked = Asked(
        path=path,
        query=request.query_params,
        named=request.path_params,
        body={} if call.upload else _read_body(request, raw),
        base_url=str(request.base_url).rstrip("/"),
        state=world.state_of(TikTokApp),
        wrong=call.wrong,
        upload=upload,
        grant=grant,
        caller=shop,
    )
    with world.lock:
        return _act(world, call, asked)


def _act(world: World, call: Call, asked: Asked) -> dict[str, Any]:
    fault = world.faults.strike("error", asked.path)
    if fault is None:
        return call.handler(world, asked)
    if fault.processed:
        call.handler(world, asked)
    raise refusal(number(fault.error), fault.message, status=fault.status or 200)


def _read_body(request: Request, raw: bytes) -> Mapping[str, Any]:
    if not raw:
        return {}
    if request.headers.get("content-type", "").split(";")[0].strip() != "application/json":
        raise refusal(36009022, "The content type must be application/json.", status=400)
    try:
        body = json.loads(raw)
    except ValueError as error:
        raise refusal(36009004, "The body is no JSON.", status=400) from error
    if not isinstance(body, dict):
        raise refusal(36009004, "The body must be an object.", status=400)
    return body


async def _read_upload(request: Request) -> bytes:
    if request.headers.get("content-type", "").split(";")[0].strip() != "multipart/form-data":
        raise refusal(36009023, "The content type must be multipart/form-data.", status=400)
    try:
        async with request.form(max_files=2, max_fields=10, max_part_size=MAX_UPLOAD + 1) as form:
            file = form.get("data")
            if not isinstance(file, UploadFile) or not file.filename:
                raise refusal(45101001, "There is no file in field `data`.")
            if file.content_type not in _UPLOAD_TYPES:
                raise refusal(36009023, "The file must be a JPG, PNG, GIF or WEBP image.", status=400)
            data = await file.read(MAX_UPLOAD + 1)
    except HTTPException as error:
        raise refusal(36009023, "The body is no multipart form.", status=400) from error
    if len(data) > MAX_UPLOAD:
        raise refusal(36009021, "The file is larger than 10 MB.", status=400)
    return data


def _request_id() -> str:
    return "2026" + secrets.token_hex(14).upper()
