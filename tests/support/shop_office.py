"""A shopkeeper at work: a settings file, a vault, and a station that is told of every change."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from queue import Queue

import httpx

from parcelguard.core.config import Settings, load_settings
from parcelguard.core.proofs import ProofState
from parcelguard.core.times import utc_now
from parcelguard.shops.keeping import Shopkeeping
from parcelguard.shops.views import Consented
from parcelguard.ui.words.consent_page_words import page_words
from parcelguard.vault.vault import vault_at

MESSAGE = "Hi {buyer}, your order {order} is packed."
ANSWERED_WITHIN_S = 10
WRITTEN = """\
[bench]
station = "Bench 07"  # by the door

[[shops]]
id = "kopi"
name = "Kopi & Co"
partner_id = 7
shop_id = 5

[[shops]]
id = "kopi-lazada"
marketplace = "lazada"
region = "SG"
name = "Kopi & Co Official"
app_key = "900100"

[[shops]]
id = "bazaar"
marketplace = "manual"
name = "Bazaar"
"""
Figures = Mapping[str, Mapping[ProofState, int]]


class Office:
    """A shopkeeper with a settings file, a vault, and a station that is told of every change."""

    def __init__(self, home: Path) -> None:
        self.path = home / "settings.toml"
        self.vault = vault_at(home / "secrets.json", "file")
        self.figures: Figures = {}
        self.since: list[datetime] = []
        self.applied: list[Settings] = []
        self.answers: Queue[Consented] = Queue()
        self.keeping = self.opened()

    def opened(self) -> Shopkeeping:
        return Shopkeeping(
            self.path,
            self.vault,
            figures=self._figures,
            apply=self.applied.append,
            now=utc_now,
            page_words=page_words,
            port=0,
        )

    def _figures(self, since: datetime) -> Figures:
        self.since.append(since)
        return self.figures

    def written(self) -> Settings:
        return load_settings(self.path)

    def consent(self, shop_id: str, grant: str, **choice: str) -> Consented:
        """Allow it on the marketplace's page, as a browser would."""
        attempt = self.keeping.begin_consent(shop_id, grant, self.answers.put)
        form = httpx.get(attempt.address).text
        [wish] = re.findall(r'name="wish" value="([0-9a-f]+)"', form)
        page = attempt.address.split("/", 3)[:3]
        answer = httpx.post(f"{'/'.join(page)}/consent", data={"wish": wish, "answer": "allow", **choice})
        httpx.get(answer.headers["location"])
        return self.answers.get(timeout=ANSWERED_WITHIN_S)


class Sandboxed(Office):
    """An office whose browser ends at the marketplace's own page, to be copied from there."""

    def __init__(self, home: Path, address: str) -> None:
        (home / "settings.toml").write_text(WRITTEN)
        super().__init__(home)
        self._address = address

    def __enter__(self) -> Sandboxed:
        return self

    def __exit__(self, *_error: object) -> None:
        self.keeping.stop_waiting()

    def pasted(self, shop_id: str, grant: str) -> Consented:
        attempt = self.keeping.begin_consent(shop_id, grant, self.answers.put)
        [wish] = re.findall(r'name="wish" value="([0-9a-f]+)"', httpx.get(attempt.address).text)
        answer = httpx.post(f"{self._address}/consent", data={"wish": wish, "answer": "allow"})
        self.keeping.paste_address(attempt, answer.headers["location"])
        return self.answers.get(timeout=ANSWERED_WITHIN_S)
