"""The one table that says what ESM's result codes and texts mean.

ESM uses 3000 for nearly everything, so the text decides (fact sheet 2.8, 3.3, 4.1,
5.1, 6, 9.3). Texts vary in blanks, full stops and prefixes: they are compared by
:func:`normalise`.
"""

import re
from typing import Any, NamedTuple

from .endpoints import Endpoint
from .errors import AlreadyDone, EsmError, RateLimited, Refusal, RuleError

#: Documented body of a refused call (API guide). ESM sends it for a missing
#: permission, and was seen to send it for a wrong path too.
PERMISSION_TEXT = "doesnothaverightaccesstotheapi"

#: Fact sheet 2.4: "5초당 1회"; 분당 and 호출 for limits nobody has documented.
RATE_TEXTS = ("5초당", "분당", "호출")


class Rule(NamedTuple):
    """One row of the table; an empty condition fits everything."""

    outcome: Refusal | type[AlreadyDone]
    text: str = ""
    code: str = ""
    biz_rule: str = ""
    family: str = ""


# The first row that fits wins, so the narrow ones stand above the wide ones.
RULES = (
    # Repeats (9.3; pages 68, 51, 71): success for the caller.
    Rule(AlreadyDone, "이미주문확인"),
    Rule(AlreadyDone, "이미취소승인"),
    Rule(AlreadyDone, biz_rule="W8-2"),
    Rule(AlreadyDone, "이미배송완료"),
    # Page 68, confirm.
    Rule(Refusal.CANCELLED, "취소된주문번호"),
    Rule(Refusal.WRONG_STATE, "주문확인할수없는상태"),
    Rule(Refusal.GIFT_WAITING, "선물수락대기"),
    Rule(Refusal.FULFILMENT, "3pl주문"),
    # Page 69, planned ship date.
    Rule(Refusal.CANNOT_DELAY, "발송지연할수없습니다"),
    Rule(Refusal.BAD_PLANNED_DATE, "90일을초과할수없습니다"),
    Rule(Refusal.WRONG_STATE, "주문건은배송중상태"),
    Rule(Refusal.WRONG_STATE, "주문건은클레임상태"),
    Rule(Refusal.WRONG_STATE, "배송완료상태입니다"),
    # Page 71, delivered.
    Rule(Refusal.WRONG_STATE, "유효한주문번호가아닙니다"),
    Rule(Refusal.WRONG_STATE, "반품상태"),
    # Page 70, dispatch.
    Rule(Refusal.CANCEL_COMPLETED, "취소철회가실패"),
    Rule(Refusal.IN_PROGRESS, "주문확인진행중"),
    Rule(Refusal.WRONG_STATE, "발송가능한상태가아닙니다"),
    Rule(Refusal.UNKNOWN_COURIER, "지원하지않는택배사"),
    Rule(Refusal.BAD_INVOICE_NO, "운송장번호규칙"),
    Rule(Refusal.STAR_COURIER, "스타배송주문은"),
    # Both (2141), and the number of another site or of a wrong length (1.4, 2.5).
    Rule(Refusal.TOO_LONG, "최대길이는30byte"),
    Rule(Refusal.NUMBER_TYPE, "int64에서int32"),
    # Another seller's order, or no such number (1.4).
    Rule(Refusal.NOT_FOUND, "주문내역이없습니다"),
    Rule(Refusal.NOT_FOUND, "판매자의체결건이아닙니다"),
    Rule(Refusal.NOT_FOUND, "주문정보가없습니다"),
    # Nothing there (5.1; 4.5 for 1100).
    Rule(Refusal.NO_DATA, "클레임정보가없습니다"),
    Rule(Refusal.NO_DATA, "데이터가없습니다"),
    Rule(Refusal.NO_DATA, "데이터조회실패"),
    Rule(Refusal.NO_DATA, code="1100"),
    Rule(Refusal.NO_DATA, code="1000", family="claims"),
    # Items (1.4, 2.3, 6; pages 20, 21, 26, 30, 33, 186, 194).
    Rule(Refusal.TOKEN_SITES, "토큰을확인해주세요"),
    Rule(Refusal.TOKEN_SITES, "상품번호가생성되지않았습니다"),
    Rule(Refusal.ITEM_NOT_FOUND, "판매자의상품이아닙니다"),
    Rule(Refusal.ITEM_NOT_FOUND, "404notfound", family="items"),
    Rule(Refusal.DELETED_ITEM, "삭제된상품"),
    Rule(Refusal.FROZEN_ITEM, "상품정보가부정확"),
    Rule(Refusal.ALL_SOLD_OUT, "모든옵션이품절"),
    Rule(Refusal.ALL_SOLD_OUT, "최소1개이상판매되어야"),
    Rule(Refusal.BAD_PRICE, "원단위는입력하실수없습니다"),
    Rule(Refusal.BAD_PRICE, "원금액은입력하실수없습니다"),
    Rule(Refusal.BAD_STOCK, "재고는99999개이하"),
    Rule(Refusal.BAD_STOCK, "1에서99999사이"),
    Rule(Refusal.OPTION_RULE, "옵션번호오류"),
    Rule(Refusal.OPTION_RULE, "50개까지입력가능"),
    Rule(Refusal.OPTION_RULE, "시퀀스에요소가없습니다", family="items"),
    Rule(Refusal.NO_DATA, "noreturndata", family="items"),
    # Windows (2.6), among them the claim lists' refusal of exactly seven days.
    Rule(Refusal.WINDOW_TOO_LONG, "조회할수있습니다"),
    Rule(Refusal.WINDOW_TOO_LONG, "데이터만조회가능"),
    Rule(Refusal.WINDOW_TOO_LONG, "7일이내로입력"),
    Rule(Refusal.WINDOW_TOO_LONG, "30일이내여야"),
    Rule(Refusal.WINDOW_TOO_LONG, "시작일과종료일을정확하게"),
)


def normalise(text: Any) -> str:
    """Return the text in the form in which :data:`RULES` compares it.

    Without blanks, line breaks (also the literal ``\\n`` that some pages print) and
    full stops, in lower case. The prefixes of Gmarket's claims
    (``ShowAlertException$``, ``8668$``, ``API Error -``) stay: rules look for a part.
    """
    return re.sub(r"(\\n|[\s.])+", "", str(text or "")).lower()


def _fits(rule: Rule, text: str, code: str, biz_rule: str, family: str) -> bool:
    return (
        rule.text in text
        and rule.code in ("", code)
        and rule.biz_rule in ("", biz_rule)
        and rule.family in ("", family)
    )


def refusal_error(
    endpoint: Endpoint,
    code: Any,
    message: str,
    biz_rule: str | None,
    http_status: int,
) -> EsmError:
    """Return the error for an answer whose result code is not success."""
    details = {"endpoint": endpoint.name, "code": code, "http_status": http_status}
    text = normalise(message)
    key = (text, str(code), (biz_rule or "").strip().upper(), endpoint.family)
    for rule in RULES:
        if _fits(rule, *key):
            if isinstance(rule.outcome, Refusal):
                return RuleError(message, reason=rule.outcome, **details)
            return rule.outcome(message, **details)
    if any(mark in text for mark in RATE_TEXTS):
        return RateLimited(message, **details)
    return RuleError(message or "ESM gave no reason.", **details)
