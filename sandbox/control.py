"""The control endpoints ``/_sandbox/...`` (JSON) and the page at ``/``: for other
processes and for people. They are no part of ESM and take no token, so the sandbox
listens on 127.0.0.1 only unless told otherwise; requests that change something must be
JSON, and none may name another host, which keeps foreign web pages out. A sandbox that
a program hosts (hosting.py) asks for its name in a header.

    GET  /_sandbox/health      {"ok", "clock", "orders", "accounts", ...}
    GET  /_sandbox/ledger      one object per order (?site=, ?seller_id=, ?last=n)
    GET  /_sandbox/items       one object per item (also ?find=text)
    GET  /_sandbox/on_sale     pieces a buyer could buy now (?site=, ?seller_id=)
    GET  /_sandbox/calls       (?last=n) and /_sandbox/rate_violations
    GET  /_sandbox/traffic     pace of the calls per seller and bucket
    POST /_sandbox/accounts    arguments of add_account
    POST /_sandbox/permission  master_id, endpoint, allowed
    POST /_sandbox/orders      arguments of place_basket -> {"order_nos": [...]}
    POST /_sandbox/items       arguments of add_item -> {"goods_no", "numbers"}
    POST /_sandbox/generate    arguments of generate -> {"order_nos": [...]}
    POST /_sandbox/clock       advance: seconds, or set: "YYYY-MM-DDThh:mm:ss" (Korean)
    POST /_sandbox/faults      arguments of faults.add, or {"clear": true}
    POST /_sandbox/strict      readings by name
    POST /_sandbox/reset
    POST /_sandbox/<action>    order_no (goods_no) and arguments, actions: ACTIONS below
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from .app import HTML_TYPE, Reply, json_reply
from .lifecycle import NotPossible, Refused
from .page import PAGE
from .rows import stamp

if TYPE_CHECKING:
    from .simulator import Sandbox

ACTIONS = (
    "cancel",
    "approve_cancel",
    "withdraw_cancel",
    "change_address",
    "confirm",
    "dispatch",
    "pay",
    "accept_gift",
    "refuse_gift",
    "mark_delivered",
    "decide",
    "request_return",
    "request_exchange",
    "report_non_receipt",
    "refund_after_remittance",
    "set_claim_status",
    "solve_claim",
    "stop_item",
    "start_item",
    "edit_item",
    "delete_item",
)


class Control:
    def __init__(self, sandbox: Sandbox):
        self.sandbox = sandbox
        self._reads: dict[str, Callable[[dict], object]] = {
            "health": self._health,
            "ledger": self._ledger,
            "items": self._items,
            "on_sale": self._on_sale,
            "calls": self._calls,
            "rate_violations": self._rate_violations,
            "traffic": lambda _query: sandbox.traffic(),
            "clock": lambda _query: {"now": stamp(sandbox.now())},
            "faults": self._faults,
            "strict": lambda _query: asdict(sandbox.strict),
        }
        self._writes: dict[str, Callable[[dict], object]] = {
            "accounts": self._add_account,
            "permission": self._permission,
            "orders": self._place,
            "items": self._add_item,
            "generate": self._generate,
            "clock": self._clock,
            "faults": self._add_fault,
            "strict": self._strict,
            "reset": self._reset,
        }

    def handle(
        self, method: str, path: str, query: str, content_type: str, body: bytes
    ) -> Reply:
        if path == "/":
            return Reply(200, PAGE.encode("utf-8"), HTML_TYPE)
        name = path.removeprefix("/_sandbox").strip("/")
        if method == "GET" and name in self._reads:
            values = {key: found[-1] for key, found in parse_qs(query).items()}
            return json_reply(self._reads[name](values))
        if method != "POST" or (name not in self._writes and name not in ACTIONS):
            return json_reply({"error": f"There is no {method} {path}"}, 404)
        if body and "json" not in content_type.lower():
            return json_reply({"error": "Send application/json"}, 415)
        if not body and name != "reset":
            return json_reply({"error": "Send a JSON object"}, 400)
        try:
            values = json.loads(body or b"{}")
            if name in self._writes:
                return json_reply(self._writes[name](values))
            getattr(self.sandbox, name)(**values)
            return json_reply({"ok": True})
        except (NotPossible, Refused) as error:
            return json_reply({"error": str(error)}, 409)
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            return json_reply({"error": f"{type(error).__name__}: {error}"}, 400)

    # ---- reads ---------------------------------------------------------------

    def _health(self, _query: dict) -> dict:
        world = self.sandbox.world
        with world.lock:
            return {
                "ok": True,
                "token": self.sandbox.token,
                "clock": stamp(self.sandbox.now()),
                "orders": len(world.store.orders),
                "counts": self.sandbox.counts(),
                "items": sum(bool(i.live) for i in world.catalog.items.values()),
                "calls": len(world.calls),
                "rate_violations": len(world.rate_violations),
                "accounts": [
                    {"master_id": account.master_id, "sellers": sorted(account.sellers)}
                    for account in world.store.accounts.values()
                ],
            }

    def _ledger(self, query: dict) -> list[dict]:
        last = int(query.get("last") or 0)
        return self.sandbox.ledger(query.get("site"), query.get("seller_id"), last)

    def _items(self, query: dict) -> list[dict]:
        last = int(query.get("last") or 0)
        find = query.get("find") or ""
        return self.sandbox.catalog(
            query.get("site"), query.get("seller_id"), last, find
        )

    def _on_sale(self, query: dict) -> list[dict]:
        found = self.sandbox.on_sale(query.get("site"), query.get("seller_id"))
        return [
            {"site": site, "site_goods_no": number, "option": key, "pieces": pieces}
            for (site, number, key), pieces in found.items()
        ]

    def _calls(self, query: dict) -> list[dict]:
        with self.sandbox.world.lock:
            calls = _last(self.sandbox.calls, query)
        return [{**call._asdict(), "time": stamp(call.time)} for call in calls]

    def _rate_violations(self, query: dict) -> list[dict]:
        with self.sandbox.world.lock:
            found = _last(self.sandbox.rate_violations, query)
        return [{**entry._asdict(), "time": stamp(entry.time)} for entry in found]

    def _faults(self, _query: dict) -> dict:
        faults = self.sandbox.faults
        return {
            "active": [asdict(fault) for fault in faults.active],
            "happened": list(faults.happened),
        }

    # ---- writes --------------------------------------------------------------

    def _add_account(self, values: dict) -> dict:
        account = self.sandbox.add_account(**values)
        return {"master_id": account.master_id, "sellers": sorted(account.sellers)}

    def _permission(self, values: dict) -> dict:
        self.sandbox.set_permission(**values)
        return {"ok": True}

    def _place(self, values: dict) -> dict:
        return {"order_nos": self.sandbox.place_basket(**values)}

    def _add_item(self, values: dict) -> dict:
        item = self.sandbox.add_item(**values)
        return {"goods_no": item.goods_no, "numbers": item.numbers}

    def _generate(self, values: dict) -> dict:
        return {"order_nos": self.sandbox.generate(**values)}

    def _clock(self, values: dict) -> dict:
        if "set" in values:
            now = self.sandbox.set_time(datetime.fromisoformat(values["set"]))
        else:
            now = self.sandbox.advance(float(values["advance"]))
        return {"now": stamp(now)}

    def _add_fault(self, values: dict) -> dict:
        if values.pop("clear", False):
            self.sandbox.faults.clear()
        if values:
            self.sandbox.faults.add(**values)
        return {"active": len(self.sandbox.faults.active)}

    def _strict(self, values: dict) -> dict:
        with self.sandbox.world.lock:
            self.sandbox.strict.update(**values)
        return asdict(self.sandbox.strict)

    def _reset(self, _values: dict) -> dict:
        self.sandbox.reset()
        return {"ok": True}


def _last(entries: list, query: dict) -> list:
    count = int(query.get("last") or 0)
    return entries[-count:] if count else list(entries)
