"""A process whose children die inside of a root's calls: at every step that Python sees, or at any moment at all.

    python -m tests.crypto_shredding.dying_root SPEC create|destroy|replace step|moment

Children are forked before any library is initialised; each uses a number of its own, from 1 on.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from types import FrameType

from crypto_shredding import RootStore, RootVersionTaken
from tests.crypto_shredding.root_providers import Spec, make_root

STEPS_MAX = 400
MOMENTS = 12


class DyingAtStep:
    """A profile hook that kills the process before the n-th call out of the provider's module."""

    def __init__(self, step: int, module: str) -> None:
        self.left, self.module = step, module

    def __call__(self, frame: FrameType, event: str, argument: object) -> None:
        if event in ("call", "c_call") and frame.f_code.co_filename.endswith(self.module):
            self.left -= 1
            if self.left == 0:
                os.kill(os.getpid(), signal.SIGKILL)


def step_child(spec: Spec, verb: str, step: int) -> None:
    version = step
    root = make_root(spec)
    root.versions()  # whatever is only done once is done
    if verb == "replace":
        version = replacing(root, version)
    elif verb == "destroy":
        root.create_version(version)
    sys.setprofile(DyingAtStep(step, f"crypto_shredding/{spec['provider']}_root.py"))
    root.create_version(version) if verb == "create" else root.destroy(version)
    sys.setprofile(None)


def replacing(root: RootStore, step: int) -> int:
    """The even numbers die; each odd one between them comes and goes whole, as rotations do, and cleans up."""
    if step > 1:
        refused_again(root, 2 * step - 2)
    root.create_version(2 * step - 1)
    for older in root.versions():
        root.destroy(older)
    root.create_version(2 * step)
    return 2 * step


def refused_again(root: RootStore, version: int) -> None:
    """Of a number that was there when its destroyer died."""
    try:
        root.create_version(version)
    except RootVersionTaken:
        return
    raise AssertionError(f"{version} was made a second time")


def dies(child: int) -> bool:
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0
    return os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL


def by_steps(spec: Spec, verb: str) -> dict[str, list[int]]:
    """Die one step later each time, until the call is through. The last number's call was answered."""
    for version in range(1, STEPS_MAX):
        child = os.fork()
        if child == 0:
            step_child(spec, verb, version)
            os._exit(0)
        if not dies(child):
            return {"tried": list(range(1, version + 1)), "answered": [version]}
    raise AssertionError("the call never ended")


def by_moments(spec: Spec, verb: str) -> dict[str, list[int]]:
    """Be killed from outside while calling, also in the middle of what the system and libraries do."""
    chance = random.Random(7)
    tried = 0
    answered: list[int] = []
    for _ in range(MOMENTS):
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            root = make_root(spec)
            root.versions()
            for version in range(tried + 1, tried + 1000):
                if verb == "destroy":
                    root.create_version(version)
                os.write(writer, b"?")
                root.create_version(version) if verb == "create" else root.destroy(version)
                os.write(writer, b"!")
        os.close(writer)
        with open(reader, "rb", buffering=0) as answers:
            said = answers.read(1)  # it has begun
            time.sleep(chance.uniform(0, 0.03))
            os.kill(child, signal.SIGKILL)
            assert dies(child)
            said += answers.read()
        answered += range(tried + 1, tried + said.count(b"!") + 1)
        tried += said.count(b"?") + 1  # with destroy, a last one may have been created and not yet announced
    return {"tried": list(range(1, tried + 1)), "answered": answered}


def main() -> None:
    spec, verb, how = json.loads(sys.argv[1]), sys.argv[2], sys.argv[3]
    if spec["provider"] == "openbao":
        import hvac  # noqa: F401 # once, not in every child
    result = by_steps(spec, verb) if how == "step" else by_moments(spec, verb)
    sys.stdout.write(json.dumps(result))


if __name__ == "__main__":
    main()
