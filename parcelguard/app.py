"""Puts window, camera and station together, in the order that shows the window first.

Before the first paint only Qt and the screens are imported. The database, the network and the
marketplaces follow on a thread of their own, and are plugged into the window when they stand.
"""

from __future__ import annotations

import logging
import signal
import sys
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from queue import Queue
from threading import Thread
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtWidgets import QApplication, QInputDialog, QLineEdit

from parcelguard.core.config import Folders, Settings
from parcelguard.core.errors import DamagedDatabase, ParcelGuardError, StorageError
from parcelguard.core.events import EventHub, Sounded
from parcelguard.core.message_id import msgid
from parcelguard.core.reasons.storage import StorageReason
from parcelguard.runtime.translation import tr, use_language
from parcelguard.ui.window import MainWindow
from parcelguard.ui.words.reasons.saying import said

if TYPE_CHECKING:
    from parcelguard.camera.client import CameraClient
    from parcelguard.shops.keeping import Shopkeeping
    from parcelguard.station.station import Station
    from parcelguard.upkeep.repair import Repair, Repaired, Way

log = logging.getLogger(__name__)


_LISTEN_EVERY_MS = 500
_SAFE = msgid(
    "Every photo is in the photo folder, with a note of what it shows. How do you want to repair the records?"
)


class NotStarted(ParcelGuardError):
    """A bug stopped the start; nothing of it is for the person to mend."""

    kind = StorageReason.NOT_STARTED


class App(QObject):
    """One running program: everything it starts is on one stack and taken down by `shut_down`."""

    ready = Signal()
    failed = Signal(str, str)
    _built = Signal(object)
    _shops_changed = Signal(object)  # the shops' settings, after a change
    _asked_for = Signal(str, object)
    _not_built = Signal(object)
    damaged = Signal(object)  # a Repair: the records cannot be opened, and the window asks what to do
    repaired = Signal(object)
    _not_repaired = Signal(object, object)

    def __init__(self, settings: Settings, folders: Folders) -> None:
        super().__init__()
        self._settings = settings
        self._folders = folders
        self.hub = EventHub()
        use_language(settings.screen.language)
        self.window = MainWindow(settings, self.hub)
        self.camera: CameraClient | None = None
        self.station: Station | None = None
        self.shops: Shopkeeping | None = None
        self._stack = ExitStack()
        self._stack.callback(self.window.shut_down)
        # Signals, because the station is built on a thread of its own and Qt is touched on this one alone.
        self._built.connect(self._attach)
        self._shops_changed.connect(self.window.use_shops)
        self._asked_for.connect(self._ask_passphrase)
        self._not_built.connect(self._tell_failure)
        self.damaged.connect(self._ask)
        self.repaired.connect(self._tell_repaired)
        self._not_repaired.connect(self._ask)
        self.window.first_painted.connect(self._start)

    def shut_down(self) -> None:
        """End everything this program started; what was acknowledged is on disk already."""
        self._stack.close()

    def _start(self) -> None:
        """Begin with what the first paint did not need; if that fails, the window says why."""
        try:
            self._start_all()
        except ParcelGuardError as error:
            self._tell_failure(error)
        except OSError as error:  # no room for the log file, or no shared memory
            log.warning("not started: %s", error)
            self._tell_failure(StorageError(str(error)))
        except Exception as error:
            log.exception("not started")
            self._tell_failure(NotStarted(repr(error)))

    def _start_all(self) -> None:
        from parcelguard.camera.client import CameraClient, CameraListeners
        from parcelguard.runtime.logs import start_logging, stop_logging
        from parcelguard.runtime.single_instance import called, only_one
        from parcelguard.ui.garbage import GarbageTimer
        from parcelguard.ui.sounds import Sounds

        self._stack.callback(GarbageTimer(self).stop)

        self._folders.make()
        # Before anything is opened that two programs would share: the camera, the log file, the database.
        self._stack.enter_context(only_one(self._folders.home))

        def listen() -> None:
            if called(self._folders.home):
                self.come_forward()

        listener = QTimer(self)
        listener.timeout.connect(listen)
        listener.start(_LISTEN_EVERY_MS)
        self._stack.callback(listener.stop)
        start_logging(self._folders.logs)
        self._stack.callback(stop_logging)
        camera = CameraClient(
            self._settings.camera,
            self._folders.media,
            CameraListeners.of_hub(self.hub.publish, self.window.frame_arrived),
        )
        self.camera = camera
        camera.start()
        self._stack.callback(camera.stop)
        sounds = Sounds(self._settings.screen.volume_percent)
        self._stack.callback(sounds.fall_silent)
        self._stack.callback(self.hub.subscribe(Sounded, lambda event: sounds.play(event.cue)))
        self.window.pack_screen.preview.attach(camera)
        self._run_beside("start", self._build)

    def come_forward(self) -> None:
        """Show the window in front of others, because a second start asked for it."""
        window = self.window
        window.setWindowState(window.windowState() & ~Qt.WindowState.WindowMinimized)
        window.show()
        window.raise_()
        window.activateWindow()

    def _run_beside(self, name: str, task: Callable[[], None]) -> None:
        """Run something on a thread of its own that the end of the program waits for."""
        thread = Thread(target=task, name=name, daemon=True)
        self._stack.callback(thread.join)
        thread.start()

    def _build(self) -> None:
        """Open the database and the channels; on the starting thread."""
        camera = self.camera
        assert camera is not None
        try:
            from parcelguard.core.times import utc_now
            from parcelguard.shops.keeping import Shopkeeping
            from parcelguard.station.station import Station
            from parcelguard.ui.words.consent_page_words import page_words
            from parcelguard.vault.vault import vault_at

            vault = vault_at(self._folders.secrets, self._settings.secrets.keep, self._passphrase)
            station = Station(self._settings, self._folders, self.hub, camera, vault=vault)
            self._stack.callback(station.shut_down)  # here, so that a window closed meanwhile takes it along
            self.station = station
            self.shops = Shopkeeping(
                self._folders.settings,
                vault,
                figures=station.log.figures,
                apply=self._use_shops_of,
                now=utc_now,
                page_words=page_words,
            )
            self._stack.callback(self.shops.stop_waiting)
            self._built.emit(station)
            station.check_keys(vault)
        except DamagedDatabase as error:
            log.critical("the records are damaged: %s", error)
            self.damaged.emit(self._repair_of(error))
        except ParcelGuardError as error:
            log.warning("not started: %s", error)
            self._not_built.emit(error)
        except Exception as error:
            log.exception("not started")
            self._not_built.emit(NotStarted(repr(error)))

    # ---- damaged records -----------------------------------------------------------------

    def _repair_of(self, error: DamagedDatabase) -> Repair:
        from parcelguard.core.times import utc_now
        from parcelguard.disk.jpeg import jpeg_size
        from parcelguard.disk.media_folder import MediaFolder
        from parcelguard.upkeep.backup import Backups
        from parcelguard.upkeep.repair import Repair

        folders = self._folders
        return Repair(
            error,
            database=folders.database,
            media=MediaFolder(folders.media, folders.home),
            backups=Backups(folders.backups, folders.home),
            size_of=jpeg_size,
            now=utc_now,
        )

    def _ask(self, repair: Repair, failure: ParcelGuardError | None = None) -> None:
        """Say what happened and offer the ways to go on; `failure` is of the way tried last."""
        from parcelguard.ui.recovery.repair_page import Choice
        from parcelguard.ui.words.repair_words import way_text, way_title

        backup_of = repair.backup.at if repair.backup else None
        choices = [
            Choice(way_title(way, backup_of), way_text(way), partial(self._repair, repair, way))
            for way in repair.ways
        ]
        if failure:
            words = said(failure.reason)
            self.window.question.ask(words.headline, words.advice, choices)
        else:
            self.window.question.ask(said(repair.damage.reason).headline, tr(_SAFE), choices)

    def _repair(self, repair: Repair, way: Way) -> None:
        from parcelguard.upkeep.repair import Way

        if way is Way.CLOSE:
            self.window.close()
            return

        def carry_out() -> None:
            try:
                self.repaired.emit(repair.carry_out(way))
            except ParcelGuardError as error:
                log.warning("not repaired: %s", error)
                self._not_repaired.emit(repair, error)
            except Exception as error:
                log.exception("not repaired")
                self._not_repaired.emit(repair, NotStarted(repr(error)))

        self._run_beside("repair", carry_out)

    def _tell_repaired(self, repaired: Repaired) -> None:
        from parcelguard.ui.words.repair_words import repaired_lines

        headline, *rest = repaired_lines(repaired)
        self.window.question.tell_done(
            headline, "\n".join(rest), then=lambda: self._run_beside("start", self._build)
        )

    def _passphrase(self, prompt: str) -> str:
        """Ask the person for the passphrase; on any thread, and waits for the answer."""
        answer: Queue[str] = Queue()
        self._stack.callback(answer.put, "")  # a window closed meanwhile answers too
        self._asked_for.emit(prompt, answer)
        return answer.get()

    def _ask_passphrase(self, prompt: str, answer: Queue[str]) -> None:
        typed, _ = QInputDialog.getText(self.window, "ParcelGuard", prompt, QLineEdit.EchoMode.Password)
        answer.put(typed)

    # ---- the end of the start ------------------------------------------------------------

    def _use_shops_of(self, settings: Settings) -> None:
        """Go on with other shops; on the thread that changed them."""
        if self.station is not None:
            self.station.use_shops_of(settings)
        self._shops_changed.emit(settings.shops)

    def _attach(self, station: Station) -> None:
        self.window.attach(station, self.camera, station.log, self.shops)
        self.window.end_with(station.shut_down)
        station.start()
        self.ready.emit()

    def _tell_failure(self, error: ParcelGuardError) -> None:
        words = said(error.reason)
        self.window.fail(error.reason)
        self.failed.emit(words.headline, words.advice)


def open_app(settings: Settings, folders: Folders, *, also: Callable[[App], None] | None = None) -> int:
    """Show the window and run until it is closed. `also` may add to the app before it is shown."""
    application = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(application, QApplication)
    application.setApplicationName("ParcelGuard")
    app = App(settings, folders)
    with ExitStack() as stack:
        stack.callback(app.shut_down)
        if also is not None:
            also(app)
        app.window.closed.connect(application.quit)
        _end_on_signals(application, app)
        app.window.show()
        return application.exec()


def _end_on_signals(application: QApplication, owner: QObject) -> None:
    """Let Ctrl+C and a shutdown end the program in order; Python hears signals only between calls."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: application.quit())
    heartbeat = QTimer(owner)
    heartbeat.timeout.connect(lambda: None)
    heartbeat.start(250)
