"""What a Chatwoot server knows beside messages: its agents' tokens, contacts and conversation numbers.

Every shop is one account with one inbox, through which it reaches WhatsApp or a web chat.
"""

import secrets
import uuid
from dataclasses import dataclass, field

from parcelguard.sandbox.world.records import Buyer, Conversation, Shop


@dataclass(slots=True)
class Contact:
    """One person in an account's address book."""

    buyer: Buyer
    identifier: str | None = None
    phone_number: str | None = None
    email: str | None = None
    fed: bool = False  # by a web shop, which keeps the orders' numbers in the identifier

    @property
    def source_id(self) -> str:
        """Return the person's name in the account's inbox."""
        return str(uuid.UUID(int=self.buyer.user_id, version=4))

    def matches(self, wanted: str) -> bool:
        """Whether a search finds the person: any part of a name or number, or the whole id."""
        texts = (self.buyer.name, self.email, self.phone_number, self.identifier)
        lowered = wanted.casefold()
        return any(lowered in text.casefold() for text in texts if text) or wanted == str(self.buyer.user_id)


@dataclass(slots=True)
class ChatwootAccounts:
    """One world's Chatwoot server."""

    known_customers: bool = True  # whether who ordered is in the address book already
    _tokens: dict[str, int] = field(default_factory=dict)
    _contacts: dict[int, dict[int, Contact]] = field(default_factory=dict)
    _numbers: dict[int, list[str]] = field(default_factory=dict)

    def token(self, shop: Shop) -> str:
        """Return the token of the account's agent; a new one when the last was taken back."""
        for token, shop_id in self._tokens.items():
            if shop_id == shop.shop_id:
                return token
        token = secrets.token_urlsafe(18)
        self._tokens[token] = shop.shop_id
        return token

    def account_of(self, token: str) -> int | None:
        """Return the account a token is good for."""
        return self._tokens.get(token)

    def revoke(self) -> None:
        """Take every token back."""
        self._tokens.clear()

    def contacts(self, shop: Shop) -> dict[int, Contact]:
        """Return an account's address book."""
        return self._contacts.setdefault(shop.shop_id, {})

    def number(self, talk: Conversation) -> int:
        """Return a conversation's number in its account; they count from 1."""
        numbers = self._numbers.setdefault(talk.shop_id, [])
        if talk.conversation_id not in numbers:
            numbers.append(talk.conversation_id)
        return numbers.index(talk.conversation_id) + 1

    def conversation_id(self, shop: Shop, number: int) -> str:
        """Return which conversation a number means; empty for none."""
        numbers = self._numbers.get(shop.shop_id, [])
        return numbers[number - 1] if 1 <= number <= len(numbers) else ""


def inbox_id(shop: Shop) -> int:
    """Return the number of an account's inbox."""
    return shop.shop_id * 10 + 1
