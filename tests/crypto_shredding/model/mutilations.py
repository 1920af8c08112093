"""The protocol with one thing left out at a time, and the shortest way in which each goes wrong.

`python -m tests.crypto_shredding.model.mutilations` writes docs/spec/rotation-counter-examples.md.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from tests.crypto_shredding.model.properties import PROPERTIES
from tests.crypto_shredding.model.search import Result, search
from tests.crypto_shredding.model.state import Rules, World

DOCUMENT = Path(__file__).resolve().parents[3] / "docs/spec/rotation-counter-examples.md"

PROTOCOL = Rules()
GUARDED = Rules(intents_one_at_a_time=True)

ORDINARY = World()
"""Crashes and lost connections at every step, three intents, two dooms, a reader."""

SLIPPING = World(intents_max=2, readers=False, lock_slips=True)
"""The lock is lost as well while the statements go on."""

DISASTROUS = World(intents_max=2, second_doom=False, readers=False, disasters=True)
"""The database is lost, or an older backup put in its place, once, at any moment."""


@dataclass(frozen=True, slots=True)
class Mutilation:
    """What is left out, the promise that this breaks, and where."""

    title: str
    rules: Rules
    breaks: str
    world: World = ORDINARY


MUTILATIONS = (
    Mutilation("no lock", replace(PROTOCOL, takes_the_lock=False), "P2"),
    Mutilation("no intent row", replace(PROTOCOL, writes_an_intent=False, sweeps_unknown_versions=False), "P4"),
    Mutilation(
        "neither lock nor intent row: recovery has to guess from the root",
        replace(PROTOCOL, takes_the_lock=False, writes_an_intent=False),
        "P1",
    ),
    Mutilation(
        "the old version is destroyed before the sidecar holds the new tree",
        replace(PROTOCOL, waits_for_the_sidecar=False),
        "P1",
    ),
    Mutilation(
        "the commit does not ask for the outcome: keys",
        replace(GUARDED, commit_asks_the_outcome=False),
        "P1",
        SLIPPING,
    ),
    Mutilation(
        "the commit does not ask for the outcome: rows",
        replace(GUARDED, commit_asks_the_outcome=False),
        "P5",
        SLIPPING,
    ),
    Mutilation(
        "a COMMIT without an answer is taken for a failure",
        replace(PROTOCOL, reads_back_an_unknown_commit=False),
        "P1",
    ),
    Mutilation(
        "recovery drops the new version after the commit",
        replace(PROTOCOL, keeps_what_was_committed=False),
        "P1",
    ),
    Mutilation(
        "version numbers are used again, by the database and by the root",
        replace(PROTOCOL, numbers_are_used_once=False),
        "P1",
    ),
    Mutilation(
        "an abandoned version is destroyed once, by whoever abandons it, and not looked for again",
        replace(PROTOCOL, sweeps_abandoned_versions=False, sweeps_unknown_versions=False),
        "P4",
    ),
    Mutilation(
        "the old version is destroyed before caches have run out",
        replace(PROTOCOL, waits_for_caches=False),
        "P8",
    ),
    Mutilation(
        "the old version is destroyed before the ledger's facts are durable",
        replace(PROTOCOL, waits_for_facts=False),
        "P7",
    ),
    Mutilation(
        "the sidecar neither locks itself for a copy nor refuses an older one",
        replace(PROTOCOL, sidecar_is_locked_for_a_copy=False, sidecar_only_moves_on=False),
        "P1",
    ),
    Mutilation(
        "the lock is lost, the statements go on, and an intent is allowed beside an open rotation: horizon",
        PROTOCOL,
        "P2",
        SLIPPING,
    ),
    Mutilation(
        "the lock is lost, the statements go on, and an intent is allowed beside an open rotation: recovery",
        PROTOCOL,
        "P6",
        SLIPPING,
    ),
    Mutilation(
        "after a restore, a root version of which the database knows nothing is left alone",
        replace(PROTOCOL, sweeps_unknown_versions=False),
        "P2",
        DISASTROUS,
    ),
    Mutilation(
        "a restore reads the sidecar while a copy is being written into it",
        replace(PROTOCOL, sidecar_is_locked_for_a_copy=False),
        "P1",
        DISASTROUS,
    ),
    Mutilation(
        "an older backup starts although the sidecar has seen more",
        replace(PROTOCOL, start_asks_the_sidecar=False),
        "P1",
        DISASTROUS,
    ),
)

WHOLE = (
    ("crashes and lost connections", PROTOCOL, ORDINARY),
    ("the lock is lost while the statements go on; intents one at a time", GUARDED, SLIPPING),
    ("the database is lost, or an older backup is put in its place", PROTOCOL, DISASTROUS),
)
"""Where every promise holds."""


@cache
def searched(rules: Rules, world: World, promise: str | None = None) -> Result:
    """The search for whatever breaks one promise, or any."""
    return search(rules, world, PROPERTIES if promise is None else {promise: PROPERTIES[promise]})


def document() -> str:
    lines = [
        "# Counter-examples of the rotation protocol",
        "",
        "Written by `python -m tests.crypto_shredding.model.mutilations`; a test compares. The protocol, its promises",
        "P1 to P8 and what each counter-example teaches are in [rotation.md](rotation.md). A and B run one program.",
        "",
        "The whole protocol breaks no promise:",
        "",
        "| what may happen | states | transitions |",
        "|---|---|---|",
    ]
    for title, rules, world in WHOLE:
        result = searched(rules, world)
        assert result.violation is None, f"{title}\n{result.violation}"
        lines.append(f"| {title} | {result.states:,} | {result.steps:,} |")
    for mutilation in MUTILATIONS:
        found = searched(mutilation.rules, mutilation.world, mutilation.breaks).violation
        assert found is not None, mutilation.title
        lines += ["", f"## {mutilation.title[0].upper()}{mutilation.title[1:]}", "", "```", str(found), "```"]
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    DOCUMENT.write_text(document())
