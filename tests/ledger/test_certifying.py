"""An erasure is certified before it is recorded as done, once, whoever finishes it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from crypto_shredding import Shredder, SigningKey
from ledger import Certificates, Certifier, Erasures, certificate_lines
from tests.ledger.office import Office


class PowerCut(Exception):
    """Nothing more happens."""


@pytest.fixture
def certified(office: Office, app_dsn: str, tmp_path: Path) -> Erasures:
    key = SigningKey.from_file(tmp_path / "certificate.key")
    certificates = Certificates(app_dsn, issuer=office.keyring.installation.id, key=key)
    return Erasures(office.ledger, office.leaving, Shredder(office.keyring), Certifier(certificates))


async def test_a_crash_between_certificate_and_record_ends_in_the_same_certificate(
    office: Office, certified: Erasures, app_dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    member, (account,) = await office.member(10)
    await office.do(office.full_payment(account, 1))

    async def cut(*_: Any, **__: Any) -> None:
        raise PowerCut

    with monkeypatch.context() as patch:
        patch.setattr(Erasures, "_record", cut)
        with pytest.raises(PowerCut):
            await certified.erase(office.erase(member, 9))
    before = list(certificate_lines(app_dsn))
    (report,) = await certified.resume(actor="test")

    assert len(before) == 1
    assert list(certificate_lines(app_dsn)) == before
    assert report.certificate == 1
    assert await certified.resume(actor="test") == []


async def test_nothing_is_certified_where_a_box_still_opens(
    office: Office, certified: Erasures, app_dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    member, _ = await office.member(10)

    def opens(*_: Any) -> None:
        raise PowerCut

    monkeypatch.setattr(Shredder, "verify_gone", opens)
    with pytest.raises(PowerCut):
        await certified.erase(office.erase(member, 10))

    assert list(certificate_lines(app_dsn)) == []
