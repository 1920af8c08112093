"""Keys and what is certified of them: `points-ledger keys …`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from crypto_shredding import (
    Certificate,
    CertificateFile,
    CertificateRefused,
    VerifiedChain,
    key_id_of,
    public_key_pem,
    read_certificate,
    verify_chain,
)
from ledger import certificate_lines, export_certificates
from service import certification
from service.cli import drilling, failover, key_tree, options, register, restoring
from service.cli.certificate_words import LIMITS, TITLES, title, words
from service.cli.failures import BadInput, VerificationFailed
from service.cli.public_keys import PublicKey, trusted
from service.cli.session import session
from service.cli.show import AsJson, alarm, answer
from service.settings import Settings

LISTED_MAX = 20  # certificates of a verified chain that are named one by one

REFUSALS = {
    "CertificateUnreadable": "읽을 수 없는 증명서입니다",
    "CertificateForged": "서명이 확인되지 않습니다",
    "CertificateChainBroken": "앞 증명서와 이어지지 않습니다",
}

keys = typer.Typer(help="Keys, and the certificates of what was destroyed with them.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    for command in (verify_certificate, certificates, public_key, change_signing_key):
        keys.command(command.__name__.replace("_", "-"))(command)
    key_tree.add_to(keys)
    failover.add_to(keys)
    register.add_to(keys)
    restoring.add_to(keys)
    drilling.add_to(keys)
    app.add_typer(keys, name="keys")


def verify_certificate(
    file: Annotated[
        Path,
        typer.Argument(help="One certificate, or a chain: one a line.", exists=True, dir_okay=False, readable=True),
    ],
    issuer: PublicKey = None,
    as_json: AsJson = False,
) -> None:
    """증명서 검증: what is certified, and whether it holds; exit code 4 if it does not. Needs no database."""
    public_keys = trusted(issuer)
    lines = CertificateFile(file)
    try:
        chain = verify_chain(lines, public_keys)
    except CertificateRefused as refused:
        kind = type(refused).__name__
        content = {"holds": False, "error": {"type": kind, "message": str(refused), "line": refused.line}}
        verdict = alarm("성립하지 않음 · DOES NOT HOLD", f": {REFUSALS[kind]} · {kind}: {refused}")
        answer(content, verdict, as_json=as_json)
        raise VerificationFailed from None
    count = sum(chain.kinds.values())
    shown = [read_certificate(line) for line in lines] if count <= LISTED_MAX else []
    answer(_chain_content(chain, shown), lambda console: _show_chain(console, chain, shown), as_json=as_json)


def certificates(
    export: Annotated[Path | None, typer.Option(help="Write the whole chain to this file, one a line.")] = None,
    after: Annotated[int, typer.Option(help="Only those after this number.", min=0)] = 0,
    as_json: AsJson = False,
) -> None:
    """이 시스템이 발급한 증명서: those issued here; --export makes the file that others verify."""
    with session(as_json=as_json) as house:
        dsn = house.wiring.ledger_dsn
        if export is not None:
            try:
                count = export_certificates(dsn, export)
            except OSError as error:
                raise BadInput(f"{export} cannot be written: {error.strerror}") from None
            answer({"file": str(export), "certificates": count}, f"{count} certificates in {export}", as_json=as_json)
            return
        found = [read_certificate(line) for line in certificate_lines(dsn, after=after)]
    answer({"certificates": [_content(each) for each in found]}, _table(found), as_json=as_json)


def public_key(as_json: AsJson = False) -> None:
    """공개키: give it to those who verify, by another way than the certificates. Needs no database."""
    key = certification.public_key(Settings.read())
    pem = public_key_pem(key)
    answer({"key": key_id_of(key).hex(), "public_key": key.hex(), "pem": pem}, pem.rstrip("\n"), as_json=as_json)


def change_signing_key(
    reason: Annotated[str, typer.Option(help="Why, for the record.")],
    at: options.At = None,
    actor: options.Actor = options.ACTOR,
    as_json: AsJson = False,
) -> None:
    """서명키를 바꿉니다: a new key signs from now on; the old one certifies it. Safe to repeat after a crash."""
    with session(as_json=as_json) as house:
        wiring = house.wiring
        issued = certification.change_signing_key(
            house.settings,
            wiring.ledger_dsn,
            wiring.keyring.installation.id,
            reason=reason,
            actor=actor,
            at=options.instant(at),
        )
    answer(_content(issued), lambda console: _show(console, issued), as_json=as_json)


def _content(certificate: Certificate) -> dict[str, Any]:
    """The stable fields of one certificate."""
    return {
        "number": certificate.number,
        "kind": certificate.kind,
        "request": certificate.body.request,
        "issued_at": certificate.issued_at,
        "issuer": certificate.issuer,
        "key": certificate.key_id.hex(),
        "hash": certificate.hash.hex(),
        "certificate": certificate.line.decode("utf-8"),
    }


def _chain_content(chain: VerifiedChain, shown: list[Certificate]) -> dict[str, Any]:
    return {
        "holds": True,
        "whole": chain.is_whole,
        "kinds": chain.kinds,
        "first": _content(chain.first),
        "last": _content(chain.last),
        "keys": [key.hex() for key in chain.keys],
        "certificates": [_content(each) for each in shown],
    }


def _show_chain(console: Console, chain: VerifiedChain, shown: list[Certificate]) -> None:
    if len(shown) == 1:
        _show(console, shown[0])
    elif shown:
        console.print(_table(shown))
    for kind, count in chain.kinds.items():
        console.print(f"{count}건 · {TITLES[kind]}")
    if {"erasure", "key-destruction"} & chain.kinds.keys():
        for limit in LIMITS:
            console.print(limit)
    first, last = chain.first.number, chain.last.number
    if not chain.is_whole:
        console.print(f"제{first}호 앞의 증명서는 이 파일에 없음 · those before number {first} are not in this file")
    console.print(f"제{last}호까지 확인, 그 뒤는 알 수 없음 · up to number {last}; later ones are not known")
    verdict = ("성립함 · HOLDS", "green")
    console.print(Text.assemble(verdict, ": 서명과 연결이 모두 확인됨 · every signature and every link"))


def _show(console: Console, certificate: Certificate) -> None:
    console.print(title(certificate), style="bold")
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for name, text in words(certificate):
        table.add_row(name, Text(text))
    console.print(table)


def _table(found: list[Certificate]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("번호", "종류", "발급 · issued", "요청 · request", "해시 · hash"):
        table.add_column(name, no_wrap=True)
    for each in found:
        issued = f"{each.issued_at:%Y-%m-%d %H:%M:%SZ}"
        table.add_row(str(each.number), each.kind, issued, str(each.body.request), each.hash.hex()[:16])
    return table
