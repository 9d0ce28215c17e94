"""The page on which a seller lets an app act for the shop, by both links the platform knows."""

import secrets
from dataclasses import dataclass
from html import escape
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from parcelguard.sandbox import gate
from parcelguard.sandbox.api import refuse
from parcelguard.sandbox.pages import page
from parcelguard.sandbox.refusals import Refused, denied
from parcelguard.sandbox.world import World

SIGNED_PATH = "/api/v2/shop/auth_partner"


@dataclass(frozen=True, slots=True)
class Wish:
    """Someone stands before the page: where to send them afterwards."""

    redirect: str
    state: str = ""


class Consent:
    """The consent pages and the button presses on them."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._wishes: dict[str, Wish] = {}

    def routes(self) -> list[Route]:
        """Return what to mount."""
        return [
            Route("/auth", self.unsigned, methods=["GET"]),
            Route(SIGNED_PATH, self.signed, methods=["GET"]),
            Route("/consent", self.decide, methods=["POST"]),
        ]

    async def signed(self, request: Request) -> Response:
        """Open the older link: signed, `redirect`, good for five minutes."""
        try:
            gate.check_public(self._world, SIGNED_PATH, request.query_params)
        except Refused as refusal:
            return refuse(self._world, SIGNED_PATH, refusal)
        return self._show(Wish(request.query_params.get("redirect", "")))

    async def unsigned(self, request: Request) -> Response:
        """Open the newer link: unsigned, `redirect_uri`, echoes `state`."""
        query = request.query_params
        if query.get("partner_id") != str(self._world.partner.partner_id):
            return refuse(self._world, "/auth", denied("invalid_partner_id", "Invalid partner_id."))
        if query.get("auth_type", "seller") != "seller" or query.get("response_type", "code") != "code":
            return refuse(self._world, "/auth", denied("error_param", "Wrong auth_type or response_type."))
        return self._show(Wish(query.get("redirect_uri", ""), query.get("state", "")))

    async def decide(self, request: Request) -> Response:
        """Act on the button that was pressed: go back with a code, or without."""
        async with request.form() as form:
            answers = {name: str(value) for name, value in form.items()}
        wish = self._wishes.pop(answers.get("wish", ""), None)
        if wish is None:
            return HTMLResponse("This page was used already. Start again from the app.", 400)
        if answers.get("answer") == "cancel":
            return RedirectResponse(_with(wish, {"error": "access_denied"}), 302)
        with self._world.lock:
            shops = list(self._world.shops.values())
            if answers.get("who") == "main":
                self._world.link(shops)
                code = self._world.grants.new_code(None, [shop.shop_id for shop in shops], self._world.now())
                back = {"code": code, "main_account_id": str(self._world.main_account_id)}
            else:
                chosen = next((shop for shop in shops if str(shop.shop_id) == answers.get("who")), shops[0])
                self._world.link([chosen])
                code = self._world.grants.new_code(chosen.shop_id, [], self._world.now())
                back = {"code": code, "shop_id": str(chosen.shop_id)}
        return RedirectResponse(_with(wish, back), 302)

    def _show(self, wish: Wish) -> Response:
        target = urlsplit(wish.redirect)
        domains = self._world.partner.redirect_domains
        if target.scheme not in ("http", "https") or (domains and target.hostname not in domains):
            text = "The redirect domain does not match the one declared for the app"
            return JSONResponse({"code": 1, "error": "error_param", "msg": text, "debug_message": ""}, 403)
        token = secrets.token_hex(16)
        self._wishes[token] = wish
        options = [(str(shop.shop_id), f"{shop.name} ({shop.region})") for shop in self._world.shops.values()]
        options.append(("main", "Main account, all shops"))
        choices = "".join(f'<option value="{escape(key)}">{escape(text)}</option>' for key, text in options)
        # A form's redirect must be allowed too, else the browser stops at the button.
        return page(
            "consent.html",
            {"{{wish}}": token, "{{choices}}": choices, "{{where}}": escape(target.netloc)},
            form_action=f"'self' {target.scheme}://{target.netloc}",
        )


def _with(wish: Wish, answers: dict[str, str]) -> str:
    target = urlsplit(wish.redirect)
    if wish.state:
        answers = answers | {"state": wish.state}
    return urlunsplit(target._replace(query=urlencode([*parse_qsl(target.query), *answers.items()])))
