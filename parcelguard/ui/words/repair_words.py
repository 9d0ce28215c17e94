"""Records that are compared or made again, in words: on the screen and in a terminal."""

from __future__ import annotations

from datetime import datetime

from parcelguard.runtime.translation import tr, trn
from parcelguard.ui.words.times import dated_moment
from parcelguard.upkeep.repair import Repaired, Way
from parcelguard.upkeep.rescan import Difference


def way_title(way: Way, backup_of: datetime | None) -> str:
    """Return what a way to go on is called; `backup_of` is when the newest good backup was made."""
    match way:
        case Way.BACKUP:
            assert backup_of  # the way is offered only where there is a backup
            return tr("Use the backup of {moment} and the photo folder", moment=dated_moment(backup_of))
        case Way.PHOTOS:
            return tr("Rebuild from the photo folder alone")
        case Way.CLOSE:
            return tr("Close")


def way_text(way: Way) -> str:
    """Return what a way to go on does."""
    match way:
        case Way.BACKUP:
            return tr(
                "Newer orders are read from the photo folder. You are asked about each message that may have "
                "been sent since then."
            )
        case Way.PHOTOS:
            return tr(
                "Every order comes back with its photos, but not whether its messages were sent. You are "
                "asked about each one."
            )
        case Way.CLOSE:
            return tr("Nothing is changed. ParcelGuard asks again at the next start.")


def repaired_lines(repaired: Repaired) -> list[str]:
    """Return what came of a repair, a sentence each."""
    if repaired.backup:
        moment = dated_moment(repaired.backup.at)
        lines = [tr("The records were made again from the backup of {moment}.", moment=moment)]
    else:
        lines = [tr("The records were made again from the photo folder alone.")]
    if not repaired.difference.none:
        lines += difference_lines(repaired.difference)
    if repaired.held:
        lines.append(
            trn(
                "{count} message waits for a person: not sure it was sent.",
                "{count} messages wait for a person: not sure they were sent.",
                repaired.held,
            )
        )
    if repaired.aside:
        lines.append(tr("The damaged records are kept in {folder}.", folder=repaired.aside))
    return lines


def difference_lines(found: Difference) -> list[str]:
    """Return how photo folder and records differ, a sentence each."""
    if found.none:
        return [tr("The photo folder and the records say the same.")]
    counted = (
        (
            found.proofs_added,
            trn(
                "{count} order was added to the records.",
                "{count} orders were added to the records.",
                found.proofs_added,
            ),
        ),
        (
            found.proofs_completed,
            trn(
                "{count} order was saved, as F4 had done before.",
                "{count} orders were saved, as F4 had done before.",
                found.proofs_completed,
            ),
        ),
        (
            found.photos_added,
            trn(
                "{count} photo was added to the records.",
                "{count} photos were added to the records.",
                found.photos_added,
            ),
        ),
        (
            len(found.missing),
            trn(
                "{count} photo is in the records but not in the folder.",
                "{count} photos are in the records but not in the folder.",
                len(found.missing),
            ),
        ),
        (
            len(found.changed),
            trn(
                "{count} photo was changed after it was taken.",
                "{count} photos were changed after they were taken.",
                len(found.changed),
            ),
        ),
        (
            len(found.refused),
            trn(
                "{count} note was not understood. The photos in its folder count.",
                "{count} notes were not understood. The photos in their folders count.",
                len(found.refused),
            ),
        ),
        (
            len(found.unreadable),
            trn(
                "{count} folder or photo could not be read.",
                "{count} folders or photos could not be read.",
                len(found.unreadable),
            ),
        ),
    )
    return [sentence for count, sentence in counted if count]


def difference_paths(found: Difference) -> list[str]:
    """Return what a person has to look at, a line for each file."""
    return [
        *(tr("missing: {path}", path=path) for path in found.missing),
        *(tr("changed: {path}", path=path) for path in found.changed),
        *(tr("not understood: {path}", path=path) for path in found.refused),
        *(tr("not read: {path}", path=path) for path in found.unreadable),
    ]
