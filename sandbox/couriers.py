"""Courier codes (page 142) and the invoice-number rules that Auction checks (70).

The rules of the real server are not published. Ours are the plausible ones: digits
only, 10 to 12 of them (13 for the post office), letters as well for express couriers,
and no rule for the couriers that ESM cannot track.
"""

from __future__ import annotations

import re

_TABLE = """
10003 로젠택배|10005 우체국택배|10006 등기우편|10007 한진택배|10008 롯데택배
10013 CJ 대한통운 택배|10014 대신택배|10015 일양택배|10016 경동택배|10017 천일택배
10022 DHL|10023 FEDEX|10024 일반우편|10025 퀵서비스|10027 LG전자물류
10028 삼성전자물류|10031 (G마켓)직접배송|10032 (G마켓)자체배송|10034 기타택배
10035 방문수령|10036 EMS|10038 (G마켓)(소형항공)우체국|10039 우리택배|10041 USPS
10042 UPS|10043 GSMNTON|10044 WarpEx|10045 성원글로벌|10048 (G마켓)홈플러스택배
10050 건영택배|10051 WIZWA|10054 (G마켓)(해외)우체국|10055 (G마켓)(해외)DHL
10056 (G마켓)(해외)DPD|10065 (G마켓)CJ택배|10067 (G마켓)편의점택배
10068 (G마켓)대한통운|10070 (옥션) 기타|10072 CJ국제특송|10073 편의점택배(GS25)
10074 합동택배|10075 롯데국제특송|10077 SLX|10078 대우전자|10079 범한판토스
10080 GPS LOGIX|10081 한의사랑택배|10082 세방택배|10084 쉽트랙|10085 ACI
10089 택배사미정|10097 Qxpress|10098 현대글로비스|10099 부릉|10100 이마트몰
10101 투데이|10102 아르고|10103 위니온로지스|10104 한덱스|10105 TNT|10106 i-parcel
10107 대운글로벌|10108 에어보이익스프레스|10109 LineExpress|10110 GSI익스프레스
10111 ECMS익스프레스|10112 EFS|10113 시알로지텍|10114 브리지로지스|10115 Cway express
10116 ACE express|10117 스마트로지스|10118 에스더쉬핑|10119 로토스|10120 은하쉬핑
10121 유프레이트 코리아|10122 하이브시티|10123 LTL|10124 캐나다쉬핑|10125 지디에이코리아
10126 올타코리아|10127 yunda express|10128 웅지익스프레스|10129 YDH|10130 ACCcargo
10131 허싱카고코리아|10132 시노트랜스|10133 패스트박스|10134 팬스타국제특송
10135 에이씨티앤코아물류|10136 kt express|10137 ibpcorp|10138 엠티인터네셔널
10139 골드스넵스|10140 BGF포스트|10141 용마로지스|10142 원더스퀵|10143 농협택배
10144 HI택배|10145 홈픽택배|10146 KGL네트웍스|10147 2fast익스프레스|10148 GTS로지스
10149 홈이노베이션로지스|10150 자이언트|10151 우리동네택배|10152 퍼레버택배
10153 엘서비스|10154 로지스밸리택배|10155 제니엘시스템|10156 애니트랙
10157 제이로지스트|10158 두발히어로
10159 큐런|10160 프레시솔루션|10161 한샘|10162 굿투럭|10163 지니고
10164 카카오 T 당일배송|10165 노곡물류|10166 스페이시스원|10167 로지스팟
10168 DHL GlobalMail|10169 프레시메이트|10170 NK로지솔루션|10171 도도플렉스
10172 배송하기좋은날|10173 이투마스|10174 에이스물류|10175 바바바로지스|10176 롯데칠성
10177 발렉스|10178 국제익스프레스|10179 윈핸드해운항공|10180 탱고앤고|10181 SBGLS
10182 핑퐁|10183 1004홈|10184 나은물류|10185 엔티엘피스|10186 삼다수가정배송
10187 딜리래빗|10188 홈픽오늘도착|10189 대림통운|10190 로지스파트너|10191 고박스
10192 케이제이티|10193 더바오|10194 오늘회러쉬|10195 한국야구르트|10196 로지스밸리
10197 라스트마일시스템즈|10198 에이치케이홀딩스|10199 직구문|10200 큐브플로우
10201 성훈물류|10202 지비에스|10203 반품구조대|10204 화물을부탁해|10210 팀프레시
10221 지에이치스피드|10223 쉽트랙(Ship G)|10224 딜리박스|10225 티에스지로지스|10226 ocs
10227 든든택배|10228 모든로지스|10229 물류대장|10230 제이더블유티앤엘|10231 지케이글로벌
10232 JCLS
"""

COURIERS: dict[int, str] = {
    int(code): name
    for code, name in (
        entry.split(" ", 1) for entry in _TABLE.strip().replace("\n", "|").split("|")
    )
}

#: The only couriers for seller star delivery (판매자 스타배송), page 70.
STAR_COURIERS = frozenset({10013, 10007, 10008})

#: Nothing is checked: other, own and direct delivery, post without a number, pick-up.
_UNCHECKED = frozenset({10034, 10070, 10032, 10031, 10024, 10025, 10035, 10089})
_POST = frozenset({10005, 10006})
_EXPRESS = frozenset(
    {10022, 10023, 10036, 10038, 10041, 10042, 10054, 10055, 10056, 10072, 10075,
     10097, 10105, 10168, 10226}
)  # fmt: skip

_PLAIN_RULE = re.compile(r"[0-9]{10,12}")
_POST_RULE = re.compile(r"[0-9]{10,13}")
_EXPRESS_RULE = re.compile(r"[0-9A-Za-z]{8,34}")


def invoice_fits(code: int, invoice_no: str) -> bool:
    """Whether Auction takes this invoice number for this courier."""
    if code in _UNCHECKED:
        return bool(invoice_no.strip())
    rule = _PLAIN_RULE
    if code in _POST:
        rule = _POST_RULE
    elif code in _EXPRESS:
        rule = _EXPRESS_RULE
    return rule.fullmatch(invoice_no) is not None
