"""The demo's end: everything verified again, and the raw files searched."""

from __future__ import annotations

import time

from service.demo.story import Story
from service.raw_evidence import search_server
from service.replay.plan import personal_values
from service.wiring import KEYS, LEDGER


def verify_everything(story: Story) -> None:
    """Chain, checkpoint, read models and books, after keys were destroyed."""
    with story.chapter("Everything verified after the erasure"):
        found = story.house.verify()
        story.check(
            f"the chain of {found.chain.events:,} events is intact and agrees with the checkpoint",
            found.ok and found.chain.checkpoints == 1,
        )
        report = story.house.rebuild(swap=False)
        story.check(
            f"every read model, rebuilt from {report.events:,} events in {report.seconds:.1f} s, equals the live one",
            report.equal,
        )
        story.check("the trial balance sums to zero", story.house.trial_balance().is_balanced)


def search_the_files(story: Story) -> None:
    """Every personal value that went in, of every household, in every file there is."""
    server = story.house.wiring.places.server
    assert server is not None, "the demo runs on an embedded server"
    with story.chapter("The raw files of both databases, their WAL and their dumps, searched for every personal value"):
        values = set(personal_values(story.plan))
        started = time.monotonic()
        evidence = search_server(server, (LEDGER, KEYS), values)
        seconds = time.monotonic() - started
        report = evidence.report
        story.console.print(
            f"  {report.values:,} values as UTF-8, hex and base64 in {report.files:,} files of "
            f"{report.bytes_searched / 1e6:,.0f} MB; {seconds:.1f} s with dumping"
        )
        story.check(
            "a planted value is found in a table, in the WAL and in a dump, however written", evidence.control_holds
        )
        places = ", ".join(sorted({hit.path.name for hit in evidence.found})[:5])
        story.check(
            f"personal values found: {len(evidence.found)}{' in ' + places if places else ''}", not evidence.found
        )
