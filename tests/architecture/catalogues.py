"""The catalogues of events and errors, written from the code: `docs/events.md` and `docs/errors.md`.

Run it as ``python -m tests.architecture.catalogues`` after a change; a test compares.
"""

import inspect
import re
import types
import typing
from collections.abc import Callable, Iterator
from typing import Any

import ledger
from crypto_shredding import Sealed
from ledger import errors
from ledger.event import Event, topics
from ledger.members.consent import give_consent, withdraw_consent
from ledger.members.decide import fence, join, leave, request_erasure
from ledger.personal import personal_fields
from ledger.points import errors as points_errors
from ledger.points.conservation import EFFECTS
from ledger.points.decide import (
    VERBS,
    convert,
    define_partner,
    define_program,
    leave_account,
    open_account,
    pay,
    transfer,
)
from ledger.points.partnering import refuse_strangers
from tests.architecture.checkout import ROOT

WRITTEN = "Written by `python -m tests.architecture.catalogues` from the code; a test compares. Do not edit it by hand."

DECISIONS: tuple[Callable[..., Any], ...] = (
    define_program,
    define_partner,
    open_account,
    *dict.fromkeys(VERBS.values()),
    transfer,
    convert,
    leave_account,
    refuse_strangers,
    join,
    leave,
    give_consent,
    withdraw_consent,
    request_erasure,
    fence,
)

SEND_AGAIN = "retry: the same command with the same key"
INQUIRE = "inquire: look at the log or ask who runs it, then send the same key again"
GIVE_UP = "give up: it is done, or will never be possible"
CORRECT = "correct: a new command with a new key, or the same key once the state allows it"

REMEDIES: dict[str, tuple[type[errors.LedgerError], ...]] = {
    SEND_AGAIN: (errors.ContendedAccount, errors.LedgerClosed, ledger.StoreUnavailable),
    INQUIRE: (
        errors.UnknownTopic,
        errors.UnreadableEvent,
        errors.ContradictoryHistory,
        errors.ReferenceReused,
        errors.KeyReused,
        ledger.CheckpointsMissing,
        ledger.CheckpointUnreadable,
        ledger.CompactionRefused,
        ledger.LedgerBehindKeys,
        ledger.RestoreUnfinished,
        ledger.ShardMissing,
        ledger.SigningKeyMissing,
    ),
    GIVE_UP: (
        errors.AlreadyErased,
        errors.AlreadyRefunded,
        errors.MemberNotActive,
        errors.NothingToHold,
        errors.PeriodEnded,
        points_errors.AlreadyClawedBack,
        points_errors.CancelAtPsp,
        points_errors.ClaimSettledBefore,
        points_errors.CouponClosed,
        points_errors.HoldEnded,
        points_errors.KeyVoided,
        points_errors.NotPending,
        points_errors.NotVoidable,
        points_errors.PaidForPoints,
    ),
}
"""What a caller does about an error; whatever is not named here is to be corrected."""


ROOTS = {"LedgerError", "Refused", "StoreError"}
"""Of these nothing is raised itself."""


def promised(decision: Callable[..., Any]) -> list[str]:
    """The refusals of a decision in their order, as its docstring promises them."""
    docstring = decision.__doc__ or ""
    if "Raises what `pay` does, in the same order" in docstring:
        return promised(pay)
    if "Raises what `transfer` does" in docstring:
        return promised(transfer)
    return re.findall(r"`(\w+)`", docstring.partition("Raises, in this order:")[2])


def known_errors() -> dict[str, type[errors.LedgerError]]:
    """Every error of the package, by its name."""
    found = {name: each for module in (errors, points_errors) for name, each in vars(module).items()}
    exported = {name: getattr(ledger, name) for name in ledger.__all__}
    return {
        name: each
        for name, each in sorted({**found, **exported}.items())
        if inspect.isclass(each) and issubclass(each, errors.LedgerError) and name not in ROOTS
    }


def events_page() -> str:
    """`docs/events.md`."""
    lines = ["# Events", "", WRITTEN, "", *_what_all_carry()]
    areas: dict[str, list[tuple[str, type[Event]]]] = {}
    for topic, kind in sorted(topics().items()):
        areas.setdefault(topic.split(".")[0], []).append((topic, kind))
    for area, kinds in areas.items():
        lines += [f"## {area}", ""]
        for topic, kind in kinds:
            lines += [f"### `{topic}`", "", f"`{kind.__name__}`: {_told(kind)}", "", *_fields(kind), *_effect(kind)]
    return "\n".join(lines).rstrip() + "\n"


def errors_page() -> str:
    """`docs/errors.md`."""
    lines = ["# Errors", "", WRITTEN, ""]
    lines += ["A refusal (`Refused`) changes nothing, and its key is free for the same command later. What to do:", ""]
    remedy_of = {each: remedy for remedy, kinds in REMEDIES.items() for each in kinds}
    lines += [f"- **{remedy.partition(':')[0]}**:{remedy.partition(':')[2]}" for remedy in (CORRECT, *REMEDIES)]
    lines += ["", "| error | is a | means | what to do | refused by |", "|---|---|---|---|---|"]
    by = {decision.__name__: promised(decision) for decision in DECISIONS}
    for name, kind in known_errors().items():
        verbs = ", ".join(f"`{verb}`" for verb, names in by.items() if name in names)
        remedy = remedy_of.get(kind, CORRECT).partition(":")[0]
        lines.append(f"| `{name}` | `{kind.__bases__[0].__name__}` | {_told(kind)} | {remedy} | {verbs} |")
    lines += ["", "## Order of precedence", "", "The first that applies is raised.", ""]
    lines += ["| decision | refusals |", "|---|---|"]
    lines += [f"| `{verb}` | {', '.join(f'`{name}`' for name in names)} |" for verb, names in by.items()]
    return "\n".join(lines) + "\n"


def _told(kind: type[Any]) -> str:
    return " ".join((kind.__doc__ or "").split())


def _what_all_carry() -> Iterator[str]:
    yield _told(Event)
    yield ""
    yield from _table({name: hint for name, hint in _hints(Event).items() if name != "TOPIC"}, {})


def _fields(kind: type[Event]) -> Iterator[str]:
    own = {name: hint for name, hint in _hints(kind).items() if name not in Event.model_fields and name != "TOPIC"}
    if own:
        yield from _table(own, personal_fields(kind))


def _table(fields: dict[str, Any], personal: Any) -> Iterator[str]:
    yield "| field | type | personal |"
    yield "|---|---|---|"
    for name, hint in fields.items():
        mark = personal.get(name)
        told = "" if mark is None else f"{mark.item}: {mark.retention.name}, {mark.basis.value}"
        yield f"| `{name}` | {_named(hint)} | {told} |"
    yield ""


def _hints(kind: type[Event]) -> dict[str, Any]:
    return {name: typing.get_type_hints(kind)[name] for name in kind.model_fields}


def _named(hint: Any) -> str:
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return " or ".join(_named(each) for each in inner)
    if origin is tuple:
        return f"several {_named(inner[0])}"
    if origin is typing.Literal:
        return " or ".join(f"`{each}`" for each in inner)
    if hint is type(None):
        return "nothing"
    return "sealed" if hint is Sealed else getattr(hint, "__name__", str(hint))


def _effect(kind: type[Event]) -> Iterator[str]:
    effect = EFFECTS.get(kind)
    if effect is None:
        return
    signs = {+1: "+", -1: "−"}
    moved = [f"{signs[sign]} {what}" for what in ("lots", "held", "pending") if (sign := getattr(effect, what))]
    if kind.__name__ == "ClawbackReturned":
        moved = ["− lots (`draws`)", "+ lots (`given`)"]
    yield f"Effect on points: {', '.join(moved) or 'none'}."
    yield ""


def main() -> None:
    """Write both pages."""
    (ROOT / "docs" / "events.md").write_text(events_page())
    (ROOT / "docs" / "errors.md").write_text(errors_page())


if __name__ == "__main__":
    main()
