"""The result codes and Korean texts that ESM answers with, page by page.

Spelling, blanks and full stops follow the pages: they differ from page to page and
clients have to live with that. Texts marked *assumed* stand in no page; the case is
known but its wording is not.
"""

# Access (API guide): documented body for a call without permission; also seen for a
# wrong path. Bodies for a bad signature, address or key are unknown.
NO_ACCESS = "The user does not have right access to the api"

# Orders (66, 67)
RATE = "주문 조회는 5초당 1회 호출 가능합니다. 잠시 후 다시 시도해 주세요."
FROM_AFTER_TO = "조회 시작일이 종료일보다 과거여야 합니다."
WINDOW_31_DAYS = "31일 이하의 범위만 조회 할 수 있습니다."
WINDOW_180_DAYS = "180일 이하의 범위만 조회 할 수 있습니다."
NOT_IMPLEMENTED = "메서드 또는 연산이 구현되지 않았습니다."
INT32_SEARCH = "매개변수 값을 Int64에서 Int32로 변환하지 못했습니다."
BAD_PARAMETER = "파라메터 유효성 검사 실패"

# Actions (68, 69, 70, 71)
INT32_ACTION = "매개 변수 값을 Int64에서 Int32(으)로 변환하지 못했습니다."
NO_SUCH_ORDER = "해당 주문 내역이 없습니다."
NOT_THE_SELLERS = "판매자의 체결건이 아닙니다."
SELLER_ORDER_NO_TOO_LONG = "제휴사 주문번호의 최대길이는 30byte입니다.\n"
SELLER_ITEM_NO_TOO_LONG = "제휴사 상품번호의 최대길이는 30byte입니다.\n"
THIRD_PARTY_LOGISTICS = "해당 주문은 3PL 주문입니다"

# Confirmation (68)
CANCELLED_ORDER = "취소된 주문번호입니다."
ALREADY_CONFIRMED = "이미 주문확인 처리된 건입니다."
CANNOT_CONFIRM = "주문확인 할 수 없는 상태입니다."
GIFT_WAITING = "해당 주문은 선물수락대기 상태로 주문확인이 불가합니다."

# Planned ship date (69)
UNKNOWN_REASON = "정의되지 않은 지연 사유입니다."
OVER_90_DAYS = "예상 배송일은 90일을 초과할 수 없습니다."
CANNOT_DELAY = "해당 물품을 발송 지연할 수 없습니다"
DELAY_IN_DELIVERY = "해당 주문건은 배송중 상태입니다"
DELAY_IN_CLAIM = "해당 주문건은 클레임 상태입니다"
DELAY_DELIVERED = "배송완료 상태입니다."

# Dispatch (70)
UNKNOWN_COURIER = "지원하지 않는 택배사입니다."
INVOICE_RULE = "{code} 는 {name}의 운송장번호 규칙에 어긋납니다."
STAR_COURIERS_ONLY = (
    "판매자 스타배송 주문은 계약 완료된 전용 택배사로만 발송처리가 가능합니다."
)
NOT_DISPATCHABLE = "주문번호:{order_no}의 경매상태가 발송가능한 상태가 아닙니다."
CANCEL_WITHDRAWAL_FAILED = (
    "통합 API 취소요청건 발송처리를 위한 취소철회가 실패하였습니다."
)
CONFIRMING = "주문확인 진행중입니다. 잠시 후 다시 진행해주세요"
SHIPPING_DATE_RULE = "발송일은 현재일 기준 2일 이내로 입력해주세요."  # assumed
MISSING_FIELD = "필수 입력값이 누락되었습니다. ({field})"  # assumed
BAD_JSON = "요청 형식이 올바르지 않습니다."  # assumed

# Delivered (71)
ALREADY_DELIVERED = "이미 배송완료 되었습니다."
INVALID_ORDER = "유효한 주문번호가 아닙니다."

# State (72), non-receipt (74)
WINDOW_7_DAYS = "7일 이내의 데이터만 조회가능합니다."
PAGE_FROM_1 = "페이지 번호는 1보다 큰 값을 입력해주세요."
NO_DATA = "데이터가 없습니다."
WINDOW_30_DAYS = "조회 기간은 30일 이내여야 합니다"

# Cancels (50, 51, 52)
CLAIM_WINDOW_7_DAYS = "ShowAlertException$조회 기간은 7일 이내로 입력 바랍니다."
CLAIM_DATES = "시작일과 종료일을 정확하게 입력 바랍니다"
NO_ORDER_INFO = "주문정보가 없습니다"
NO_CLAIM_INFO = "클레임정보가 없습니다"
NO_CANCEL_TO_APPROVE = "ShowAlertException$취소 승인 대상이 없습니다."
CANCEL_ALREADY_APPROVED_G = "ShowAlertException$이미 취소 승인 되었습니다."
CANCEL_ALREADY_APPROVED_A = "이미 취소 승인 되었습니다"
CANNOT_CANCEL = "취소 가능한 주문상태가 아닙니다"
CANCEL_ALREADY_REQUESTED = "이미 취소 요청된 주문입니다"
LOOKUP_FAILED_A = (
    "데이터 조회 실패. - 주문정보가 없습니다"  # the part after "-" assumed
)
