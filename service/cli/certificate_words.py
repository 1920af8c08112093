"""A certificate in plain words, Korean first.

Its texts may come from anybody: what a terminal would obey, or would not show, is written out.
"""

from __future__ import annotations

from datetime import datetime
from typing import assert_never

from crypto_shredding import (
    Certificate,
    Compaction,
    DestroyedKey,
    Erasure,
    FencedOut,
    KeyChange,
    KeyDestruction,
    Restore,
    Rotation,
    key_id_of,
)
from ledger import SEOUL
from service.destruction_register import CAUSES

Words = list[tuple[str, str]]

TITLES = {
    "erasure": "암호학적 삭제 증명서 · certificate of cryptographic erase",
    "key-destruction": "키 파기 증명서 · certificate of destroyed keys",
    "compaction": "압축 증명서 · certificate of compaction",
    "restore": "복구 증명서 · certificate of restore",
    "key-change": "서명키 변경 증명서 · certificate of a change of the signing key",
}
LIMITS = (
    "익명화가 아닙니다: 법령에 따라 보존되는 기록의 금액과 시각은 가명정보로 남습니다.",
    "Not anonymised: amounts and times of kept records stay readable and are pseudonymous.",
)
NONE = "없음 · none"
NOT_ROTATED = "교체 없음: 이전 백업으로 복구될 수 있음 · not rotated: an older backup may bring it back"


def title(certificate: Certificate) -> str:
    """What it is, and its number."""
    return f"{TITLES[certificate.kind]} · 제{certificate.number}호"


def words(certificate: Certificate) -> Words:
    """Everything that it says, as names and texts."""
    body = certificate.body
    match body:
        case Erasure():
            told = _erasure(body)
        case KeyDestruction():
            told = _key_destruction(body)
        case Compaction():
            told = _compaction(body)
        case Restore():
            told = _restore(body)
        case KeyChange():
            told = _key_change(body)
        case _:
            assert_never(body)
    frame = [
        ("발급 · issued", when(certificate.issued_at)),
        ("발급 시스템 · issuer", str(certificate.issuer)),
        ("요청 · request", str(body.request)),
    ]
    tail = [("해시 · hash", certificate.hash.hex()), ("서명키 · signing key", certificate.key_id.hex())]
    return [(name, plain(text)) for name, text in (*frame, *told, *tail)]


def plain(text: str) -> str:
    """The text with everything that is not simply shown (control and direction marks) written out."""
    return "".join(letter if letter.isprintable() else f"\\u{ord(letter):04x}" for letter in text)


def _erasure(body: Erasure) -> Words:
    told: Words = [
        ("정보주체 · subject", body.subject),
        ("근거 · basis", body.basis),
        ("기한 · due", str(body.due_on or NONE)),
        ("처리자 · actor", body.actor),
        ("파기 · destroyed", ", ".join(each.name for each in body.destroyed) or NONE),
    ]
    told += [("보존 · kept", f"{each.name}, {each.last_day}까지 · until · {each.basis}") for each in body.kept]
    told += [
        ("파기된 키 · keys", f"{len(body.slots)}개 · keys destroyed, each with its check value"),
        ("열람 불가 · unreadable since", when(body.unreadable_since)),
    ]
    told += [("루트키 · root", _rotation(each)) for each in body.rotations] or [("루트키 · root", NOT_ROTATED)]
    told.append(("확인 · boxes tried", f"{body.boxes.tried}개 중 열린 것 없음 · tried, none opened"))
    told += [
        ("검색 · searched", f"{each.place}: 봉인값 · boxes {each.boxes}, 평문 · readable values {each.values}")
        for each in body.scans
    ]
    if body.index_horizon:
        told.append(("검색색인 · index", f"{when(body.index_horizon)}부터 복구 불가 · gone from backups since"))
    told += [("보유 확인 · held by", f"{each.name} ({each.role})") for each in body.holders]
    told += [_fenced_out(each) for each in body.fenced_out]
    told += [("미확인 · not confirmed yet", name) for name in body.awaited]
    return told


def _key(key: DestroyedKey) -> str:
    """Whose key it was: a class and the days of its period, as far as it had any."""
    if key.first_day is None:
        return key.name
    return f"{key.name}, {key.first_day}부터 계산, {key.last_day}까지 보존 · counted from, kept to"


def _key_destruction(body: KeyDestruction) -> Words:
    told: Words = [("사유 · cause", CAUSES[body.cause]), ("근거 · basis", body.basis), ("처리자 · actor", body.actor)]
    if body.subject is not None:
        told.append(("정보주체 · subject", body.subject))
    told += [
        ("파기된 키 · key", f"{_key(each)}; slot {each.slot}, 확인값 · check value {each.check.hex()[:16]}…")
        for each in body.keys
    ]
    told.append(("열람 불가 · unreadable since", when(body.unreadable_since)))
    told += [("루트키 · root", _rotation(each)) for each in body.rotations] or [("루트키 · root", NOT_ROTATED)]
    told.append(("확인 · boxes tried", f"{body.boxes.tried}개 중 열린 것 없음 · tried, none opened"))
    told += [("보유 확인 · held by", f"{each.name} ({each.role})") for each in body.holders]
    return told + [_fenced_out(each) for each in body.fenced_out]


def _fenced_out(each: FencedOut) -> tuple[str, str]:
    persons = f"{each.first_actor} + {each.second_actor}"
    return "제외 · fenced out", f"{each.holder}, {when(each.at)}, {persons}: {each.reason}"


def _rotation(rotation: Rotation) -> str:
    gone = f"{when(rotation.horizon)}부터 키 백업으로 복구 불가 · no backup of the keys brings it back since"
    versions = f"{rotation.destroyed_version} → {rotation.live_version}"
    return f"{versions}, {gone}; {_copies(rotation.recoverable_until)}; {rotation.provider}: {rotation.note}"


def _compaction(body: Compaction) -> Words:
    return [
        ("재작성 · rewritten", ", ".join(body.partitions) or NONE),
        ("삭제 · boxes deleted", f"{body.boxes_deleted}개"),
        ("남음 · boxes left", f"{body.boxes_left}개" + ("" if body.boxes_left == 0 else " · NOT COMPLETE")),
        ("시각 · at", when(body.at)),
        ("역할 · role", body.role),
    ]


def _restore(body: Restore) -> Words:
    lost = body.lost
    until = "?" if lost.until_position is None else str(lost.until_position)
    return [
        ("복구 위치 · restored to", str(body.restored_to)),
        ("타임라인 · timeline", f"{body.timeline_before} → {body.timeline_after}"),
        ("다시 실행한 삭제 · erasures again", ", ".join(map(str, body.erasures_again)) or NONE),
        ("다시 기록한 키 파기 · key destructions again", ", ".join(map(str, body.destructions_again)) or NONE),
        ("유실 · lost", f"{lost.after_position} … {until}, {when(lost.after)} … {when(lost.until)}"),
        ("시각 · at", when(body.at)),
        ("처리자 · actor", body.actor),
    ]


def _key_change(body: KeyChange) -> Words:
    return [
        ("이전 키 · old key", key_id_of(body.old_public_key).hex()),
        ("새 키 · new key", key_id_of(body.new_public_key).hex()),
        ("사유 · reason", body.reason),
        ("처리자 · actor", body.actor),
    ]


def _copies(recoverable_until: datetime | None) -> str:
    if recoverable_until is None:
        return "루트키 사본은 보장할 수 없음 · nothing can be promised about copies of the root"
    return f"루트키 사본으로는 {when(recoverable_until)}까지 가능 · a copy of the root could until then"


def when(at: datetime) -> str:
    """An instant as people in Seoul read it."""
    return f"{at.astimezone(SEOUL):%Y-%m-%d %H:%M:%S} KST"
