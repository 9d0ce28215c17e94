"""Carrying saved proofs to the buyer's chat: never lost, never twice, never a false 'sent'."""
