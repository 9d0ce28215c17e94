"""Carries one answer for many messages out in the background, some at a time, so that it can be stopped."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from parcelguard.core.errors import NotPossible, ParcelGuardError
from parcelguard.core.parts import Purpose
from parcelguard.ui.kit.background import Background
from parcelguard.ui.ports import LogPort

AT_ONCE = 25  # carried out between two looks at whether to stop

Answer = TypeVar("Answer")


class Batches:
    """One thing at a time; all calls and answers on the window's thread."""

    def __init__(self, background: Background) -> None:
        self._background = background
        self.running = False
        self._stopping = False

    def begin(
        self,
        ids: Sequence[str],
        work: Callable[[Sequence[str]], Answer],
        *,
        moved: Callable[[int, Answer], None],
        ended: Callable[[list[Answer], bool], None],
        failed: Callable[[ParcelGuardError], None],
    ) -> None:
        """Call `work` with some ids after the other, on the background's thread.

        `moved` hears how many were asked about so far, `ended` all answers and whether it was stopped.
        """
        self.running, self._stopping = True, False
        answers: list[Answer] = []

        def go_on() -> None:
            asked = len(answers) * AT_ONCE
            batch = ids[asked : asked + AT_ONCE]
            if batch and not self._stopping:
                self._background.ask(partial(work, batch), then, fail)
                return
            self.running = False
            ended(answers, bool(batch))

        def then(answer: Answer) -> None:
            answers.append(answer)
            moved(min(len(answers) * AT_ONCE, len(ids)), answer)
            go_on()

        def fail(error: ParcelGuardError) -> None:
            self.running = False
            failed(error)

        go_on()

    def stop(self) -> None:
        """Begin no further batch."""
        self._stopping = True


@dataclass(frozen=True, slots=True)
class Resent:
    """Which proofs are on their way again, and the first reason why one is not."""

    proof_ids: tuple[str, ...] = ()
    reason: ParcelGuardError | None = None

    @property
    def broken(self) -> bool:
        """Whether trying further proofs makes no sense: the trouble is not about this one."""
        return self.reason is not None and not isinstance(self.reason, NotPossible)

    def __add__(self, later: Resent) -> Resent:
        """Put what came of a later batch to this."""
        return Resent(self.proof_ids + later.proof_ids, self.reason or later.reason)


def resend_each(log: LogPort, template: str, why: Purpose, proof_ids: Sequence[str]) -> Resent:
    """Send each of these again with its own filling of the words.

    One by one: so it is known for each whether it went, and what is not repeated by mistake.
    """
    outcome = Resent()
    for proof_id in proof_ids:
        try:
            if log.resend_all([proof_id], template, why):
                outcome += Resent((proof_id,))
        except ParcelGuardError as error:
            outcome += Resent(reason=error)
            if not isinstance(error, NotPossible):
                break
    return outcome


def turn_over_each(log: LogPort, proof_ids: Sequence[str]) -> int:
    """Leave each of these to a person; returns how many are.

    Raises NotPossible, with the first reason, when none is.
    """
    done, refused = 0, None
    for proof_id in proof_ids:
        try:
            log.send_by_hand(proof_id)
        except NotPossible as error:
            refused = refused or error
        else:
            done += 1
    if refused and not done:
        raise refused
    return done
