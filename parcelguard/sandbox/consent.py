"""The page on which a seller lets an app act for a shop; each marketplace brings its own link to it."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from html import escape
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from parcelguard.sandbox.pages import page
from parcelguard.sandbox.world.world import World


@dataclass(frozen=True, slots=True)
class Wish:
    """Someone stands before the page: where each button leads, once."""

    redirect: str
    allow: Callable[[str], Mapping[str, str]]  # the chosen key: what to send back; called under the lock
    cancel: Mapping[str, str] = field(default_factory=lambda: {"error": "access_denied"})
    state: str = ""  # echoed if there is one


class Waiting:
    """The wishes that wait for a button."""

    def __init__(self) -> None:
        self._wishes: dict[str, Wish] = {}

    def keep(self, wish: Wish) -> str:
        """Return what the page must bring along when a button is pressed."""
        token = secrets.token_hex(16)
        self._wishes[token] = wish
        return token

    def take(self, token: str) -> Wish | None:
        """Return the wish the first time its page is used."""
        return self._wishes.pop(token, None)


def routes(world: World) -> list[Route]:
    """Return where the page's buttons lead."""
    return [Route("/consent", partial(_decide, world), methods=["POST"])]


def ask(world: World, wish: Wish, choices: Sequence[tuple[str, str]], may: Sequence[str]) -> Response:
    """Show the page: `choices` are keys and names to choose from, `may` what the app would be allowed."""
    target = urlsplit(wish.redirect)
    options = "".join(f'<option value="{escape(key)}">{escape(text)}</option>' for key, text in choices)
    return page(
        "consent.html",
        {
            "{{wish}}": world.state_of(Waiting).keep(wish),
            "{{choices}}": options,
            "{{may}}": "".join(f"<li>{escape(line)}</li>" for line in may),
            "{{where}}": escape(target.netloc),
        },
        # A form's redirect must be allowed too, else the browser stops at the button.
        form_action=f"'self' {target.scheme}://{target.netloc}",
    )


async def _decide(world: World, request: Request) -> Response:
    async with request.form() as form:
        pressed = {name: str(value) for name, value in form.items()}
    wish = world.state_of(Waiting).take(pressed.get("wish", ""))
    if wish is None:
        return HTMLResponse("This page was used already. Start again from the app.", 400)
    with world.lock:
        cancelled = pressed.get("answer") == "cancel"
        answers = wish.cancel if cancelled else wish.allow(pressed.get("who", ""))
    return RedirectResponse(_with(wish, answers), 302)


def _with(wish: Wish, answers: Mapping[str, str]) -> str:
    target = urlsplit(wish.redirect)
    state = {"state": wish.state} if wish.state else {}
    query = [*parse_qsl(target.query), *answers.items(), *state.items()]
    return urlunsplit(target._replace(query=urlencode(query)))
