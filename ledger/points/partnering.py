"""Partners are defined, and whoever a command names as one has a contract on its day."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime

from ledger.calendar import day_of, zone_of
from ledger.points.commands import AccountCommand, Accrue, Adjust, DefinePartner, Hold, Pay, RedeemCoupon
from ledger.points.effective import History
from ledger.points.errors import InvalidPartner, NoContract, UnknownPartner, UnknownStore
from ledger.points.events import PartnerDefined
from ledger.points.facts import facts
from ledger.points.limits import happened, is_retroactive, is_storable, is_whole, is_word, storable
from ledger.points.movements import OPERATOR
from ledger.points.partner import Partner, is_business_number
from ledger.points.program import Program
from ledger.points.stamp import Stamp

Partners = Mapping[str, History[Partner]]
"""By business number."""

NO_PARTNERS: Partners = {}

STORES_MAX = 20_000
"""More than the largest chain of convenience stores has."""

FEE_MAX = 10_000
"""Hundredths of a percent: the whole of what it redeems."""

NAME_CHARACTERS_MAX = 200


def define_partner(earlier: Partner | None, command: DefinePartner, stamp: Stamp) -> tuple[PartnerDefined]:
    """The definition, which counts from its day on.

    Raises, in this order: `InvalidTime`, `InvalidText`, `InvalidPartner`.
    """
    happened(command.occurred_at, stamp.recorded_at)
    partner = command.partner
    storable(actor=command.actor)
    for wrong, rule in _rules(partner):
        if wrong:
            raise InvalidPartner(partner.business_number, rule)
    version = 1 if earlier is None else earlier.version + 1
    if type(partner.version) is not int or partner.version != version:
        raise InvalidPartner(partner.business_number, f"the next version is {version}, not {partner.version}")
    if earlier is not None and is_retroactive(partner.effective_on, stamp.recorded_at):
        raise InvalidPartner(partner.business_number, "terms do not change for days gone by")
    event = PartnerDefined(
        **facts(stamp, occurred_at=command.occurred_at, actor=command.actor, rule_version=partner.version),
        partner=partner,
    )
    return (event,)


def refuse_strangers(command: AccountCommand, program: Program, partners: Partners) -> None:
    """Whoever funds points must be the operator or a partner with a contract; a redeemer, if it is a partner at all.

    A capture goes by the contract of when its hold was placed: the payment had begun. A till that a redeeming partner
    does not have is refused where its stores, or the store's terminals, are listed.
    Raises, in this order: `UnknownPartner`, `NoContract`, `UnknownStore`.
    """
    if isinstance(command, Accrue):
        for number in (command.funder, command.own_use):
            if number is not None and number != OPERATOR:
                _with_contract(number, command.occurred_at, program, partners)
    elif isinstance(command, Adjust):
        # What is put right may be of a contract that has ended.
        if command.funder != OPERATOR and command.funder not in partners:
            raise UnknownPartner(command.funder)
    elif isinstance(command, Pay | Hold | RedeemCoupon):
        number = command.redeemer
        if number is not None and number in partners:
            _at_its_till(command, _with_contract(number, command.occurred_at, program, partners))


def may_name_partners(command: AccountCommand) -> bool:
    """Whether partners have a say in it."""
    if isinstance(command, Accrue):
        return command.order is not None or command.funder != OPERATOR or command.own_use is not None
    if isinstance(command, Adjust):
        return command.funder != OPERATOR
    return isinstance(command, Pay | Hold | RedeemCoupon) and command.redeemer is not None


def partners_of(command: AccountCommand) -> tuple[str | None, ...]:
    """Whom the command names, registered or not."""
    if isinstance(command, Accrue):
        return (command.own_use,) if command.funder == OPERATOR else (command.funder, command.own_use)
    if isinstance(command, Adjust):
        return () if command.funder == OPERATOR else (command.funder,)
    # Whoever redeems need not be registered, so that nobody is looked up for it.
    return ()


def with_rules_in_contract(program: Program, at: datetime, partners: Partners) -> Program:
    """The program, in which rules whose partner has no contract on the day run on no day: they earn nothing.

    They are not left out, since a program without any rule earns its plain rate.
    """
    if all(rule.funder == OPERATOR for rule in program.rules):
        return program
    day = day_of(at, zone_of(program.zone))

    def pays(funder: str) -> bool:
        return funder == OPERATOR or (funder in partners and partners[funder].at(at).has_contract_on(day))

    rules = tuple(rule if pays(rule.funder) else replace(rule, last_day=date.min) for rule in program.rules)
    return replace(program, rules=rules)


def _with_contract(number: str, at: datetime, program: Program, partners: Partners) -> Partner:
    history = partners.get(number)
    if history is None:
        raise UnknownPartner(number)
    partner = history.at(at)
    day = day_of(at, zone_of(program.zone))
    if not partner.has_contract_on(day):
        raise NoContract(number, day)
    return partner


def _at_its_till(command: Pay[object] | Hold | RedeemCoupon, partner: Partner) -> None:
    if command.store is None:
        return
    store = partner.store(command.store)
    if store is None:
        raise UnknownStore(partner.business_number, command.store)
    reference = command.reference
    if reference is None or reference.store != command.store or not store.terminals:
        return
    if reference.terminal not in store.terminals:
        raise UnknownStore(partner.business_number, command.store, reference.terminal)


def _rules(partner: Partner) -> tuple[tuple[bool, str], ...]:
    codes = [each.code for each in partner.stores]
    words = [*codes, *(terminal for each in partner.stores for terminal in each.terminals)]
    name = partner.name
    return (
        (not is_business_number(partner.business_number), "a business number is ten digits, the last a check digit"),
        (
            not (0 < len(name) <= NAME_CHARACTERS_MAX and is_storable(name)),
            f"a partner has a name of at most {NAME_CHARACTERS_MAX} characters",
        ),
        (
            partner.contract_until is not None and partner.contract_until < partner.contract_from,
            "a contract ends no earlier than it begins",
        ),
        (not is_whole(partner.fee, 0, FEE_MAX), f"a fee is 0 to {FEE_MAX} hundredths of a percent"),
        (len(codes) > STORES_MAX, f"a partner lists at most {STORES_MAX} stores"),
        (len(set(codes)) < len(codes), "each store is listed once"),
        (not all(map(is_word, words)), "stores and terminals have printable codes"),
    )
