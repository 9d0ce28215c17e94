"""From what a scanner sends to a code worth looking up."""
