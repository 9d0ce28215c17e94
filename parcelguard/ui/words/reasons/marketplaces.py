"""What is said about a marketplace's answers."""

from __future__ import annotations

from collections.abc import Mapping

from parcelguard.core.message_id import msgid
from parcelguard.core.reasons.marketplaces import MarketplaceReason
from parcelguard.core.reasons.reason import ReasonKind

_BY_ITSELF = msgid("It goes out by itself.")
_TRIED_AGAIN = msgid("It is tried again by itself.")
_LOOKS = msgid("ParcelGuard looks in the chat.")
_LOG_IN_PAGE = msgid("Check the network: a log-in page or proxy may stand in between.")
_AUTHORISE = msgid("Authorise the shop again; the photos are safe.")
_APP_KEYS = msgid("Check app key and app secret.")
_ENTER_FIRST = msgid("Enter it in Channels first.")
_START_AGAIN = msgid("Nothing was changed. Begin again, and copy the whole address after allowing.")
_NOT_RIGHT = msgid("Nothing was sent. Compare the order in the seller centre.")
_SHOW_THE_LOG = msgid("Show the log to whoever looks after this program.")
_PHOTO_AGAIN = msgid("Take the photo again, then send.")
_LEAVE_IT = msgid("Leave it, or tell the buyer in the chat.")

WORDS: Mapping[ReasonKind, tuple[str, str]] = {
    MarketplaceReason.REFUSED: (
        msgid("The marketplace refused this message."),
        msgid("Read the reason in the log, then resend."),
    ),
    # the way to it
    MarketplaceReason.ADDRESS_NOT_FOUND: (
        msgid("Saved. The marketplace’s address is not found."),
        msgid("Is this computer online? It sends by itself when the address is found."),
    ),
    MarketplaceReason.STRANGER_ON_THE_WAY: (
        msgid("Saved. Another computer answered, not the marketplace."),
        _LOG_IN_PAGE,
    ),
    MarketplaceReason.PROXY_REFUSES: (
        msgid("Saved. The proxy of this network does not let us through."),
        msgid("It may want a log-in: ask who looks after it."),
    ),
    # its answer is none, or leaves open what happened
    MarketplaceReason.ANSWER_MADE_NO_SENSE: (msgid("{marketplace}’s answer made no sense."), _LOG_IN_PAGE),
    MarketplaceReason.BUSY: (msgid("{marketplace} had a problem and did not confirm."), _LOOKS),
    MarketplaceReason.BUSY_READING: (msgid("{marketplace} has a problem now."), _TRIED_AGAIN),
    MarketplaceReason.UNEXPECTED_ANSWER: (
        msgid("{marketplace} gave an unexpected answer ({code})."),
        _LOOKS,
    ),
    MarketplaceReason.UNEXPECTED_READING: (
        msgid("{marketplace} gave an unexpected answer ({code})."),
        _TRIED_AGAIN,
    ),
    MarketplaceReason.NOT_CONFIRMED: (
        msgid("{marketplace} did not confirm."),
        msgid("ParcelGuard looks in the chat before anything is sent again."),
    ),
    MarketplaceReason.OTHER_BUYER_TOLD: (
        msgid("{marketplace} names another buyer for this message."),
        msgid("ParcelGuard looks in the chat before anything is sent again."),
    ),
    # it asks to wait
    MarketplaceReason.SLOWER: (msgid("{marketplace} asks to send more slowly."), _BY_ITSELF),
    MarketplaceReason.DAILY_CALLS_USED_UP: (
        msgid("Today’s quota of {marketplace} calls is used up."),
        msgid("Keep packing. Sending goes on by itself after midnight, Singapore time."),
    ),
    MarketplaceReason.CHAT_CALLS_USED_UP: (
        msgid("Today’s quota of chat calls at {marketplace} is used up."),
        msgid("It goes on after midnight UTC. What is urgent can be sent by hand."),
    ),
    MarketplaceReason.HOURLY_CALLS_USED_UP: (
        msgid("This development shop has used up its calls for this hour."),
        msgid("It goes on with the next hour."),
    ),
    MarketplaceReason.CLOCK_REFUSED: (
        msgid("This computer’s clock is wrong; it is corrected for sending."),
        msgid("Please set the clock."),
    ),
    MarketplaceReason.PICTURE_NOT_TAKEN_NOW: (
        msgid("{marketplace} could not take the picture."),
        _TRIED_AGAIN,
    ),
    MarketplaceReason.OFF_DURING_SALE: (
        msgid("{marketplace} has switched this off during a sale."),
        msgid("It is saved, and tried again every hour."),
    ),
    MarketplaceReason.NO_TOKENS: (
        msgid("{marketplace} gave no access."),
        msgid("It is tried again; if it stays so, authorise the shop again."),
    ),
    MarketplaceReason.RENEWAL_UNANSWERED: (
        msgid("{marketplace} did not answer when the access was renewed."),
        msgid("ParcelGuard asks again in a minute."),
    ),
    # the shop's access
    MarketplaceReason.NOT_CONNECTED: (
        msgid("This shop is not connected to {marketplace}."),
        msgid("Authorise it in Channels, or with: parcelguard connect"),
    ),
    MarketplaceReason.CONSENT_AGAIN: (msgid("{marketplace} wants the seller’s consent again."), _AUTHORISE),
    MarketplaceReason.CHAT_CONSENT_AGAIN: (
        msgid("{marketplace} wants the seller’s consent to the chat again."),
        msgid("Authorise the chat again; the photos are safe."),
    ),
    MarketplaceReason.SUBSCRIPTION_ENDED: (
        msgid("The subscription to this app has to be renewed at {marketplace}."),
        msgid("Renew it in the service marketplace, then authorise the shop again."),
    ),
    MarketplaceReason.CONSENT_NOT_FOR_SHOP: (
        msgid("The seller’s consent does not cover this shop at {marketplace}."),
        msgid("Authorise the shop again, as the seller who owns it."),
    ),
    MarketplaceReason.APP_KEYS_REFUSED: (
        msgid("{marketplace} does not accept this app’s keys."),
        _APP_KEYS,
    ),
    MarketplaceReason.CHAT_APP_KEYS_REFUSED: (
        msgid("{marketplace} does not accept the keys of the chat app."),
        _APP_KEYS,
    ),
    MarketplaceReason.PARTNER_KEYS_REFUSED: (
        msgid("{marketplace} does not accept this app’s keys."),
        msgid("Check partner id, partner key and host."),
    ),
    MarketplaceReason.ACCESS_TOKEN_REFUSED: (
        msgid("{marketplace} does not accept the access token."),
        msgid("Copy it again from Profile settings › Access Token."),
    ),
    MarketplaceReason.NO_CHAT_ACCESS: (
        msgid("{marketplace} gives this app no access to chat."),
        msgid("Apply for it in {marketplace}’s console, or send by hand."),
    ),
    MarketplaceReason.NO_CHAT_SCOPE: (
        msgid("{marketplace} gives this app no access to chat."),
        msgid("Apply for the scope “Customer Service” in the Partner Center, or send by hand."),
    ),
    MarketplaceReason.NO_ORDER_ACCESS: (
        msgid("{marketplace} gives this app no access to orders."),
        msgid("Apply for it in {marketplace}’s console."),
    ),
    MarketplaceReason.NO_ORDER_SCOPE: (
        msgid("{marketplace} gives this app no access to orders."),
        msgid("Switch its scopes on in the Partner Center, then authorise the shop again."),
    ),
    MarketplaceReason.NO_INBOX_ACCESS: (
        msgid("{marketplace} gives this access token no access to the inbox."),
        msgid("Add its user to the inbox, under Settings › Inboxes › Collaborators."),
    ),
    MarketplaceReason.OFFICE_REFUSED: (
        msgid("{marketplace} refuses this office’s internet address."),
        msgid("Switch the IP whitelist of the app off in {marketplace}’s console."),
    ),
    MarketplaceReason.SHOP_CLOSED: (
        msgid("{marketplace} has closed or frozen this shop."),
        msgid("Look into the seller centre."),
    ),
    MarketplaceReason.SHOP_NOT_ACTIVE: (
        msgid("{marketplace} says that this shop is not active."),
        msgid("Look into the seller centre."),
    ),
    MarketplaceReason.SHOP_NOT_VERIFIED: (
        msgid("{marketplace} has not fully opened this shop yet."),
        msgid("Finish its verification in the seller centre."),
    ),
    # keys that are to be entered first
    MarketplaceReason.APP_SECRET_MISSING: (msgid("The app secret of this shop is missing."), _ENTER_FIRST),
    MarketplaceReason.CHAT_APP_SECRET_MISSING: (
        msgid("The secret of the chat app is missing."),
        _ENTER_FIRST,
    ),
    MarketplaceReason.PARTNER_KEY_MISSING: (msgid("The partner key of this shop is missing."), _ENTER_FIRST),
    MarketplaceReason.ACCESS_TOKEN_MISSING: (
        msgid("The access token of {marketplace} is missing."),
        msgid("Copy it from Profile settings › Access Token."),
    ),
    MarketplaceReason.SERVICE_ID_MISSING: (
        msgid("The service ID of your app at {marketplace} is missing."),
        msgid("Enter it under Own keys: it stands in the app’s authorization link."),
    ),
    # the answer to a consent
    MarketplaceReason.NO_CODE: (
        msgid("{marketplace} sent no code: it was not allowed, or the address is not whole."),
        _START_AGAIN,
    ),
    MarketplaceReason.CODE_REFUSED: (
        msgid("{marketplace} does not accept this code."),
        msgid("It works once, for {minutes:span}. Authorise the shop again."),
    ),
    MarketplaceReason.ATTEMPT_DIFFERS: (msgid("This address belongs to another attempt."), _START_AGAIN),
    MarketplaceReason.CONSENT_FOR_OTHER_SHOP: (
        msgid("This consent is for shop {shop}, not for this one."),
        _START_AGAIN,
    ),
    MarketplaceReason.CONSENT_FOR_NO_SHOP: (msgid("This consent is for no shop."), _START_AGAIN),
    MarketplaceReason.CONSENT_WITHOUT_SHOP: (
        msgid("This consent does not include shop {shop}."),
        _START_AGAIN,
    ),
    MarketplaceReason.CONSENT_FOR_OTHER_COUNTRY: (
        msgid("This consent is for a shop in {countries}, not in {country}."),
        _START_AGAIN,
    ),
    MarketplaceReason.CONSENT_FOR_NO_COUNTRY: (
        msgid("This consent does not say for which country it is."),
        _START_AGAIN,
    ),
    MarketplaceReason.CONSENTS_OF_TWO_SELLERS: (
        msgid("Orders and chat were allowed by two different sellers."),
        _START_AGAIN,
    ),
    MarketplaceReason.NOT_A_SELLER: (
        msgid("This consent was not given by a seller at {marketplace}."),
        _START_AGAIN,
    ),
    MarketplaceReason.SHOP_NOT_NAMED: (
        msgid("This address does not say which shop it is for."),
        _START_AGAIN,
    ),
    MarketplaceReason.TOKEN_IS_ENOUGH: (
        msgid("{marketplace} asks for no consent."),
        msgid("Its access token is all that is needed."),
    ),
    # the order and its buyer
    MarketplaceReason.ORDER_UNKNOWN: (
        msgid("{marketplace} does not know this order in this shop."),
        msgid("Check the order number."),
    ),
    MarketplaceReason.ORDER_NOT_PAID: (msgid("This order is not paid."), _NOT_RIGHT),
    MarketplaceReason.ORDER_ON_HOLD: (
        msgid("This order must not be shipped yet: it is unpaid, or the buyer may still cancel it."),
        msgid("Nothing was sent. Keep the parcel; send when the order is released."),
    ),
    MarketplaceReason.PACKED_ELSEWHERE: (
        msgid("Nothing of this order is packed here: it is digital, or in {marketplace}’s warehouse."),
        _NOT_RIGHT,
    ),
    MarketplaceReason.NO_BUYER: (
        msgid("{marketplace} names no buyer for this order, so there is no chat."),
        msgid("Nothing was sent. Send again when the order has its buyer."),
    ),
    MarketplaceReason.BUYER_CHANGED: (
        msgid("{marketplace} names another buyer for this order now."),
        _NOT_RIGHT,
    ),
    MarketplaceReason.CONTACT_CHANGED: (
        msgid("This order’s number does not lead to this buyer in {marketplace} any more."),
        msgid("Nothing was sent. Compare the contacts in {marketplace}."),
    ),
    # the chat
    MarketplaceReason.BUYER_CLOSED_TO_SHOP: (
        msgid("{marketplace} does not let you write to this buyer."),
        msgid(
            "It allows it for {order_days} days after an order and {chat_days} days after a chat. "
            "Send by hand if the chat is open."
        ),
    ),
    MarketplaceReason.BUYER_CLOSED_FOR_NOW: (
        msgid("{marketplace} does not let you write to this buyer now."),
        msgid(
            "It allows it for {order_days} days after an order, {chat_days} days after the buyer wrote, "
            "or while a return is open."
        ),
    ),
    MarketplaceReason.ORDER_TOO_OLD: (
        msgid("{marketplace} does not let you write about this order any more."),
        msgid("It is too old for a new chat. Send by hand if the buyer’s chat is still open."),
    ),
    MarketplaceReason.TOO_MANY_UNANSWERED: (
        msgid("This buyer has {limit} unanswered messages already."),
        msgid("Wait until the buyer answers, then resend."),
    ),
    MarketplaceReason.ORDER_TO_BE_NAMED: (
        msgid("{marketplace} wants the order named in the first message."),
        msgid("Open the chat once by hand, then resend."),
    ),
    MarketplaceReason.SAFETY_RULES: (
        msgid("{marketplace} blocked this message by its own safety rules."),
        msgid("Do not repeat it; ask {marketplace}."),
    ),
    MarketplaceReason.BUYER_BLOCKED_SHOP: (
        msgid("This buyer has blocked the shop."),
        msgid("Nothing can be sent to this buyer."),
    ),
    MarketplaceReason.SHOP_BLOCKED_BUYER: (
        msgid("The shop has blocked this buyer."),
        msgid("Unblock the buyer in the seller centre, then resend."),
    ),
    MarketplaceReason.CHAT_OF_SUBACCOUNT: (
        msgid("This chat belongs to a sub-account."),
        msgid("Take the chat back in the seller centre, then resend."),
    ),
    MarketplaceReason.CHATS_OF_SUBACCOUNT: (
        msgid("The shop’s chats belong to a sub-account."),
        msgid("Change that in the seller centre, then resend."),
    ),
    MarketplaceReason.CHAT_NOT_OPENED: (
        msgid("{marketplace} does not open this buyer’s chat ({code})."),
        msgid("Nothing was sent. Open the buyer’s chat in the seller centre, or send by hand."),
    ),
    MarketplaceReason.CHAT_REFUSED: (
        msgid("{marketplace} does not open this buyer’s chat to the shop."),
        msgid("Open it in the seller centre, or send by hand."),
    ),
    MarketplaceReason.CHAT_NOT_OPEN_YET: (
        msgid("The conversation in {marketplace} is not open yet."),
        _BY_ITSELF,
    ),
    MarketplaceReason.CONVERSATION_UNKNOWN: (
        msgid("{marketplace} does not know this conversation."),
        msgid("Look for the buyer in {marketplace}, then resend."),
    ),
    MarketplaceReason.ONLY_TEMPLATES: (
        msgid("This buyer wrote too long ago: {marketplace} lets only templates through."),
        msgid("Nothing was sent. Send a template in {marketplace}, or wait until the buyer writes."),
    ),
    # the message
    MarketplaceReason.CALL_NOT_UNDERSTOOD: (
        msgid("{marketplace} did not understand the call."),
        _SHOW_THE_LOG,
    ),
    MarketplaceReason.MESSAGE_REFUSED: (
        msgid("{marketplace} refused this message."),
        msgid("Change the words or leave a photo out, then resend."),
    ),
    MarketplaceReason.MESSAGE_NOT_TAKEN: (
        msgid("{marketplace} does not take this message."),
        msgid("Look into the conversation in {marketplace}, then resend."),
    ),
    MarketplaceReason.MESSAGE_REPEATED: (
        msgid("{marketplace} refused the same message again."),
        msgid("It does so for {hours} hours. Change a few words, then resend."),
    ),
    MarketplaceReason.TEXT_REFUSED: (
        msgid("{marketplace} refused the text."),
        msgid("Change the words, then resend."),
    ),
    MarketplaceReason.TEXT_SENSITIVE: (
        msgid("{marketplace} refused the text as sensitive."),
        msgid("Change the words, without links or numbers; then resend."),
    ),
    MarketplaceReason.TEXT_TOO_LONG: (
        msgid("The text is too long for {marketplace}."),
        msgid("Shorten it to {longest} characters."),
    ),
    MarketplaceReason.PICTURE_REFUSED: (msgid("{marketplace} does not take this picture."), _PHOTO_AGAIN),
    MarketplaceReason.PICTURE_TOO_LARGE: (
        msgid("The picture is too large for {marketplace}."),
        msgid("Ask who looks after your {marketplace}."),
    ),
    MarketplaceReason.PICTURE_UNFIT: (
        msgid("This picture is {width} × {height} pixels and {size} KB."),
        msgid(
            "{marketplace} takes {shortest} to {longest} pixels a side and up to {largest} KB. "
            "Take the photo again, then send."
        ),
    ),
    # taking it back
    MarketplaceReason.NOT_TAKEN_BACK: (
        msgid("{marketplace} does not take this message back any more."),
        _LEAVE_IT,
    ),
    MarketplaceReason.NEVER_TAKEN_BACK: (msgid("{marketplace} does not take messages back."), _LEAVE_IT),
    MarketplaceReason.NEVER_TAKEN_FROM_BUYER: (
        msgid("{marketplace} cannot take a message back from the buyer."),
        _LEAVE_IT,
    ),
}
