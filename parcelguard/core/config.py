"""The settings file and the data folders.

`settings.toml` is typed: every wrong value is named with its place and what was expected,
all of them at once. Secrets are not in it; they live in `secrets.json` beside the data.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from ipaddress import IPv6Address
from itertools import combinations
from pathlib import Path
from typing import Annotated, Any, Literal, get_args
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta, Struct

from parcelguard.core import marketplace_facts as marketplaces
from parcelguard.core.errors import SettingsError, StorageError
from parcelguard.core.message_id import msgid
from parcelguard.core.preset_message import DEFAULT_MESSAGE, LONGEST_TEMPLATE, unknown_placeholders
from parcelguard.core.reasons.reason import because
from parcelguard.core.reasons.shops import ShopReason
from parcelguard.core.reasons.storage import StorageReason
from parcelguard.core.settings_mistakes import Mistake, WrongSettings, mistake, wrong_value
from parcelguard.core.shops import Shop

_LABEL = r"(?!-)[a-z0-9-]{1,63}(?<!-)"
_ADDRESS = re.compile(
    rf"https?://(?:\[[0-9a-f:.]+\]|{_LABEL}(?:\.{_LABEL})*)(?::[0-9]{{1,5}})?", re.IGNORECASE
)
FOLLOW_SYSTEM = ""  # the language of this computer, where there is a catalogue for it
_LANGUAGE = r"^([a-z]{2,3}(_[A-Za-z]{2,8})*|pseudo)?$"
_TIME = r"(?:[01]\d|2[0-3]):[0-5]\d"
_QUIET = rf"^(?:off|{_TIME}-{_TIME})$"

# What should stand there, where the shape alone would not tell a person.
_A_LANGUAGE = msgid('expected a language such as "id" or "zh_CN", or "" for this computer’s own')
_AN_ID = msgid("expected small letters, digits and hyphens")
_A_REGION = msgid("expected two capital letters")
_QUIET_TIMES = msgid('expected two times of the buyers’ day such as "21:00-08:00", or "off"')

Name = Annotated[str, Meta(min_length=1, max_length=40)]
Symbology = Literal["Code128", "QRCode", "EAN13", "EAN8", "UPCA", "Code39", "ITF", "DataMatrix"]
MAY_COME_LATER = ("chat_app_key", "service_id")  # orders work without them
ALL_SYMBOLOGIES: tuple[Symbology, ...] = get_args(Symbology)


class Section(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A part of the settings file."""


class BenchSettings(Section, frozen=True, kw_only=True):
    """This packing bench and who works at it."""

    station: Name = "Bench 01"
    packer: Name = "Packer"


class CameraSettings(Section, frozen=True, kw_only=True):
    """Where the picture comes from.

    `source`: a webcam by number ("0") or name ("C920"), an address (rtsp://… or http://…),
    a video file, a folder of pictures, or "demo".
    """

    source: Annotated[str, Meta(min_length=1, max_length=500)] = "0"
    width: Annotated[int, Meta(ge=320, le=7680)] = 1920
    height: Annotated[int, Meta(ge=240, le=4320)] = 1080
    fps: Annotated[int, Meta(ge=1, le=120)] = 30
    quality: Annotated[int, Meta(ge=50, le=100)] = 90
    read_codes: bool = True
    symbologies: Annotated[tuple[Symbology, ...], Meta(min_length=1)] = ALL_SYMBOLOGIES


class ScannerSettings(Section, frozen=True, kw_only=True):
    """What tells a keyboard-wedge scanner from a person typing. Times in milliseconds."""

    mean_gap_ms: Annotated[int, Meta(ge=20, le=200)] = 60
    largest_gap_ms: Annotated[int, Meta(ge=50, le=400)] = 150
    silence_ms: Annotated[int, Meta(ge=80, le=500)] = 200
    shortest: Annotated[int, Meta(ge=3, le=12)] = 6
    repeat_ms: Annotated[int, Meta(ge=0, le=10_000)] = 1500
    prefix: Annotated[str, Meta(max_length=10)] = ""
    suffix: Annotated[str, Meta(max_length=10)] = ""


class ScreenSettings(Section, frozen=True, kw_only=True):
    """How the window looks and sounds, and which language it speaks: a code such as "id" or "zh_CN"."""

    language: Annotated[
        str,
        Meta(pattern=_LANGUAGE, description=_A_LANGUAGE),
    ] = FOLLOW_SYSTEM
    theme: Literal["dark", "light", "system"] = "dark"
    scale_percent: Annotated[int, Meta(ge=100, le=200)] = 100
    volume_percent: Annotated[int, Meta(ge=0, le=100)] = 80


class FolderSettings(Section, frozen=True, kw_only=True):
    """Where photos and records are kept; empty means the usual place of this system."""

    media: str = ""
    backup: str = ""  # a second place for the nightly copies: another drive or a network share


class ShopSettings(Section, frozen=True, kw_only=True):
    """One shop. Its app's secret and its tokens are not kept here.

    How the app is called depends on the marketplace: Shopee gives a partner id, Lazada an app key
    for orders and another for chat, TikTok Shop an app key and a service id, Chatwoot an inbox.
    `shop_id`: the marketplace's own number of the shop; 0 until the seller has consented.
    `host`: another address than the marketplace's own, such as a sandbox on this computer.
    `chat_page`: where a person finds an order's chat, when not at the usual place; {order} stands for
    its number.
    `codes`: for shops without an interface, which scanned codes are order numbers of theirs.
    """

    id: Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$", description=_AN_ID)]
    marketplace: str = "shopee"
    region: Annotated[str, Meta(pattern=r"^[A-Z]{2}$", description=_A_REGION)] = "MY"
    name: Name
    partner_id: Annotated[int, Meta(ge=0)] = 0
    app_key: Annotated[str, Meta(max_length=100)] = ""
    chat_app_key: Annotated[str, Meta(max_length=100)] = ""
    service_id: Annotated[str, Meta(max_length=100)] = ""
    inbox_id: Annotated[int, Meta(ge=0)] = 0
    shop_id: Annotated[int, Meta(ge=0)] = 0
    host: Annotated[str, Meta(pattern=r"^(https?://[^/\s?#@]+)?$")] = ""
    chat_page: Annotated[str, Meta(pattern=r"^(https?://\S+)?$", max_length=500)] = ""
    codes: Annotated[str, Meta(max_length=200)] = ""
    message: Annotated[str, Meta(min_length=1, max_length=LONGEST_TEMPLATE)] = DEFAULT_MESSAGE
    send: bool = False  # off until the owner has read what the marketplace allows
    by_hand: bool = False  # F4 prepares the message, and a person sends it in the seller centre
    collage: Literal["never", "when_needed", "always"] = "when_needed"  # three photos in one picture
    collage_when_waiting: Annotated[int, Meta(ge=0, le=10_000)] = 100
    seconds_between_messages: Annotated[float, Meta(ge=0, le=60)] | None = None  # None: the marketplace's own
    late_after_minutes: Annotated[int, Meta(ge=5, le=1440)] = 60
    quiet_hours: Annotated[str, Meta(pattern=_QUIET, description=_QUIET_TIMES)] = "21:00-08:00"
    when_absent: Literal["ask", "once"] = "ask"  # a message that is proved absent: ask, or send it once more

    def shop(self, *, off: bool = False) -> Shop:
        """Return the shop as the rest of the program knows it; `off`: its marketplace is switched off."""
        row = marketplaces.marketplace(self.marketplace)
        by_hand = self.by_hand or not row.has_chat
        return Shop(
            id=self.id,
            marketplace=self.marketplace,
            region=self.region,
            name=self.name,
            title=row.label(self.region),
            message=self.message,
            enabled=self.send and not off and not by_hand,
            by_hand=by_hand,
            collage=self.collage,
            collage_when_waiting=self.collage_when_waiting,
            longest_text=row.longest_text,
        )


class SecretSettings(Section, frozen=True, kw_only=True):
    """Where the key is kept that locks the shops' keys and tokens.

    `keyring`: in the system's own key store; `passphrase`: made from one that is asked for at each start;
    `file`: beside the data, where whoever copies the folder has it too.
    """

    keep: Literal["keyring", "passphrase", "file"] = "keyring"


class Settings(Section, frozen=True, kw_only=True):
    """All that the settings file may hold."""

    bench: BenchSettings = BenchSettings()
    camera: CameraSettings = CameraSettings()
    scanner: ScannerSettings = ScannerSettings()
    screen: ScreenSettings = ScreenSettings()
    folders: FolderSettings = FolderSettings()
    secrets: SecretSettings = SecretSettings()
    marketplaces_off: tuple[str, ...] = ()  # the master switch of each marketplace
    shops: tuple[ShopSettings, ...] = ()

    def packing_shops(self) -> dict[str, Shop]:
        """Return every shop by its id, switched off where its marketplace is."""
        return {each.id: each.shop(off=each.marketplace in self.marketplaces_off) for each in self.shops}


@dataclass(frozen=True, slots=True)
class Folders:
    """Where this installation keeps its things."""

    home: Path
    media: Path
    second_place: Path | None = None

    @property
    def database(self) -> Path:
        """The SQLite file with everything but the pictures."""
        return self.home / "parcelguard.db"

    @property
    def secrets(self) -> Path:
        """Keys and tokens, readable by this account only."""
        return self.home / "secrets.json"

    @property
    def logs(self) -> Path:
        """The folder of the program's own log files."""
        return self.home / "logs"

    @property
    def backups(self) -> Path:
        """The folder of the nightly copies of the records."""
        return self.second_place or self.home / "backups"

    @property
    def settings(self) -> Path:
        """The settings file."""
        return self.home / "settings.toml"

    def make(self) -> None:
        """Create what is missing. Raises StorageError naming the folder that cannot be made.

        A media folder elsewhere is left to `MediaFolder`, which knows whether its drive is gone.
        """
        inside = [self.media] if self.media.is_relative_to(self.home) else []
        for folder in (self.home, *inside, self.logs):
            try:
                folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            except OSError as error:
                reason = because(StorageReason.FOLDER_UNUSABLE, folder=str(folder))
                raise StorageError(f"{folder}: {error}", reason) from error


def home_folder(chosen: str | None = None) -> Path:
    """Return the data folder: the one asked for, $PARCELGUARD_HOME, or the system's usual place."""
    named = chosen or os.environ.get("PARCELGUARD_HOME")
    if named:
        return Path(named).expanduser().absolute()
    import platformdirs

    return Path(platformdirs.user_data_dir("ParcelGuard", appauthor=False))


def folders_of(home: Path, settings: Settings) -> Folders:
    """Return the folders that these settings name."""
    media, backup = (Path(each).expanduser() for each in (settings.folders.media, settings.folders.backup))
    return Folders(
        home,
        home / (media if settings.folders.media else "media"),
        home / backup if settings.folders.backup else None,
    )


def load_settings(path: Path) -> Settings:
    """Read the settings file; a missing one means the defaults.

    Raises SettingsError naming every wrong value.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return Settings()
    except (OSError, UnicodeDecodeError) as error:
        reason = because(ShopReason.SETTINGS_UNREADABLE, path=str(path))
        raise SettingsError(f"{path}: {error}", reason) from error
    try:
        return parse_settings(text)
    except WrongSettings as error:
        raise WrongSettings(error.mistakes, str(path)) from error


def parse_settings(text: str) -> Settings:
    """Turn the text of a settings file into settings. Raises SettingsError naming every wrong value."""
    import tomllib  # a first start has no file to parse

    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        # The reader's own words: they name the line, and are in English only.
        raise WrongSettings(
            (mistake("file", msgid("not readable as TOML: {error}"), error=error),)
        ) from error
    mistakes: list[Mistake] = []
    settings: Settings | None = _section(Settings, data, "", mistakes)
    if settings is not None and not mistakes:
        mistakes = _contradictions(settings)
    if mistakes or settings is None:
        raise WrongSettings(tuple(mistakes))
    return settings


def _section(kind: type[Any], data: Any, place: str, mistakes: list[Mistake]) -> Any:
    """Convert one section value by value, so that each mistake is found, not only the first."""
    if not isinstance(data, dict):
        found = msgid("expected a section, found {value}")
        mistakes.append(mistake(place or "file", found, value=repr(data)))
        return None
    fields = {field.encode_name: field for field in msgspec.structs.fields(kind)}
    values = {}
    for key, value in data.items():
        where = f"{place}.{key}" if place else key
        if key not in fields:
            unknown = msgid("not a setting; known here: {names}")
            mistakes.append(mistake(where, unknown, names=", ".join(fields)))
        else:
            values[key] = _value(fields[key].type, value, where, mistakes)
    missing = [name for name, field in fields.items() if field.required and name not in data]
    mistakes.extend(mistake(f"{place}.{name}", msgid("missing")) for name in missing)
    return None if missing or mistakes else kind(**values)


def _value(kind: Any, value: Any, where: str, mistakes: list[Mistake]) -> Any:
    if isinstance(kind, type) and issubclass(kind, Section):
        return _section(kind, value, where, mistakes)
    if kind == tuple[ShopSettings, ...]:
        if not isinstance(value, list):
            mistakes.append(mistake(where, msgid("write each shop as its own [[shops]] section")))
            return ()
        return tuple(
            _section(ShopSettings, each, f"{where}[{n}]", mistakes) for n, each in enumerate(value, 1)
        )
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError:
        mistakes.append(wrong_value(where, kind, value))
        return None


def _is_host(address: str) -> bool:
    """Whether an address names a host that can exist, and a port where it names one at all."""
    try:
        parts = urlsplit(address)
        if "[" in address:
            IPv6Address(parts.hostname or "")
        return bool(_ADDRESS.fullmatch(address)) and parts.port != 0
    except ValueError:  # broken brackets, or a port beyond the last one
        return False


def _on_this_computer(address: str) -> bool:
    try:
        return urlsplit(address).hostname in ("127.0.0.1", "::1", "localhost")
    except ValueError:  # broken brackets
        return False


def _contradictions(settings: Settings) -> list[Mistake]:
    """Return what is right word by word but wrong together."""
    found: list[Mistake] = []
    ids = [shop.id for shop in settings.shops]
    found.extend(
        mistake("shops", msgid("the id {id} is used twice"), id=repr(id_))
        for id_ in sorted({i for i in ids if ids.count(i) > 1})
    )
    for one, other in combinations(settings.shops, 2):
        if one.shop_id and one.id != other.id and _whose(one) == _whose(other):
            same = msgid("{one} and {other} are the same shop (shop_id {number})")
            found.append(mistake("shops", same, one=repr(one.id), other=repr(other.id), number=one.shop_id))
    for shop in settings.shops:
        found.extend(_shop_contradictions(shop))
    if settings.scanner.largest_gap_ms < settings.scanner.mean_gap_ms:
        found.append(mistake("scanner.largest_gap_ms", msgid("smaller than {name}"), name="mean_gap_ms"))
    return found


def _whose(shop: ShopSettings) -> tuple[str, str, int, int]:
    """Name a shop as its marketplace does."""
    return shop.marketplace, shop.region, shop.shop_id, shop.inbox_id


def _shop_contradictions(shop: ShopSettings) -> list[Mistake]:
    place = f"shops.{shop.id}"
    if shop.marketplace not in marketplaces.ALL:
        known = ", ".join(marketplaces.ALL)
        expected = msgid("expected one of {names}")
        return [mistake(f"{place}.marketplace", expected, found=repr(shop.marketplace), names=known)]
    row = marketplaces.marketplace(shop.marketplace)
    found = [
        mistake(f"{place}.{name}", msgid("missing; a shop at {title} needs it"), title=row.title)
        for name in row.needed
        if not getattr(shop, name) and name not in MAY_COME_LATER
    ]
    if shop.region not in row.regions:
        regions = ", ".join(row.regions)
        wrong = msgid("{title} is in {regions}")
        found.append(mistake(f"{place}.region", wrong, title=row.title, regions=regions))
    found.extend(
        mistake(f"{place}.message", msgid("unknown placeholder {name}"), name=f"{{{name}}}")
        for name in unknown_placeholders(shop.message)
    )
    if "{order}" not in shop.message:
        why = msgid(
            "{order} is missing; the buyer could not tell which one is meant,"
            " and the same text twice is refused"
        )
        found.append(mistake(f"{place}.message", why, order="{order}"))
    if shop.codes:
        try:
            re.compile(shop.codes)
        except re.error as error:
            found.append(mistake(f"{place}.codes", msgid("no pattern: {error}"), error=error))
    if shop.host and not _is_host(shop.host):
        found.append(mistake(f"{place}.host", msgid("{host} is no address of a host"), host=shop.host))
    if shop.host.startswith("http://") and not _on_this_computer(shop.host):
        plain = msgid("plain http is allowed only to a sandbox on this computer")
        found.append(mistake(f"{place}.host", plain))
    return found
