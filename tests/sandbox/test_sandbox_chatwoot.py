"""The sandbox's Chatwoot server: contacts, conversations, messages and what becomes of them."""

import hashlib
from contextlib import contextmanager

import httpx
import pytest

from parcelguard.sandbox.demo_shops import demo_world
from parcelguard.sandbox.running import running
from tests.sandbox.test_sandbox_chat import picture
from tests.sandbox.test_sandbox_wire import Clock


class Agent:
    """A client written from the server's documentation, with nothing between test and wire."""

    def __init__(self, world, http):
        self.world, self.http, self.clock = world, http, world._clock
        self.connect(next(iter(world.shops.values())))

    def connect(self, shop):
        self.shop = shop
        given = self.http.get("/admin/seller", params={"shop_id": shop.shop_id}).json()
        self.inbox, self.account = given["inbox_id"], given["account_id"]
        self.headers = {"api_access_token": given["api_access_token"]}
        return given

    def call(self, method, path, **request):
        request = {"headers": self.headers} | request
        return self.http.request(method, f"/api/v1/accounts/{self.account}/{path}", **request)

    def get(self, path, **query):
        return self.call("GET", path, params=query)

    def post(self, path, body):
        return self.call("POST", path, json=body)

    def orders(self):
        return list(self.world.orders.values())

    def find(self, text):
        return self.get("contacts/search", q=text).json()["payload"]

    def open(self, order):
        (contact,) = self.find(order.buyer.name)
        body = {
            "source_id": contact["contact_inboxes"][0]["source_id"],
            "inbox_id": self.inbox,
            "contact_id": contact["id"],
        }
        return self.post("conversations", body).json()["id"]

    def say(self, talk, text, **changed):
        body = {"content": text, "message_type": "outgoing", "private": False} | changed
        return self.post(f"conversations/{talk}/messages", body)

    def show(self, talk, *photos, text="", field="attachments[]"):
        fields = {"content": text, "message_type": "outgoing", "private": "false"}
        files = [(field, (f"{n}.jpg", data, "image/jpeg")) for n, data in enumerate(photos)]
        return self.call("POST", f"conversations/{talk}/messages", data=fields, files=files)

    def messages(self, talk, **query):
        return self.get(f"conversations/{talk}/messages", **query).json()["payload"]

    def transcript(self):
        return self.http.get("/admin/transcript").json()

    def fault(self, kind, **wish):
        answer = self.http.post("/admin/faults", json={"kind": kind, **wish})
        assert answer.status_code == 200, answer.text


@contextmanager
def open_account():
    world = demo_world(orders=0, marketplaces=(), clock=Clock())
    shop = world.add_shop("Kopi & Co WhatsApp", "ID", marketplace="chatwoot")
    for _ in range(4):
        world.make_order(shop)
    with running(world) as address, httpx.Client(base_url=address, timeout=5) as http:
        yield Agent(world, http)


def refused(answer, status):
    assert answer.status_code == status, answer.text
    return answer.json()["error"]


@pytest.fixture
def agent():
    with open_account() as agent:
        yield agent


@pytest.fixture
def order(agent):
    return agent.orders()[0]


@pytest.fixture
def talk(agent, order):
    return agent.open(order)


def test_token_is_wanted_and_must_be_the_accounts_own(agent):
    assert "sign in" in refused(agent.call("GET", "contacts/search", headers={}), 401)
    wrong = {"api_access_token": "x"}
    assert refused(agent.call("GET", "contacts/search", headers=wrong), 401) == "Invalid Access Token"
    other = agent.world.add_shop("Teh & Co", "ID", marketplace="chatwoot")
    agent.account = other.shop_id
    assert "not authorized to access this account" in refused(agent.get("contacts/search", q="a"), 401)
    agent.account = 1
    refused(agent.get("contacts/search", q="a"), 404)


def test_agent_without_access_is_forbidden(agent, talk):
    agent.shop.chat_allowed = False
    refused(agent.say(talk, "packed"), 403)
    assert agent.transcript() == []


def test_contacts_are_found_by_name_phone_identifier_and_number(agent, order):
    buyer = order.buyer
    (contact,) = agent.find(buyer.name.upper())
    assert contact["id"] == buyer.user_id
    for text in (contact["phone_number"], contact["identifier"], str(buyer.user_id)):
        assert [found["id"] for found in agent.find(text)] == [buyer.user_id]
    assert agent.find("nobody of that name") == []
    assert "parameter q" in refused(agent.get("contacts/search"), 422)


def test_contacts_come_in_pages_of_fifteen(agent):
    for number in range(20):
        agent.post("contacts", {"name": f"Page {number}"})
    first = agent.get("contacts/search", q="page ").json()
    assert (first["meta"]["count"], first["meta"]["has_more"]) == (15, True)
    assert len(agent.get("contacts/search", q="page ", page=2).json()["payload"]) == 5


def test_contact_is_created_once(agent):
    body = {"inbox_id": agent.inbox, "name": "Budi", "phone_number": "+628123456789", "identifier": "web-7"}
    said = agent.post("contacts", body).json()["payload"]
    contact = said["contact"]
    assert said["contact_inbox"]["source_id"] == contact["contact_inboxes"][0]["source_id"]
    assert agent.find("web-7") == [contact]
    assert "taken" in refused(agent.post("contacts", body), 422)
    assert "e164" in refused(agent.post("contacts", {"name": "Ani", "phone_number": "0812"}), 422)
    refused(agent.post("contacts", {"name": "Ani", "inbox_id": 1}), 404)


def test_customer_may_be_unknown_until_created(agent, order):
    agent.http.post("/admin/seller", json={"known_customers": False})
    assert agent.find(order.buyer.name) == []
    agent.post("contacts", {"inbox_id": agent.inbox, "name": order.buyer.name})
    agent.say(agent.open(order), "packed")
    screen = agent.http.get("/buyer/data", params={"buyer": order.buyer.user_id}).json()
    assert [message["text"] for message in screen["chat"]["messages"]] == ["packed"]


def test_who_writes_first_is_in_the_address_book(agent, order):
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


def test_conversation_is_opened_once_and_found_again(agent, order, talk):
    assert agent.open(order) == talk == 1
    other = agent.open(agent.orders()[1])
    agent.say(other, "packed")
    rows = agent.get("conversations").json()["data"]["payload"]
    assert [row["id"] for row in rows] == [other, talk]
    assert agent.get(f"conversations/{talk}").json()["inbox_id"] == agent.inbox
    found = agent.get(f"contacts/{order.buyer.user_id}/conversations").json()["payload"]
    assert [row["id"] for row in found] == [talk]


@pytest.mark.parametrize(
    "wrong", [{"source_id": "x"}, {"inbox_id": 1}, {"contact_id": 1}, {"contact_id": [1]}]
)
def test_conversation_needs_a_contact_of_this_inbox(agent, order, wrong):
    (contact,) = agent.find(order.buyer.name)
    source = contact["contact_inboxes"][0]["source_id"]
    body = {"source_id": source, "inbox_id": agent.inbox, "contact_id": contact["id"]} | wrong
    refused(agent.post("conversations", body), 404)


def test_text_is_stored_and_reaches_the_transcript(agent, order, talk):
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


def test_photos_go_out_as_attachments_of_one_message(agent, order, talk):
    photos = [picture(colour=colour) for colour in ("navy", "olive", "maroon")]
    said = agent.show(talk, *photos, text="packed").json()
    assert [facts["message_id"] for facts in said["attachments"]] == [said["id"]] * 3
    assert [agent.http.get(facts["data_url"]).content for facts in said["attachments"]] == photos
    (listed,) = agent.messages(talk)
    assert (listed["id"], listed["content"], len(listed["attachments"])) == (said["id"], "packed", 3)
    text, *images = agent.transcript()
    assert text["text"] == "packed"
    assert [line["image_sha256"] for line in images] == [hashlib.sha256(data).hexdigest() for data in photos]
    chat = agent.http.get("/buyer/data", params={"buyer": order.buyer.user_id}).json()["chat"]
    assert [message["kind"] for message in chat["messages"]] == ["text", "image", "image", "image"]


def test_photo_may_go_without_a_text(agent, talk):
    said = agent.show(talk, picture()).json()
    assert said["content"] is None
    assert said["attachments"][0]["file_size"] == len(picture())


def test_photo_in_another_field_is_refused_instead_of_lost(agent, talk):
    assert "attachments[]" in refused(agent.show(talk, picture(), field="attachment"), 422)
    assert "invalid" in refused(agent.show(talk, b"no picture"), 422)
    assert "at most 15" in refused(agent.show(talk, *[picture()] * 16), 422)
    assert agent.transcript() == []


@pytest.mark.parametrize(
    "changed",
    [{"message_type": "incoming"}, {"private": True}, {"content": ""}, {"content": "x" * 150_001}],
)
def test_message_must_be_something_the_buyer_can_get(agent, talk, changed):
    refused(agent.say(talk, "packed", **changed), 422)
    assert agent.transcript() == []


def test_unknown_conversation_and_wrong_method_are_not_found(agent, talk):
    refused(agent.say(talk + 1, "packed"), 404)
    refused(agent.say(0, "packed"), 404)
    refused(agent.get("contacts/1/conversations"), 404)
    refused(agent.call("DELETE", f"conversations/{talk}/messages", json={}), 404)


def test_another_accounts_conversation_is_not_found(agent, talk):
    agent.connect(agent.world.add_shop("Teh & Co", "ID", marketplace="chatwoot"))
    refused(agent.say(talk, "packed"), 404)


@pytest.mark.parametrize(("body", "status"), [(b"[]", 400), (b"{", 400), (b"\xff", 400)])
def test_body_that_is_no_object_is_refused(agent, talk, body, status):
    headers = agent.headers | {"content-type": "application/json"}
    refused(agent.call("POST", f"conversations/{talk}/messages", content=body, headers=headers), status)
    headers["content-type"] = "text/plain"
    refused(agent.call("POST", f"conversations/{talk}/messages", content=body, headers=headers), 422)


def test_newest_twenty_messages_are_listed_oldest_first(agent, talk):
    ids = [agent.say(talk, f"text {number}").json()["id"] for number in range(25)]
    assert ids == sorted(ids)
    assert [message["id"] for message in agent.messages(talk)] == ids[5:]
    assert [message["id"] for message in agent.messages(talk, before=ids[5])] == ids[:5]
    assert [message["id"] for message in agent.messages(talk, after=ids[2])] == ids[3:]


def test_status_follows_the_message_to_the_phone(agent, order, talk):
    agent.say(talk, "packed")
    assert agent.messages(talk)[0]["status"] == "sent"
    agent.clock.now += 2
    assert agent.messages(talk)[0]["status"] == "delivered"
    agent.http.get("/buyer/data", params={"buyer": order.buyer.user_id})
    assert agent.messages(talk)[0]["status"] == "read"


def test_stored_message_may_fail_afterwards(agent, order, talk):
    agent.fault("late_filter", value=60, times=1)
    assert agent.show(talk, picture(), text="packed").json()["status"] == "sent"
    agent.http.post("/admin/clock", json={"advance_s": 60})
    (message,) = agent.messages(talk)
    assert (message["status"], bool(message["content_attributes"]["external_error"])) == ("failed", True)
    assert {line["status"] for line in agent.transcript()} == {"blocked"}
    chat = agent.http.get("/buyer/data", params={"buyer": order.buyer.user_id}).json()["chat"]
    assert chat["messages"] == []


def test_message_to_someone_who_blocked_fails_at_once(agent, order, talk):
    order.buyer.blocked = "by_buyer"
    assert agent.say(talk, "packed").json()["status"] == "failed"


def test_message_is_accepted_and_the_answer_never_comes(agent, talk):
    agent.fault("timeout_after_accept", times=1, value=0.05)
    assert agent.messages(talk) == []
    with pytest.raises(httpx.RemoteProtocolError):
        agent.say(talk, "packed")
    assert [message["content"] for message in agent.messages(talk)] == ["packed"]


@pytest.mark.parametrize(("kind", "left"), [("drop_before", 0), ("drop_after", 1)])
def test_line_drops_before_or_after(agent, talk, kind, left):
    agent.fault(kind, path="/messages", times=1)
    with pytest.raises(httpx.RemoteProtocolError):
        agent.say(talk, "packed")
    assert len(agent.transcript()) == left


@pytest.mark.parametrize("processed", [False, True])
def test_server_trouble_may_strike_before_or_after(agent, talk, processed):
    agent.fault("status_5xx", value=502, processed=processed, times=1, path="/messages")
    assert agent.say(talk, "one").status_code == 502
    agent.fault("non_json", processed=processed, times=1, path="/messages")
    assert agent.say(talk, "two").headers["content-type"].startswith("text/html")
    agent.fault("error", processed=processed, times=1, path="/messages")
    assert refused(agent.say(talk, "three"), 500)
    assert len(agent.transcript()) == (3 if processed else 0)


def test_code_of_a_wished_for_error_is_its_status(agent, talk):
    agent.fault("error", error="422", message="Content is too long", times=1)
    assert refused(agent.say(talk, "packed"), 422) == "Content is too long"
    agent.fault("all_200")
    assert refused(agent.say(99, "packed"), 200)


@pytest.mark.parametrize(("seconds", "header"), [(7, "7"), (0, None)])
def test_rate_limit_is_plain_text(agent, talk, seconds, header):
    agent.fault("rate_limit", value=seconds, times=1)
    answer = agent.say(talk, "packed")
    assert (answer.status_code, answer.text) == (429, "Retry later\n")
    assert answer.headers.get("retry-after") == header


def test_requests_and_sends_are_counted(agent, talk):
    agent.clock.now += 1
    agent.fault("requests_per_s", value=1)
    assert [agent.get("conversations").status_code for _ in range(2)] == [200, 429]
    agent.http.delete("/admin/faults")
    agent.fault("sends_per_minute", value=2)
    assert [agent.say(talk, "x").status_code for _ in range(3)] == [200, 200, 429]


def test_token_runs_out_by_no_clock(agent, talk):
    agent.fault("expire_tokens")
    assert agent.say(talk, "packed").status_code == 200


def test_token_may_be_taken_back(agent, talk):
    agent.fault("revoke")
    assert refused(agent.say(talk, "packed"), 401) == "Invalid Access Token"
    agent.connect(agent.shop)
    assert agent.say(talk, "packed").status_code == 200


def test_message_may_be_listed_late_and_its_id_missing(agent, talk):
    agent.fault("list_delay_s", value=30)
    agent.fault("missing_message_id")
    assert "id" not in agent.say(talk, "packed").json()
    assert agent.messages(talk) == []
    agent.clock.now += 30
    assert len(agent.messages(talk)) == 1
