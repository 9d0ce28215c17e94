"""The rows of the Channels screen: what the settings, the kept keys and today's figures say of a shop."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from parcelguard.core.config import Settings, ShopSettings
from parcelguard.core.errors import SettingsError
from parcelguard.core.marketplace_facts import Marketplace, marketplace
from parcelguard.core.proofs import ProofState
from parcelguard.core.reasons.reason import because
from parcelguard.core.reasons.shops import ShopReason
from parcelguard.marketplace.ports import Access, AccessState
from parcelguard.marketplace.tokens import grant_key
from parcelguard.shops.app_secrets import AppSecrets
from parcelguard.shops.standing import midnight, standing_of, today_of
from parcelguard.shops.views import GrantRow, Sends, ShopRow
from parcelguard.vault.vault import Vault

Figures = Callable[[datetime], Mapping[str, Mapping[ProofState, int]]]  # proofs by shop, since a moment


class RowReader:
    """Puts a shop's row together. It asks no marketplace; what one has answered is handed in."""

    def __init__(
        self, vault: Vault, app_secrets: AppSecrets, figures: Figures, now: Callable[[], datetime]
    ) -> None:
        self._vault = vault
        self._app_secrets = app_secrets
        self._figures = figures
        self._now = now

    def rows_of(
        self, shops: tuple[ShopSettings, ...], settings: Settings, answered: Mapping[str, Access]
    ) -> tuple[ShopRow, ...]:
        """Return the rows of these shops; `answered`: what the marketplaces last said, by shop."""
        figures = self._figures(midnight(self._now()))
        return tuple(
            self._row(shop, settings, answered.get(shop.id), figures.get(shop.id, {})) for shop in shops
        )

    def _row(
        self,
        shop: ShopSettings,
        settings: Settings,
        answered: Access | None,
        figures: Mapping[ProofState, int],
    ) -> ShopRow:
        row = marketplace(shop.marketplace)
        try:
            grants = tuple(self._grant(shop, grant, title) for grant, title in row.grants.items())
            # What the marketplace said counts for more: a consent may have been taken back since.
            access = answered or self._judged(shop, row, grants)
        except SettingsError as error:  # the keys cannot be opened; all else about the shop still can
            grants = ()
            access = Access(AccessState.UNREACHABLE, orders=False, reason=error.reason)
        known = shop.shop(off=shop.marketplace in settings.marketplaces_off)
        return ShopRow(
            settings=shop,
            marketplace=row,
            label=row.label(shop.region),
            access=access,
            asked=answered is not None,
            standing=standing_of(access, self._now()),
            sends=Sends.BY_HAND if known.by_hand else Sends.BY_PACKER if known.enabled else Sends.NOTHING,
            today=today_of(figures),
            grants=grants,
            on=shop.send,
            live=known.enabled,
        )

    def _grant(self, shop: ShopSettings, grant: str, title: str) -> GrantRow:
        secrets = self._vault.load(grant_key(shop.id, grant))
        ends_at = secrets.refresh_ends_at if secrets else 0.0
        return GrantRow(
            grant,
            title,
            keyed=bool(secrets and secrets.app_secret),
            connected=bool(secrets and secrets.access_token),
            until=datetime.fromtimestamp(ends_at, UTC) if ends_at else None,
        )

    def _judged(self, shop: ShopSettings, row: Marketplace, grants: tuple[GrantRow, ...]) -> Access:
        """Say by the keys kept here what a shop may do, as far as they tell."""
        if not row.has_chat:
            return Access(AccessState.BY_HAND)
        if not grants:
            keyed = bool(self._app_secrets.of_shop(shop))
            return Access(AccessState.AUTHORISED if keyed else AccessState.NOT_CONNECTED, orders=keyed)
        if not grants[0].connected:  # the first is the one that gives the orders
            reason = because(ShopReason.CONSENT_MISSING, marketplace=row.title)
            return Access(AccessState.NOT_CONNECTED, orders=False, reason=reason)
        if not all(each.connected for each in grants):
            return Access(AccessState.NOT_CONNECTED, reason=because(ShopReason.CHAT_CONSENT_MISSING))
        if any(each.until and each.until <= self._now() for each in grants):
            reason = because(ShopReason.CONSENT_ENDED, marketplace=row.title)
            return Access(AccessState.CONSENT_AGAIN, orders=False, reason=reason)
        return Access(AccessState.AUTHORISED)  # until when, only the marketplace can tell
