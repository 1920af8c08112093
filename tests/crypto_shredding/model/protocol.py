"""The rotation protocol, step by step: what one process does next in a given state, and every way that can turn out.

Written after docs/spec/rotation.md, not after the program: no step here calls any code of the package.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tests.crypto_shredding.model.state import (
    ABANDONED,
    COMMITTED,
    Database,
    Process,
    Rotation,
    Rules,
    State,
    Tree,
    World,
)

Outcome = tuple[str, State]
"""What happened, in words, and the state after it."""

OUTSIDE = frozenset({"create", "sweep", "store copy", "destroy"})
"""Steps that need no database: a process that the database does not hear any more still takes the one it is at."""

BEGIN = Process()


def steps(state: State, who: int, rules: Rules, world: World) -> Iterator[Outcome]:
    """Every way in which the next step of process `who` can turn out. Nothing, where it has to wait."""
    process = state.processes[who]
    for what, after in STEPS[process.step](state, who, rules, world):
        if process.heard or after.processes[who].step in OUTSIDE:
            yield what, after
        else:  # what it meant to do next begins with a statement, which fails: it starts afresh
            yield what, with_process(after, who, BEGIN)


def begin(state: State, who: int, rules: Rules, world: World) -> Iterator[Outcome]:
    if state.database is None:
        return
    if not rules.takes_the_lock:
        yield "starts without a lock", with_process(state, who, Process("recover"))
    elif not any(process.locked for process in state.processes):
        yield "takes the lock", with_process(state, who, Process("recover", locked=True))


def recover(state: State, who: int, rules: Rules, world: World) -> Iterator[Outcome]:
    process, database = state.processes[who], heard(state)
    for rotation in database.rotations:
        if not rotation.outcomes:
            yield f"finds intent {rotation.number} open", going(state, who, "abandon", number=rotation.number)
            return
        if COMMITTED in rotation.outcomes and not rotation.ended:
            resumed = going(state, who, "pull copy", number=rotation.number, previous=rotation.previous)
            if not rules.keeps_what_was_committed:
                resumed = going(state, who, "sweep", versions=(rotation.number,))
            yield f"finds rotation {rotation.number} committed, not ended", resumed
            return
    if rules.sweeps_abandoned_versions or rules.sweeps_unknown_versions:
        listed = Process("sift", process.heard, process.locked, versions=tuple(sorted(state.root.existing)))
        yield "finds nothing open, lists the root's versions", with_process(state, who, listed)
    else:
        yield "finds nothing open", going(state, who, "intend")


def abandon(state: State, who: int, rules: Rules, world: World) -> Iterator[Outcome]:
    number, database = state.processes[who].number, heard(state)
    rotation = database.rotation(number)
    if rotation is None or rotation.outcomes:
        yield f"finds rotation {number} decided already", going(state, who, "recover")
        return
    after = writing(state, rotations=changed(database, rotation._replace(outcomes=(ABANDONED,))))
    if rules.sweeps_abandoned_versions:
        yield f"abandons intent {number}", going(after, who, "recover")
    else:
        yield f"abandons intent {number}", going(after, who, "sweep", versions=(number,))


def sift(state: State, who: int, rules: Rules, world: World) -> Iterator[Outcome]:
    """The listing came first: a version in it whose intent is not in the database now never had one, or lost it."""
    database, listed = heard(state), state.processes[who].versions
    dead = tuple(version for version in listed if is_dead(database, version, rules))
    if dead:
        yield f"finds dead root versions {names(dead)}", going(state, who, "sweep", versions=dead)
    else:
        yield "finds no dead root version", going(state, who, "intend")


def is_dead(database: Database, version: int, rules: Rules) -> bool:
    if version == database.tree.version:
        return False
    if any(one.previous == version and not one.ended and ABANDONED not in one.outcomes for one in database.rotations):
        return False
    rotation = database.rotation(version)
    if rotation is None:
        return rules.sweeps_unknown_versions
    return rules.sweeps_abandoned_versions and bool(rotation.outcomes)


def sweep(state: State, who: int, rules: Rules, world: World) -> Iterator[Outcome]:
    first, *rest = state.processes[who].versions
    after = destroying(state, first, rules)
    step = "sweep" if rest else "recover"
    yield f"destroys root version {first}", going(after, who, step, versions=tuple(rest))


def intend(state: State, who: int, rules: Rules, world: World) -> Iterator[Outcome]:
    database = heard(state)
    if not database.waiting() or database.next_number > world.intents_max + 1:
        yield "has nothing to rotate, lets the lock go", with_process(state, who, BEGIN)
        return
    if rules.intents_one_at_a_time and any(is_open(one) for one in database.rotations):
        yield "is refused an intent beside an open rotation", with_process(state, who, BEGIN)
        return
    number, previous = fresh_number(database, rules), database.tree.version
    rotations = database.rotations
    if rules.writes_an_intent:
        rotations = (*(one for one in rotations if one.number != number), Rotation(number, previous))
    after = writing(state, rotations=rotations, next_number=database.next_number + 1)
    what = f"writes intent {number}" if rules.writes_an_intent else f"takes number {number} without an intent"
    yield what, going(after, who, "create", number=number, previous=previous)


def fresh_number(database: Database, rules: Rules) -> int:
    return database.next_number if rules.numbers_are_used_once else database.tree.version + 1


def is_open(rotation: Rotation) -> bool:
    return not rotation.outcomes or (COMMITTED in rotation.outcomes and not rotation.ended)


def create(state: State, who: int, rules: Rules, world: World) -> Iterator[Outcome]:
    number, root = state.processes[who].number, state.root
    if number in root.existing or number in root.spent:
        yield f"is refused root version {number}, which is spent", with_process(state, who, BEGIN)
    else:
        after = state._replace(root=root._replace(existing=root.existing | {number}))
        yield f"creates root version {number}", going(after, who, "write path", number=number)


def write_path(state: State, who: int, rules: Rules, world: World) -> Iterator[Outcome]:
    """Inside the transaction that `commit` ends: the tree is read, a fresh top is wrapped by the new version."""
    process, database = state.processes[who], heard(state)
    opens = database.tree.version == process.previous and process.previous in state.root.existing
    if not opens or process.number not in state.root.existing:
        yield "cannot open or wrap the top", with_process(state, who, BEGIN)
        return
    written = Tree(process.number, database.tree.holds - database.dooms)
    after = going(state, who, "commit", written=written, taken=database.waiting())
    yield f"writes a new path under root version {process.number}", after


def commit(state: State, who: int, rules: Rules, world: World) -> Iterator[Outcome]:
    process, database = state.processes[who], heard(state)
    number, written = process.number, process.written
    assert written is not None
    rotation = database.rotation(number) or Rotation(number, process.previous)
    decided = rules.commit_asks_the_outcome and bool(rotation.outcomes)
    moved = database.tree.version != process.previous
    lost = Process("sweep", heard=False, versions=(number,))
    if decided or moved:
        yield f"is refused the commit of rotation {number}", with_process(state, who, BEGIN)
    else:
        rotation = rotation._replace(outcomes=(*rotation.outcomes, COMMITTED), previous=process.previous)
        graves = database.tombstones | {(slot, number) for slot in process.taken}
        after = writing(state, tree=written, tombstones=graves, rotations=changed(database, rotation))
        after = after._replace(copies=(*state.copies, written))
        followed = going(after, who, "pull copy", number=number, previous=process.previous)
        yield f"commits rotation {number}", followed
        if not rules.reads_back_an_unknown_commit:
            yield f"commits rotation {number} and gets no answer", with_process(after, who, lost)
    if not rules.reads_back_an_unknown_commit:
        yield f"loses the connection in the commit of rotation {number}", with_process(state, who, lost)


def pull_copy(state: State, who: int, rules: Rules, world: World) -> Iterator[Outcome]:
    if sidecar_is_taken(state, rules):
        return
    if rules.waits_for_the_sidecar:
        yield "reads the tree for the sidecar", going(state, who, "store copy", pulled=heard(state))
    else:
        yield "does not copy the tree", going(state, who, "wait")


def sidecar_is_taken(state: State, rules: Rules) -> bool:
    """A copy is one transaction of the sidecar, begun before the tree is read; it outlives a lost connection."""
    return rules.sidecar_is_locked_for_a_copy and any(process.step == "store copy" for process in state.processes)


def store_copy(state: State, who: int, rules: Rules, world: World) -> Iterator[Outcome]:
    pulled = state.processes[who].pulled
    assert pulled is not None
    if rules.sidecar_only_moves_on and pulled.changes < state.sidecar.changes:
        yield "finds that the sidecar has seen more", with_process(state, who, BEGIN)
    else:
        after = state._replace(sidecar=pulled)
        yield f"stores the tree of root version {pulled.tree.version} in the sidecar", going(after, who, "wait")


def wait(state: State, who: int, rules: Rules, world: World) -> Iterator[Outcome]:
    process = state.processes[who]
    if rules.waits_for_facts and not state.facts_durable:
        return
    if rules.waits_for_caches and state.reader and is_older(state, state.reader, process.number):
        return
    yield "has waited for the ledger and for every cache", going(state, who, "read back")


def is_older(state: State, version: int, than: int) -> bool:
    order = [tree.version for tree in state.copies]
    return order.index(version) < order.index(than)


def read_back(state: State, who: int, rules: Rules, world: World) -> Iterator[Outcome]:
    process, database = state.processes[who], heard(state)
    if sidecar_is_taken(state, rules):
        return
    right = database.tree.version == process.number and process.number in state.root.existing
    if rules.waits_for_the_sidecar:
        right = right and state.sidecar.tree.version == process.number
    if right:
        yield f"reads back the tree of root version {process.number}", going(state, who, "destroy")
    else:
        yield "does not read back what it committed", with_process(state, who, BEGIN)


def destroy(state: State, who: int, rules: Rules, world: World) -> Iterator[Outcome]:
    previous = state.processes[who].previous
    yield f"destroys root version {previous}", going(destroying(state, previous, rules), who, "end")


def end(state: State, who: int, rules: Rules, world: World) -> Iterator[Outcome]:
    number, database = state.processes[who].number, heard(state)
    rotation = database.rotation(number)
    if rotation is None:
        yield f"finds no rotation {number} to end", with_process(state, who, BEGIN)
        return
    after = writing(state, rotations=changed(database, rotation._replace(ended=True)))
    after = after._replace(horizons=state.horizons | {number})
    yield f"writes the end of rotation {number}", going(after, who, "recover")


STEPS: dict[str, Callable[[State, int, Rules, World], Iterator[Outcome]]] = {
    "begin": begin,
    "recover": recover,
    "abandon": abandon,
    "sift": sift,
    "sweep": sweep,
    "intend": intend,
    "create": create,
    "write path": write_path,
    "commit": commit,
    "pull copy": pull_copy,
    "store copy": store_copy,
    "wait": wait,
    "read back": read_back,
    "destroy": destroy,
    "end": end,
}


def heard(state: State) -> Database:
    """The database, for a step that the process could not be at if the database were gone."""
    assert state.database is not None
    return state.database


def with_process(state: State, who: int, process: Process) -> State:
    first, second = state.processes
    return state._replace(processes=(process, second) if who == 0 else (first, process))


REMEMBERED = {
    "create": ("number", "previous"),
    "write path": ("number", "previous"),
    "commit": ("number", "previous"),
    "pull copy": ("number", "previous"),
    "store copy": ("number", "previous"),
    "wait": ("number", "previous"),
    "read back": ("number", "previous"),
    "destroy": ("number", "previous"),
    "end": ("number", "previous"),
}
"""What a process still needs to know at a step. All else is forgotten, so that equal states are one."""


def going(state: State, who: int, step: str, **knowing: object) -> State:
    """The process goes on to `step`."""
    process = state.processes[who]
    fields: dict[str, object] = {name: getattr(process, name) for name in REMEMBERED.get(step, ())}
    fields.update(knowing)
    return with_process(state, who, Process(step, process.heard, process.locked, **fields))  # type: ignore[arg-type]


def writing(state: State, **columns: object) -> State:
    """A transaction of the keys database commits."""
    database = heard(state)
    return state._replace(database=database._replace(changes=database.changes + 1, **columns))  # type: ignore[arg-type]


def changed(database: Database, rotation: Rotation) -> tuple[Rotation, ...]:
    others = (one for one in database.rotations if one.number != rotation.number)
    return tuple(sorted((*others, rotation)))


def destroying(state: State, version: int, rules: Rules) -> State:
    """A number that never existed is spent as well, unless the provider cannot remember it."""
    existing, spent = state.root
    known = version in existing or rules.root_remembers
    forgets = not rules.numbers_are_used_once
    return state._replace(root=state.root._replace(
        existing=existing - {version}, spent=spent | {version} if known and not forgets else spent
    ))


def names(versions: tuple[int, ...]) -> str:
    return ", ".join(map(str, versions))
