"""Reading the address that a seller's browser was sent back to, the same way at every marketplace."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qsl, urlsplit

from parcelguard.core.errors import SettingsError

START_AGAIN = "Nothing was changed. Begin again, and copy the whole address after allowing."


def returned(redirected_to: str, state: str, title: str) -> Mapping[str, str]:
    """Return the values in the address, a code among them.

    Raises SettingsError when it is of another attempt, or when the seller did not allow it.
    """
    try:
        values = dict(parse_qsl(urlsplit(redirected_to.strip()).query))
    except ValueError as error:  # broken brackets, or more values than anyone sends
        raise _no_code("not an address", title) from error
    if values.get("state") != state:
        raise SettingsError(
            "state differs", headline="This address belongs to another attempt.", advice=START_AGAIN
        )
    if values.get("code", "null") == "null":  # so TikTok writes a refusal
        raise _no_code("no code in the address", title)
    return values


def other_shop(detail: str, headline: str) -> SettingsError:
    """Return what to raise when the seller allowed it for another shop than this one."""
    return SettingsError(detail, headline=headline, advice=START_AGAIN)


def _no_code(detail: str, title: str) -> SettingsError:
    headline = f"{title} sent no code: it was not allowed, or the address is not whole."
    return SettingsError(detail, headline=headline, advice=START_AGAIN)
