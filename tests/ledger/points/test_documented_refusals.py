"""The order of refusals, as docs/points.md tells it, is the one that the docstrings promise."""

import re
from pathlib import Path

from ledger import errors
from ledger.points import errors as points_errors
from ledger.points.defining import CODE_CHARACTERS_MAX, UNIT_VALUE_MAX
from ledger.points.defining_rules import RULES_MAX
from ledger.points.holding import OPEN_HOLDS_MAX
from ledger.points.limits import CLOCK_SKEW_MAX, MONEY_MAX, OPEN_LOTS_MAX, POINTS_MAX, PRIORITY_MAX, WORD_CHARACTERS_MAX
from ledger.points.ordering import LINE_TENDERS_MAX, ORDER_LINES_MAX
from ledger.points.partnering import STORES_MAX
from tests.architecture.catalogues import DECISIONS, promised

PAGE = (Path(__file__).parents[3] / "docs" / "points.md").read_text()


def test_the_page_tells_what_the_docstrings_promise() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (`.+) \|$", PAGE, re.M)
    told = {decision: re.findall(r"`(\w+)`", refusals) for decision, refusals in rows}

    assert told == {decision.__name__: promised(decision) for decision in DECISIONS}
    known = vars(errors) | vars(points_errors)
    assert all(issubclass(known[name], errors.Refused) for names in told.values() for name in names)


def test_the_page_tells_the_limits() -> None:
    told = dict(re.findall(r"^\| `(\w+_MAX)` \| ([^|]+) \|", PAGE, re.M))

    assert told == {
        "POINTS_MAX": f"{POINTS_MAX:,}",
        "MONEY_MAX": f"{MONEY_MAX:,}",
        "UNIT_VALUE_MAX": f"{UNIT_VALUE_MAX:,}",
        "PRIORITY_MAX": f"{PRIORITY_MAX:,}",
        "CODE_CHARACTERS_MAX": f"{CODE_CHARACTERS_MAX}",
        "OPEN_LOTS_MAX": f"{OPEN_LOTS_MAX:,}",
        "OPEN_HOLDS_MAX": f"{OPEN_HOLDS_MAX}",
        "WORD_CHARACTERS_MAX": f"{WORD_CHARACTERS_MAX}",
        "RULES_MAX": f"{RULES_MAX}",
        "ORDER_LINES_MAX": f"{ORDER_LINES_MAX:,}",
        "LINE_TENDERS_MAX": f"{LINE_TENDERS_MAX}",
        "STORES_MAX": f"{STORES_MAX:,}",
        "CLOCK_SKEW_MAX": f"{CLOCK_SKEW_MAX.seconds // 60} minutes",
    }
