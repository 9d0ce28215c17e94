"""Marketplaces on this computer, faults included. They speak the real wire formats.

Nothing here is shared with the clients: the rules are written a second time from the public
documentation, so that a client's mistake is not repeated by the server it is tested against.
"""
