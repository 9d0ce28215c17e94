"""Reading a chat back: what every marketplace's sender does alike with the messages it is given.

A sender says where its marketplace keeps things in a message; how far back to read, what counts as found
and what a person is shown of it is decided here, once.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from parcelguard.delivery.ports import Look, SentMark
from parcelguard.store.views import Sighting

EXCERPT = 80  # letters by which a person recognises a message of the shop's own

Message: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadMessage:
    """One message as it was read back.

    `excerpt`: empty for a buyer's, whose words are not kept. `doubtful`: it may be the one that is looked
    for, but does not tell enough to be sure.
    """

    id: str
    sent_at: datetime | None
    own: bool
    kind: str
    excerpt: str
    matches: bool
    doubtful: bool = False


def look_through(
    pages: Iterable[Sequence[Message] | None],
    read: Callable[[Message], ReadMessage],
    since: datetime,
    conversation: str,
) -> Look:
    """Return what pages, the newest first, show of a message; None stands for the conversation's beginning.

    A page is read to its end even when something in it is too old: not every marketplace promises an order
    within one. Where messages come strictly newest first, each is a page (`one_by_one`).
    """
    found, seen = [], []
    covered = doubtful = False
    for page in pages:
        covered = page is None
        for message in page or ():
            told = read(message)
            # Too old to be the one that is looked for, and proof that the reading reached far enough back.
            if before(told.sent_at, since):
                covered = True
                continue
            if told.matches:
                found.append(told.id)
            doubtful = doubtful or told.doubtful
            seen.append(Sighting(told.sent_at, told.own, told.kind, told.excerpt, told.matches))
        # The pages come as they are asked for: no call is made for what is older.
        if covered:
            break
    # A message that is there without an id proves nothing; one in doubt leaves open whether it is absent.
    return Look(tuple(filter(None, found)), covered and not doubtful, conversation, tuple(seen))


def one_by_one(messages: Iterable[Message | None]) -> Iterator[Sequence[Message] | None]:
    """Yield each message as a page of its own, and None for the conversation's beginning."""
    return (None if message is None else (message,) for message in messages)


def found_hidden(
    messages: Iterable[Message | None],
    sent_at: Callable[[Message], datetime | None],
    is_hidden: Callable[[Message], bool],
    since: datetime,
) -> Iterator[Message]:
    """Yield the messages, newest first and none older than `since`, that the buyer does not get to see."""
    for message in messages:
        if message is None or before(sent_at(message), since):
            return
        if is_hidden(message):
            yield message


def not_yet_seen(messages: Iterable[Message], seen: set[str]) -> Iterator[Message]:
    """Yield the messages whose `message_id` is not in `seen`, and put it there.

    A message that comes while the pages are read moves the others: one may stand on two pages.
    """
    for message in messages:
        message_id = str(message.get("message_id") or "")
        if message_id not in seen:
            yield message
        seen.update(filter(None, [message_id]))


def ids_among(messages: Iterable[Message], name: str, wanted: Collection[str]) -> frozenset[str]:
    """Return the ids, in the field `name`, of those messages that are wanted."""
    return frozenset(str(each.get(name) or "") for each in messages) & frozenset(wanted)


def before(told: datetime | None, since: datetime) -> bool:
    """Whether a message is older; one that tells no time is not."""
    return told is not None and told < since


def same_picture(address: object, size: tuple[int, int], mark: SentMark) -> bool:
    """Whether a picture is the one that was sent: by the end of its address, or by its size in pixels.

    The history may show it under another address; no two pictures of a proof share a size.
    """
    # Two empty addresses or unknown sizes are alike, and prove nothing.
    return tail(address) == tail(mark.address) != "" or size == mark.size != (0, 0)


def tail(address: object) -> str:
    """Return the last path part: it names the picture, while hosts in front of it change."""
    return str(address or "").split("?")[0].rstrip("/").rsplit("/", 1)[-1]


def excerpt(text: object) -> str:
    """Return as much of an own message as a person recognises it by."""
    words = " ".join(str(text or "").split())
    return words if len(words) <= EXCERPT else f"{words[: EXCERPT - 1]}…"
