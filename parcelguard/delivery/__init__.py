"""Carrying saved proofs to the buyer: never lost, never twice."""
