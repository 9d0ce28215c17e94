"""The platform's own Python client against the sandbox: accepted, and signing as we do.

It runs in a process of its own: merely importing it makes a log folder in the user's home.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from parcelguard.sandbox.lazada import signing as lazada_signing
from tests.support.sandbox.common import picture
from tests.support.sandbox.lazada import TEXT, VECTORS, LazadaSeller, open_lazada

Official = Callable[..., Any]  # takes calls and vectors, and returns answers and signs

PROGRAM = """
import json, sys
from lazop_sdk.base import LazopClient, LazopRequest, sign

asked = json.load(sys.stdin)
answers = []
for path, method, app, given, file in asked["calls"]:
    client = LazopClient(asked["base"], app["app_key"], app["app_secret"])
    request = LazopRequest(path, method)
    for name, value in given.items():
        request.add_api_param(name, value)
    if file:
        request.add_file_param("image", open(file, "rb").read())
    answers.append(client.execute(request, app.get("access_token")).body)
signs = [sign(secret, path, given) for secret, path, given in asked["vectors"]]
json.dump({"answers": answers, "signs": signs}, sys.stdout)
"""


@pytest.fixture
def seller() -> Iterator[LazadaSeller]:
    with open_lazada(clock=time.time) as seller:
        yield seller


@pytest.fixture
def official(seller: LazadaSeller, tmp_path: Path) -> Official:
    """Run calls and signatures through the official client."""

    def run(calls: Any = (), vectors: Any = ()) -> Any:
        asked = {"base": f"{seller.address}/rest", "calls": calls, "vectors": vectors}
        homes = {"HOME": str(tmp_path), "USERPROFILE": str(tmp_path), "NO_PROXY": "127.0.0.1"}
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM],
            input=json.dumps(asked),
            env=os.environ | homes,
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
        assert (tmp_path / "logs").is_dir()
        return json.loads(done.stdout)

    return run


def test_official_client_signs_as_we_do(official: Official) -> None:
    vectors = [(secret, path, given) for secret, path, given, _ in VECTORS]
    theirs = official(vectors=vectors)["signs"]
    assert theirs == [expected for *_, expected in VECTORS]
    assert theirs == [
        lazada_signing.sign(secret, lazada_signing.base_string(path, given))
        for secret, path, given in vectors
    ]


def test_calls_of_the_official_client_are_accepted(
    seller: LazadaSeller, official: Official, tmp_path: Path
) -> None:
    order, photo = seller.orders()[0], tmp_path / "photo.jpg"
    photo.write_bytes(picture(size=(400, 360)))
    shop, chat = seller.apps["order"], seller.apps["chat"]
    session, spent = seller.session(order), {"refresh_token": shop["refresh_token"]}
    calls = [
        ("/seller/get", "GET", shop, {}, None),
        ("/orders/items/get", "GET", shop, {"order_ids": f"[{order.order_sn}]"}, None),
        ("/image/upload", "POST", shop, {}, str(photo)),
        ("/im/session/open", "GET", chat, {"order_id": order.order_sn}, None),
        ("/im/message/send", "POST", chat, {"session_id": session, "template_id": "1", "txt": TEXT}, None),
        ("/auth/token/refresh", "POST", shop | {"access_token": None}, spent, None),
    ]
    answers = official(calls)["answers"]
    assert [answer["code"] for answer in answers] == ["0"] * len(calls)
    assert seller.http.get("/admin/transcript").json()[0]["text"] == TEXT
    assert answers[2]["data"]["image"]["url"].startswith(seller.address)
