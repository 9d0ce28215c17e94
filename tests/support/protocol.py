"""The send protocol as a model small enough to search whole: one message, a chat without idempotency keys.

Two stations, sleep, kill, restart, time-outs, lost answers, late delivery, ended leases and reading back,
in every order. Time is in minutes. A change of the protocol changes this model first.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple


class State(NamedTuple):
    """One moment of the world.

    `row`: what the database says: ("queued",), ("leased", attempt, lease end, signed at, wire mark),
    ("unknown", rest until) or ("sent",). `stations`: ("idle",), ("claimed", attempt, claimed at,
    marked), ("waiting", attempt, signed at, deadline) or ("asleep", one of those). `wire`: requests on
    their way as (attempt, signed at, station that still listens or None). `delivered`: when messages
    reached the chat.
    """

    now: int = 0
    row: tuple[Any, ...] = ("queued",)
    tries: int = 0
    stations: tuple[tuple[Any, ...], ...] = (("idle",), ("idle",))
    wire: frozenset[tuple[Any, ...]] = frozenset()
    delivered: tuple[int, ...] = ()


@dataclass(frozen=True)
class Rules:
    """The protocol's settings; the defaults are the protocol, the others weaken it."""

    window: int = 2  # for how long a signature is accepted
    deadline: int = 1  # of a call
    until: int = 11  # how far the search looks
    most_tries: int = 2
    readback: bool = True
    settle: int = 3
    lease: int = 4
    sign_at_claim: bool = True
    claim_life: int = 0
    durable_intent: bool = True
    expired_to: str = "unknown"
    list_lag: int = 0


def moves(state: State, rules: Rules) -> Iterator[tuple[str, State]]:
    """Yield everything that may happen next."""
    if state.now < rules.until:
        yield "tick", state._replace(now=state.now + 1)
    for which in (0, 1):
        yield from _station_moves(state, rules, which)
    for request in state.wire:
        yield from _wire_moves(state, rules, request)
    row, now = state.row, state.now
    if row[0] == "leased" and now > row[2]:
        never_left = rules.expired_to == "queued" or not row[4]
        ended = ("queued",) if never_left else _unknown(row[3], rules)
        yield "lease ends", state._replace(row=ended)
    if row[0] == "unknown":
        there = any(at + rules.list_lag <= now for at in state.delivered)
        if not rules.readback:
            yield "blind resend", state._replace(row=("queued",))
        elif there:
            yield "found", state._replace(row=("sent",))
        elif now >= row[1]:
            yield "proved absent", state._replace(row=("queued",))


def _unknown(signed: int, rules: Rules) -> tuple[Any, ...]:
    return ("unknown", signed + rules.settle)


def _put(state: State, which: int, station: tuple[Any, ...]) -> tuple[tuple[Any, ...], ...]:
    return (*state.stations[:which], station, *state.stations[which + 1 :])


def _cut(state: State, which: int) -> frozenset[tuple[Any, ...]]:
    """The connection is gone; its bytes may still arrive."""
    return frozenset((a, signed, None if who == which else who) for a, signed, who in state.wire)


def _station_moves(state: State, rules: Rules, which: int) -> Iterator[tuple[str, State]]:
    station, now, row = state.stations[which], state.now, state.row

    def mine(attempt: int) -> bool:
        return bool(row[0] == "leased" and row[1] == attempt)

    if station[0] == "asleep":
        yield f"wake {which}", state._replace(stations=_put(state, which, station[1]))
        return
    idle = _put(state, which, ("idle",))
    if station[0] in ("claimed", "waiting"):
        yield f"sleep {which}", state._replace(stations=_put(state, which, ("asleep", station)))
        dead = state._replace(stations=idle, wire=_cut(state, which))
        if not rules.durable_intent and mine(station[1]):
            yield f"kill {which}", dead._replace(row=("queued",))
        else:
            yield f"kill {which}", dead
            if mine(station[1]):
                restarted = _unknown(row[3], rules) if row[4] else ("queued",)
                yield f"kill and restart {which}", dead._replace(row=restarted)
    if station[0] == "idle" and row[0] == "queued" and state.tries < rules.most_tries:
        attempt = state.tries + 1
        yield (
            f"claim {which}",
            state._replace(
                row=("leased", attempt, now + rules.lease, now, False),
                tries=attempt,
                stations=_put(state, which, ("claimed", attempt, now, False)),
            ),
        )
    if station[0] == "claimed":
        _, attempt, claimed, marked = station
        if not marked and mine(attempt) and now - claimed <= rules.claim_life:
            going = _put(state, which, ("claimed", attempt, claimed, True))
            yield f"mark {which}", state._replace(row=(*row[:4], True), stations=going)
        elif not marked:
            back = ("queued",) if mine(attempt) else row
            yield f"give up {which}", state._replace(row=back, stations=idle)
        else:
            signed = claimed if rules.sign_at_claim else now
            waiting = ("waiting", attempt, signed, now + rules.deadline)
            sent = state.wire | {(attempt, signed, which)}
            yield f"write {which}", state._replace(stations=_put(state, which, waiting), wire=sent)
    if station[0] == "waiting" and now >= station[3]:
        after = _unknown(station[2], rules) if mine(station[1]) else row
        yield f"time-out {which}", state._replace(row=after, stations=idle, wire=_cut(state, which))


def _wire_moves(state: State, rules: Rules, request: tuple[Any, ...]) -> Iterator[tuple[str, State]]:
    attempt, signed, who = request
    gone = state._replace(wire=state.wire - {request})
    listening = who is not None and state.stations[who][:2] == ("waiting", attempt)
    yield "lost on the way", gone
    if state.now <= signed + rules.window:
        there = gone._replace(delivered=(*state.delivered, state.now if rules.list_lag else 0))
        yield "delivered, answer lost", there
        if listening:
            yield "delivered", there._replace(row=("sent",), stations=_put(state, who, ("idle",)))
    elif listening:
        back = ("queued",) if state.row[0] == "leased" and state.row[1] == attempt else state.row
        yield "refused as too old", gone._replace(row=back, stations=_put(state, who, ("idle",)))
    else:
        yield "refused unseen", gone


def search(rules: Rules) -> tuple[str, list[str]]:
    """Return "ok", or what went wrong and the shortest way there."""
    start = State()
    came_from: dict[State, tuple[State, str] | None] = {start: None}
    todo = deque([start])
    while todo:
        state = todo.popleft()
        wrong = _wrong(state)
        if wrong:
            return wrong, _path(came_from, state)
        for name, following in moves(state, rules):
            if following not in came_from:
                came_from[following] = (state, name)
                todo.append(following)
    return "ok", []


def _wrong(state: State) -> str:
    if len(state.delivered) > 1:
        return "doubled"
    return "false sent" if state.row[0] == "sent" and not state.delivered else ""


def _path(came_from: dict[State, tuple[State, str] | None], state: State) -> list[str]:
    path = []
    while step := came_from[state]:
        state, name = step
        path.append(name)
    return path[::-1]
