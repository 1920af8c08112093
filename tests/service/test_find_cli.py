"""Finding members on the command line."""

from __future__ import annotations

from service.cli.failures import ExitCode
from tests.service.conftest import Cli

PERSONAL = ("--name", "김민준", "--email", "MinJun@example.com", "--phone", "010-2345-6789")


def test_a_member_is_found_until_erased_and_after_the_index_has_a_new_key(cli: Cli) -> None:
    member = cli.ok("join", *PERSONAL)["stream"]

    found = cli.ok("find", "--email", "minjun@EXAMPLE.com")
    by_phone = cli.ok("find", "--stdin", stdin="+82 10 2345 6789\n")
    both = cli.ok("find", "--email", "minjun@example.com", "--phone", "010-0000-0000")
    young = cli.ok("rekey-index")
    rekeyed = cli.ok("rekey-index", "--older-than", 0)
    again = cli.ok("find", "--phone", "01023456789")
    cli.ok("erase", member)
    gone = cli("find", "--email", "minjun@example.com", "--dispute")

    assert found == by_phone == again == {"members": [member]}
    assert both == {"members": []}
    assert young == {"rekeyed": False}
    assert (rekeyed["rekeyed"], rekeyed["tagged_anew"]) == (True, 2)
    assert (gone.code, gone.out.strip()) == (0, "nobody")


def test_somebody_must_be_named(cli: Cli) -> None:
    assert cli("find").code == ExitCode.USAGE
