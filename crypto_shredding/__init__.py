"""Personal values that can be forgotten: seal on entry, carry references, open at display, shred to forget.

This package knows subjects, retention classes and periods; it knows neither members nor points.
"""

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
    EnvelopeTampered,
    InstallationDiffers,
    InstallationUnset,
    KeyMissing,
    KeyRefused,
    KeyStoreUnavailable,
    MigrationChanged,
    NotDoomed,
    PeriodShredded,
    RootExposed,
    RootMissing,
    ShreddingError,
    SigningKeyExposed,
    SigningKeyUnreadable,
    StaleKeys,
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
    Installation,
    KeyStore,
    Loaded,
    Look,
    SlotKey,
    SlotState,
    Tombstone,
)
from crypto_shredding.migration import migrate
from crypto_shredding.opener import Opener, Withhold
from crypto_shredding.postgres_store import PostgresKeyStore
from crypto_shredding.resealer import Resealer
from crypto_shredding.root import Evidence, RootStore
from crypto_shredding.sealer import Sealer
from crypto_shredding.shredder import Doomed, Shredder
from crypto_shredding.signing_key import (
    SigningKey,
    key_id_of,
    public_key_pem,
    public_keys_in,
    sync_folder,
)

__all__ = [
    "KEY_CACHE_SECONDS_MAX",
    "NO_SLOT",
    "TEXT_BYTES_MAX",
    "Box",
    "Doom",
    "Doomed",
    "EnvelopeTampered",
    "Evidence",
    "FileRoot",
    "Installation",
    "InstallationDiffers",
    "InstallationUnset",
    "KeyMissing",
    "KeyRefused",
    "KeyStore",
    "KeyStoreUnavailable",
    "Keyring",
    "Loaded",
    "Look",
    "MigrationChanged",
    "NotDoomed",
    "OpenRequest",
    "Opener",
    "Period",
    "PeriodShredded",
    "Place",
    "PostgresKeyStore",
    "Resealer",
    "RootExposed",
    "RootMissing",
    "RootStore",
    "SealRequest",
    "Sealed",
    "Sealer",
    "Shredded",
    "Shredder",
    "ShreddingError",
    "SigningKey",
    "SigningKeyExposed",
    "SigningKeyUnreadable",
    "SlotId",
    "SlotKey",
    "SlotState",
    "StaleKeys",
    "StillReadable",
    "SubjectShredded",
    "TextRefused",
    "Tombstone",
    "UnknownEnvelopeVersion",
    "Withheld",
    "Withhold",
    "create_installation",
    "key_id_of",
    "migrate",
    "public_key_pem",
    "public_keys_in",
    "sync_folder",
]
