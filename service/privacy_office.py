"""What privacy officers do in a house: retention runs, and legal holds from placing to release."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from crypto_shredding import Shredded, Withheld
from ledger import (
    HeldRecord,
    LegalHoldPlaced,
    PlaceLegalHold,
    Receipt,
    RekeyingReport,
    ReleaseLegalHold,
    ReleaseReport,
    RetentionReport,
    UnknownLegalHold,
    decode,
    held_field_id,
    personal_fields,
    topics,
)
from service.sealed_values import DISPUTE, SealedValue, withhold_held

if TYPE_CHECKING:
    from service.house import House

Progress = Callable[[str, int, int], None]


class PrivacyOffice:
    """Made by `House.privacy`. Each write draws a random key and takes the time of now unless it is given both."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._wiring = house.wiring

    def run_retention(
        self, as_of: date, *, actor: str, dry_run: bool = False, progress: Progress = lambda *_: None
    ) -> RetentionReport:
        """Destroy what no law keeps any more on the day; blocks until no process can read it. See `RetentionRun.run`.

        Of members who are erased by it, the household's line in a replay's mapping goes too.
        """
        run = self._wiring.retention_run.run(as_of, actor=actor, dry_run=dry_run, progress=progress)
        report: RetentionReport = self._wiring.ledger.wait_for(run)
        for erasure in report.erasures:
            self._house.forget_household(erasure.member_id)
        return report

    def place_legal_hold(
        self,
        member: UUID,
        record: UUID,
        *,
        reason: str,
        review_on: date,
        approved_by: str,
        actor: str,
        hold: UUID | None = None,
        key: UUID | None = None,
        at: datetime | None = None,
    ) -> Receipt:
        """증거 보전 of one record, by the id of its receipt. See `LegalHolds.place`."""
        command = PlaceLegalHold(
            member_id=member,
            hold_id=uuid4() if hold is None else hold,
            record=str(record),
            reason=reason,
            review_on=review_on,
            approved_by=approved_by,
            **self._stamp(key, at, actor),
        )
        return self._wiring.ledger.wait_for(self._wiring.legal_holds.place(command))

    def release_legal_hold(
        self,
        member: UUID,
        hold: UUID,
        *,
        approved_by: str,
        actor: str,
        key: UUID | None = None,
        at: datetime | None = None,
    ) -> ReleaseReport:
        """보전 해제. Blocks until no process can read what was held. See `LegalHolds.release`."""
        stamp = self._stamp(key, at, actor)
        command = ReleaseLegalHold(member_id=member, hold_id=hold, approved_by=approved_by, **stamp)
        return self._wiring.ledger.wait_for(self._wiring.legal_holds.release(command))

    def rekey_index(
        self, *, actor: str, older_than: timedelta = timedelta(0), progress: Callable[[int], None] = lambda _: None
    ) -> RekeyingReport | None:
        """Give the blind index its next key, unless the one it has is young enough. See `Rekeying.rekey`."""
        rekeying = self._wiring.rekeying.rekey(
            actor=actor, issued_before=self._wiring.clock() - older_than, progress=progress
        )
        return self._wiring.ledger.wait_for(rekeying)

    def legal_holds(self) -> list[HeldRecord]:
        """Every hold that was not released."""
        return self._wiring.ledger.wait_for(self._wiring.legal_holds.live())

    def held_values(
        self, member: UUID, hold: UUID, *, purpose: str, actor: str
    ) -> list[tuple[str, str | Shredded | Withheld]]:
        """What a hold keeps, item by item; withheld unless the purpose is `DISPUTE`. Raises `UnknownLegalHold`."""
        placed = self._placed(member, hold)
        withhold = None if purpose == DISPUTE else withhold_held
        opener = self._wiring.opener(purpose=purpose, actor=actor, withhold=withhold)
        theirs = self._house.sealed_values(member, purpose=purpose)
        values = [each for each in theirs if each.request.place.event_id == placed.id]
        opened = opener.open_many([each.request for each in values])
        return list(zip([_item(placed, each) for each in values], opened, strict=True))

    def _placed(self, member: UUID, hold: UUID) -> LegalHoldPlaced:
        ledger = self._wiring.ledger
        rows, _ = ledger.wait_for(ledger.core.reader.read([(member, 0)]))
        for event in (decode(row.topic, row.state) for row in rows):
            if isinstance(event, LegalHoldPlaced) and event.hold_id == hold:
                return event
        raise UnknownLegalHold(hold)

    def _stamp(self, key: UUID | None, at: datetime | None, actor: str) -> dict[str, Any]:
        return {
            "key": uuid4() if key is None else key,
            "occurred_at": self._wiring.clock() if at is None else at,
            "actor": actor,
        }


def _item(placed: LegalHoldPlaced, value: SealedValue) -> str:
    """The item of the record that a held value is of; the hold's own for its record and reason."""
    fields = personal_fields(topics()[placed.record_topic]).values()
    items = {held_field_id(each.field_id): each.item for each in fields}
    return items.get(value.request.place.field_id, value.item)
