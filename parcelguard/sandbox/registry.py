"""The marketplaces that the sandbox serves, one line each."""

from parcelguard.sandbox import manual
from parcelguard.sandbox.chatwoot import marketplace as chatwoot
from parcelguard.sandbox.lazada import marketplace as lazada
from parcelguard.sandbox.ports import Marketplace
from parcelguard.sandbox.shopee import marketplace as shopee
from parcelguard.sandbox.tiktok import marketplace as tiktok

SERVED: dict[str, Marketplace] = {
    shopee.NAME: shopee,
    lazada.NAME: lazada,
    tiktok.NAME: tiktok,
    chatwoot.NAME: chatwoot,
    manual.NAME: manual,
}
