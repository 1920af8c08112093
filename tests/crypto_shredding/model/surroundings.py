"""What happens around the processes: crashes, lost connections, readers, new dooms, and disasters of the database."""

from __future__ import annotations

from collections.abc import Iterator

from tests.crypto_shredding.model.protocol import BEGIN, OUTSIDE, Outcome, sidecar_is_taken, with_process, writing
from tests.crypto_shredding.model.state import SECOND, Database, Rules, State, World


def events(state: State, rules: Rules, world: World) -> Iterator[Outcome]:
    """Everything that may happen next without any process wanting it."""
    for who, name in enumerate("AB"):
        for what, after in misfortunes(state, who, world):
            yield f"{name} {what}", after
    if not state.facts_durable:
        yield "the ledger's facts are durable", state._replace(facts_durable=True)
    if state.database is not None:
        if world.second_doom and SECOND not in state.database.dooms:
            yield "a second slot is doomed", writing(state, dooms=state.database.dooms | {SECOND})
        if world.readers and state.reader != state.database.tree.version:
            yield "a reader loads the tree", state._replace(reader=state.database.tree.version)
    if state.reader:
        yield "the reader's cache runs out", state._replace(reader=0)
    if world.disasters:
        yield from disasters(state, rules)


def misfortunes(state: State, who: int, world: World) -> Iterator[Outcome]:
    process = state.processes[who]
    if process == BEGIN:
        return
    yield "is killed", with_process(state, who, BEGIN)
    if process.heard and process.step in OUTSIDE:
        # Elsewhere the next thing it does is a statement, which fails: no different from being killed.
        cut_off = process._replace(heard=False, locked=False)
        yield "loses its connection and lives on", with_process(state, who, cut_off)
    if world.lock_slips and process.locked:
        yield "loses the lock and does not notice", with_process(state, who, process._replace(locked=False))


def disasters(state: State, rules: Rules) -> Iterator[Outcome]:
    database = state.database
    if database is None:
        if state.sidecar.tree.version in state.root.existing and not sidecar_is_taken(state, rules):
            yield "the database is restored from the sidecar", restored(state, state.sidecar)
        return
    if state.disasters == 0:
        if state.backup is None:
            yield "a backup of the database is taken", state._replace(backup=database)
        yield "the database is lost", disconnected(state)._replace(database=None, disasters=1)
        if state.backup is not None and may_start(state, state.backup, rules):
            after = disconnected(state)._replace(disasters=1)
            yield "the older backup is put in place", restored(after, state.backup)


def may_start(state: State, backup: Database, rules: Rules) -> bool:
    if rules.start_asks_the_sidecar and sidecar_is_taken(state, rules):
        return False
    newest = backup.changes >= state.sidecar.changes or not rules.start_asks_the_sidecar
    return newest and backup.tree.version in state.root.existing


def restored(state: State, source: Database) -> State:
    """Nothing is known of what came after `source`: its numbers are given out again, and the root refuses them."""
    return state._replace(database=source)


def disconnected(state: State) -> State:
    """Every session ends. Who was about to do something elsewhere still does it."""
    for who, process in enumerate(state.processes):
        zombie = process._replace(heard=False, locked=False) if process.step in OUTSIDE else BEGIN
        state = with_process(state, who, zombie)
    return state._replace(reader=0)
