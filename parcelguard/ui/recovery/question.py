"""The question that stands in place of Pack, until a person has settled it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QStackedWidget, QWidget

from parcelguard.ui.kit.theme import Theme

if TYPE_CHECKING:
    from parcelguard.ui.recovery.repair_page import Choice, RepairPage


class Question:
    """What a person has to settle before packing, such as damaged records."""

    def __init__(
        self,
        theme: Theme,
        stack: QStackedWidget,
        *,
        drop: Callable[[QWidget], None],
        show_pack: Callable[[], None],
    ) -> None:
        self._theme = theme
        self._stack = stack
        self._drop = drop
        self._show_pack = show_pack
        self.page: RepairPage | None = None  # None while nothing is asked

    def ask(self, headline: str, advice: str, choices: Sequence[Choice]) -> None:
        """Ask: what happened, what is safe, and ways to go on.

        Each `Choice` (`ui.recovery.repair_page`) has a title, an explanation, and what to call when it was
        chosen. That is called once, on the window's thread: begin the work on a thread of your own there.
        Then call, on the window's thread again (a queued signal does it):

        - `tell_progress(text)` as often as there is something to say;
        - `tell_done(headline, rest, then=…)` at the end; the person reads it and presses "Go on", Pack comes
          back, and `then` is called. `MainWindow.attach` may come before or after that.

        Asking again, for instance because the work failed, replaces the question.
        """
        from parcelguard.ui.recovery.repair_page import RepairPage  # most days nothing is asked

        self._leave()
        self.page = RepairPage(self._theme, headline, advice, choices)
        self._stack.addWidget(self.page)
        self._show_pack()

    def tell_progress(self, text: str) -> None:
        """Say how far it is with what was chosen."""
        if self.page is not None:
            self.page.progress(text)

    def tell_done(self, headline: str, rest: str = "", *, then: Callable[[], None] | None = None) -> None:
        """Report what came of it, the headline large; "Go on" brings Pack back and calls `then`."""
        page = self.page
        if page is None:
            return

        def go_on() -> None:
            self._leave()
            self._show_pack()
            if then is not None:
                then()

        page.finish(headline, rest)
        page.done.connect(go_on)

    def _leave(self) -> None:
        if self.page is not None:
            self._drop(self.page)
            self.page = None
