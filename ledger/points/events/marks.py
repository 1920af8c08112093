"""The declarations that personal fields of points events share."""

from crypto_shredding import IndexKind
from ledger.personal import Basis, Personal
from ledger.retention import CONTRACT, MEMBERSHIP, PAYMENT, POINT_HISTORY

POINTS = "포인트 적립, 교환, 결제 처리"
MEMO = Personal(1, "메모", POINTS, Basis.CONTRACT_PERFORMANCE, MEMBERSHIP)
TRADE = Personal(2, "거래 기록", POINTS, Basis.E_COMMERCE_RECORDS, CONTRACT)
PAID = Personal(2, "결제내역", POINTS, Basis.E_COMMERCE_RECORDS, PAYMENT)
EARLIER_PAID = Personal(3, "결제내역", POINTS, Basis.E_COMMERCE_RECORDS, PAYMENT)
INSTRUMENT = Personal(3, "결제수단(마스킹)", POINTS, Basis.E_COMMERCE_RECORDS, PAYMENT)
EXCHANGED = Personal(2, "교환내역", POINTS, Basis.E_COMMERCE_RECORDS, CONTRACT)
COUPON_CODE = Personal(
    3, "쿠폰번호", POINTS, Basis.CONTRACT_PERFORMANCE, MEMBERSHIP, indexed=IndexKind.COUPON_CODE
)
CARD = Personal(2, "카드번호", POINTS, Basis.CONTRACT_PERFORMANCE, MEMBERSHIP, indexed=IndexKind.CARD_NUMBER)
PAYEE = Personal(2, "환급 계좌", POINTS, Basis.E_COMMERCE_RECORDS, PAYMENT)
HOLDER = Personal(1, "회원 연결", POINTS, Basis.CONTRACT_PERFORMANCE, POINT_HISTORY)
