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
DETAIL_TOO_LONG = "상세사유는 한글 150자, 영문 300자까지 입력 가능합니다."  # assumed
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
IN_RETURN = "해당 주문은 반품 상태입니다."  # assumed, but for the middle

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

# Items: token and number (30, 32, 33), delete (29)
BOTH_SITES = "[G마켓/옥션]"
SITE_NAMES = {"gmarket": "[G마켓]", "auction": "[옥션]"}
CHECK_TOKEN = " 토큰을 확인 해 주세요."  # nosec B105  # a message
NO_SITE_NUMBER = " 상품번호가 생성 되지 않았습니다."
NOT_THE_SELLERS_ITEM = "해당 판매자의 상품이 아닙니다."
DELETED_ITEM = "삭제된 상품 입니다."
NOT_FOUND = "404 Not Found"
FROZEN_ITEM = "상품 정보가 부정확합니다"
DELETE_ONLY_STOPPED = (
    "상품삭제는 요청된 모든 상품이 [판매중지] 상태일 경우에만 가능합니다."
)
NO_ITEM_DATA = "조회 된 데이터가 없습니다."

# Search (160)
PAGE_SIZE = (
    '[InvalidApiRequestEx]["한번에 조회 가능한 상품 수는 '
    '1~500 사이로 입력해야 합니다."]'
)
PAGE_INDEX = '[InvalidApiRequestEx]["페이지 번호는 1 이상이어야 합니다."]'  # assumed
SEARCH_RATE = "상품 조회는 분당 30회 호출 가능합니다."  # assumed

# Sell-status (21), price (186), stock (194)
PRICE_ZERO = "0원 금액은 입력하실 수 없습니다."
PRICE_STEP = "1원단위는 입력하실 수 없습니다."
PRICE_TOO_HIGH = "판매가는 10억원 미만이어야 합니다."  # assumed
PRICE_ONLY_ON_SALE = "판매중인 상품만 가격을 변경할 수 있습니다."  # assumed
STOPPED_BY_SITE = "판매중지(사이트) 상품은 판매할 수 없습니다."  # assumed
BAD_PERIOD = "판매기간이 올바르지 않습니다."  # assumed
PERIOD_OVER = "판매기간이 종료된 상품입니다."  # assumed
NEEDS_BOTH_SITES = '[InvalidApiRequestEx]["{field} 필드가 필요합니다."]'  # assumed
NO_VALUE = '[InvalidApiRequestEx]["입력값이 없습니다."]'  # assumed
FIELD_RANGE = "필드는 1에서 99999 사이에 있어야 합니다."
STOCK_TOO_MANY = "재고는 99999개 이하이어야 합니다."
STOCK_TOO_FEW = "재고는 1개 이상이어야 합니다."  # assumed
STOCK_OF_OPTION_ITEM = "옵션 상품은 재고를 수정할 수 없습니다."  # assumed
STOCK_OF_FULFILMENT = "풀필먼트 상품은 재고를 수정할 수 없습니다."  # assumed

SITE_FAILED = "일시적인 오류가 발생하였습니다."  # assumed

# Options (26)
ALL_SOLD_OUT = "모든 옵션이 품절인 상태로 등록이 불가합니다"
NOTHING_TO_CHOOSE = "주문선택사항이 최소 1개 이상 판매되어야 합니다"
BAD_OPTION_NUMBER = "옵션 번호 오류 (0)"
TOO_MANY_CHOICES = (
    "선택형(Independent) 상세정보(Details) 항목은 50개까지 입력 가능합니다"
)
TOO_MANY_COMBINATIONS = (
    "조합형(Combination) 상세정보(Details) 항목은 500개까지 입력 가능합니다"  # assumed
)
EMPTY_SEQUENCE = "시퀀스에 요소가 없습니다."
BAD_OPTION_TYPE = "옵션 타입 오류"  # assumed
EMPTY_OPTION_VALUE = '[InvalidApiRequestEx]["옵션값은 필수입니다."]'  # assumed
OPTION_TWICE = "중복된 옵션값이 있습니다."  # assumed
OPTION_CODE_TOO_LONG = (
    '[InvalidApiRequestEx]["ManageCode 필드는 최대 20byte입니다."]'  # assumed
)
BAD_SURCHARGE = "옵션 추가금액이 허용 범위를 벗어났습니다."  # assumed
