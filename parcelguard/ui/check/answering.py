"""Carries out what a person answered on Check, for one message or many, and says how far it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import QObject, Signal

from parcelguard.core.errors import ParcelGuardError
from parcelguard.core.parts import Decision
from parcelguard.ui.check.batches import Batches, Resent, resend_each, turn_over_each
from parcelguard.ui.check.detail import CheckDetail
from parcelguard.ui.check.model import Row, groups_of, proofs_of
from parcelguard.ui.kit.background import Background
from parcelguard.ui.ports import LogPort
from parcelguard.ui.words import check_words


class Answering(QObject):
    """One answer at a time; the panel it was given in shows the progress, and why it was refused."""

    began = Signal()
    finished = Signal(str)  # nothing of it is left to answer: what came of it, in words
    left_open = Signal()  # refused, or a text stays for those that did not go: read anew what waits

    def __init__(self, log: LogPort, rows: Background, detail: CheckDetail, parent: QObject) -> None:
        super().__init__(parent)
        self._log = log
        self._batches = Batches(rows)
        self._answers, self._edit = detail.answers, detail.edit
        self._answers.decided.connect(self._decide)
        self._answers.by_hand_wanted.connect(self._turn_over)
        self._answers.stopped.connect(self._batches.stop)
        self._edit.confirmed.connect(self._resend)
        self._edit.stopped.connect(self._batches.stop)

    def stop(self) -> bool:
        """Begin nothing further of what is carried out; False if nothing is."""
        running = self._batches.running
        if running:
            self._batches.stop()
        return running

    def _decide(self, decision: Decision, rows: list[Row]) -> None:
        """Carry out an answer."""
        parts = [row.item.part_id for row in rows if row.item]
        self._begin(len(parts))

        def ended(carried_out: list[int], stopped: bool) -> None:
            self.finished.emit(
                check_words.carried_out(decision, sum(carried_out), len(parts), stopped=stopped)
            )

        work = partial(_decide_all, self._log, decision)
        self._batches.begin(parts, work, moved=self._moved(parts), ended=ended, failed=self._refused)

    def _turn_over(self, rows: list[Row]) -> None:
        """Leave these proofs to a person."""
        proof_ids = [proof.id for proof in proofs_of(rows)]
        self._begin(len(proof_ids))

        def ended(turned_over: list[int], stopped: bool) -> None:
            self.finished.emit(check_words.turned_over(sum(turned_over), len(proof_ids), stopped=stopped))

        work = partial(turn_over_each, self._log)
        self._batches.begin(proof_ids, work, moved=self._moved(proof_ids), ended=ended, failed=self._refused)

    def _begin(self, count: int) -> None:
        self.began.emit()
        self._answers.begin_working(count)

    def _moved(self, ids: Sequence[str]) -> Callable[[int, int], None]:
        return lambda asked, _done: self._answers.progress(asked, len(ids))

    def _refused(self, error: ParcelGuardError) -> None:
        self._answers.refuse(error)
        self.left_open.emit()

    def _resend(self, template: str) -> None:
        """Send one text to all it was written for."""
        proof_ids = self._edit.begin_sending()

        def moved(asked: int, answer: Resent) -> None:
            self._edit.progress(asked)
            if answer.broken:
                self._batches.stop()

        def ended(answers: list[Resent], stopped: bool) -> None:
            self._resent(sum(answers, Resent()), len(proof_ids), stopped=stopped)

        def failed(error: ParcelGuardError) -> None:
            self._resent(Resent(reason=error), len(proof_ids))

        reason = check_words.resend_reason(groups_of(self._edit.rows))
        work = partial(resend_each, self._log, template, reason)
        self._batches.begin(proof_ids, work, moved=moved, ended=ended, failed=failed)

    def _resent(self, outcome: Resent, asked: int, *, stopped: bool = False) -> None:
        """Say what came of it; the text stays open for those that did not go."""
        gone = set(outcome.proof_ids)
        stopped = stopped and not outcome.broken
        words = check_words.on_their_way(len(gone), asked, stopped=stopped)
        if self._edit.finish_sending(gone, words, outcome.reason):
            self.left_open.emit()
        else:
            self.finished.emit(words)


def _decide_all(log: LogPort, decision: Decision, part_ids: Sequence[str]) -> int:
    return log.decide_all(part_ids, decision)
