"""Measuring: every figure beside its floor, the least that the same work could cost, in the same run."""

UNTIL_PAINTED = "PARCELGUARD_UNTIL_PAINTED"  # in the environment: end with the first paint
