"""What the row of one shop says, on the screen and to a screen reader."""

from __future__ import annotations

from dataclasses import dataclass

from parcelguard.runtime.translation import tr
from parcelguard.ui.kit.theme import Token


@dataclass(frozen=True, slots=True, kw_only=True)
class ShopLine:
    """What a row says. `tone` colours `access`; `rest` follows it in grey; `link` is what can be pressed."""

    shop_id: str
    label: str
    name: str
    tone: Token
    access: str
    rest: str = ""
    link: str = ""
    sends: str = ""
    today: str = ""
    on: bool = False
    switchable: bool = True

    @property
    def spoken(self) -> str:
        """The row for a screen reader."""
        shop, access = f"{self.label} {self.name}", f"{self.access}{self.rest}"
        state = tr("on") if self.on else tr("off")
        parts = (shop, access, self.sends, tr("today {figures}", figures=self.today), state)
        return ", ".join(each for each in parts if each)
