"""`keys status` and `keys rotate`: which key is still needed, and everything sealed anew with the newest."""

import argparse
import asyncio
import json

from composition.commands.arguments import add_json
from composition.commands.commands import Show
from composition.commands.progress import progress_bar
from composition.keys import KeyRing
from composition.renewing import Renewal, Renewed, Standing, standing
from composition.settings import Settings
from gateways.files import FolderFiles
from store import Keys, Store


def add_arguments(command: str, parser: argparse.ArgumentParser) -> None:
    """Add the arguments of a command."""
    if command == "keys status":
        add_json(parser)


def run(arguments: argparse.Namespace, settings: Settings, show: Show) -> int:
    """Carry out a command and return its exit code: 1 where something does not open, or is not sealed with the newest keys yet.

    Raises:
        StoreError, ConfigurationError, GatewayConfigurationError: it cannot be done; the message is one plain line.
    """
    if arguments.action == "rotate":
        return asyncio.run(_rotate(settings, show))
    return asyncio.run(_status(settings, show, as_json=arguments.json))


async def _rotate(settings: Settings, show: Show) -> int:
    ring = KeyRing(settings)
    store = await Store.open(settings.database_url, ring.store_keys())
    try:
        await store.check()
        with progress_bar("keys rotate") as told:
            renewed = await Renewal(store, FolderFiles(settings.uploads, ring.file_keys()), told).run()
    finally:
        await store.close()
    _show_renewed(renewed, show)
    return 0 if renewed.complete else 1


def _show_renewed(renewed: Renewed, show: Show) -> None:
    show(f"{renewed.rows} rows and {renewed.files} files sealed anew.")
    if renewed.complete:
        show(
            "Everything is sealed with the newest keys, and what earlier versions sealed is refused from now on. Take the old keys out."
        )
    elif renewed.unreadable:
        show(f"{len(renewed.unreadable)} do not open, and stay as they are:")
    else:
        show("Rows come that other keys seal. Start all processes with the newest keys first, then run this again.")
    for line in sorted(renewed.unreadable):
        show(f"  {line}")


async def _status(settings: Settings, show: Show, *, as_json: bool) -> int:
    ring = KeyRing(settings)
    keys = ring.store_keys()
    files = FolderFiles(settings.uploads, ring.file_keys())
    store = await Store.open(settings.database_url, keys)
    try:
        await store.check()
        with progress_bar("keys status") as told:
            found = await standing(store, files, told)
    finally:
        await store.close()
    if as_json:
        show(json.dumps({"sealed": found.sealed, "indexed": found.indexed, "unreadable": found.unreadable}, indent=2))
    else:
        _show_standing(found, keys, files.key_ids, show)
    return 1 if found.unreadable else 0


def _show_standing(found: Standing, keys: Keys, file_keys: tuple[str, ...], show: Show) -> None:
    for variable, ids, counted in (
        ("ENCRYPTION_KEYS", keys.encryption_ids, found.sealed),
        ("INDEX_KEY", keys.index_ids, found.indexed),
        ("FILE_KEYS", file_keys, {"files": found.sealed["files"]}),
    ):
        places = {place: counts for place, counts in counted.items() if (place == "files") == (variable == "FILE_KEYS")}
        for place, key in enumerate(ids):
            used = {name: counts[key] for name, counts in places.items() if counts[key]}
            said = ", ".join(f"{name} {count}" for name, count in used.items()) or "nothing"
            # What names no key may need any of them.
            unnamed = sum(counts[name] for counts in places.values() for name in ("earlier", "unknown"))
            retire = "" if place == 0 or used or unnamed else "; it can be taken out"
            show(f"{variable} {key}{' (newest)' if place == 0 else ''}: {said}{retire}")
        for name in ("earlier", "unknown"):
            if told := ", ".join(f"{place} {counts[name]}" for place, counts in places.items() if counts[name]):
                form = "in earlier forms, which name no key" if name == "earlier" else "by no key that is here"
                show(f"{variable} {form}: {told}")
    for line in found.unreadable:
        show(f"does not open: {line}")
