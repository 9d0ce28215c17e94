"""The sentences of the screen where a person answers what nobody else can."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from parcelguard.core.message_id import msgid
from parcelguard.core.parts import Decision, PlanReason, Purpose
from parcelguard.core.preset_message import unknown_placeholders
from parcelguard.core.shops import LONGEST_MESSAGE
from parcelguard.runtime.translation import tr, trn
from parcelguard.store.views import AttentionGroup, AttentionItem, AttentionTopic, LookTaken, Sighting
from parcelguard.ui.words.attention_words import group_title, night_words
from parcelguard.ui.words.part_words import part_name
from parcelguard.ui.words.reasons.saying import said
from parcelguard.ui.words.sentences import label
from parcelguard.ui.words.times import calendar_day, moment

NOTHING = msgid("Nothing needs a check.")
NOTHING_HINT = msgid(
    "Photos go out by themselves. A message waits here when it is not sure that it arrived, when it is held "
    "back, or when the marketplace hides it. You see what the chat showed, and you decide."
)
NOT_READ_BACK = msgid("The chat was not checked.")
NOTHING_SEEN = msgid("No messages in this time.")
ITEMS = msgid("(the items of the order)")  # stands in the preview for what only the order knows
GETS = msgid("Each buyer gets what is not in the chat yet: this text with their own details, and the photos.")
DECIDED_MEANWHILE = msgid("Nothing to resend: all of it was decided meanwhile")
_KINDS = {
    "text": msgid("Text"),
    "image": msgid("Picture"),
    "order": msgid("Order card"),
    "card": msgid("Order card"),
}


def title(groups: Sequence[AttentionGroup]) -> str:
    """Return how much waits: for a person in orders, as the badge counts it, and what is still looked for."""
    yours = [group for group in groups if group.topic is not AttentionTopic.CHECKING]
    messages = sum(group.total for group in yours)
    listed = [item for group in yours for item in group.items]
    orders = len({item.proof.id for item in listed}) + messages - len(listed)
    needs = trn("{count} order needs you", "{count} orders need you", orders)
    if orders != messages:
        needs = f"{needs}, {count_messages(messages)}"
    looked_for = sum(group.total for group in groups) - messages
    facts = [
        needs if orders else tr("Nothing needs you"),
        trn("{count} is looked for in the chat", "{count} are looked for in the chats", looked_for)
        if looked_for
        else "",
    ]
    return " · ".join(fact for fact in facts if fact)


def asks_arrival(groups: Sequence[AttentionGroup]) -> bool:
    """Whether it is all about messages that may have arrived."""
    return all(Decision.THERE in group.answers and not _hidden(group) for group in groups)


def _hidden(group: AttentionGroup) -> bool:
    """Whether the marketplace accepted these messages and keeps them from the buyers."""
    return group.topic is AttentionTopic.HIDDEN


def answer(decision: Decision, groups: Sequence[AttentionGroup], count: int) -> str:
    """Return what the button of an answer says."""
    match decision:
        case Decision.SEND_AGAIN if not asks_arrival(groups):
            return trn("Send now", "Send {count} now", count)
        case Decision.SEND_AGAIN:
            return trn("Not there: send again", "Not there: send {count} again", count)
        case Decision.THERE if any(_hidden(group) for group in groups):
            return trn("The buyer sees it", "The buyers see all {count}", count)
        case Decision.THERE:
            return trn("It is there", "All {count} are there", count)
        case Decision.TAKE_BACK:
            return trn("It is there twice: take one back", "Take one of each back, {count} in all", count)
        case Decision.ONE_PICTURE:
            return trn("Send one picture", "Send {count} as one picture each", count)
        case _:
            return trn("Leave it", "Leave {count}", count)


def may_go_by_hand(groups: Sequence[AttentionGroup]) -> bool:
    """Whether a person may send these: none may have arrived, and their buyers still expect a parcel."""
    if not groups or asks_arrival(groups):
        return False
    never = (AttentionTopic.CHECKING, AttentionTopic.ORDER_CANCELLED)
    return not any(group.topic in never for group in groups)


def by_hand(count: int) -> str:
    """Return what the button says that turns so many proofs over to a person."""
    return trn("Send by hand", "Send {count} by hand", count)


def needs_confirming(decision: Decision, groups: Sequence[AttentionGroup], count: int) -> bool:
    """Whether an answer is asked about once more: it is for many, or cannot be taken back."""
    if count > 1 or decision is Decision.TAKE_BACK:
        return True
    careful = asks_arrival(groups) or any(group.night for group in groups)
    return decision is Decision.SEND_AGAIN and careful


def question(decision: Decision, groups: Sequence[AttentionGroup], count: int) -> str:
    """Return what is asked before an answer is carried out."""
    match decision:
        case Decision.SEND_AGAIN if asks_arrival(groups):
            return trn("Send this message again now?", "Send {count} messages again now?", count)
        case Decision.SEND_AGAIN:
            return trn("Send this message now?", "Send {count} messages now?", count)
        case Decision.THERE:
            return trn(
                "Does the buyer see it in the chat? Then it counts as sent.",
                "Do the buyers see all {count} in their chats? Then they count as sent.",
                count,
            )
        case Decision.TAKE_BACK:
            return trn(
                "Take back one copy of this message? The other stays in the chat.",
                "Take back one copy of {count} messages? The other copies stay in the chats.",
                count,
            )
        case Decision.ONE_PICTURE:
            return trn(
                "Send one picture that shows all photos, for this message?",
                "Send one picture that shows all photos, for each of {count} messages?",
                count,
            )
        case _ if asks_arrival(groups):
            return trn(
                "Leave this message as it is in the chat? The rest of its order still goes out.",
                "Leave {count} messages as they are in the chats? The rest of their orders still goes out.",
                count,
            )
        case _:
            return trn(
                "Leave this message unsent? The photos stay on this computer.",
                "Leave {count} messages unsent? The photos stay on this computer.",
                count,
            )


def warnings(decision: Decision, groups: Sequence[AttentionGroup], count: int, until: datetime | None) -> str:
    """Return what to know before sending."""
    if decision not in (Decision.SEND_AGAIN, Decision.ONE_PICTURE):
        return ""
    late = ""
    if until and count > 1:
        late = tr("Some may still arrive until {moment}: a buyer may see one twice.", moment=moment(until))
    elif until:
        late = tr(
            "The message may still arrive until {moment}: the buyer may see it twice.",
            moment=moment(until),
        )
    cautions = dict.fromkeys(night_words(group) for group in groups if group.night)
    return " ".join((*cautions, late)).strip()


def may_arrive(until: datetime) -> str:
    """Return how long what is not there yet may still come."""
    return tr("The message may still arrive until {moment}", moment=moment(until))


def carried_out(decision: Decision, done: int, asked: int, *, stopped: bool = False) -> str:
    """Return how many answers were carried out."""
    how = {
        Decision.SEND_AGAIN: msgid("{done} of {asked} released to go out"),
        Decision.THERE: msgid("{done} of {asked} noted as there"),
        Decision.LEAVE: msgid("{done} of {asked} left unsent"),
        Decision.TAKE_BACK: msgid("{done} of {asked} being taken back"),
        Decision.ONE_PICTURE: msgid("{done} of {asked} going out as one picture"),
    }[decision]
    return _of(how, done, asked, stopped=stopped)


def turned_over(done: int, asked: int, *, stopped: bool = False) -> str:
    """Return how many proofs wait to be sent by hand now."""
    return _of(msgid("{done} of {asked} now under By hand"), done, asked, stopped=stopped)


def _of(how: str, done: int, asked: int, *, stopped: bool) -> str:
    result = tr(how, done=f"{done:,}", asked=f"{asked:,}")
    rest = asked - done
    if stopped:
        return tr("{result}. Stopped: the rest still waits here", result=result)
    if not rest:
        return result
    return trn(
        "{result}; one was decided meanwhile by someone else",
        "{result}; {count} were decided meanwhile by someone else",
        rest,
        result=result,
    )


def edit(count: int) -> str:
    """Return what the button says that opens the text of so many proofs."""
    return trn("Edit text and resend", "Edit text and resend {count}", count)


def edit_spoken(button_words: str) -> str:
    """Return what a screen reader says of the button that opens one text in the log."""
    return tr("{button}, in the log", button=button_words)


def resend(count: int) -> str:
    """Return what the button says that sends one text to so many."""
    return tr("Resend {count}", count=f"{count:,}")


def chosen(count: int) -> str:
    """Return for how many messages an answer counts; nothing for one, which is seen."""
    return trn("{count} message chosen", "{count} messages chosen", count) if count > 1 else ""


def working(done: int, count: int) -> str:
    """Return how far it is."""
    if count == 1:
        return tr("Working…")
    return tr("Working… {done} of {count}", done=f"{done:,}", count=f"{count:,}")


def count_messages(count: int) -> str:
    """Return for how many a text is."""
    return trn("{count} message", "{count} messages", count)


def reads(buyer: str) -> str:
    """Return the title of a text as one buyer gets it."""
    return tr("What {buyer} will read", buyer=buyer) if buyer else tr("What the first buyer will read")


def letters(count: int) -> str:
    """Return how much of the room a text takes."""
    return tr("{count} of {longest} letters", count=f"{count:,}", longest=f"{LONGEST_MESSAGE:,}")


def mistakes(template: str, longest: int) -> list[str]:
    """Return what speaks against a text; `longest` is the length it has for the buyer it is longest for."""
    found = []
    if longest > LONGEST_MESSAGE:
        found.append(tr("The text is too long by {count}.", count=f"{longest - LONGEST_MESSAGE:,}"))
    if "{order}" not in template:
        found.append(
            tr("The marketplace refuses the same text twice: keep {placeholder}.", placeholder="{order}")
        )
    found.extend(
        tr("{placeholder} is no placeholder: the buyers would read it like that.", placeholder=f"{{{name}}}")
        for name in dict.fromkeys(unknown_placeholders(template))
    )
    return found


def resend_question(count: int) -> str:
    """Return what is asked before a text goes out."""
    return trn("Resend {count} message with this text?", "Resend {count} messages with this text?", count)


def resend_warnings(template: str, groups: Sequence[AttentionGroup], longest: int) -> str:
    """Return what to know before a text goes out: the hour where the buyers live, and its mistakes."""
    cautions = dict.fromkeys(night_words(group) for group in groups if group.night)
    return " ".join((*cautions, *mistakes(template, longest)))


def resend_reason(groups: Sequence[AttentionGroup]) -> Purpose:
    """Return why these are sent again, for the log."""
    hidden = all(_hidden(group) for group in groups)
    return Purpose(PlanReason.RESENT_HIDDEN if hidden else PlanReason.RESENT_REFUSED)


def on_their_way(done: int, asked: int, *, stopped: bool = False) -> str:
    """Return how many proofs were set going again."""
    result = trn(
        "{done} of {asked} is on its way",
        "{done} of {asked} are on their way",
        1 if done == asked == 1 else 2,
        done=f"{done:,}",
        asked=f"{asked:,}",
    )
    if stopped:
        return tr("{result}. Stopped: the rest still waits here", result=result)
    if done == asked:
        return result
    return trn("{result}, {count} is not", "{result}, {count} are not", asked - done, result=result)


def about(item: AttentionItem) -> str:
    """Return who bought and who packed, when."""
    proof = item.proof
    packed = tr(
        "packed {moment} by {packer}, {station}",
        moment=moment(proof.saved_at or proof.opened_at),
        packer=proof.packer,
        station=proof.station,
    )
    return " · ".join(fact for fact in (proof.buyer_name, packed) if fact)


def why(item: AttentionItem) -> str:
    """Return what keeps a message here, and which one of the order's it is."""
    return " · ".join(fact for fact in (part_name(item.part), said(item.reason).headline) if fact)


def row(item: AttentionItem) -> str:
    """Return the second line of an item's row."""
    facts = (part_name(item.part), item.proof.buyer_name, item.proof.packer)
    return " · ".join(fact for fact in facts if fact)


def group_line(group: AttentionGroup) -> str:
    """Return what stands under a group's title, beside its shop."""
    listed = len(group.items)
    if group.total <= listed:
        return calendar_day(group.day)
    return tr(
        "{day} · the first {listed} of {total} are listed",
        day=calendar_day(group.day),
        listed=f"{listed:,}",
        total=f"{group.total:,}",
    )


def summary(group: AttentionGroup) -> str:
    """Return what is said of a whole group: how many, since when."""
    oldest = min((item.since for item in group.items), default=None)
    if oldest is None:
        return count_messages(group.total)
    return trn(
        "{count} message, since {moment}",
        "{count} messages, the oldest since {moment}",
        group.total,
        moment=moment(oldest),
    )


def group_spoken(group: AttentionGroup, *, opened: bool) -> str:
    """Return a group's row for a screen reader."""
    return ", ".join(
        (
            label(group_title(group)),
            group.shop,
            group_line(group),
            f"{group.total:,}",
            tr("open") if opened else tr("closed"),
        )
    )


def chat_checked(taken: LookTaken) -> str:
    """Return how far one reading back of the chat reached."""
    if taken.covered:
        return tr("Chat checked at {moment}", moment=moment(taken.at))
    return tr("Chat checked at {moment}, but not far enough back to be sure", moment=moment(taken.at))


def sighting(seen: Sighting) -> tuple[str, str, str]:
    """Return time, side and content of one message in the chat."""
    at = moment(seen.at) if seen.at else "–"
    kind = tr(_KINDS[seen.kind]) if seen.kind in _KINDS else seen.kind.capitalize() or tr("Message")
    content = tr("{kind}: {text}", kind=kind, text=seen.text) if seen.text else kind
    return at, shop_side() if seen.own else tr("Buyer"), content


def shop_side() -> str:
    """Return what the shop's own side of a chat is called."""
    return tr("This shop")


def sighting_spoken(seen: Sighting) -> str:
    """Return one message in the chat for a screen reader."""
    at, side, content = sighting(seen)
    words = tr("{clock} {side}: {content}", clock=at, side=side, content=content)
    return tr("{seen}, matches", seen=words) if seen.matches else words


def spoken(item: AttentionItem, *, ticked: bool) -> str:
    """Return an item's row for a screen reader."""
    number = item.proof.order_number or item.proof.code
    words = ", ".join((number, row(item), moment(item.since), label(said(item.reason).headline)))
    return tr("Ticked: {row}", row=words) if ticked else words
