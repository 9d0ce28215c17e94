"""Measuring: every figure beside its floor, the least that the same work could cost, in the same run."""
