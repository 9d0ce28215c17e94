"""Secrets at rest: locked, bound to their place, taken over from the clear, never lost to a wrong key."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest
from keyring.errors import KeyringLocked

from parcelguard.core.errors import SettingsError, StorageError
from parcelguard.core.reasons.reason import because
from parcelguard.core.reasons.storage import StorageReason
from parcelguard.ui.words.reasons.saying import said
from parcelguard.vault import data_key as datakey
from parcelguard.vault.data_key import (
    FilePlace,
    KeptKey,
    PassphrasePlace,
    Place,
    StorePlace,
    ask_at_terminal,
    place_of,
    system_key_store,
)
from parcelguard.vault.sealing import CannotOpen, DataKey, new_key, seal, unseal
from parcelguard.vault.vault import Secrets, Vault, vault_at

CANARIES = ("shpk-canary", "access-canary", "refresh-canary", "cipher-canary")
SECRETS = Secrets(*CANARIES[:3], 5.0, 6.0, {"cipher": CANARIES[3]})
PASSPHRASE = "twelve little parcels"


class FakeStore:
    """A key store in memory."""

    def __init__(self) -> None:
        self.entries: dict[tuple[str, str], str] = {}
        self.locked = False

    def _open(self) -> None:
        if self.locked:
            raise KeyringLocked

    def get_password(self, service: str, username: str) -> str | None:
        self._open()
        return self.entries.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self._open()
        self.entries[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        self._open()
        del self.entries[service, username]


class Typist:
    """Answers each prompt with the next of its words."""

    def __init__(self, *words: str) -> None:
        self.words = list(words)
        self.prompts: list[str] = []

    def __call__(self, prompt: str) -> str:
        self.prompts.append(prompt)
        return self.words.pop(0)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "secrets.json"


@pytest.fixture
def vault(path: Path) -> Vault:
    return vault_at(path, "file")


def everything(folder: Path) -> str:
    return "\n".join(each.read_text() for each in folder.rglob("*") if each.is_file())


# ---- what is kept --------------------------------------------------------------------------


def test_secrets_come_back_as_they_were(vault: Vault, path: Path) -> None:
    vault.keep("a", SECRETS)
    vault.keep("a/chat", Secrets("other"))
    assert vault_at(path, "file").load("a") == SECRETS
    assert vault.load("a/chat") == Secrets("other")
    assert vault.load("b") is None
    vault.open()


def test_secrets_that_are_forgotten_are_gone(vault: Vault, path: Path) -> None:
    vault.keep("a", SECRETS)
    vault.forget("a")
    vault.forget("b")
    assert vault.load("a") is None
    assert json.loads(path.read_text())["entries"] == {}


def test_no_file_tells_a_secret(vault: Vault, tmp_path: Path) -> None:
    vault.keep("a", SECRETS)
    written = everything(tmp_path) + repr(SECRETS) + repr(vault.__dict__)
    assert [each for each in CANARIES if each in written] == []
    assert "access-canary" in everything(tmp_path) + SECRETS.access_token, "the search finds what is there"


def test_files_are_for_this_account_only(vault: Vault, tmp_path: Path) -> None:
    assert vault.private
    vault.keep("a", SECRETS)
    assert {stat.S_IMODE(each.stat().st_mode) for each in tmp_path.iterdir()} == {0o600}
    assert vault.private
    for name in ("secrets.json", "secrets.key"):
        (tmp_path / name).chmod(0o640)
        assert vault_at(tmp_path / "secrets.json", "file").private is False
        (tmp_path / name).chmod(0o600)


def test_shops_kept_at_the_same_time_do_not_lose_each_other(vault: Vault, path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: vault.keep(f"shop{n}", Secrets(str(n))), range(24)))
    fresh = vault_at(path, "file")
    assert [fresh.load(f"shop{n}") for n in range(24)] == [Secrets(str(n)) for n in range(24)]


# ---- locking -------------------------------------------------------------------------------


def test_same_secret_never_looks_the_same_twice() -> None:
    key = new_key()
    assert len({seal(key, "place", b"secret") for _ in range(50)}) == 50


@pytest.mark.parametrize(
    "change",
    [
        lambda key, text: unseal(key, "vault/b", text),
        lambda key, text: unseal(new_key(), "vault/a", text),
        lambda key, text: unseal(DataKey(key.value, 2), "vault/a", text),
        lambda key, text: unseal(DataKey(key.value, 2), "vault/a", f"2{text[1:]}"),
        lambda key, text: unseal(key, "vault/a", text[:-8]),
        lambda key, text: unseal(key, "vault/a", "1."),
        lambda key, text: unseal(key, "vault/a", "1.!"),
        lambda key, text: unseal(key, "vault/a", ""),
    ],
)
def test_other_place_key_or_content_does_not_open(change: Callable[[DataKey, str], bytes]) -> None:
    key = new_key()
    text = seal(key, "vault/a", b"secret")
    assert unseal(key, "vault/a", text) == b"secret"
    with pytest.raises(CannotOpen) as caught:
        change(key, text)
    assert caught.value.reason == because(StorageReason.KEYS_NOT_OPENED)


def test_one_shops_secrets_do_not_open_as_anothers(vault: Vault, path: Path) -> None:
    vault.keep("a", SECRETS)
    held = json.loads(path.read_text())
    held["entries"]["b"] = held["entries"]["a"]
    path.write_text(json.dumps(held))
    assert vault.load("a") == SECRETS
    with pytest.raises(CannotOpen):
        vault.load("b")


def test_files_of_another_computer_do_not_open_and_are_left_alone(vault: Vault, path: Path) -> None:
    vault.keep("a", SECRETS)
    before, key = path.read_bytes(), path.with_suffix(".key")
    other = vault_at(path.with_name("other.json"), "file")
    changes: tuple[Callable[[], None], ...] = (key.unlink, lambda: other.keep("x", SECRETS))
    for change in changes:
        change()
        if not key.exists() and path.with_name("other.key").exists():
            path.with_name("other.key").rename(key)
        strange = vault_at(path, "file")
        for use in (
            strange.open,
            partial(strange.load, "a"),
            partial(strange.keep, "b", SECRETS),
        ):
            with pytest.raises(CannotOpen) as caught:
                use()
            assert caught.value.reason == because(StorageReason.KEYS_NOT_OPENED)
        assert path.read_bytes() == before


@pytest.mark.parametrize(
    "content", ["", "{", "[1]", "null", '{"kopi": {"colour": "red"}}', '{"kopi": 5}', '{"format": 2}']
)
def test_damaged_secrets_are_told_in_words_without_their_content(
    vault: Vault, path: Path, content: str
) -> None:
    path.write_text(content)
    with pytest.raises(SettingsError) as caught:
        vault.load("kopi")
    assert "red" not in str(caught.value)
    assert caught.value.reason == because(StorageReason.KEYS_UNREADABLE)
    assert path.read_text() == content


def test_locked_text_of_an_odd_form_is_told_as_such(vault: Vault) -> None:
    with pytest.raises(CannotOpen):
        vault.unseal("a", "1.x")
    vault.keep("a", SECRETS)
    key = vault._keeper.key(may_make=False)
    for plain in (b"5", b"{", b'{"colour": 1}'):
        with pytest.raises(CannotOpen):
            vault.unseal("a", seal(key, "a", plain))


# ---- from the clear ------------------------------------------------------------------------

CLEAR = {
    "kopi": {
        "partner_key": "shpk-canary",
        "access_token": "access-canary",
        "refresh_token": "refresh-canary",
        "expires_at": 5.0,
    }
}


def test_what_lay_in_the_clear_is_taken_over_once_and_removed(tmp_path: Path, path: Path) -> None:
    path.write_text(json.dumps(CLEAR))
    assert vault_at(path, "file").load("kopi") == Secrets(*CANARIES[:3], 5.0)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["secrets.json", "secrets.key"]
    assert "canary" not in everything(tmp_path)
    assert vault_at(path, "file").load("kopi") == Secrets(*CANARIES[:3], 5.0)


def test_the_clear_text_is_overwritten_before_it_is_removed(path: Path) -> None:
    path.write_text(json.dumps(CLEAR))
    second_name = path.with_name("linked")
    second_name.hardlink_to(path)
    vault_at(path, "file").load("kopi")
    assert set(second_name.read_bytes()) == {0}


def test_taking_over_that_was_cut_off_goes_on(vault: Vault, tmp_path: Path, path: Path) -> None:
    path.with_suffix(".old").write_text(json.dumps(CLEAR))  # moved away, nothing locked yet
    assert vault.load("kopi") == Secrets(*CANARIES[:3], 5.0)
    vault.keep("kopi", SECRETS)
    path.with_suffix(".old").write_text(json.dumps(CLEAR))  # locked, and not removed yet
    assert vault.load("kopi") == SECRETS
    assert "canary" not in everything(tmp_path)


def test_clear_text_stays_when_it_cannot_be_locked(path: Path) -> None:
    path.write_text(json.dumps(CLEAR))
    path.with_name("secrets.key.part").mkdir()
    with pytest.raises(StorageError):
        vault_at(path, "file").load("kopi")
    path.with_name("secrets.key.part").rmdir()
    assert vault_at(path, "file").load("kopi") == Secrets(*CANARIES[:3], 5.0)


# ---- where the data key lies ---------------------------------------------------------------


def kept(path: Path, place: Place) -> bytes:
    return KeptKey(path, place).key(may_make=True).value


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> FakeStore:
    fake = FakeStore()
    monkeypatch.setattr(datakey, "system_key_store", lambda: fake)
    return fake


def test_key_store_keeps_the_key_and_the_file_only_its_name(path: Path, store: FakeStore) -> None:
    vault_at(path, "keyring").keep("a", SECRETS)
    assert vault_at(path, "keyring").load("a") == SECRETS
    noted = json.loads(path.with_suffix(".key").read_text())
    assert list(store.entries) == [("ParcelGuard", noted["name"])]
    assert set(noted) == {"kept", "version", "name"}
    assert len(next(iter(store.entries.values()))) < 1280


def test_two_installations_of_one_account_have_keys_of_their_own(tmp_path: Path, store: FakeStore) -> None:
    assert kept(tmp_path / "a.key", StorePlace()) != kept(tmp_path / "b.key", StorePlace())
    assert len(store.entries) == 2


def test_key_store_without_the_entry_opens_nothing_and_makes_no_new_key(path: Path, store: FakeStore) -> None:
    vault_at(path, "keyring").keep("a", SECRETS)
    store.entries.clear()
    with pytest.raises(CannotOpen):
        vault_at(path, "keyring").load("a")
    assert store.entries == {}


def test_locked_key_store_is_told_in_words(path: Path, store: FakeStore) -> None:
    vault_at(path, "keyring").keep("a", SECRETS)
    store.locked = True
    vault = vault_at(path, "keyring")
    with pytest.raises(SettingsError) as caught:
        vault.open()
    assert caught.value.reason == because(StorageReason.KEY_STORE_LOCKED)
    store.locked = False
    assert vault.load("a") == SECRETS


def test_vault_without_secrets_asks_for_no_key(path: Path, store: FakeStore) -> None:
    store.locked = True
    vault = vault_at(path, "keyring")
    vault.open()
    assert vault.load("a") is None


class Backend:
    def __init__(self, priority: float) -> None:
        self.priority = priority


def backend(module: str, name: str, priority: float) -> Backend:
    kind: type[Backend] = type(name, (Backend,), {"__module__": module})
    return kind(priority)


@pytest.mark.parametrize(
    "module_and_name",
    [
        ("keyring.backends.null", "Keyring"),
        ("keyring.backends.fail", "Keyring"),
        ("keyrings.alt.file", "PlaintextKeyring"),
        ("keyrings.alt.file", "EncryptedKeyring"),
        ("keyring.backends.chainer", "ChainerBackend"),
    ],
)
def test_anything_but_a_real_key_store_is_refused(
    monkeypatch: pytest.MonkeyPatch, module_and_name: tuple[str, str]
) -> None:
    monkeypatch.setattr("keyring.backend.get_all_keyring", lambda: [backend(*module_and_name, 99)])
    with pytest.raises(SettingsError) as caught:
        system_key_store()
    assert caught.value.reason == because(StorageReason.NO_KEY_STORE)
    assert 'keep = "passphrase"' in said(caught.value.reason).advice


def test_best_real_key_store_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = backend("keyrings.alt.file", "PlaintextKeyring", 99)
    secret_service = backend("keyring.backends.SecretService", "Keyring", 5)
    kwallet = backend("keyring.backends.kwallet", "DBusKeyring", 4)
    monkeypatch.setattr("keyring.backend.get_all_keyring", lambda: [plain, kwallet, secret_service])
    best: object = system_key_store()
    assert best is secret_service


def test_passphrase_opens_what_it_locked(path: Path) -> None:
    vault_at(path, "passphrase", Typist(PASSPHRASE, PASSPHRASE)).keep("a", SECRETS)
    asked = Typist("wrong", PASSPHRASE)
    vault = vault_at(path, "passphrase", asked)
    assert [vault.load("a"), vault.load("a")] == [SECRETS, SECRETS]
    assert len(asked.prompts) == 2, "asked once for all, and again after a wrong one"
    assert PASSPHRASE not in everything(path.parent)


def test_wrong_passphrase_three_times_opens_nothing_and_deletes_nothing(path: Path) -> None:
    vault_at(path, "passphrase", Typist(PASSPHRASE, PASSPHRASE)).keep("a", SECRETS)
    before = everything(path.parent)
    with pytest.raises(SettingsError) as caught:
        vault_at(path, "passphrase", Typist("one", "two", "three")).open()
    assert caught.value.reason == because(StorageReason.WRONG_PASSPHRASE)
    assert everything(path.parent) == before


@pytest.mark.parametrize("typed", [("one", "two", "three"), ("",)])
def test_passphrase_that_was_not_typed_is_not_asked_for_again_and_again(
    path: Path, typed: tuple[str, ...]
) -> None:
    vault_at(path, "passphrase", Typist(PASSPHRASE, PASSPHRASE)).keep("a", SECRETS)
    asked = Typist(*typed)
    vault = vault_at(path, "passphrase", asked)
    for _ in range(3):  # couriers come back every minute
        with pytest.raises(SettingsError, match="wrong passphrase"):
            vault.load("a")
    assert len(asked.prompts) == len(typed)


def test_passphrase_has_to_be_long_and_typed_twice(path: Path) -> None:
    words = Typist("short", PASSPHRASE, "another passphrase", PASSPHRASE, PASSPHRASE)
    vault_at(path, "passphrase", words).keep("a", SECRETS)
    assert words.words == []
    with pytest.raises(SettingsError) as caught:
        PassphrasePlace(Typist("a", "b", "c")).keep(b"key")
    assert caught.value.reason == because(StorageReason.NO_PASSPHRASE)


def test_passphrase_that_nobody_can_type_is_told_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    for nobody in (None, subprocess.DEVNULL):
        monkeypatch.setattr(sys, "stdin", None if nobody is None else _NoTerminal())
        with pytest.raises(SettingsError) as caught:
            ask_at_terminal("Passphrase: ")
        assert caught.value.reason == because(StorageReason.PASSPHRASE_WAITS)


class _NoTerminal:
    def isatty(self) -> bool:
        return False


def test_passphrase_is_asked_for_at_the_terminal_without_being_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = _NoTerminal()
    terminal.isatty = lambda: True  # type: ignore[method-assign]
    monkeypatch.setattr(sys, "stdin", terminal)
    monkeypatch.setattr("getpass.getpass", lambda prompt: f"typed at {prompt}")
    assert ask_at_terminal("Passphrase: ") == "typed at Passphrase: "


def test_key_moves_when_the_settings_name_another_place(path: Path, store: FakeStore) -> None:
    vault_at(path, "file").keep("a", SECRETS)
    noted = path.with_suffix(".key")
    for keep, typed in (
        ("keyring", ()),
        ("passphrase", (PASSPHRASE, PASSPHRASE)),
        ("keyring", (PASSPHRASE,)),
        ("file", ()),
    ):
        assert vault_at(path, keep, Typist(*typed)).load("a") == SECRETS  # type: ignore[arg-type]
        assert json.loads(noted.read_text())["kept"] == keep
        assert len(store.entries) == (keep == "keyring")
    assert vault_at(path, "file").load("a") == SECRETS


@pytest.mark.parametrize(
    "content",
    [
        "{",
        "[]",
        '{"kept": "under the mat"}',
        '{"kept": "file"}',
        '{"kept": "file", "key": "!"}',
        '{"kept": "file", "key": "YWJj"}',
        f'{{"kept": "file", "version": "x", "key": "{"QUFB" * 10}QUE="}}',
    ],
)
def test_odd_key_file_opens_nothing(vault: Vault, path: Path, content: str) -> None:
    vault.keep("a", SECRETS)
    path.with_suffix(".key").write_text(content)
    with pytest.raises(CannotOpen):
        vault_at(path, "file").load("a")


def test_odd_passphrase_notes_open_nothing(path: Path) -> None:
    for noted in ({}, {"salt": "x"}, {"salt": "00" * 16, "passes": 0, "memory_kib": 8, "lanes": 1}):
        with pytest.raises(SettingsError):
            PassphrasePlace(Typist(*[PASSPHRASE] * 3)).bring(noted)


def test_key_is_brought_once_however_many_threads_ask(path: Path, store: FakeStore) -> None:
    keeper = KeptKey(path, StorePlace())
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: keeper.key(may_make=True).value, range(40)))
    assert len(keys) == len(store.entries) == 1


def test_places_have_the_names_of_the_setting() -> None:
    assert [place_of(name).name for name in ("keyring", "passphrase", "file")] == [
        "keyring",
        "passphrase",
        "file",
    ]
    assert isinstance(place_of("file"), FilePlace)


def test_the_vault_brings_no_key_store_and_no_cipher_along() -> None:
    code = (
        "import sys, parcelguard.vault.vault as v;"
        "print([m for m in ('keyring', 'cryptography', 'argon2') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.fixture(autouse=True)
def _no_real_key_store(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reaches the key store of whoever runs it."""
    monkeypatch.setattr("keyring.backend.get_all_keyring", list)
