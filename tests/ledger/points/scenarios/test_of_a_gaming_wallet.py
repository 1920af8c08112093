"""Formance Wallets, "Getting started": the wallet of Eryldor, an elf mage, told as facts of ours.

https://docs.formance.com/modules/wallets/getting-started/basic-wallet-operations and "Managing holds" of the same
chapter; nothing of their code is here. Their wallet has balances side by side, each with one last instant; ours is one
account, whose lots have last days of their own, so a badge is a lot that ends with its season.
"""

from datetime import date

import pytest

from crypto_shredding import Sealed
from ledger.errors import InsufficientPoints
from ledger.points.commands import Capture, Hold, Release
from ledger.points.errors import HoldEnded
from ledger.points.events import HoldReleased, PointsExpired
from tests.ledger.points.given import Story, lots_of, program


def eryldor() -> Story:
    """10 coins of the first quest, 5 of them spent on a spellbook."""
    story = Story(program(expires_after=None))
    story.accrue(10, "2024-03-07")
    story.pay(5, "2024-03-08", redeemer="bookshop")
    return story


def test_a_quest_earns_ten_coins_and_a_spellbook_costs_five() -> None:
    story = eryldor()

    assert story.balance("2024-03-08").available == 5
    with pytest.raises(InsufficientPoints):
        story.pay(6, "2024-03-09")


def test_a_badge_of_the_season_cannot_be_used_once_the_season_is_over() -> None:
    """Theirs expires at 2025-01-01T00:00:00Z; ours has a last day, inclusive, in the programme's zone."""
    story = eryldor()
    badge = story.accrue(1, "2024-06-01", expires_on=date(2024, 12, 31))

    assert story.balance("2024-12-31").available == 6
    assert story.balance("2025-01-01").available == 5  # swept or not
    (swept,) = story.sweep("2025-01-01")
    assert isinstance(swept, PointsExpired)
    assert lots_of(swept) == [(badge.id, 1)]


def test_a_bid_of_two_leaves_three_and_stays_in_the_wallet() -> None:
    story = eryldor()

    story.act(Hold, "2024-03-09", points=2)

    assert (story.balance("2024-03-09").available, story.state.held) == (3, 2)


def test_the_auction_that_was_won_is_paid_from_the_hold_and_not_twice() -> None:
    story = eryldor()
    (bid,) = story.act(Hold, "2024-03-09", points=2)

    story.act(Capture[Sealed], "2024-03-10", hold_id=bid.id)

    assert (story.balance("2024-03-10").available, story.state.held) == (3, 0)
    assert story.act(Capture[Sealed], "2024-03-10", hold_id=bid.id) == ()
    with pytest.raises(HoldEnded):
        story.act(Release, "2024-03-10", hold_id=bid.id)


def test_the_auction_that_was_lost_gives_the_coins_back() -> None:
    story = eryldor()
    (bid,) = story.act(Hold, "2024-03-09", points=2)

    story.act(Release, "2024-03-10", hold_id=bid.id)

    assert (story.balance("2024-03-10").available, story.state.held) == (5, 0)


def test_of_a_bid_of_four_three_are_confirmed_and_one_is_released() -> None:
    """Their `--amount 3 --final`: a capture of ours is always final, what it leaves is free at once."""
    story = eryldor()
    (bid,) = story.act(Hold, "2024-03-09", points=4)

    captured, released = story.act(Capture[Sealed], "2024-03-10", hold_id=bid.id, points=3)

    assert captured.points == 3
    assert isinstance(released, HoldReleased)
    assert (released.points, story.balance("2024-03-10").available, story.state.held) == (1, 2, 0)


def test_a_bid_above_the_wallet_is_refused_and_holds_nothing() -> None:
    story = eryldor()

    with pytest.raises(InsufficientPoints):
        story.act(Hold, "2024-03-09", points=6)

    assert (story.balance("2024-03-09").available, story.state.held) == (5, 0)
