"""From what a scanner sends to a code worth looking up, whatever the scanner is."""
