"""The catalogues of events and errors are what the code says."""

from ledger import errors
from ledger.points import errors as points_errors
from tests.architecture.catalogues import DECISIONS, REMEDIES, errors_page, events_page, known_errors, promised
from tests.architecture.checkout import ROOT

REMAKE = "run `python -m tests.architecture.catalogues`"


def test_the_pages_are_written_from_the_code_as_it_is() -> None:
    assert (ROOT / "docs" / "events.md").read_text() == events_page(), REMAKE
    assert (ROOT / "docs" / "errors.md").read_text() == errors_page(), REMAKE


def test_every_error_says_what_it_means_and_has_one_remedy() -> None:
    known = known_errors()
    named = [kind for kinds in REMEDIES.values() for kind in kinds]

    assert all(kind.__doc__ for kind in known.values())
    assert len(set(named)) == len(named)
    assert set(named) <= set(known.values())


def test_every_refusal_that_is_promised_exists_and_every_one_of_points_is_promised_somewhere() -> None:
    told = {name for decision in DECISIONS for name in promised(decision)}
    of_points = {name for name, kind in vars(points_errors).items() if kind in known_errors().values()} - {"Refused"}

    assert told <= {name for name, kind in known_errors().items() if issubclass(kind, errors.Refused)}
    assert of_points - told == {"KeyVoided"}  # it comes before every other, in every verb
