"""Invented people and addresses. Nobody and no place here exists: telephone numbers
are 010-0000-xxxx or 0508-0000-xxxx (virtual), towns are 가상구/가상시, postal codes
begin with 00."""

from __future__ import annotations

import random
from dataclasses import dataclass, fields, replace

_FAMILY = {
    "김": "kim", "이": "lee", "박": "par", "최": "cho", "정": "jun", "강": "kan",
    "조": "joh", "윤": "yun", "장": "jan", "임": "lim", "한": "han", "오": "ohh",
    "서": "seo", "신": "shi", "권": "kwo", "황": "hwa",
}  # fmt: skip
_GIVEN = (
    "가상",
    "모의",
    "시험",
    "견본",
    "샘플",
    "보기",
    "예시",
    "가명",
    "허구",
    "연습",
)
_TOWNS = (
    "서울특별시 가상구", "부산광역시 가상구", "대전광역시 가상구", "인천광역시 가상구",
    "광주광역시 가상구", "대구광역시 가상구", "경기도 가상시", "강원특별자치도 가상군",
    "충청북도 가상시", "전라남도 가상군", "경상북도 가상시",
)  # fmt: skip
_STREETS = ("샘플로", "모의대로", "견본길", "시험로", "예시로", "연습길")
_JEJU = "제주특별자치도 가상시"
_ISLAND = "인천광역시 가상군 모의면"


@dataclass(frozen=True)
class Person:
    """A buyer or receiver. ``virtual``: the mobile number is assigned by the site some
    minutes after the payment. ``mobile`` and ``phone`` None: nothing was typed."""

    name: str | None
    user_id: str = ""
    mobile: str | None = None
    phone: str | None = ""
    virtual: bool = False
    zip_code: str | None = None
    front: str | None = None
    back: str | None = None

    def changed(self, **values: object) -> Person:
        return replace(self, **values)


PERSON_FIELDS = frozenset(field.name for field in fields(Person))


def invent(
    rng: random.Random, *, region: str = "mainland", virtual: bool = False
) -> Person:
    """A person from the generator: the same generator state, the same person.

    ``region``: mainland, jeju or remote (an island)."""
    family = rng.choice(list(_FAMILY))
    number = rng.randrange(10000)
    front = {
        "mainland": rng.choice(_TOWNS),
        "jeju": _JEJU,
        "remote": _ISLAND,
    }[region]
    front = f"{front} {rng.choice(_STREETS)} {rng.randrange(1, 400)}"
    if rng.random() < 0.5:
        front += f" ({rng.choice(_GIVEN)}동, {rng.choice(_GIVEN)}아파트)"
        back = (
            f"{rng.randrange(101, 120)}동 {rng.randrange(1, 25)}0{rng.randrange(9)}호"
        )
    else:
        back = rng.choice(("3층", "B01호", "2동 203호", "1호", "정문 옆", "상가 104호"))
    prefix = "0508" if virtual else "010"
    return Person(
        name=family + rng.choice(_GIVEN),
        user_id=_FAMILY[family] + "*" * rng.randrange(3, 9),
        mobile=f"{prefix}-0000-{number:04d}",
        phone="" if rng.random() < 0.8 else f"02-000-{number:04d}",
        virtual=virtual,
        zip_code=f"00{rng.randrange(1000):03d}",
        front=front,
        back=back,
    )


def invent_abroad(rng: random.Random) -> Person:
    """A receiver of an overseas order: Latin letters, no Korean postal code."""
    number = rng.randrange(10000)
    return Person(
        name="SAMPLE PERSON",
        user_id="sam********",
        mobile=f"+00-000-0000-{number:04d}",
        zip_code="",
        front=f"{rng.randrange(1, 99)} Example Street, Sampleville, Fictionland",
        back=f"Unit {rng.randrange(1, 40)}",
    )
