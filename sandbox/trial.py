"""What a trial has on sale: goods of nobody, and the seller IDs that sell them."""

from __future__ import annotations

#: arguments of ``Sandbox.add_item``; ``codes`` of options: inventory code -> value
GOODS: tuple[dict, ...] = (
    {"name": "[샘플] 보리차 티백 100개입", "price": 12900, "seller_code": "SAMPLE-TEA"},
    {"name": "[샘플] 수제 쿠키 세트", "price": 19800, "seller_code": "SAMPLE-COOKIE"},
    {
        "name": "[샘플] 머그컵",
        "price": 5500,
        "seller_code": "SAMPLE-CUP",
        "codes": {"SAMPLE-CUP-W": "화이트", "SAMPLE-CUP-B": "블랙"},
    },
)


def sellers(master_id: str) -> dict[str, list[str]]:
    """Site -> its seller ID, which no real shop has."""
    return {site: [f"{master_id}_{site[0]}"] for site in ("gmarket", "auction")}


def on_both_sites(item: dict, master_id: str) -> dict:
    """One of ``GOODS`` as ``Sandbox.add_item`` takes it."""
    values = {name: value for name, value in item.items() if name != "codes"}
    if "codes" in item:
        values["options"] = [
            {"values": {"색상": value}, "code": code}
            for code, value in item["codes"].items()
        ]
    ids = {site: names[0] for site, names in sellers(master_id).items()}
    return {**values, **ids}
