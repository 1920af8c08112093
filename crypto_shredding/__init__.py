"""Personal values that can be forgotten: seal on entry, carry references, open at display, shred to forget.

This package knows subjects, retention classes and periods; it knows neither members nor points.
"""

from crypto_shredding.aws_kms_root import AwsKmsRoot
from crypto_shredding.box import (
    NO_SLOT,
    Box,
    OpenRequest,
    Period,
    Place,
    Sealed,
    SealRequest,
    Shredded,
    SlotId,
    Withheld,
)
from crypto_shredding.envelope import TEXT_BYTES_MAX
from crypto_shredding.errors import (
    CopyUnavailable,
    EnvelopeTampered,
    InstallationDiffers,
    InstallationUnset,
    KeyMissing,
    KeyRefused,
    KeysPresent,
    KeyStoreUnavailable,
    MigrationChanged,
    NotDoomed,
    NotReadBack,
    PeriodShredded,
    RootExposed,
    RootMissing,
    RootUnavailable,
    RootVersionTaken,
    RotationOvertaken,
    ShreddingError,
    StaleKeys,
    StaleTree,
    StillReadable,
    SubjectShredded,
    TextRefused,
    UnknownEnvelopeVersion,
)
from crypto_shredding.file_root import FileRoot
from crypto_shredding.installation import create_installation
from crypto_shredding.keyring import Keyring
from crypto_shredding.keystore import (
    KEY_CACHE_SECONDS_MAX,
    Doom,
    Horizon,
    Installation,
    KeyStore,
    Loaded,
    Look,
    Settle,
    Shredding,
    SlotKey,
    SlotState,
    Tombstone,
)
from crypto_shredding.migration import migrate
from crypto_shredding.openbao_root import OpenBaoRoot
from crypto_shredding.opener import Opener, Withhold
from crypto_shredding.pkcs11_root import Pkcs11Root
from crypto_shredding.postgres_store import PostgresKeyStore
from crypto_shredding.resealer import Resealer
from crypto_shredding.restore import RestoredTree, restore_tree
from crypto_shredding.root import Evidence, RootStore
from crypto_shredding.rotation import Rotations
from crypto_shredding.sealer import Sealer
from crypto_shredding.shredder import Doomed, Shredder
from crypto_shredding.tree_copy import TreeCopy

__all__ = [
    "KEY_CACHE_SECONDS_MAX",
    "NO_SLOT",
    "TEXT_BYTES_MAX",
    "AwsKmsRoot",
    "Box",
    "CopyUnavailable",
    "Doom",
    "Doomed",
    "EnvelopeTampered",
    "Evidence",
    "FileRoot",
    "Horizon",
    "Installation",
    "InstallationDiffers",
    "InstallationUnset",
    "KeyMissing",
    "KeyRefused",
    "KeyStore",
    "KeyStoreUnavailable",
    "Keyring",
    "KeysPresent",
    "Loaded",
    "Look",
    "MigrationChanged",
    "NotDoomed",
    "NotReadBack",
    "OpenBaoRoot",
    "OpenRequest",
    "Opener",
    "Period",
    "PeriodShredded",
    "Pkcs11Root",
    "Place",
    "PostgresKeyStore",
    "Resealer",
    "RestoredTree",
    "RootExposed",
    "RootMissing",
    "RootStore",
    "RootUnavailable",
    "RootVersionTaken",
    "RotationOvertaken",
    "Rotations",
    "SealRequest",
    "Sealed",
    "Sealer",
    "Settle",
    "Shredded",
    "Shredder",
    "Shredding",
    "ShreddingError",
    "SlotId",
    "SlotKey",
    "SlotState",
    "StaleKeys",
    "StaleTree",
    "StillReadable",
    "SubjectShredded",
    "TextRefused",
    "Tombstone",
    "TreeCopy",
    "UnknownEnvelopeVersion",
    "Withheld",
    "Withhold",
    "create_installation",
    "migrate",
    "restore_tree",
]
