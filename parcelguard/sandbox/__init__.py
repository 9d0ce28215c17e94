"""Local marketplaces that speak the real wire formats, with fault switches and the buyer's view.

Nothing here is shared with the clients: the rules are written a second time from the public
documentation, so that a client's mistake is not repeated by the server it is tested against.
"""
