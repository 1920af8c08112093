"""Looking after the key tree: how it stands with its root and its copy, rotating it, and backing it up."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import crypto_shredding as crypto
from ledger import LedgerBehindCheckpoint, LedgerBehindKeys, RestoreUnfinished, StoreError, refuse_restored
from service import failover
from service.root_settings import FilePlace
from service.roots import open_root
from service.settings import Settings
from service.verification import newest_checkpoint
from service.wiring import Places


class BackupRefused(Exception):
    """A backup of the key tree does not belong there: choose another file, as the text says."""


@dataclass(frozen=True, slots=True)
class KeysStatus:
    """How the keys stand; `attention` has a sentence for each thing that somebody should look at."""

    provider: str
    root_versions: tuple[int, ...]
    tree: crypto.TreeStatus | None
    copy: crypto.CopyStatus | None
    targets: crypto.TargetsStatus | None
    attention: tuple[str, ...]


def keys_status(settings: Settings, places: Places) -> KeysStatus:
    """Asked of the databases, the root and the copy; nothing is changed, and no key is used."""
    provider = type(settings.root).__name__.removesuffix("Place")
    with open_root(settings.root) as root:
        versions = tuple(root.versions())
    tree = crypto.read_tree_status(places.keys)
    if tree is None:
        return KeysStatus(provider, versions, None, None, None, ("no tree is planted yet: the first use plants it",))
    copy = crypto.read_copy_status(settings.tree_copy, tree)
    targets = failover.targets_status(places)
    attention = [
        *_of_tree(tree, versions),
        *failover.attention(targets, tree),
        *_of_copy(tree, copy),
        *_of_log(settings, places),
    ]
    return KeysStatus(provider, versions, tree, copy, targets, tuple(attention))


def back_up(settings: Settings, places: Places, file: Path) -> crypto.TreeStatus:
    """Put the newest tree where its last backup was.

    Raises BackupRefused, and what `crypto_shredding.back_up_tree` does.
    """
    file = file.expanduser().absolute()
    closed = [settings.data_dir]
    if isinstance(settings.root, FilePlace):
        closed.append(settings.root.folder)
    for folder in closed:
        if file.resolve().is_relative_to(folder.resolve()):
            raise BackupRefused(
                f"{file} is inside {folder}, whose backups hold the root or the databases: tree and root in one backup "
                "open everything; choose a file elsewhere"
            )
    if file.resolve() == settings.tree_copy.resolve():
        raise BackupRefused(f"{file} is the copy that follows by itself, and is never replaced; choose another file")
    if not file.parent.is_dir():
        raise BackupRefused(f"there is no folder {file.parent}; make it, readable by you alone")
    return crypto.back_up_tree(places.keys, file)


def _of_tree(tree: crypto.TreeStatus, versions: tuple[int, ...]) -> list[str]:
    found = []
    if tree.epoch not in versions:
        found.append(f"the root does not hold version {tree.epoch}, so nothing opens: restore the newest tree")
    if tree.rotation is not None:
        found.append(f"rotation {tree.rotation} is not finished: finish it with: points-ledger keys rotate")
    elif others := [each for each in versions if each != tree.epoch]:
        found.append(f"the root holds versions beside {tree.epoch}: {others}; points-ledger keys rotate clears them")
    if tree.dooms_waiting:
        found.append(
            f"{tree.dooms_waiting} doomed keys still open from older copies: finish it with: points-ledger keys rotate"
        )
    return found


def _of_copy(tree: crypto.TreeStatus, copy: crypto.CopyStatus) -> list[str]:
    if copy.epoch is None:
        return ["there is no copy of the tree: a lost keys database would lose every personal value"]
    if not copy.follows(tree):
        return [f"the copy has root version {copy.epoch}, the tree {tree.epoch}: restoring from it would fail"]
    return []


def _of_log(settings: Settings, places: Places) -> list[str]:
    found: list[str] = []
    checkpoint = None
    try:
        checkpoint = newest_checkpoint(settings)
    except (StoreError, crypto.ShreddingError, OSError) as error:
        found.append(f"the log was not compared with its newest checkpoint: {error}")
    try:
        refuse_restored(places.ledger, crypto.read_newest_witness(places.keys), checkpoint=checkpoint)
    except (LedgerBehindKeys, LedgerBehindCheckpoint, RestoreUnfinished) as error:
        found.append(str(error))
    return found
