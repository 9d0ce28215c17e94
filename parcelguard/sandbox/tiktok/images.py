"""Chat images of Indonesian shops: their addresses open only for the shop's own token."""

from functools import partial

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from parcelguard.sandbox.tiktok.app_state import TikTokApp, cipher
from parcelguard.sandbox.tiktok.refusals import refusal
from parcelguard.sandbox.tiktok.wire import refuse
from parcelguard.sandbox.world.records import Shop
from parcelguard.sandbox.world.refusals import Refused
from parcelguard.sandbox.world.world import World

_GUARDED = "/chat-images"


def routes(world: World) -> list[Route]:
    """Return what to mount."""
    return [Route(f"{_GUARDED}/file/{{file_id}}", partial(_open, world), methods=["GET"], name=_GUARDED)]


def place(base_url: str, shop: Shop) -> str:
    """Return where a shop's uploads are found."""
    return f"{base_url}{_GUARDED}" if shop.region == "ID" else base_url


async def _open(world: World, request: Request) -> Response:
    try:
        with world.lock:
            return _file(world, request)
    except Refused as refused:
        return refuse(world, _GUARDED, refused)


def _file(world: World, request: Request) -> Response:
    grant = world.state_of(TikTokApp).grant_of(request.headers.get("x-tts-access-token", ""), world.now())
    found = world.pictures.picture_and_file(request.path_params["file_id"])
    if found is None:
        raise HTTPException(404)
    picture, file = found
    shop = world.shops[picture.shop_id]
    if shop.shop_id not in grant.shop_ids or request.query_params.get("shop_cipher") != cipher(shop):
        raise refusal(101000, "The token was not granted for a shop of this `shop_cipher`.", status=401)
    return FileResponse(file, media_type=picture.media_type)
