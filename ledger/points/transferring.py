"""Between accounts: transfer (선물) within a program, conversion (전환) into another. Both accounts or neither."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID, uuid5

from crypto_shredding import Sealed
from ledger.calendar import day_of, utc, zone_of
from ledger.errors import InsufficientPoints, InvalidAmount
from ledger.points.account import Account
from ledger.points.balance import spendable
from ledger.points.commands import Convert, Transfer
from ledger.points.dating import is_dated
from ledger.points.draft import Draft
from ledger.points.draws import draw, drawn, in_order
from ledger.points.effective import History, always
from ledger.points.errors import NotTransferable
from ledger.points.events import (
    AccountEvent,
    PointsConvertedIn,
    PointsConvertedOut,
    PointsReceived,
    PointsSent,
)
from ledger.points.expiry import last_usable_day
from ledger.points.limits import STOPPED, active, happened, has_room, storable, whole_points
from ledger.points.movements import Draw, Lot
from ledger.points.program import Program
from ledger.points.settling import settle
from ledger.points.stamp import Stamp
from ledger.points.voiding import refuse_barred

Both = tuple[tuple[AccountEvent, ...], tuple[AccountEvent, ...]]
"""What happens to the account that gives, and to the one that receives."""


def transfer(
    giver: Account | None,
    receiver: Account | None,
    command: Transfer[Sealed],
    program: Program,
    stamps: tuple[Stamp, Stamp],
    history: History[Program] | None = None,
) -> Both:
    """Points to another account of the program: lots keep their last day, kind and funder on the other side.

    Where the program dates by activity, they live on by the receiver's. What the receiver owes is paid first.
    Raises, in this order: `UnknownAccount`, `AccountNotActive` (the giver, then the receiver), `NotTransferable`,
    `InvalidTime`, `InvalidText`, `InvalidAmount`, `InsufficientPoints`, `LimitReached`.
    """
    refuse_barred(giver, stamps[0], command.key)
    giver, receiver = _ends(giver, receiver, command)
    if giver.program != receiver.program:
        raise NotTransferable(giver.account_id, receiver.account_id, "they are of two programs; convert instead")
    draws = _checked(giver, command, program, stamps[0])
    has_room(receiver, len(draws))
    at = utc(command.occurred_at)
    out = Draft.of(giver, command, program, stamps[0], at)
    transfer_id = out.next_id
    out.add(PointsSent, transfer_id=transfer_id, points=command.points, draws=draws, memo=command.memo)
    into = Draft(receiver, program, replace(stamps[1], history=history), at=at, actor=command.actor)
    lots = tuple(
        _moved(giver, receiver, each, transfer_id, number, at) for number, each in enumerate(draws)
    )
    into.add(
        PointsReceived,
        transfer_id=transfer_id,
        points=command.points,
        lots=lots,
        memo=command.receiver_memo,
        dated=_dated(giver, draws, lots, program, history),
    )
    settle(into, [drawn(lot) for lot in lots])
    return out.events, into.events


def convert(
    giver: Account | None,
    receiver: Account | None,
    command: Convert,
    programs: tuple[Program, Program],
    stamps: tuple[Stamp, Stamp],
) -> Both:
    """Points into another program at the rate that the giver's states: lots anew, with the days of their new program.

    Kind and funder stay; each lot's points are rounded down, and what is lost so is left with the giver's program.
    Raises what `transfer` does; `InvalidAmount` also where the points convert to nothing.
    """
    refuse_barred(giver, stamps[0], command.key)
    giver, receiver = _ends(giver, receiver, command)
    rates = [each for each in programs[0].conversions if each.program == receiver.program]
    if not rates:
        raise NotTransferable(giver.account_id, receiver.account_id, f"{giver.program} has no rate into that program")
    draws = _checked(giver, command, programs[0], stamps[0])
    has_room(receiver, len(draws))
    at = utc(command.occurred_at)
    out = Draft.of(giver, command, programs[0], stamps[0], at)
    transfer_id = out.next_id
    lots: list[Lot] = []
    for each in draws:
        received = each.points * rates[0].received // rates[0].given
        if received:
            moved = _moved(giver, receiver, each, transfer_id, len(lots), at)
            last = None if each.kind == "paid" else last_usable_day(programs[1], at)
            moved = replace(moved, points=received, expires_on=last, earned_at=at)
            lots.append(moved)
    if not lots:
        raise InvalidAmount(command.points, "convert to less than one point of the other program")
    into = Draft(receiver, programs[1], stamps[1], at=at, actor=command.actor)
    points = whole_points(sum(lot.points for lot in lots))
    out.add(PointsConvertedOut, transfer_id=transfer_id, points=command.points, draws=draws)
    into.add(PointsConvertedIn, transfer_id=transfer_id, points=points, lots=tuple(lots))
    settle(into, [drawn(lot) for lot in lots])
    return out.events, into.events


def _ends(
    giver: Account | None, receiver: Account | None, command: Transfer[Sealed] | Convert
) -> tuple[Account, Account]:
    giver = active(giver, command.account_id)
    receiver = active(receiver, command.to_account_id, STOPPED)
    if giver.account_id == receiver.account_id:
        raise NotTransferable(giver.account_id, receiver.account_id, "an account gives nothing to itself")
    return giver, receiver


def _checked(
    giver: Account, command: Transfer[Sealed] | Convert, program: Program, stamp: Stamp
) -> tuple[Draw, ...]:
    happened(command.occurred_at, stamp.recorded_at)
    storable(actor=command.actor)
    points = whole_points(command.points)
    lots, available = spendable(giver, command.occurred_at, day_of(command.occurred_at, zone_of(program.zone)))
    if available < points:
        raise InsufficientPoints(points, available)
    return draw(in_order(lots, program.spending_order), points, program)


def _dated(
    giver: Account, draws: tuple[Draw, ...], lots: tuple[Lot, ...], program: Program, history: History[Program] | None
) -> tuple[UUID, ...]:
    """Which lots go on to live by activities on the other side: those whose day the program gave, not somebody.

    Activities may have moved it, so that only the giver's account can tell.
    """
    if program.expiry_from != "activity":
        return ()
    versions = history or always(program.version, program)
    pairs = zip(draws, lots, strict=True)
    return tuple(
        lot.lot_id for draw, lot in pairs if lot.expires_on is not None and is_dated(giver, draw.lot_id, versions)
    )


def _moved(giver: Account, receiver: Account, each: Draw, transfer_id: UUID, number: int, at: datetime) -> Lot:
    """The lot on the other side, with an id that follows from the transfer; there it is usable from the transfer on."""
    terms = giver.lots[each.lot_id]
    return replace(
        terms.part(each.points, each.expires_on),
        lot_id=uuid5(transfer_id, str(number)),
        sequence=receiver.next_sequence + number,
        usable_at=at,
    )
