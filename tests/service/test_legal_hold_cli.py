"""Legal holds on the command line."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from service.cli.failures import ExitCode
from tests.service.conftest import Cli

DETAIL, REASON = "영수증 8801: 아메리카노 2", "환불 분쟁"


@pytest.fixture
def record(cli: Cli) -> tuple[str, str]:
    """A member, and the receipt of a purchase of theirs."""
    cli.ok("define-program", "PLUS", "Plus points")
    personal = ("--name", "김민준", "--email", "minjun@example.com", "--phone", "010-1")
    member: str = cli.ok("join", *personal)["stream"]
    account = cli.ok("open-account", member, "PLUS")["stream"]
    receipt: str = cli.ok("accrue", account, "--points", 10, "--detail", DETAIL)["receipt"]
    return member, receipt


def test_a_hold_is_placed_listed_shown_for_its_dispute_only_and_released(cli: Cli, record: tuple[str, str]) -> None:
    member, receipt = record
    hold, review_on = str(uuid4()), (datetime.now(UTC).date() + timedelta(days=60)).isoformat()
    two = ("--approved-by", "officer")

    placed = cli(
        "legal-hold", "place", member, receipt, "--reason", REASON, "--review-on", review_on, "--hold", hold, *two
    )
    listed = cli.ok("legal-hold", "list")["holds"]
    cli.ok("erase", member, "--confirm-forfeit", 10)
    withheld = cli("legal-hold", "show", member, hold)
    shown = cli.ok("legal-hold", "show", member, hold, "--dispute")["values"]
    released = cli.ok("legal-hold", "release", member, hold, *two)

    assert placed.code == 0, placed.err
    assert [(each["hold"], each["member"], each["review_on"]) for each in listed] == [(hold, member, review_on)]
    assert DETAIL not in withheld.out
    assert "[분리보관]" in withheld.out
    values = {each["item"]: each["value"] for each in shown}
    assert values["거래 기록"] == DETAIL
    assert values["보전 사유"] == REASON
    assert receipt in values["보전 대상 기록"]
    assert released["boxes_tried"] == 3
    assert cli.ok("legal-hold", "list")["holds"] == []
    gone = cli.ok("legal-hold", "show", member, hold, "--dispute")["values"]
    assert all("shredded_at" in each["value"] for each in gone)


def test_one_person_alone_places_no_hold(cli: Cli, record: tuple[str, str]) -> None:
    member, receipt = record
    asked = ("--reason", REASON, "--review-on", (datetime.now(UTC).date() + timedelta(days=60)).isoformat())

    alone = cli("legal-hold", "place", member, receipt, *asked, "--approved-by", "clerk", "--actor", "clerk", "--json")

    assert (alone.code, alone.json["error"]["type"]) == (ExitCode.REFUSED, "FourEyesNeeded")
    assert REASON not in alone.out
    assert cli.ok("legal-hold", "list")["holds"] == []
