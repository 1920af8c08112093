"""The laws bite: each of these mistakes, planted alone in a copy of the rules, is found by the attack on the laws.

Run with ``-s`` to read in how many steps. Takes minutes, so it is a soak.
"""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.soak

ROOT = Path(__file__).parents[3]
RULES = "ledger/points"
ATTACK = """
import hypothesis.internal.conjecture.engine as engine
from hypothesis import Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test
from tests.ledger.points.test_laws import LawsOfPoints
engine.MAX_SHRINKING_SECONDS = 10
hard = settings(
    LawsOfPoints.TestCase.settings, max_examples=1500, stateful_step_count=60, database=None,
    phases=[Phase.generate, Phase.shrink],
)
run_state_machine_as_test(seed(20240307)(LawsOfPoints), settings=hard)
"""

MISTAKES = {
    "the last to expire is spent first": ("draws.py", " else lots\n", " else list(lots)[::-1]\n"),
    "a cancelled accrual's place is given away again": ("account.py", " + len(self.aside.cancelled) + 1", " + 1"),
    "a refund begins with the first drawn": ("refunding.py", "in reversed(spending.draws)", "in spending.draws"),
    "points get grace on their last day": ("refunding.py", "    if last >= today:\n", "    if last > today:\n"),
    "parts of a refund forget the parts before": (
        "refunding.py", "worth) // (2 * worth) - spending.refunded", "worth) // (2 * worth)"
    ),
    "refunded cash is not remembered": (
        "evolve.py", "0 if event.cash is None else event.cash.amount", "0"
    ),
    "points back in their lot do not pay its own debt": (
        "settling.py", "points = min(draw.points, clawed.owed)", "points = 0"
    ),
    "the first stand-in is given back first": ("settling.py", "in reversed(stand_ins)", "in stand_ins"),
    "points that come back pay any funder": ("settling.py", "same_funder=came_back and", "same_funder=False and"),
    "bought points pay debts": ("settling.py", 'draw.kind != "free" or _is_past', "_is_past"),
    "a later debt is repaid before it was made": ("settling.py", "        draft.lift(at)\n", ""),
    "bought points are clawed back": ("clawing_back.py", 'its[0] == "free" and ', ""),
    "points that lapsed are counted in every clawback": (
        "clawing_back.py", ".get(terms.lot_id, 0) - clawed.lapsed)", ".get(terms.lot_id, 0))"
    ),
    "a late clawback takes points before they came": (
        "clawing_back.py", "        draft.lift(there_since(draft.account, found.draws, draft.at))\n", ""
    ),
    "a hold times out a minute late": ("holding.py", "held.times_out_at <= come", "held.times_out_at < come"),
    "an authorising hold times out": ("holding.py", 'held.status == "open" and held.ti', "held.is_open and held.ti"),
    "a clock that runs ahead times holds out": ("holding.py", "come = min(at, utc(stamp.recorded_at))", "come = at"),
    "a late capture takes points of another's own use": (
        "holding.py", "zone_of(program.zone)), redeemer)\n    if", "zone_of(program.zone)), None)\n    if"
    ),
    "the rest of a capture stays held": ("holding.py", "    if rest:\n", "    if not rest:\n"),
    "a coupon ends a day early": (
        "couponing.py", "day_of(at, zone_of(program.zone)) > last", "day_of(at, zone_of(program.zone)) >= last"
    ),
    "a void may precede what it voids": ("voiding.py", "    draft.lift(spending.occurred_at)\n", ""),
    "an accrual is clawed back in full though a part was": (
        "clawing_back.py", "return terms.points - (0 if clawed is None else clawed.points)", "return terms.points"
    ),
    "received points were always there": (
        "transferring.py", "        usable_at=at,\n", ""
    ),
    "a conversion rounds up": (
        "transferring.py", "each.points * rates[0].received // rates[0].given",
        "-(-each.points * rates[0].received // rates[0].given)",
    ),
    "the fee is rounded up": (
        "program.py", "worth * self.cash_out_fee // HUNDREDTHS_OF_A_PERCENT",
        "-(-worth * self.cash_out_fee // HUNDREDTHS_OF_A_PERCENT)",
    ),
    "an adjustment takes points of the other kind": (
        "adjusting.py", "nature[:2] == (command.kind, command.funder)", "nature[1] == command.funder"
    ),
    "points expire on their last day": (
        "expiring.py", "open_lots.past(day)", "open_lots.past(date.fromordinal(day.toordinal() + 1))"
    ),
    "who leaves keeps what was promised": ("leaving.py", "    if promised:\n", "    if not promised:\n"),
    "a late payment spends what came back after it": (
        "folding.py", '        changes["returned_at"] = event.occurred_at\n    return', "    return"
    ),
    "days count from the accrual though they should from the confirmation": (
        "accruing.py", 'program.expiry_starts == "confirmation"', 'program.expiry_starts == "accrual"'
    ),
    "points of one's own use are spent anywhere": (
        "balance.py", "nature[2] is None or nature[2] == redeemer", "True"
    ),
    "a coupon that was redeemed is looked at for ever": (
        "account.py", "return ids.set(each, None) if is_open else ids.delete(each)", "return ids.set(each, None)"
    ),
    "points of another's own use are counted": (
        "spendable.py", "        if self._wanted is not None:\n", "        if False:\n"
    ),
    "what came back later is counted": ("spendable.py", "return points - sum(min(", "return points - 0 * sum(min("),
    "what is in suspense is owed as well": (
        "evolve.py", "PointsMovedToSuspense: _lapsed", "PointsMovedToSuspense: _taken"
    ),
    "an activity revives what was past its day": (
        "stretches.py", "if each.first <= last < each.until and", "if last < each.until and"
    ),
    "a stretch ends where its first activity said": (
        "stretches.py", "early.first, late.latest, late.until", "early.first, late.latest, early.until"
    ),
    "points that come back have missed what was done meanwhile": (
        "settling.py", "    if draft.account.aside.stretches:\n        came = revived(draft, came)\n", ""
    ),
    "stand-ins that are given back have missed what was done meanwhile": (
        "settling.py", "    if draft.account.aside.stretches:\n        given = revived(draft, given)\n", ""
    ),
    "what activities kept alive gets grace": (
        "refunding.py", "    if last >= today:\n", "    if draw.expires_on >= today:\n"
    ),
    "points that live by grace have lived all the time": (
        "fold_validity.py", "since=aside.since.update(new)) if new", "since=aside.since) if new"
    ),
    "unnoticed points that were past their day have lived all the time": (
        "fold_validity.py", "had.expires_on < event.as_of:", "had.expires_on < date.min:"
    ),
    "a gift has been there before it came": ("fold_validity.py", ", since=aside.since.update(came))", ")"),
    "a gift is never kept alive": ("dating.py", "lot_id in account.aside.gifts or ", ""),
    "an activity extends what somebody stated": (
        "dating.py", "    return lot_id in account", "    return True or lot_id in account"
    ),
    "a hold is an activity": ("decide.py", "ACTIVITIES = frozenset({", "ACTIVITIES = frozenset({Hold, "),
    "points are told of that came too late for it": (
        "noticing.py", "    if account.returned_at <= in_time:\n", "    if True:\n"
    ),
    "a notice is given again": (
        "noticing.py", "        if (last, stage.name) in account.aside.noticed:\n", "        if False:\n"
    ),
    "points of which nobody was told expire all the same": ("expiring.py", "if each not in live_on)", "if each)"),
    "a coupon that was not swept is voided after its last day": (
        "couponing.py", "    if coupon.is_past(day):\n", "    if False:\n"
    ),
}  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_in_the_rules_is_found(mistake: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    module, right, wrong = MISTAKES[mistake]
    shutil.copytree(ROOT / "ledger", tmp_path / "ledger")
    shutil.copytree(ROOT / "tests" / "ledger" / "points", tmp_path / "tests" / "ledger" / "points")
    (tmp_path / "crypto_shredding").symlink_to(ROOT / "crypto_shredding")
    rules = tmp_path / RULES / module
    assert rules.read_text().count(right) == 1, "the rule is written otherwise now: plant the mistake anew"
    rules.write_text(rules.read_text().replace(right, wrong))

    attack = subprocess.run(
        [sys.executable, "-c", ATTACK],
        cwd=tmp_path, env={"PYTHONPATH": str(tmp_path)}, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert attack.returncode, f"nobody noticed that {mistake}"
    assert "Failing test case" in attack.stderr, attack.stderr
    told = r"^state\.(?!opens|teardown|the_account|stored_bytes|lots_stand|what_has)"
    steps = re.findall(told, attack.stderr, re.MULTILINE)
    with capsys.disabled():
        sys.stdout.write(f"\n{mistake}: found in {len(steps)} steps")
