"""The secrets of the sellers' own apps, as the vault keeps them: by shop and consent, beside the tokens."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from parcelguard.core.config import ShopSettings
from parcelguard.core.marketplace_facts import marketplace
from parcelguard.marketplace.tokens import grant_key
from parcelguard.vault.vault import Secrets, Vault


class AppSecrets:
    """Keeps, replaces and forgets them. Tokens are of the app and shop that they were given to."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def of_shop(self, shop: ShopSettings) -> dict[str, str]:
        """Return the app secrets that are kept for a shop, by grant."""
        found = {grant: self._vault.load(grant_key(shop.id, grant)) for grant in secret_names(shop)}
        return {grant: kept.app_secret for grant, kept in found.items() if kept and kept.app_secret}

    def keep_new(self, shop_id: str, given: Mapping[str, str]) -> None:
        """Keep the secrets of a shop that is being added."""
        for grant, secret in given.items():
            self._vault.keep(grant_key(shop_id, grant), Secrets(app_secret=secret))

    def replace(self, shop: ShopSettings, given: Mapping[str, str], *, other_app: bool) -> None:
        """Keep what was entered anew; tokens go where the secret, or with `other_app` the app, is another."""
        for grant in secret_names(shop):
            present = self._vault.load(grant_key(shop.id, grant)) or Secrets(app_secret="")
            secret = given.get(grant, present.app_secret)
            if secret and (other_app or secret != present.app_secret):
                # Without tokens: the next call asks for a consent, where old tokens would be refused.
                self._vault.keep(grant_key(shop.id, grant), Secrets(app_secret=secret))

    def drop_tokens(self, shop: ShopSettings, grant: str) -> None:
        """Take back what a consent gave; the app's secret stays, so that another consent can begin."""
        self._vault.keep(grant_key(shop.id, grant), Secrets(app_secret=self.of_shop(shop)[grant]))

    def forget(self, shop_id: str, grants: Iterable[str]) -> None:
        """Forget secrets and tokens."""
        for grant in grants:
            self._vault.forget(grant_key(shop_id, grant))


def secret_names(shop: ShopSettings) -> list[str]:
    """Return the grants for which a shop's marketplace wants an app secret."""
    return [key.setting for key in marketplace(shop.marketplace).keys if key.secret]


def entered(secrets: Mapping[str, str]) -> dict[str, str]:
    """Return what was really entered: without the blanks that copying brings, and without empty fields."""
    return {grant: secret.strip() for grant, secret in secrets.items() if secret.strip()}
