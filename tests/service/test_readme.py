"""The README's session does what it says, word for word."""

import doctest
import re
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

README = Path(__file__).parents[2] / "README.md"


def session() -> str:
    """The text of the one `pycon` block."""
    blocks = re.findall(r"```pycon\n(.*?)```", README.read_text("utf-8"), re.DOTALL)
    assert len(blocks) == 1, "the README has one session"
    text: str = blocks[0]
    return text


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that the server's user may enter, which pytest's own is not for root."""
    with TemporaryDirectory(dir="/var/tmp") as folder:
        Path(folder).chmod(0o711)
        yield Path(folder)


def test_the_session_in_the_readme_prints_what_the_readme_shows(
    open_folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("POINTS_LEDGER_DATA", str(open_folder / "data"))
    monkeypatch.setenv("POINTS_LEDGER_KEY_CACHE_SECONDS", "0.2")
    for name in ("LEDGER_DSN", "KEYS_DSN"):
        monkeypatch.delenv(name, raising=False)
    test = doctest.DocTestParser().get_doctest(session(), {}, "README", str(README), 0)

    result = doctest.DocTestRunner().run(test)

    assert result.attempted >= 15
    assert result.failed == 0, capsys.readouterr().out


def test_the_session_is_about_twenty_lines() -> None:
    lines = [line for line in session().splitlines() if line.startswith((">>>", "..."))]

    assert 15 <= len(lines) <= 25
