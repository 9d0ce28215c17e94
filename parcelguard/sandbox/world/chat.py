"""Conversations between shops and buyers, and the transcript of everything that was accepted."""

from collections.abc import Callable
from typing import Any

from parcelguard.sandbox.world.records import Buyer, Conversation, Message, Picture


class Chat:
    """Every conversation; ids are 19 digits and grow with time."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._talks: dict[tuple[int, int], Conversation] = {}
        self._by_id: dict[str, Conversation] = {}
        self._accepted: list[Message] = []
        begun = int(now() * 1000)  # a client may outlive several runs, and ids never come again
        self._message_ids = 2_300_000_000_000_000_000 + begun * 1000
        self._talk_ids = 1_300_000_000_000_000_776 + begun * 1000

    def find(self, shop_id: int, buyer_id: int) -> Conversation | None:
        """Return what shop and buyer wrote so far; None before the conversation was opened."""
        return self._talks.get((shop_id, buyer_id))

    def open_conversation(self, shop_id: int, buyer: Buyer) -> Conversation:
        """Return the conversation of shop and buyer, empty if they never wrote."""
        talk = self.find(shop_id, buyer.user_id)
        if talk is None:
            self._talk_ids += 1
            talk = Conversation(conversation_id=str(self._talk_ids), shop_id=shop_id, buyer=buyer)
            self._talks[shop_id, buyer.user_id] = self._by_id[talk.conversation_id] = talk
        return talk

    def by_id(self, shop_id: int, conversation_id: str) -> Conversation | None:
        """Return one of the shop's own conversations."""
        talk = self._by_id.get(conversation_id)
        return talk if talk is not None and talk.shop_id == shop_id else None

    def of_shop(self, shop_id: int) -> list[Conversation]:
        """Return all conversations of a shop, in no promised order."""
        return [talk for talk in self._by_id.values() if talk.shop_id == shop_id]

    def accept(self, shop_id: int, buyer: Buyer, kind: str, content: dict[str, Any], **facts: Any) -> Message:
        """Take a message of the shop: from here on it counts, whatever becomes of the answer."""
        message = self._append(shop_id, buyer, kind, content, from_shop=True, **facts)
        self._accepted.append(message)
        return message

    def reply(self, shop_id: int, buyer: Buyer, text: str) -> Message:
        """Write as the buyer."""
        message = self._append(shop_id, buyer, "text", {"text": text}, from_shop=False)
        self.seen_by_buyer(shop_id, buyer)
        return message

    def seen_by_buyer(self, shop_id: int, buyer: Buyer) -> None:
        """Let the buyer look at the conversation."""
        talk = self.find(shop_id, buyer.user_id)
        if talk is not None:
            talk.buyer_read_id = self.last_shown(talk)

    def last_shown(self, talk: Conversation) -> str:
        """Return the id of the newest message the buyer's screen has."""
        now = self._now()
        return next((m.message_id for m in reversed(talk.messages) if m.shown_to_buyer(now)), "")

    def sent_since(self, shop_id: int, moment: float) -> int:
        """Count the shop's accepted messages after a moment."""
        count = 0
        for message in reversed(self._accepted):
            if message.at <= moment:
                break
            count += self._by_id[message.conversation_id].shop_id == shop_id
        return count

    def transcript(self) -> list[dict[str, Any]]:
        """Return every accepted message in order, ready for JSON."""
        return [self._line(n, message) for n, message in enumerate(self._accepted, start=1)]

    def _line(self, n: int, message: Message) -> dict[str, Any]:
        talk = self._by_id[message.conversation_id]
        line: dict[str, Any] = {
            "n": n,
            "at": round(message.at, 3),
            "shop_id": talk.shop_id,
            "conversation_id": message.conversation_id,
            "to_id": talk.buyer.user_id,
            "buyer": talk.buyer.name,
            "message_type": message.kind,
            "order_sn": message.order_sn,
            "message_id": message.message_id,
            "status": "recalled" if message.recalled else message.status(self._now()),
        }
        if message.picture is not None:
            return line | _picture_facts(message.picture)
        if message.kind == "text":
            line["text"] = message.content["text"]
        return line

    def _append(
        self, shop_id: int, buyer: Buyer, kind: str, content: dict[str, Any], *, from_shop: bool, **facts: Any
    ) -> Message:
        talk = self.open_conversation(shop_id, buyer)
        self._message_ids += 1
        message = Message(
            message_id=str(self._message_ids),
            conversation_id=talk.conversation_id,
            kind=kind,
            content=content,
            at=self._now(),
            from_shop=from_shop,
            **facts,
        )
        talk.messages.append(message)
        return message


def _picture_facts(picture: Picture) -> dict[str, Any]:
    return {
        "image_sha256": picture.sha256,
        "image_url": picture.url,
        "bytes": picture.size,
        "width": picture.width,
        "height": picture.height,
    }
