"""Packs by itself: real key events into the real window, at a hurried packer's speed.

It looks only at what the window shows. Times run from the key event to the paint that shows its
result, so they hold everything in between.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from time import perf_counter

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from parcelguard.app import App
from parcelguard.commands.demo.figures import Observed
from parcelguard.commands.demo.keys import press
from parcelguard.commands.demo.market import DemoOrder
from parcelguard.core.events import CameraChanged, CameraState, ProofChanged
from parcelguard.core.proofs import MAX_PHOTOS, ProofState
from parcelguard.packing.desk_view import Desk, DeskChanged, DeskState
from parcelguard.ui.by_hand.by_hand_screen import ByHandPage
from parcelguard.ui.shell.sidebar import Page

TICK_MS = 5
KEY_GAP_S = 0.005  # a fast scanner
BETWEEN_KEYS_S = 0.12
BETWEEN_ORDERS_S = 0.3
LONGEST_WAIT_S = 20.0
LONGEST_FOR_ORDERS_S = 600.0  # a reading that a storm broke off goes on a minute later
LONGEST_FOR_DELIVERY_S = 300.0
REST_AFTER_STORM_S = 20.0
MOST_SCANS = 5  # of an order whose marketplace does not answer


@dataclass(frozen=True, slots=True)
class Until:
    """Something the driver waits for. What the desk tells counts only once it is painted."""

    seen: Callable[[], bool]
    what: str
    longest_s: float = LONGEST_WAIT_S
    painted: bool = False


class Driver(QObject):
    """Packs the given orders, then says `finished`; `observed` holds what it saw."""

    finished = Signal()

    def __init__(self, app: App, orders: Sequence[DemoOrder], *, stormy: bool = False) -> None:
        window = app.window
        super().__init__(window)
        self._app = app
        self.observed = Observed()
        self._window = window
        self._orders = orders
        self._stormy = stormy
        self._moved_at = perf_counter()  # when a proof was last heard of
        self._desk = Desk()
        self._live = False
        self._painted_at = 0.0  # when what is waited for stood on the screen
        self._pressed_f4: dict[str, float] = {}
        self._delivered: set[str] = set()
        self._handed: set[str] = set()
        self._steps = self._pack_all()
        self._waiting: Until | None = None
        self._give_up_at = 0.0
        self._last_tick = 0.0
        bridge = window.bridge  # the window's own, so that it has heard each event right before
        bridge.desk_changed.connect(self._on_desk)
        bridge.camera_changed.connect(self._on_camera)
        bridge.proof_changed.connect(self._on_proof)
        self._clock = QTimer(self, interval=TICK_MS, timerType=Qt.TimerType.PreciseTimer)
        self._clock.timeout.connect(self._tick)

    def start(self) -> None:
        """Begin; call when the program is ready."""
        self._clock.start()

    def stop(self) -> None:
        """Press no more keys."""
        self._clock.stop()

    # ---- the story ---------------------------------------------------------------------

    def _pack_all(self) -> Iterator[Until]:
        preview = self._window.pack_screen.preview
        yield Until(lambda: self._live and preview.frames_painted > 0, "a picture")
        yield Until(self._orders_known, "the orders", LONGEST_FOR_ORDERS_S)
        begun, frames = perf_counter(), preview.frames_painted
        self.observed.lateness.clear()
        for order in self._orders:
            yield from self._pack(order)
            yield from self._rest(BETWEEN_ORDERS_S)
        self.observed.watched_s = perf_counter() - begun
        self.observed.frames = preview.frames_painted - frames
        yield from self._hand_over()
        numbers = set(self.observed.orders) - self.observed.by_hand
        yield Until(
            lambda: numbers <= self._delivered or self._at_rest(), "all accepted", LONGEST_FOR_DELIVERY_S
        )

    def _hand_over(self) -> Iterator[Until]:
        """Mark what is sent by hand, as a person does who has sent it: in its screen, one after the other."""
        if not self.observed.by_hand:
            return
        self._window.show_page(Page.BY_HAND)
        page = self._window.findChild(ByHandPage)
        assert page is not None
        done = ""

        def another() -> bool:
            return page.list.job is not None and page.list.job.part_id != done

        for _ in self.observed.by_hand:
            yield Until(another, "what is to be sent by hand")
            done = page.list.job.part_id if page.list.job else ""
            self._press(Qt.Key.Key_F10)
        yield Until(lambda: self.observed.by_hand <= self._handed, "all marked as sent by hand")
        self._window.show_page(Page.PACK)

    def _at_rest(self) -> bool:
        """Whether a storm has left what it left: nothing has moved for a while."""
        return self._stormy and perf_counter() - self._moved_at > REST_AFTER_STORM_S

    def _orders_known(self) -> bool:
        assert self._app.station  # the driver starts when the program is ready
        with self._app.station.store.read() as records:
            return all(records.orders.find([order.number]) for order in self._orders if order.listed)

    def _pack(self, order: DemoOrder) -> Iterator[Until]:
        yield from self._scan(order)
        for number in range(1, MAX_PHOTOS + 1):
            yield from self._photograph(number)
            yield from self._rest(BETWEEN_KEYS_S)
        pressed = self._press(Qt.Key.Key_F4)
        self._pressed_f4[order.number] = pressed
        yield Until(lambda: self._desk.state is DeskState.READY, f"{order.number} saved", painted=True)
        self.observed.latency["f4_ready"].append(self._painted_at - pressed)
        self.observed.orders.append(order.number)
        if order.by_hand:
            self.observed.by_hand.add(order.number)

    def _scan(self, order: DemoOrder) -> Iterator[Until]:
        """Scan until the order is open: where each code is asked for, a storm may swallow the question."""

        def opened() -> bool:
            return self._desk.order is not None and self._desk.order.number == order.number

        def answered() -> bool:
            return opened() or (self._desk.state is DeskState.UNMATCHED and not self._desk.searching)

        for _ in range(MOST_SCANS):
            for letter in order.code:
                self._press(Qt.Key(ord(letter)), letter)
                yield from self._rest(KEY_GAP_S)
            pressed = self._press(Qt.Key.Key_Return, "\r")
            yield Until(answered, f"{order.number} open", painted=True)
            if opened():
                self.observed.latency["scan_answer"].append(self._painted_at - pressed)
                return
            self._press(Qt.Key.Key_Escape)
            yield Until(lambda: self._desk.state is DeskState.READY, "the unknown code left")
            yield from self._rest(BETWEEN_ORDERS_S)
        yield Until(opened, f"{order.number} open")

    def _photograph(self, number: int) -> Iterator[Until]:
        pressed = self._press(Qt.Key.Key_F1)
        yield Until(lambda: len(self._desk.photos) == number, f"photo {number}", painted=True)
        self.observed.latency["f1_thumbnail"].append(self._painted_at - pressed)
        self.observed.ticks += 1

    def _rest(self, seconds: float) -> Iterator[Until]:
        until = perf_counter() + seconds
        yield Until(lambda: perf_counter() >= until, "a pause")

    # ---- driving -----------------------------------------------------------------------

    def _press(self, key: Qt.Key, text: str = "") -> float:
        """Press and release a key; returns when."""
        press(self._window, key, text)
        return perf_counter()

    def _tick(self) -> None:
        now = perf_counter()
        if self._last_tick:
            self.observed.lateness.append(max(0.0, now - self._last_tick - TICK_MS / 1000))
        self._last_tick = now
        self._go_on()

    def _go_on(self) -> None:
        while self._waiting is None or self._arrived(self._waiting):
            try:
                self._waiting = next(self._steps)
            except StopIteration:
                self._end()
                return
            self._painted_at = 0.0
            self._give_up_at = perf_counter() + self._waiting.longest_s
        if perf_counter() > self._give_up_at:
            self.observed.trouble = f"waited in vain for {self._waiting.what}, desk {self._desk.state}"
            self._end()

    def _arrived(self, waiting: Until) -> bool:
        return self._painted_at > 0 if waiting.painted else waiting.seen()

    def _end(self) -> None:
        self.stop()
        self.finished.emit()

    # ---- seeing ------------------------------------------------------------------------

    def _on_desk(self, event: DeskChanged) -> None:
        self._desk = event.desk
        if self._waiting is not None and self._waiting.painted and self._waiting.seen():
            QTimer.singleShot(0, self._note_painted)  # paints are posted, so this comes after them

    def _note_painted(self) -> None:
        self._painted_at = self._painted_at or perf_counter()

    def _on_camera(self, event: CameraChanged) -> None:
        self._live = event.state is CameraState.LIVE

    def _on_proof(self, event: ProofChanged) -> None:
        self._moved_at = perf_counter()
        if event.state is ProofState.HANDED:
            self._handed.add(event.order_number)
        if event.state is ProofState.DELIVERED and event.order_number in self._pressed_f4:
            self._delivered.add(event.order_number)
            self.observed.latency["f4_accepted"].append(perf_counter() - self._pressed_f4[event.order_number])
