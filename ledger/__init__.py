"""Facts about points and members: commands in, sealed events appended, receipts out; erasure beside them.

Everything that other packages use is named here; the folders behind it are nobody else's business.
"""

from ledger.calendar import SEOUL, Span, day_of, last_retention_day, start_of, zone_of
from ledger.certificates import (
    Certificates,
    certificate_lines,
    export_certificates,
    find_certificate,
    put_back_certificates,
    signer_of_next,
)
from ledger.certified_log import RecordedDestruction, recorded_destructions
from ledger.certifying import Certifier
from ledger.compaction import CompactedPartition, Compaction, CompactionReport, KeyStates, Partition
from ledger.desk.batches import BATCH_COMMANDS_MAX
from ledger.desk.blocking import BlockingLedger
from ledger.desk.checking import check, checked
from ledger.desk.ledger import Answer, Ledger
from ledger.desk.stamping import Clock
from ledger.erasure import ErasureReport, Erasures, KeptClass, unfinished_erasures
from ledger.errors import (
    AccountExists,
    AccountNotActive,
    AlreadyClaimed,
    AlreadyErased,
    AlreadyRefunded,
    BatchRefused,
    ConfirmationNeeded,
    ContendedAccount,
    ContradictoryHistory,
    FourEyesNeeded,
    InsufficientPoints,
    InvalidAmount,
    InvalidCommand,
    InvalidProgram,
    InvalidText,
    InvalidTime,
    KeyReused,
    LedgerClosed,
    LedgerError,
    LegalHoldExists,
    LimitReached,
    MemberExists,
    MemberNotActive,
    NoConsent,
    NothingToHold,
    PeriodEnded,
    ReferenceReused,
    Refused,
    StillHeldByLaw,
    UnknownAccount,
    UnknownCoupon,
    UnknownLegalHold,
    UnknownMember,
    UnknownProgram,
    UnknownRecord,
    UnknownSpending,
    UnknownTopic,
    UnreadableEvent,
)
from ledger.event import Event, decode, encode, fields_of, topics
from ledger.horizon import BackupHorizon
from ledger.leaving import Leaving
from ledger.legal_holds import HeldRecord, LegalHolds, ReleaseReport
from ledger.members.commands import Erase, Join, Leave, PlaceLegalHold, ReleaseLegalHold
from ledger.members.consent import ConsentChannel, ConsentPurpose, GiveConsent, WithdrawConsent
from ledger.members.events import (
    ErasureRequested,
    Kept,
    KeysDestroyed,
    MemberErased,
    MemberJoined,
    MemberLeft,
)
from ledger.members.index_key import IndexKeyDestroyed, IndexKeyIssued
from ledger.members.legal_hold import LegalHoldDestroyed, LegalHoldPlaced, LegalHoldReleased, held_field_id
from ledger.outbox import Message, Outbox
from ledger.periods.events import PeriodClosed, PeriodDestroyed
from ledger.personal import Basis, Personal, Source, personal_fields
from ledger.points.balance import Balance
from ledger.points.commands import (
    Accrue,
    Adjust,
    Authorise,
    BusinessReference,
    Capture,
    CashOut,
    Charge,
    Claim,
    ClawBack,
    Command,
    Confirm,
    Convert,
    DefinePartner,
    DefineProgram,
    Exchange,
    Expire,
    ExpireCoupons,
    Extend,
    Fault,
    Freeze,
    Hold,
    ImportCoupon,
    ImportHistory,
    ImportHold,
    ImportLot,
    LotPoints,
    NotifyExpiry,
    OpenAccount,
    Pay,
    RedeemByCode,
    RedeemCoupon,
    Refund,
    Reinstate,
    Release,
    Reprice,
    SettleClaim,
    Suspend,
    TimeOutHolds,
    Transfer,
    Void,
)
from ledger.points.commands.importing import PAYMENTS, EarlierMovement
from ledger.points.earning_rule import ANY_TENDER, EarningRule, TenderRate
from ledger.points.errors import (
    AlreadyClawedBack,
    CancelAtPsp,
    CaptureTooLarge,
    ClaimSettledBefore,
    CouponClosed,
    HoldEnded,
    HoldsOpen,
    InvalidPartner,
    KeyVoided,
    NoContract,
    NoCoupon,
    NotPending,
    NotTransferable,
    NotVoidable,
    PaidForPoints,
    RefundTooLarge,
    UnknownAccrual,
    UnknownClaim,
    UnknownHold,
    UnknownPartner,
    UnknownStore,
)
from ledger.points.events import (
    AccountClaimed,
    AccountFrozen,
    AccountKeptAlive,
    AccountLeft,
    AccountOpened,
    AccountReinstated,
    AccountSuspended,
    AccrualCancelled,
    AccrualConfirmed,
    AccrualPended,
    ClaimSettled,
    ClawbackReturned,
    CouponExpired,
    CouponRedeemed,
    DeficitRepaid,
    ExpiryNoticed,
    HoldAuthorising,
    HoldCaptured,
    HoldReleased,
    KeyBarred,
    PartnerDefined,
    PointsAccrued,
    PointsAdjustedDown,
    PointsAdjustedUp,
    PointsCashedOut,
    PointsCharged,
    PointsClawedBack,
    PointsConvertedIn,
    PointsConvertedOut,
    PointsExchanged,
    PointsExpired,
    PointsExtended,
    PointsForfeited,
    PointsHeld,
    PointsMovedToSuspense,
    PointsPaid,
    PointsReceived,
    PointsRefunded,
    PointsSent,
    ProgramDefined,
    RefundClaimed,
)
from ledger.points.holding import OPEN_HOLDS_MAX
from ledger.points.limits import (
    MONEY_MAX,
    OPEN_LOTS_MAX,
    POINTS_MAX,
    PRIORITY_MAX,
    WORD_CHARACTERS_MAX,
    is_storable,
)
from ledger.points.movements import OPERATOR, Draw, Kind, Lot, Money
from ledger.points.order import Order, OrderLine, Tender, spread
from ledger.points.partner import Partner, SettlementCycle, Store, VatType, is_business_number
from ledger.points.program import (
    ClawbackPolicy,
    Conversion,
    EarningRate,
    ExpiryFrom,
    NoticeStage,
    Program,
    RefundSplit,
    SpendingOrder,
)
from ledger.points.receipt import Receipt, Shortfall
from ledger.points.stamp import first_event_id
from ledger.rekeying import Rekeying, RekeyingReport
from ledger.restored_log import BegunTimeline, newest_timeline
from ledger.restoring import RestoreReport, Restoring, Stuck
from ledger.retention import (
    CLASSES,
    CONTRACT,
    LEGAL_HOLD,
    MEMBERSHIP,
    PAYMENT,
    POINT_HISTORY,
    PROFILE,
    RETAINED_IDENTITY,
    RetentionClass,
)
from ledger.retention_run import BlockedMember, EndedPeriod, RetentionReport, RetentionRun
from ledger.settling import LedgerPrimary
from ledger.store import (
    CheckpointsMissing,
    CheckpointUnreadable,
    CompactionRefused,
    LedgerBehindCheckpoint,
    LedgerBehindKeys,
    RestoreUnfinished,
    ShardMissing,
    SigningKeyMissing,
    StoreError,
    StoreUnavailable,
    migrate,
)
from ledger.store.chain import ChainedEvent, ChainReport, Finding
from ledger.store.chain import Kind as FindingKind
from ledger.store.chain import verify as verify_chain
from ledger.store.checkpoint import (
    Checkpoint,
    CheckpointFile,
    CheckpointSigner,
    make_checkpoint,
    verify_checkpoints,
)
from ledger.store.feed import Cursor, Doorbell, FeedEvent
from ledger.store.feed import beginning as feed_beginning
from ledger.store.feed import read as read_feed
from ledger.store.timelines import log_place, refuse_restored
from ledger.sweeping import BlockedAccount, SweepReport, Sweeps, Unnoticed

__all__ = [
    "ANY_TENDER", "BATCH_COMMANDS_MAX", "CLASSES", "CONTRACT", "LEGAL_HOLD", "MEMBERSHIP", "MONEY_MAX",
    "OPEN_HOLDS_MAX", "OPEN_LOTS_MAX", "OPERATOR", "PAYMENT", "PAYMENTS", "POINTS_MAX", "POINT_HISTORY",
    "PRIORITY_MAX", "PROFILE", "RETAINED_IDENTITY", "SEOUL", "WORD_CHARACTERS_MAX",
    "AccountClaimed", "AccountExists", "AccountFrozen", "AccountKeptAlive",
    "AccountLeft", "AccountNotActive", "AccountOpened", "AccountReinstated", "AccountSuspended", "AccrualCancelled",
    "AccrualConfirmed", "AccrualPended", "Accrue", "Adjust", "AlreadyClaimed", "AlreadyClawedBack", "AlreadyErased",
    "AlreadyRefunded", "Answer", "Authorise", "BackupHorizon", "Balance", "Basis", "BatchRefused", "BegunTimeline",
    "BlockedAccount", "BlockedMember", "BlockingLedger", "BusinessReference", "CancelAtPsp", "Capture",
    "CaptureTooLarge", "CashOut", "Certificates", "Certifier", "ChainReport", "ChainedEvent", "Charge",
    "Checkpoint", "CheckpointFile", "CheckpointSigner", "CheckpointUnreadable", "CheckpointsMissing", "Claim",
    "ClaimSettled", "ClaimSettledBefore", "ClawBack", "ClawbackPolicy", "ClawbackReturned", "Clock", "Command",
    "CompactedPartition",
    "Compaction", "CompactionRefused", "CompactionReport", "Confirm", "ConfirmationNeeded", "ConsentChannel",
    "ConsentPurpose", "ContendedAccount", "ContradictoryHistory", "Conversion", "Convert", "CouponClosed",
    "CouponExpired", "CouponRedeemed", "Cursor", "DeficitRepaid", "DefinePartner", "DefineProgram", "Doorbell",
    "Draw", "EarlierMovement", "EarningRate", "EarningRule", "EndedPeriod", "Erase", "ErasureReport",
    "ErasureRequested", "Erasures", "Event", "Exchange", "Expire", "ExpireCoupons", "ExpiryFrom",
    "ExpiryNoticed", "Extend", "Fault",
    "FeedEvent", "Finding", "FindingKind", "FourEyesNeeded", "Freeze", "GiveConsent", "HeldRecord", "Hold",
    "HoldAuthorising", "HoldCaptured", "HoldEnded", "HoldReleased", "HoldsOpen", "ImportCoupon", "ImportHistory",
    "ImportHold", "ImportLot", "IndexKeyDestroyed", "IndexKeyIssued", "InsufficientPoints", "InvalidAmount",
    "InvalidCommand", "InvalidPartner", "InvalidProgram", "InvalidText", "InvalidTime", "Join", "Kept", "KeptClass",
    "KeyBarred", "KeyReused", "KeyStates", "KeyVoided", "KeysDestroyed", "Kind", "Leave", "Leaving", "Ledger",
    "LedgerBehindCheckpoint", "LedgerBehindKeys", "LedgerClosed", "LedgerError", "LedgerPrimary",
    "LegalHoldDestroyed", "LegalHoldExists", "LegalHoldPlaced", "LegalHoldReleased", "LegalHolds", "LimitReached",
    "Lot", "LotPoints", "MemberErased", "MemberExists", "MemberJoined", "MemberLeft", "MemberNotActive", "Message",
    "Money", "NoConsent", "NoContract", "NoCoupon", "NotPending", "NotTransferable", "NotVoidable", "NothingToHold",
    "NoticeStage", "NotifyExpiry", "OpenAccount", "Order", "OrderLine", "Outbox", "PaidForPoints", "Partition",
    "Partner", "PartnerDefined", "Pay", "PeriodClosed", "PeriodDestroyed", "PeriodEnded", "Personal",
    "PlaceLegalHold", "PointsAccrued", "PointsAdjustedDown", "PointsAdjustedUp", "PointsCashedOut", "PointsCharged",
    "PointsClawedBack", "PointsConvertedIn", "PointsConvertedOut", "PointsExchanged", "PointsExpired",
    "PointsExtended", "PointsForfeited", "PointsHeld", "PointsMovedToSuspense", "PointsPaid", "PointsReceived",
    "PointsRefunded", "PointsSent", "Program", "ProgramDefined", "Receipt", "RecordedDestruction", "RedeemByCode",
    "RedeemCoupon", "ReferenceReused", "Refund", "RefundClaimed", "RefundSplit", "RefundTooLarge", "Refused",
    "Reinstate",
    "Rekeying", "RekeyingReport", "Release", "ReleaseLegalHold", "ReleaseReport", "Reprice", "RestoreReport",
    "RestoreUnfinished", "Restoring", "RetentionClass", "RetentionReport", "RetentionRun", "SettleClaim",
    "SettlementCycle",
    "ShardMissing", "Shortfall", "SigningKeyMissing", "Source", "Span", "SpendingOrder", "StillHeldByLaw",
    "Store", "StoreError",
    "StoreUnavailable", "Stuck", "Suspend", "SweepReport", "Sweeps", "Tender", "TenderRate", "TimeOutHolds",
    "Transfer", "UnknownAccount", "UnknownAccrual", "UnknownClaim", "UnknownCoupon", "UnknownHold",
    "UnknownLegalHold", "UnknownMember", "UnknownPartner", "UnknownProgram", "UnknownRecord", "UnknownSpending",
    "UnknownStore", "UnknownTopic", "Unnoticed", "UnreadableEvent", "VatType", "Void", "WithdrawConsent",
    "certificate_lines",
    "check", "checked", "day_of", "decode", "encode", "export_certificates", "feed_beginning", "fields_of",
    "find_certificate", "first_event_id", "held_field_id", "is_business_number", "is_storable",
    "last_retention_day", "log_place", "make_checkpoint", "migrate", "newest_timeline", "personal_fields",
    "put_back_certificates", "read_feed", "recorded_destructions", "refuse_restored", "signer_of_next",
    "spread", "start_of",
    "topics", "unfinished_erasures", "verify_chain", "verify_checkpoints", "zone_of",
]
