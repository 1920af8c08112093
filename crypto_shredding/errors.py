"""What can go wrong between a personal value and its keys.

No message, attribute or chained exception of this tree ever carries plaintext or key material.

    ShreddingError
    ├── SubjectShredded           sealing for a subject whose key is doomed or destroyed
    ├── PeriodShredded            sealing into a period whose key is doomed or destroyed
    ├── KeyMissing                neither key nor tombstone: the key store lost data
    │   └── KeyRefused            a key is there, but not the one the slot was issued with
    ├── EnvelopeTampered          altered bytes, another place, or a box that is gone while its keys live
    ├── UnknownEnvelopeVersion    written by a newer version of this package
    ├── TextRefused               longer than a box may hold, or not Unicode text
    ├── RootMissing               the root that wraps this key store is absent or another one
    │   ├── RootExposed           a root file that other users of the machine could read
    │   └── StaleTree             the key tables are an old copy: a newer tree exists, or did
    ├── RootUnavailable           the root's provider did not answer or refused to serve; nothing is known
    ├── RootVersionTaken          a root version of this number exists or existed
    ├── KeyStoreUnavailable       the keys database did not answer; nothing is known about the outcome
    │   ├── StaleKeys             keys could not be confirmed as still live in time
    │   ├── CopyUnavailable       a copy of the tree beside the database does not follow
    │   └── RotationBusy          another process has been rotating the tree for too long
    ├── InstallationUnset         the keys database has no installation row yet
    ├── InstallationDiffers       it has one, and it is another
    ├── MigrationChanged          an applied migration is not the file shipped here
    ├── NotDoomed                 shredding asked for slots that were never doomed
    ├── KeysPresent               restoring into a keys database that has a tree
    ├── RotationOvertaken         another process decided this rotation: nothing of it was done here
    ├── NotReadBack               the newest tree is not where it must be before an old root version goes
    ├── TargetSilent              a failover target or an archive lacks what a destruction rests on
    ├── TargetUnknown             no failover target of this name is registered
    ├── TargetNameRefused         not a name that a failover target can have
    ├── TwoPersonsNeeded          one person alone cannot fence a target out
    ├── StillReadable             a box of a destroyed slot opened
    ├── SigningKeyExposed         a signing key's file that others could read
    ├── SigningKeyUnreadable      it does not hold a signing key
    ├── SigningKeyDiffers         it is not the key with which the chain of certificates goes on
    └── CertificateRefused        a certificate that is not to be believed; nothing else is raised on reading one
        ├── CertificateUnreadable   not a certificate of a format known here, in its one canonical form
        ├── CertificateForged       not signed by a key that is trusted
        └── CertificateChainBroken  it does not continue the one before it
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Self
from uuid import UUID


class ShreddingError(Exception):
    """Anything this package refuses. Catch it only where every case below is treated alike."""


class SubjectShredded(ShreddingError):
    """The subject's key is doomed or destroyed: nothing can be sealed for it any more.

    Refuse the command; never issue another slot to get around it.
    """

    def __init__(self, slot: int, at: datetime, reason: str) -> None:
        super().__init__(f"subject slot {slot} was shredded at {at.isoformat()} ({reason})")
        self.slot, self.at, self.reason = slot, at, reason


class PeriodShredded(ShreddingError):
    """The period's key is doomed or destroyed: its retention has ended. Refuse the command."""

    def __init__(self, slot: int, class_code: int, first_day: date, at: datetime, reason: str) -> None:
        super().__init__(f"period {class_code}/{first_day} (slot {slot}) was shredded at {at.isoformat()} ({reason})")
        self.slot, self.class_code, self.first_day, self.at, self.reason = slot, class_code, first_day, at, reason


class KeyMissing(ShreddingError):
    """Neither key nor tombstone: the key store lost data, or is the wrong one. Never show this as "erased".

    Stop, alarm, and restore the latest key store.
    """

    def __init__(self, slots: Sequence[int]) -> None:
        super().__init__(f"no key and no tombstone for slots {list(slots)[:10]}: the key store is incomplete")
        self.slots = tuple(slots)


class KeyRefused(KeyMissing):
    """The key found for a slot is not the one it was issued with (its check value differs). Treat as an attack."""

    def __init__(self, slots: Sequence[int]) -> None:
        super().__init__(slots)
        self.args = (f"the keys stored for slots {list(slots)[:10]} are not those they were issued with",)


class EnvelopeTampered(ShreddingError):
    """A box does not verify where it was found. Open an incident; the key is intact, the ciphertext is not."""

    def __init__(self, why: str, *, event_id: UUID | None = None, field_id: int | None = None) -> None:
        super().__init__(f"{why} (event {event_id}, field {field_id})")
        self.why, self.event_id, self.field_id = why, event_id, field_id


class UnknownEnvelopeVersion(ShreddingError):
    """A box whose version or algorithm this code cannot read. Upgrade the reader."""

    def __init__(self, version: int, algorithm: int) -> None:
        super().__init__(f"envelope version {version}, algorithm {algorithm} is not known here")
        self.version, self.algorithm = version, algorithm


class TextRefused(ShreddingError):
    """The text cannot be sealed: too long, or not encodable as UTF-8. The text itself is not repeated here."""

    def __init__(self, why: str, *, length: int, bytes_max: int) -> None:
        super().__init__(f"{why} (length {length}, limit {bytes_max} bytes)")
        self.why, self.length, self.bytes_max = why, length, bytes_max


class RootMissing(ShreddingError):
    """The root version that wraps this key store is absent, unreadable or foreign. Start with the right root."""

    def __init__(self, why: str, *, version: int | None = None) -> None:
        super().__init__(f"{why} (root version {version})")
        self.why, self.version = why, version


class RootExposed(RootMissing):
    """A root file is readable or writable by others. Repair its mode, and consider its keys known."""

    def __init__(self, path: str, mode: int) -> None:
        super().__init__(f"{path} has mode {mode:04o}; a root must be the owner's alone")
        self.path, self.mode = path, mode


class StaleTree(RootMissing):
    """The key tables are older than what the root, or a copy beside the database, has seen: somebody restored a backup.

    Nothing was opened. Load the newest tree (`points-ledger keys restore`), never this one.
    """


class RootUnavailable(ShreddingError):
    """The root's provider did not answer, or will not serve us. Nothing is known; repeat the call as it was, later."""

    def __init__(self, provider: str, why: str) -> None:
        super().__init__(f"root provider {provider}: {why}")
        self.provider, self.why = provider, why


class RootVersionTaken(ShreddingError):
    """This number was used for a root version before, or destroyed before it was used. Choose a greater one."""

    def __init__(self, version: int) -> None:
        super().__init__(f"root version {version} exists or existed; a number is used once")
        self.version = version


class KeyStoreUnavailable(ShreddingError):
    """The keys database did not answer or refused. Every operation may be repeated as it was."""

    def __init__(self, why: str, *, sqlstate: str | None = None) -> None:
        super().__init__(f"key store: {why}" if sqlstate is None else f"key store: {why} (SQLSTATE {sqlstate})")
        self.why, self.sqlstate = why, sqlstate


class StaleKeys(KeyStoreUnavailable):
    """Twice in a row the keys grew too old while they were used: the process is stalled. Repeat later."""

    def __init__(self) -> None:
        super().__init__("keys could not be confirmed as live in time")


class CopyUnavailable(KeyStoreUnavailable):
    """A copy of the tree beside the database cannot be written or read.

    No root version is destroyed before every copy holds the newest tree. Repair it, then repeat.
    """


class RotationBusy(KeyStoreUnavailable):
    """Another process has been rotating the tree for too long, and may stand still. Nothing is lost; repeat later.

    `keys status` tells how far it is. Where that process does not go on, end it: its lock ends with its session.
    """

    def __init__(self, seconds: float) -> None:
        super().__init__(f"another process has held the rotation's lock for {seconds:g} s", sqlstate="55P03")
        self.seconds = seconds


class InstallationUnset(ShreddingError):
    """The keys database has no installation yet. Run `migrate`, then `create_installation`, once."""

    def __init__(self) -> None:
        super().__init__("the keys database has no installation: run migrate() and create_installation() first")


class InstallationDiffers(ShreddingError):
    """The keys database already belongs to an installation with another id or cache time. Nothing was changed."""

    def __init__(self, id: UUID, cache_seconds: float) -> None:
        super().__init__(f"the keys database belongs to installation {id} with cache_seconds={cache_seconds}")
        self.id, self.cache_seconds = id, cache_seconds


class MigrationChanged(ShreddingError):
    """A migration that was applied here is not the file that ships now. Deploy the code that made this database."""

    def __init__(self, name: str) -> None:
        super().__init__(f"migration {name} was applied with other content")
        self.name = name


class NotDoomed(ShreddingError):
    """Slots must be doomed, and the doom waited out, before their keys are destroyed. Nothing was destroyed."""

    def __init__(self, slots: Sequence[int]) -> None:
        super().__init__(f"slots {list(slots)[:10]} are not doomed")
        self.slots = tuple(slots)


class TargetSilent(ShreddingError):
    """A failover target, or an archive, does not hold what the destruction rests on. The old root version was kept.

    The rotation stays open and the keys are unusable. Bring the target back and send the same command again: it goes on
    with the wait. Or two persons fence the target out of it (`points-ledger keys fence-out`).
    """

    def __init__(self, lacking: Mapping[str, str], seconds: float) -> None:
        seen = "; ".join(f"{name}: {why}" for name, why in lacking.items())
        super().__init__(
            f"after {seconds:g} s the old root version is still needed by {seen}. Nothing is lost and doomed keys are "
            "unusable: bring it back and send the same command again, or let two persons take it out of the wait with: "
            "points-ledger keys fence-out"
        )
        self.lacking, self.seconds = dict(lacking), seconds


class TargetUnknown(ShreddingError):
    """No failover target of this name is registered: look at `points-ledger keys status`. Nothing was changed."""

    def __init__(self, name: str) -> None:
        super().__init__(f"no failover target is registered as {name!r}; points-ledger keys status lists them")
        self.name = name


class TargetNameRefused(ShreddingError):
    """A target is named by its database and its `application_name` there. Nothing was changed."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name[:100]!r} cannot name a failover target; write DATABASE:APPLICATION_NAME, like keys:standby-1 "
            "(letters, digits, '_', '.', '-')"
        )
        self.name = name


class TwoPersonsNeeded(ShreddingError):
    """Fencing a target out of the wait takes two different persons, both named. Nothing was changed."""

    def __init__(self, first: str, second: str) -> None:
        super().__init__(f"fencing out takes two different persons; named were {first!r} and {second!r}")
        self.first, self.second = first, second


class StillReadable(ShreddingError):
    """Boxes that should be gone opened. The shredding is not done; do not certify it."""

    def __init__(self, slots: Sequence[int]) -> None:
        super().__init__(f"boxes of slots {list(slots)[:10]} still open")
        self.slots = tuple(slots)


class KeysPresent(ShreddingError):
    """A tree is restored into an empty keys database only: this one has keys. Nothing was changed.

    Make a new database, run `migrate` on it, and restore into that.
    """

    def __init__(self) -> None:
        super().__init__("this keys database holds a tree: restore into a new, migrated, empty one")


class RotationOvertaken(ShreddingError):
    """Another process has decided this rotation meanwhile. Repeat: what it left open is finished then."""

    def __init__(self, version: int) -> None:
        super().__init__(f"the rotation to root version {version} was decided by another process")
        self.version = version


class NotReadBack(ShreddingError):
    """The newest tree does not open where it must. The old root version was kept, so nothing is lost: look."""

    def __init__(self, where: str, version: int) -> None:
        super().__init__(f"{where} does not hold the tree of root version {version}")
        self.where, self.version = where, version


class SigningKeyExposed(ShreddingError):
    """Others can read the private key file: make a new key, readable by its owner alone (0600)."""

    def __init__(self, path: str, mode: int) -> None:
        super().__init__(f"{path} has mode {mode:o}; it must be 600, and a key that was readable must be replaced")
        self.path, self.mode = path, mode


class SigningKeyUnreadable(ShreddingError):
    """The file holds no signing key. Put the right file back: with another key, nobody could verify what follows."""

    def __init__(self, path: str) -> None:
        super().__init__(f"{path} does not hold a signing key")
        self.path = path


class SigningKeyDiffers(ShreddingError):
    """The chain of certificates goes on with another key, or is another installation's. Put the right key file back.

    Nobody could verify what this key would sign. A lost key cannot be replaced by itself: see docs/spec/certificate.md.
    """

    def __init__(self, issuer: UUID, key: bytes) -> None:
        super().__init__(
            f"the certificates of installation {issuer} are signed by the key {key.hex()[:16]}…, which is not here: "
            "put its file back (certificate.key in the data folder); nothing was signed"
        )
        self.issuer, self.key = issuer, key.hex()


class CertificateRefused(ShreddingError):
    """A certificate that is not to be believed. `line` counts from 1 in what was read; `why` quotes nothing of it."""

    def __init__(self, why: str, *, line: int = 1) -> None:
        super().__init__(f"certificate in line {line}: {why}")
        self.why, self.line = why, line

    def in_line(self, line: int) -> Self:
        """The same refusal of another line."""
        return type(self)(self.why, line=line)


class CertificateUnreadable(CertificateRefused):
    """Not a certificate of a format known here, in its one canonical form: damaged, altered, or of a newer version."""


class CertificateForged(CertificateRefused):
    """Not signed by a key that is trusted: altered, or by somebody else. Ask its issuer on another way."""


class CertificateChainBroken(CertificateRefused):
    """It does not continue the one before it: one is missing, moved or put in. Get the whole chain from its issuer."""
