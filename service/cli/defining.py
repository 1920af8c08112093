"""What comes before members and points: programs with their rules, and partners."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from ledger import (
    ClawbackPolicy,
    DefinePartner,
    DefineProgram,
    EarningRate,
    ExpiryFrom,
    Partner,
    Program,
    RefundSplit,
    SettlementCycle,
    Span,
    SpendingOrder,
    Store,
    VatType,
)
from service.cli import options
from service.cli.documents import fields_of, list_of
from service.cli.failures import BadInput
from service.cli.receipts import send
from service.cli.show import AsJson

RATE_DIGITS_MAX = 9  # points for a billion minor units are a rate as fine as any

EARNING, EXPIRY, SPENDING, UNDOING = "적립 · earning", "기간만료 · expiry", "사용 · spending", "취소 · undoing"


def _option(panel: str, text: str, shown: str | bool, *, flag: str | None = None, **rest: Any) -> Any:
    return typer.Option(*([] if flag is None else [flag]), help=text, show_default=shown, rich_help_panel=panel, **rest)


Version = Annotated[int, typer.Option(help="Version of the terms: 1, 2, …", min=1)]
EffectiveOn = Annotated[str | None, typer.Option(help="Day from which this version decides.", show_default="now")]
Terms = Annotated[
    Path | None,
    typer.Option(
        help="JSON file (- for standard input) with any terms, also earning rules and notices; docs/cli.md.",
        allow_dash=True,
        show_default=False,
    ),
]
Stores = Annotated[
    Path | None,
    typer.Option(
        help='JSON file (- for standard input), like [{"code": "S1", "terminals": ["T1"]}].',
        allow_dash=True,
        show_default="any",
    ),
]
Currency = Annotated[str | None, _option(EARNING, "ISO 4217 code of the money that earns.", "KRW")]
Earn = Annotated[str | None, _option(EARNING, "Points per minor units of money.", "1/100")]
UnitValue = Annotated[int | None, _option(EARNING, "What a point is worth, in minor units.", "1", min=1)]
ExpiresMonths = Annotated[int | None, _option(EXPIRY, "Months until points expire; 0 for never.", "60", min=0)]
EndOfMonth = Annotated[bool, _option(EXPIRY, "Let points live to the end of the month.", False, flag="--end-of-month")]
FixedExpiryOn = Annotated[str | None, _option(EXPIRY, "One last day for all points, instead.", "none")]
CountedFrom = Annotated[ExpiryFrom | None, _option(EXPIRY, "From when the months are counted.", "earning")]
UnnoticedDays = Annotated[
    int | None, _option(EXPIRY, "Days more for points whose last notice did not go out.", "0", min=0)
]
Order = Annotated[SpendingOrder | None, _option(SPENDING, "Which points go first.", "expiring_first")]
MinimumUse = Annotated[int | None, _option(SPENDING, "Points that are spent at least.", "1", min=1)]
UnitOfUse = Annotated[int | None, _option(SPENDING, "Points are spent in units of so many.", "1", min=1)]
HoldMinutes = Annotated[int | None, _option(SPENDING, "How long a hold lasts.", "30", min=1)]
Split = Annotated[
    RefundSplit | None, _option(UNDOING, "What a part of a mixed payment gives back first.", "pro_rata")
]
GraceDays = Annotated[
    int | None, _option(UNDOING, "Days that points live which come back after their last day.", "0", min=0)
]
Policy = Annotated[
    ClawbackPolicy | None, _option(UNDOING, "What becomes of points that a clawback does not find.", "deficit")
]
Fee = Annotated[int | None, _option(UNDOING, "Fee of a cash-out, in hundredths of a percent.", "0", min=0)]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command("define-program")(define_program)
    app.command("define-partner")(define_partner)


def define_program(
    code: Annotated[str, typer.Argument(help="The program's code, e.g. PLUS.")],
    name: Annotated[str, typer.Argument(help="Its name.")],
    version: Version = 1,
    effective_on: EffectiveOn = None,
    terms: Terms = None,
    currency: Currency = None,
    earn: Earn = None,
    unit_value: UnitValue = None,
    expires_months: ExpiresMonths = None,
    end_of_month: EndOfMonth = False,
    fixed_expiry_on: FixedExpiryOn = None,
    expiry_from: CountedFrom = None,
    unnoticed_days: UnnoticedDays = None,
    spending_order: Order = None,
    minimum_use: MinimumUse = None,
    unit_of_use: UnitOfUse = None,
    hold_minutes: HoldMinutes = None,
    refund_split: Split = None,
    refund_grace_days: GraceDays = None,
    clawback_policy: Policy = None,
    cash_out_fee: Fee = None,
    at: options.At = None,
    key: options.Key = None,
    actor: options.Actor = options.ACTOR,
    as_json: AsJson = False,
) -> None:
    """Define a points program, or its next version, which says everything anew: what it leaves out is as by default."""
    given: dict[str, Any] = {
        "code": code,
        "name": name,
        "version": version,
        "effective_on": options.day(effective_on),
        "currency": currency,
        "earning": None if earn is None else _rate(earn),
        "unit_value": unit_value,
        "rounding": "end_of_month" if end_of_month else None,
        "fixed_expiry_on": options.day(fixed_expiry_on),
        "expiry_from": expiry_from,
        "unnoticed_days": unnoticed_days,
        "spending_order": spending_order,
        "minimum_use": minimum_use,
        "unit_of_use": unit_of_use,
        "hold_minutes": hold_minutes,
        "refund_split": refund_split,
        "refund_grace_days": refund_grace_days,
        "clawback_policy": clawback_policy,
        "cash_out_fee": cash_out_fee,
    }
    given = {name: value for name, value in given.items() if value is not None}
    if expires_months is not None:
        given["expires_after"] = Span(months=expires_months) if expires_months else None
    program = Program(**given | _terms(terms, given))
    send(DefineProgram(program=program, **options.stamp(key, at, actor)), f"program {code} defined", as_json)


def define_partner(
    business_number: Annotated[str, typer.Argument(help="사업자등록번호, ten digits.")],
    name: Annotated[str, typer.Argument(help="Its name.")],
    contract_from: Annotated[str, typer.Option(help="First day of its contract.", show_default=False)],
    contract_until: Annotated[str | None, typer.Option(help="Last day of it.", show_default="open")] = None,
    fee: Annotated[int, typer.Option(help="Of what it redeems, in hundredths of a percent.", min=0)] = 0,
    settlement_cycle: Annotated[SettlementCycle, typer.Option(help="When it is settled with.")] = "monthly",
    vat: Annotated[VatType, typer.Option(help="일반과세자, 간이과세자, 면세사업자.")] = "general",
    stores: Stores = None,
    version: Version = 1,
    effective_on: EffectiveOn = None,
    at: options.At = None,
    key: options.Key = None,
    actor: options.Actor = options.ACTOR,
    as_json: AsJson = False,
) -> None:
    """제휴사: register a partner, who funds points or redeems them; or the next version of its terms."""
    begins = options.day(contract_from)
    assert begins is not None
    partner = Partner(
        business_number=business_number,
        name=name,
        version=version,
        contract_from=begins,
        contract_until=options.day(contract_until),
        fee=fee,
        settlement_cycle=settlement_cycle,
        vat=vat,
        stores=() if stores is None else list_of(stores, Store),
        effective_on=options.day(effective_on),
    )
    command = DefinePartner(partner=partner, **options.stamp(key, at, actor))
    send(command, f"제휴사 · partner {business_number} defined", as_json)


def _terms(file: Path | None, given: dict[str, Any]) -> dict[str, Any]:
    if file is None:
        return {}
    terms = fields_of(file, Program)
    if twice := sorted(terms.keys() & given.keys()):
        raise BadInput(f"{', '.join(twice)}: said by the file of --terms and beside it; say each once")
    return terms


def _rate(earn: str) -> EarningRate:
    points, _, per = earn.partition("/")
    parts = (points, per)
    if not all(each.isascii() and each.isdecimal() and len(each) <= RATE_DIGITS_MAX for each in parts) or not int(per):
        raise BadInput(f"{earn[:40]!r} is no earning rate; write points per minor units, like 1/100")
    return EarningRate(int(points), int(per))
