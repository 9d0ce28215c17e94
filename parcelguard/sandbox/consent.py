"""The page on which a seller lets an app act for a shop; each marketplace brings its own link to it.

It stays in English in every language of the program: it imitates the marketplaces' own pages.
"""

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
class ConsentRequest:
    """Someone stands before the page: where each button leads, once."""

    redirect: str
    allow: Callable[[str], Mapping[str, str]]  # the chosen key: what to send back; called under the lock
    cancel: Mapping[str, str] = field(default_factory=lambda: {"error": "access_denied"})
    state: str = ""  # echoed if there is one


class PendingConsents:
    """The requests that wait for a button."""

    def __init__(self) -> None:
        self._pending: dict[str, ConsentRequest] = {}

    def keep_request(self, pending: ConsentRequest) -> str:
        """Return what the page must bring along when a button is pressed."""
        token = secrets.token_hex(16)
        self._pending[token] = pending
        return token

    def take_request(self, token: str) -> ConsentRequest | None:
        """Return the request the first time its page is used."""
        return self._pending.pop(token, None)


def routes(world: World) -> list[Route]:
    """Return where the page's buttons lead."""
    return [Route("/consent", partial(_decide, world), methods=["POST"])]


def ask_seller(
    world: World, pending: ConsentRequest, choices: Sequence[tuple[str, str]], may: Sequence[str]
) -> Response:
    """Show the page: `choices` are keys and names to choose from, `may` what the app would be allowed."""
    target = urlsplit(pending.redirect)
    options = "".join(f'<option value="{escape(key)}">{escape(text)}</option>' for key, text in choices)
    return page(
        "consent.html",
        {
            "{{wish}}": world.state_of(PendingConsents).keep_request(pending),
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
    pending = world.state_of(PendingConsents).take_request(pressed.get("wish", ""))
    if pending is None:
        return HTMLResponse("This page was used already. Start again from the app.", 400)
    with world.lock:
        cancelled = pressed.get("answer") == "cancel"
        answers = pending.cancel if cancelled else pending.allow(pressed.get("who", ""))
    return RedirectResponse(_with(pending, answers), 302)


def _with(pending: ConsentRequest, answers: Mapping[str, str]) -> str:
    target = urlsplit(pending.redirect)
    state = {"state": pending.state} if pending.state else {}
    query = [*parse_qsl(target.query), *answers.items(), *state.items()]
    return urlunsplit(target._replace(query=urlencode(query)))
