"""The sentences of the screen where a person answers what nobody else can."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from parcelguard.core.parts import CHECKING, Decision, PartState
from parcelguard.core.preset_message import unknown_placeholders
from parcelguard.core.shops import LONGEST_MESSAGE
from parcelguard.store.views import AttentionGroup, AttentionItem, LookTaken, Sighting
from parcelguard.ui.words.sentences import label
from parcelguard.ui.words.times import moment

NOTHING = "Nothing needs a check."
NOTHING_HINT = (
    "Photos go out by themselves. When nobody can tell whether a message arrived, when one is held back or"
    " the marketplace hides it, it waits here with what the chat showed, and you say what is to be done."
)
NOT_READ_BACK = "The chat was not read back."
NOTHING_SEEN = "No message in this time."
RESENT_HIDDEN = "Hidden by the marketplace"  # why a text was changed and sent again, as the log keeps it
RESENT_REFUSED = "Text changed"
ITEMS = "(the items of the order)"  # stands in the preview for what only the order knows
GETS = "Each buyer gets what is not in the chat yet: this text with their own details, and the photos."
DECIDED_MEANWHILE = "Nothing of this was left to resend: it was decided meanwhile"
_KINDS = {"text": "Text", "image": "Picture", "order": "Order card", "card": "Order card"}


def day(at: date) -> str:
    """Return a day as people name it."""
    today = datetime.now().astimezone().date()
    if at == today:
        return "Today"
    return "Yesterday" if (today - at).days == 1 else at.strftime("%d %b %Y")


def title(groups: Sequence[AttentionGroup]) -> str:
    """Return how much waits: for a person in orders, as the badge counts it, and what is still looked for."""
    yours = [group for group in groups if group.reason != CHECKING]
    messages = sum(group.total for group in yours)
    listed = [item for group in yours for item in group.items]
    orders = len({item.proof.id for item in listed}) + messages - len(listed)
    needs = "1 order needs you" if orders == 1 else f"{orders:,} orders need you"
    if orders != messages:
        needs = f"{needs}, {messages:,} messages"
    looked_for = sum(group.total for group in groups) - messages
    told = [
        needs if orders else "Nothing needs you",
        f"{looked_for:,} being looked for" if looked_for else "",
    ]
    return " · ".join(part for part in told if part)


def asks_arrival(groups: Sequence[AttentionGroup]) -> bool:
    """Whether it is all about messages that may have arrived."""
    return all(Decision.THERE in group.answers and not _hidden(group) for group in groups)


def _hidden(group: AttentionGroup) -> bool:
    """Whether the marketplace accepted these messages and keeps them from the buyers."""
    return group.reason == PartState.FILTERED


def answer(decision: Decision, groups: Sequence[AttentionGroup], count: int) -> str:
    """Return what the button of an answer says."""
    if decision is Decision.SEND_AGAIN:
        if not asks_arrival(groups):
            return "Send now" if count == 1 else f"Send {count:,} now"
        return "Not there: send again" if count == 1 else f"Not there: send {count:,} again"
    if decision is Decision.THERE and any(_hidden(group) for group in groups):
        return "The buyer sees it" if count == 1 else f"The buyers see all {count:,}"
    if decision is Decision.THERE:
        return "It is there" if count == 1 else f"All {count:,} are there"
    if decision is Decision.TAKE_BACK:
        one = "It is there twice: take one back"
        return one if count == 1 else f"Take one of each back, {count:,} in all"
    if decision is Decision.ONE_PICTURE:
        return "Send one picture" if count == 1 else f"Send {count:,} as one picture each"
    return "Leave it" if count == 1 else f"Leave {count:,}"


def may_go_by_hand(groups: Sequence[AttentionGroup]) -> bool:
    """Whether a person may send these: none may have arrived, and their buyers still expect a parcel."""
    if not groups or asks_arrival(groups):
        return False
    return not any(group.reason in (CHECKING, "order_cancelled") for group in groups)


def by_hand(count: int) -> str:
    """Return what the button says that turns so many proofs over to a person."""
    return "Send by hand" if count == 1 else f"Send {count:,} by hand"


def needs_confirming(decision: Decision, groups: Sequence[AttentionGroup], count: int) -> bool:
    """Whether an answer is asked about once more: it is for many, or cannot be taken back."""
    if count > 1 or decision is Decision.TAKE_BACK:
        return True
    careful = asks_arrival(groups) or any(group.caution for group in groups)
    return decision is Decision.SEND_AGAIN and careful


def question(decision: Decision, groups: Sequence[AttentionGroup], count: int) -> str:
    """Return what is asked before an answer is carried out."""
    messages = "this message" if count == 1 else f"{count:,} messages"
    if decision is Decision.SEND_AGAIN:
        again = " again" if asks_arrival(groups) else ""
        return f"Send {messages}{again} now?"
    if decision is Decision.THERE:
        return f"Do the buyers see all {count:,} in their chats? They count as sent then."
    if decision is Decision.TAKE_BACK:
        return f"Take back one copy of {messages}? The other stays in the chat."
    if decision is Decision.ONE_PICTURE:
        return f"Send one picture that shows all photos, for {messages}?"
    if asks_arrival(groups):
        return f"Leave {messages} as it stands in the chat? What follows still goes out."
    return f"Leave {messages} unsent? The photos stay on this computer."


def warnings(decision: Decision, groups: Sequence[AttentionGroup], count: int, until: datetime | None) -> str:
    """Return what to know before sending."""
    if decision not in (Decision.SEND_AGAIN, Decision.ONE_PICTURE):
        return ""
    late = f"{may_arrive(until)}: the buyer may see it twice." if until else ""
    if until and count > 1:
        late = f"Some may still arrive until {moment(until)}: a buyer may see one twice."
    cautions = dict.fromkeys(group.caution for group in groups if group.caution)
    return " ".join((*cautions, late)).strip()


def may_arrive(until: datetime) -> str:
    """Return how long what is not there yet may still come."""
    return f"The message may still arrive until {moment(until)}"


def carried_out(decision: Decision, done: int, asked: int, *, stopped: bool = False) -> str:
    """Return how many answers were carried out."""
    if decision is Decision.SEND_AGAIN:
        how = "released to go out"
    else:
        how = {
            Decision.THERE: "noted as there",
            Decision.LEAVE: "left unsent",
            Decision.TAKE_BACK: "being taken back",
            Decision.ONE_PICTURE: "going out as one picture",
        }[decision]
    return _of(done, asked, how, stopped=stopped)


def turned_over(done: int, asked: int, *, stopped: bool = False) -> str:
    """Return how many proofs wait to be sent by hand now."""
    return _of(done, asked, "now under By hand", stopped=stopped)


def _of(done: int, asked: int, how: str, *, stopped: bool) -> str:
    rest = asked - done
    told = f"{done:,} of {asked:,} {how}"
    if stopped:
        return f"{told}. Stopped: the rest still waits here"
    if not rest:
        return told
    others = "one was" if rest == 1 else f"{rest:,} were"
    return f"{told}; {others} decided meanwhile by another"


def edit(count: int) -> str:
    """Return what the button says that opens the text of so many proofs."""
    return "Edit text and resend" if count == 1 else f"Edit text and resend {count:,}"


def messages(count: int) -> str:
    """Return for how many a text is."""
    return "1 message" if count == 1 else f"{count:,} messages"


def reads(buyer: str) -> str:
    """Return the title of a text as one buyer gets it."""
    return f"As {buyer} will read it" if buyer else "As the first buyer will read it"


def letters(count: int) -> str:
    """Return how much of the room a text takes."""
    return f"{count:,} of {LONGEST_MESSAGE:,} letters"


def mistakes(template: str, longest: int) -> list[str]:
    """Return what speaks against a text; `longest` is the length it has for the buyer it is longest for."""
    told = []
    if longest > LONGEST_MESSAGE:
        told.append(f"The text is too long by {longest - LONGEST_MESSAGE:,}.")
    if "{order}" not in template:
        told.append("The marketplace refuses the same text twice: keep {order}.")
    told.extend(
        f"{{{name}}} is no placeholder: the buyers would read it as it stands."
        for name in dict.fromkeys(unknown_placeholders(template))
    )
    return told


def resend_question(count: int) -> str:
    """Return what is asked before a text goes out."""
    return "Resend 1 message with this text?" if count == 1 else f"Resend {count:,} messages with this text?"


def resend_warnings(template: str, groups: Sequence[AttentionGroup], longest: int) -> str:
    """Return what to know before a text goes out: the hour where the buyers live, and its mistakes."""
    cautions = dict.fromkeys(group.caution for group in groups if group.caution)
    return " ".join((*cautions, *mistakes(template, longest)))


def resend_reason(groups: Sequence[AttentionGroup]) -> str:
    """Return why these are sent again, for the log."""
    return RESENT_HIDDEN if all(_hidden(group) for group in groups) else RESENT_REFUSED


def on_their_way(done: int, asked: int, *, stopped: bool = False) -> str:
    """Return how many proofs were set going again."""
    told = f"{done:,} of {asked:,} {'is on its' if done == asked == 1 else 'are on their'} way"
    if stopped:
        return f"{told}. Stopped: the rest still waits here"
    if done == asked:
        return told
    return f"{told}, {asked - done:,} {'is' if asked - done == 1 else 'are'} not"


def about(item: AttentionItem) -> str:
    """Return who bought and who packed, when."""
    proof = item.proof
    packed = f"packed {moment(proof.saved_at or proof.opened_at)} by {proof.packer}, {proof.station}"
    return " · ".join(part for part in (proof.buyer_name, packed) if part)


def why(item: AttentionItem) -> str:
    """Return what keeps a message here, and which one of the order's it is."""
    return " · ".join(part for part in (item.what, item.headline) if part)


def row(item: AttentionItem) -> str:
    """Return the second line of an item's row."""
    return " · ".join(part for part in (item.what, item.proof.buyer_name, item.proof.packer) if part)


def group_line(group: AttentionGroup) -> str:
    """Return what stands under a group's title, beside its shop."""
    listed = len(group.items)
    more = f" · the first {listed:,} of {group.total:,} are listed" if group.total > listed else ""
    return f"{day(group.day)}{more}"


def summary(group: AttentionGroup) -> str:
    """Return what is said of a whole group: how many, since when."""
    count = "1 message" if group.total == 1 else f"{group.total:,} messages"
    oldest = min((item.since for item in group.items), default=None)
    return f"{count}, the oldest since {moment(oldest)}" if oldest else count


def look(taken: LookTaken) -> str:
    """Return how far one reading back of the chat reached."""
    reached = "back to before it was sent" if taken.covered else "not far enough back to be sure"
    return f"Looked at {moment(taken.at)}, {reached}"


def sighting(seen: Sighting) -> tuple[str, str, str]:
    """Return time, side and content of one message in the chat."""
    at = moment(seen.at) if seen.at else "–"
    kind = _KINDS.get(seen.kind, seen.kind.capitalize() or "Message")
    return at, "This shop" if seen.own else "Buyer", f"{kind}: {seen.text}" if seen.text else kind


def spoken(item: AttentionItem, *, ticked: bool) -> str:
    """Return an item's row for a screen reader."""
    number = item.proof.order_number or item.proof.code
    told = f"{number}, {row(item)}, {moment(item.since)}, {label(item.headline)}"
    return f"Ticked: {told}" if ticked else told
