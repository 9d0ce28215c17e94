"""Starting and stopping the sandbox, as a thread and as a program."""

import gc
import json
import signal
import socket
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from parcelguard.sandbox.demo_shops import demo_world
from parcelguard.sandbox.running import SandboxServer, running
from parcelguard.sandbox.server import build_app
from parcelguard.sandbox.shopee.wire import MAX_BYTES
from tests.support.sandbox.common import PROGRAM, Clock, picture
from tests.support.sandbox.shopee import ShopeeSeller, open_shop


def answers(address: str) -> bool:
    port = int(address.rsplit(":", 1)[1])
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_thread_leaves_no_thread_no_port_and_no_pictures_behind() -> None:
    world = demo_world(orders=1, clock=Clock())
    with running(world) as address, httpx.Client(base_url=address) as http:
        seller = ShopeeSeller(world, address, http)
        assert seller.upload(picture()).json()["error"] == ""
        folder = world.pictures._folder
        assert folder
        assert folder.exists()
    assert not folder.exists()
    assert not answers(address)
    assert "sandbox" not in [thread.name for thread in threading.enumerate()]


def test_stopping_does_not_wait_for_a_request_that_a_fault_holds() -> None:
    with ThreadPoolExecutor(1) as background:
        with open_shop() as seller:
            seller.fault("latency_s", value=60)
            path, faults = f"{seller.address}/api/v2/shop/get_shop_info", seller.world.faults
            waiting = background.submit(httpx.get, path, timeout=60)
            while not faults.listed()[0]["used"]:
                assert not waiting.done()
            began = time.monotonic()
        assert time.monotonic() - began < 1
        assert waiting.result().status_code == 403


def test_pictures_are_removed_even_if_nobody_closes_the_world() -> None:
    world = demo_world(orders=1, clock=Clock())
    world.pictures.keep_upload(1, picture(), "http://x", most=MAX_BYTES)
    folder = world.pictures._folder
    assert folder
    del world
    gc.collect()
    assert not folder.exists()


def test_two_worlds_do_not_share_anything() -> None:
    with open_shop() as one, open_shop() as other:
        assert one.address != other.address
        one.fault("all_200")
        assert other.http.get("/admin/faults").json() == []


def test_app_can_be_built_without_serving_it() -> None:
    assert build_app(demo_world(orders=1, clock=Clock())).routes


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.20", ""])
def test_other_interfaces_are_refused(host: str) -> None:
    with pytest.raises(ValueError, match="loopback only"):
        SandboxServer(demo_world(orders=1, clock=Clock()), host=host)


def start(*extra: str) -> tuple[subprocess.Popen[str], dict[str, str]]:
    program = subprocess.Popen(
        [*PROGRAM, *extra], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert program.stdout
    return program, json.loads(program.stdout.readline())


@pytest.mark.parametrize("how", ["stdin", "SIGTERM", "SIGINT"])
def test_program_announces_itself_once_and_stops_cleanly(how: str) -> None:
    program, line = start(*(["--stop-with-stdin"] if how == "stdin" else []))
    with program:
        assert program.stdin
        assert program.stdout
        assert program.stderr
        assert set(line) == {"address", "buyer", "admin"}
        assert len(httpx.get(f"{line['admin']}/orders").json()) == 3
        assert httpx.get(line["buyer"]).status_code == 200
        if how == "stdin":
            program.stdin.close()
        else:
            program.send_signal(getattr(signal, how))
        assert program.wait(5) == 0
        assert (program.stdout.read(), program.stderr.read()) == ("", "")
    assert not answers(line["address"])
