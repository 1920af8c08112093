"""The last act: the server is lost. The ledger comes back from the base backup, the keys from their newest copy."""

from __future__ import annotations

import shutil
import time
from dataclasses import replace

from crypto_shredding import ShreddingError
from ledger import LedgerError
from service.drill import copies
from service.drill.report import Check
from service.drill.stage import CERTIFICATE_KEY, CHECKPOINT_KEY, Person, Stage
from service.house import House
from service.restoration import restore
from service.settings import Settings
from service.wiring import open_house, system_clock

ACTOR = "drill"


def restore_all(stage: Stage) -> tuple[tuple[Check, ...], float]:
    """What has to hold afterwards, and the seconds that it took. The live house must be closed."""
    settings = _new_machine(stage)
    started = time.monotonic()
    try:
        done = restore(settings, at=system_clock(), clock=system_clock, actor=ACTOR, tree=settings.tree_copy)
    except (ShreddingError, LedgerError) as error:
        return (Check(f"it can be restored ({type(error).__name__})", False),), time.monotonic() - started
    seconds = time.monotonic() - started
    requests = {each.request_id for each in stage.erased.values()}
    with open_house(settings) as house:
        checks = (
            Check("the key tree came from its newest copy", done.tree is not None),
            Check(f"{len(requests)} lost erasures are appended again", set(done.log.again) == requests),
            Check("the window that is lost is told", done.log.lost.until_position is not None),
            Check("it is certified", done.certificate.kind == "restore"),
            Check("who stayed opens everything", all(_opens(stage, house, each) for each in stage.staying)),
            Check("of the erased nothing opens that was destroyed", _stays_shut(stage, house)),
            Check("the erased members' classes are closed in the log", _is_closed(stage, house)),
            Check("the index finds who stayed and nobody who was erased", _is_indexed(stage, house)),
            Check("the chain and every sealed value verify", house.verify().ok),
            Check("the books balance", house.trial_balance().total == 0 and all(each.agrees for each in house.ties())),
            Check("it is served: somebody joins", bool(house.join(name="a", email="b", phone="c").stream)),
        )
    return checks, seconds


def _new_machine(stage: Stage) -> Settings:
    """The base backup as the data folder of another embedded server, with this installation's keys that sign."""
    folder = copies.copy_of(stage.base, stage.folder / "restored")
    copies.own(folder)
    for name in (CHECKPOINT_KEY, CERTIFICATE_KEY):
        if (stage.settings.data_dir / name).exists():
            shutil.copy2(stage.settings.data_dir / name, folder / name)
    return replace(stage.settings, data_dir=folder)


def _opens(stage: Stage, house: House, person: Person) -> bool:
    return set(person.texts) <= set(stage.read(house, stage.values(house, person)))


def _stays_shut(stage: Stage, house: House) -> bool:
    for person in _erased(stage):
        values = stage.closed_of(house, person)
        if not values or not stage.are_shredded(house, values):
            return False
    return True


def _erased(stage: Stage) -> list[Person]:
    return [each for each in stage.people if each.member in stage.erased]


def _is_indexed(stage: Stage, house: House) -> bool:
    found = [house.find_member(email=each.email) == [each.member] for each in stage.staying]
    return all(found) and not any(house.find_member(email=each.email) for each in _erased(stage))


def _is_closed(stage: Stage, house: House) -> bool:
    ledger = house.wiring.ledger
    for member, report in stage.erased.items():
        [state] = ledger.wait_for(ledger.core.shelf.stored([member]))
        if not {each.code for each in report.closed} <= state.closed:
            return False
    return True


