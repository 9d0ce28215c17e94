"""The sandbox's Chatwoot server: contacts, conversations, messages and what becomes of them."""

import hashlib
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from parcelguard.sandbox.world.records import Order
from tests.support.sandbox.chatwoot import Agent, open_account, refused
from tests.support.sandbox.common import picture


@pytest.fixture
def agent() -> Iterator[Agent]:
    with open_account() as agent:
        yield agent


@pytest.fixture
def order(agent: Agent) -> Order:
    return agent.orders()[0]


@pytest.fixture
def talk(agent: Agent, order: Order) -> int:
    return agent.open_talk(order)


def test_token_is_wanted_and_must_be_the_accounts_own(agent: Agent) -> None:
    assert "sign in" in refused(agent.call("GET", "contacts/search", headers={}), 401)
    wrong = {"api_access_token": "x"}
    assert refused(agent.call("GET", "contacts/search", headers=wrong), 401) == "Invalid Access Token"
    other = agent.world.add_shop("Teh & Co", "ID", marketplace="chatwoot")
    agent.account = other.shop_id
    assert "not authorized to access this account" in refused(agent.get("contacts/search", q="a"), 401)
    agent.account = 1
    refused(agent.get("contacts/search", q="a"), 404)


def test_agent_without_access_is_forbidden(agent: Agent, talk: int) -> None:
    agent.shop.chat_allowed = False
    refused(agent.say(talk, "packed"), 403)
    assert agent.transcript() == []


def test_contacts_are_found_by_name_phone_identifier_and_number(agent: Agent, order: Order) -> None:
    buyer = order.buyer
    (contact,) = agent.find(buyer.name.upper())
    assert contact["id"] == buyer.user_id
    for text in (contact["phone_number"], contact["identifier"], str(buyer.user_id)):
        assert [found["id"] for found in agent.find(text)] == [buyer.user_id]
    assert agent.find("nobody of that name") == []
    assert "parameter q" in refused(agent.get("contacts/search"), 422)


def test_contacts_come_in_pages_of_fifteen(agent: Agent) -> None:
    for number in range(20):
        agent.post("contacts", {"name": f"Page {number}"})
    first = agent.get("contacts/search", q="page ").json()
    assert (first["meta"]["count"], first["meta"]["has_more"]) == (15, True)
    assert len(agent.get("contacts/search", q="page ", page=2).json()["payload"]) == 5


def test_contact_is_created_once(agent: Agent) -> None:
    body = {"inbox_id": agent.inbox, "name": "Budi", "phone_number": "+628123456789", "identifier": "web-7"}
    said = agent.post("contacts", body).json()["payload"]
    contact = said["contact"]
    assert said["contact_inbox"]["source_id"] == contact["contact_inboxes"][0]["source_id"]
    assert agent.find("web-7") == [contact]
    assert "taken" in refused(agent.post("contacts", body), 422)
    assert "e164" in refused(agent.post("contacts", {"name": "Ani", "phone_number": "0812"}), 422)
    refused(agent.post("contacts", {"name": "Ani", "inbox_id": 1}), 404)


def test_customer_may_be_unknown_until_created(agent: Agent, order: Order) -> None:
    agent.http.post("/admin/seller", json={"known_customers": False})
    assert agent.find(order.buyer.name) == []
    agent.post("contacts", {"inbox_id": agent.inbox, "name": order.buyer.name})
    agent.say(agent.open_talk(order), "packed")
    screen = agent.http.get("/buyer/data", params={"buyer": order.buyer.user_id}).json()
    assert [message["text"] for message in screen["chat"]["messages"]] == ["packed"]


def test_who_writes_first_is_in_the_address_book(agent: Agent, order: Order) -> None:
    agent.http.post("/admin/seller", json={"known_customers": False})
    agent.world.buyer_says(order.buyer.user_id, "hello?")
    (contact,) = agent.find(order.buyer.name)
    (talk,) = agent.get(f"contacts/{contact['id']}/conversations").json()["payload"]
    assert (talk["unread_count"], talk["meta"]["sender"]["id"]) == (1, contact["id"])
    (message,) = agent.messages(talk["id"])
    assert (message["content"], message["message_type"], message["sender"]["type"]) == (
        "hello?",
        0,
        "contact",
    )


def test_conversation_is_opened_once_and_found_again(agent: Agent, order: Order, talk: int) -> None:
    assert agent.open_talk(order) == talk == 1
    other = agent.open_talk(agent.orders()[1])
    agent.say(other, "packed")
    rows = agent.get("conversations").json()["data"]["payload"]
    assert [row["id"] for row in rows] == [other, talk]
    assert agent.get(f"conversations/{talk}").json()["inbox_id"] == agent.inbox
    found = agent.get(f"contacts/{order.buyer.user_id}/conversations").json()["payload"]
    assert [row["id"] for row in found] == [talk]


@pytest.mark.parametrize(
    "wrong", [{"source_id": "x"}, {"inbox_id": 1}, {"contact_id": 1}, {"contact_id": [1]}]
)
def test_conversation_needs_a_contact_of_this_inbox(
    agent: Agent, order: Order, wrong: dict[str, Any]
) -> None:
    (contact,) = agent.find(order.buyer.name)
    source = contact["contact_inboxes"][0]["source_id"]
    body = {"source_id": source, "inbox_id": agent.inbox, "contact_id": contact["id"]} | wrong
    refused(agent.post("conversations", body), 404)


def test_text_is_stored_and_reaches_the_transcript(agent: Agent, order: Order, talk: int) -> None:
    said = agent.say(talk, "Dibungkus ✓").json()
    assert (said["content"], said["message_type"], said["status"]) == ("Dibungkus ✓", 1, "sent")
    assert (said["conversation_id"], said["private"]) == (talk, False)
    assert isinstance(said["id"], int)
    (line,) = agent.transcript()
    assert (line["text"], line["marketplace"], line["shop_id"]) == (
        "Dibungkus ✓",
        "chatwoot",
        agent.shop.shop_id,
    )
    assert line["to_id"] == order.buyer.user_id


def test_photos_go_out_as_attachments_of_one_message(agent: Agent, order: Order, talk: int) -> None:
    photos = [picture(colour=colour) for colour in ("navy", "olive", "maroon")]
    said = agent.send_photos(talk, *photos, text="packed").json()
    assert [facts["message_id"] for facts in said["attachments"]] == [said["id"]] * 3
    assert [agent.http.get(facts["data_url"]).content for facts in said["attachments"]] == photos
    (listed,) = agent.messages(talk)
    assert (listed["id"], listed["content"], len(listed["attachments"])) == (said["id"], "packed", 3)
    text, *images = agent.transcript()
    assert text["text"] == "packed"
    assert [line["image_sha256"] for line in images] == [hashlib.sha256(data).hexdigest() for data in photos]
    chat = agent.http.get("/buyer/data", params={"buyer": order.buyer.user_id}).json()["chat"]
    assert [message["kind"] for message in chat["messages"]] == ["text", "image", "image", "image"]


def test_photo_may_go_without_a_text(agent: Agent, talk: int) -> None:
    said = agent.send_photos(talk, picture()).json()
    assert said["content"] is None
    assert said["attachments"][0]["file_size"] == len(picture())


def test_photo_in_another_field_is_refused_instead_of_lost(agent: Agent, talk: int) -> None:
    assert "attachments[]" in refused(agent.send_photos(talk, picture(), field="attachment"), 422)
    assert "invalid" in refused(agent.send_photos(talk, b"no picture"), 422)
    assert "at most 15" in refused(agent.send_photos(talk, *[picture()] * 16), 422)
    assert agent.transcript() == []


@pytest.mark.parametrize(
    "changed",
    [{"message_type": "incoming"}, {"private": True}, {"content": ""}, {"content": "x" * 150_001}],
)
def test_message_must_be_something_the_buyer_can_get(
    agent: Agent, talk: int, changed: dict[str, Any]
) -> None:
    refused(agent.say(talk, "packed", **changed), 422)
    assert agent.transcript() == []


def test_unknown_conversation_and_wrong_method_are_not_found(agent: Agent, talk: int) -> None:
    refused(agent.say(talk + 1, "packed"), 404)
    refused(agent.say(0, "packed"), 404)
    refused(agent.get("contacts/1/conversations"), 404)
    refused(agent.call("DELETE", f"conversations/{talk}/messages", json={}), 404)


def test_another_accounts_conversation_is_not_found(agent: Agent, talk: int) -> None:
    agent.connect(agent.world.add_shop("Teh & Co", "ID", marketplace="chatwoot"))
    refused(agent.say(talk, "packed"), 404)


@pytest.mark.parametrize(("body", "status"), [(b"[]", 400), (b"{", 400), (b"\xff", 400)])
def test_body_that_is_no_object_is_refused(agent: Agent, talk: int, body: bytes, status: int) -> None:
    headers = agent.headers | {"content-type": "application/json"}
    refused(agent.call("POST", f"conversations/{talk}/messages", content=body, headers=headers), status)
    headers["content-type"] = "text/plain"
    refused(agent.call("POST", f"conversations/{talk}/messages", content=body, headers=headers), 422)


def test_newest_twenty_messages_are_listed_oldest_first(agent: Agent, talk: int) -> None:
    ids = [agent.say(talk, f"text {number}").json()["id"] for number in range(25)]
    assert ids == sorted(ids)
    assert [message["id"] for message in agent.messages(talk)] == ids[5:]
    assert [message["id"] for message in agent.messages(talk, before=ids[5])] == ids[:5]
    assert [message["id"] for message in agent.messages(talk, after=ids[2])] == ids[3:]


def test_status_follows_the_message_to_the_phone(agent: Agent, order: Order, talk: int) -> None:
    agent.say(talk, "packed")
    assert agent.messages(talk)[0]["status"] == "sent"
    agent.clock.now += 2
    assert agent.messages(talk)[0]["status"] == "delivered"
    agent.http.get("/buyer/data", params={"buyer": order.buyer.user_id})
    assert agent.messages(talk)[0]["status"] == "read"


def test_stored_message_may_fail_afterwards(agent: Agent, order: Order, talk: int) -> None:
    agent.fault("late_filter", value=60, times=1)
    assert agent.send_photos(talk, picture(), text="packed").json()["status"] == "sent"
    agent.http.post("/admin/clock", json={"advance_s": 60})
    (message,) = agent.messages(talk)
    assert (message["status"], bool(message["content_attributes"]["external_error"])) == ("failed", True)
    assert {line["status"] for line in agent.transcript()} == {"blocked"}
    chat = agent.http.get("/buyer/data", params={"buyer": order.buyer.user_id}).json()["chat"]
    assert chat["messages"] == []


def test_message_to_someone_who_blocked_fails_at_once(agent: Agent, order: Order, talk: int) -> None:
    order.buyer.blocked = "by_buyer"
    assert agent.say(talk, "packed").json()["status"] == "failed"


def test_message_is_accepted_and_the_answer_never_comes(agent: Agent, talk: int) -> None:
    agent.fault("timeout_after_accept", times=1, value=0.05)
    assert agent.messages(talk) == []
    with pytest.raises(httpx.RemoteProtocolError):
        agent.say(talk, "packed")
    assert [message["content"] for message in agent.messages(talk)] == ["packed"]


@pytest.mark.parametrize(("kind", "left"), [("drop_before", 0), ("drop_after", 1)])
def test_line_drops_before_or_after(agent: Agent, talk: int, kind: str, left: int) -> None:
    agent.fault(kind, path="/messages", times=1)
    with pytest.raises(httpx.RemoteProtocolError):
        agent.say(talk, "packed")
    assert len(agent.transcript()) == left


@pytest.mark.parametrize("processed", [False, True])
def test_server_trouble_may_strike_before_or_after(agent: Agent, talk: int, processed: bool) -> None:
    agent.fault("status_5xx", value=502, processed=processed, times=1, path="/messages")
    assert agent.say(talk, "one").status_code == 502
    agent.fault("non_json", processed=processed, times=1, path="/messages")
    assert agent.say(talk, "two").headers["content-type"].startswith("text/html")
    agent.fault("error", processed=processed, times=1, path="/messages")
    assert refused(agent.say(talk, "three"), 500)
    assert len(agent.transcript()) == (3 if processed else 0)


def test_code_of_a_wished_for_error_is_its_status(agent: Agent, talk: int) -> None:
    agent.fault("error", error="422", message="Content is too long", times=1)
    assert refused(agent.say(talk, "packed"), 422) == "Content is too long"
    agent.fault("all_200")
    assert refused(agent.say(99, "packed"), 200)


@pytest.mark.parametrize(("seconds", "header"), [(7, "7"), (0, None)])
def test_rate_limit_is_plain_text(agent: Agent, talk: int, seconds: int, header: str | None) -> None:
    agent.fault("rate_limit", value=seconds, times=1)
    answer = agent.say(talk, "packed")
    assert (answer.status_code, answer.text) == (429, "Retry later\n")
    assert answer.headers.get("retry-after") == header


def test_requests_and_sends_are_counted(agent: Agent, talk: int) -> None:
    agent.clock.now += 1
    agent.fault("requests_per_s", value=1)
    assert [agent.get("conversations").status_code for _ in range(2)] == [200, 429]
    agent.http.delete("/admin/faults")
    agent.fault("sends_per_minute", value=2)
    assert [agent.say(talk, "x").status_code for _ in range(3)] == [200, 200, 429]


def test_token_runs_out_by_no_clock(agent: Agent, talk: int) -> None:
    agent.fault("expire_tokens")
    assert agent.say(talk, "packed").status_code == 200


def test_token_may_be_taken_back(agent: Agent, talk: int) -> None:
    agent.fault("revoke")
    assert refused(agent.say(talk, "packed"), 401) == "Invalid Access Token"
    agent.connect(agent.shop)
    assert agent.say(talk, "packed").status_code == 200


def test_message_may_be_listed_late_and_its_id_missing(agent: Agent, talk: int) -> None:
    agent.fault("list_delay_s", value=30)
    agent.fault("missing_message_id")
    assert "id" not in agent.say(talk, "packed").json()
    assert agent.messages(talk) == []
    agent.clock.now += 30
    assert len(agent.messages(talk)) == 1
