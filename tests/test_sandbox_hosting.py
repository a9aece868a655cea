import multiprocessing
import os
import pickle
import tempfile
import time
from collections import deque
from datetime import datetime, timezone
from decimal import Decimal
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

from odoo.tests import BaseCase, tagged

from ..sandbox import Sandbox, hosting, keeping
from ..sandbox.strict import Strict

MASTER = "hosted"
TOKEN = "name of this sandbox"
SELLER = "mallsample_g"


def build():
    sandbox = Sandbox(orders_interval=0)
    sandbox.add_account(MASTER, "a secret of nobody", gmarket=[SELLER])
    sandbox.add_item("[샘플] 보리차", 12900, gmarket=SELLER, seller_code="TEA-0100")
    return sandbox


class Reduced:
    """Pickled, it is a call: what the file of a stranger may hold."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


def _reach(path, url, result):
    result.put(hosting.reach(path, url, TOKEN, build))
    result.put(hosting.call(url, "generate", _ORDER, token=TOKEN)["order_nos"])
    hosting.stop(path)


def _host(path, pipe):
    pipe.send(hosting.reach(path, None, TOKEN, build))
    pipe.recv()


_ORDER = {"site": "gmarket", "seller_id": SELLER, "orders": 1}


@tagged("post_install", "-at_install")
class TestSandboxHosting(BaseCase):
    def setUp(self):
        super().setUp()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = Path(folder.name) / "deep" / "sandbox"
        self.addCleanup(hosting.stop, self.path)

    def reach(self, url=None):
        return hosting.reach(self.path, url, TOKEN, build)

    def orders(self, url, token=TOKEN):
        return [order["order_no"] for order in hosting.call(url, "ledger", token=token)]

    def test_who_does_not_know_its_name_controls_nothing(self):
        """Anybody on the machine can call the port."""
        url = self.reach()
        for token in ("", "another", "é"):
            for name, values in (("ledger", None), ("health", None), ("reset", {})):
                with self.assertRaises(HTTPError) as refused:
                    hosting.call(url, name, values, token=token)
                self.assertEqual(refused.exception.code, 403)
        with self.assertRaises(HTTPError):
            urlopen(url, timeout=10)  # the page to play the buyer with
        self.assertTrue(hosting.knows(url, TOKEN))

    def test_one_at_a_time(self):
        url = self.reach()
        self.assertEqual(self.reach(url), url)
        self.assertTrue(hosting.knows(url, TOKEN))
        self.assertFalse(hosting.knows(url, "somebody else"))

    def test_a_copy_has_a_sandbox_of_its_own(self):
        """The file was copied with all that is in it, and the address is known."""
        url = self.reach()
        placed = hosting.call(url, "generate", _ORDER, token=TOKEN)["order_nos"]
        copy = self.path.with_name("copy")
        copy.write_bytes(self.path.read_bytes())
        self.addCleanup(hosting.stop, copy)
        other = hosting.reach(copy, url, "name of the copy", build)
        self.assertNotEqual(other, url)
        self.assertEqual(self.orders(other, "name of the copy"), placed)
        # That the copy ends does nothing to the original, whatever address it knows.
        hosting.forget(copy, url, "name of the copy")
        self.assertFalse(hosting.knows(other, "name of the copy"))
        self.assertEqual(self.orders(url), placed)
        self.assertTrue(self.path.exists())

    def test_a_sandbox_without_a_name_is_nobodys(self):
        with Sandbox() as other:
            other.add_account(MASTER, "a secret of nobody", gmarket=[SELLER])
            other.place_basket(
                "gmarket",
                SELLER,
                [{"site_goods_no": "1", "name": "보리차", "price": 12900}],
            )
            hosting.forget(self.path, other.url)
            self.assertEqual(len(self.orders(other.url)), 1)

    def test_what_happened_is_kept(self):
        url = self.reach()
        placed = hosting.call(url, "generate", _ORDER, token=TOKEN)["order_nos"]
        hosting.stop(self.path)
        self.assertFalse(hosting.knows(url, TOKEN))
        self.assertEqual(self.reach(url), url)
        self.assertEqual(self.orders(url), placed)
        # Numbers go on, they do not begin anew.
        more = hosting.call(url, "generate", _ORDER, token=TOKEN)["order_nos"]
        self.assertFalse(set(more) & set(placed))

    def test_another_process_goes_on(self):
        url = self.reach()
        placed = hosting.call(url, "generate", _ORDER, token=TOKEN)["order_nos"]
        hosting.stop(self.path)
        context = multiprocessing.get_context("fork")
        result = context.Queue()
        process = context.Process(target=_reach, args=(self.path, url, result))
        process.start()
        self.assertEqual(result.get(timeout=20), url)
        placed += result.get(timeout=20)
        process.join(timeout=20)
        self.assertEqual(self.orders(self.reach(url)), placed)

    def test_a_file_that_cannot_be_read(self):
        url = self.reach()
        hosting.stop(self.path)
        self.path.write_bytes(b"something else")
        self.assertEqual(self.orders(self.reach(url)), [])

    def test_a_file_that_would_run_code(self):
        self.path.parent.mkdir()
        made = self.path.with_name("made")
        # Also through the one module that would lead anywhere else.
        by_name = Reduced(getattr, Reduced(__import__, "os"), "mkdir")
        data = [
            pickle.dumps(Reduced(os.mkdir, str(made))),
            pickle.dumps(Reduced(eval, f"__import__('os').mkdir({str(made)!r})")),
            pickle.dumps(by_name),
            # Names that a module of the sandbox has imported, dotted or plain.
            f"c{hosting.__name__}\nos.mkdir\n(V{made}\ntR.".encode(),
            f"c{hosting.__name__}\nurlsplit\n(V{made}\ntR.".encode(),
            f"c{hosting.__name__}\nforget\n(V{made}\ntR.".encode(),
        ]
        for each in data:
            with self.assertRaises(pickle.UnpicklingError):
                keeping.load(each)
            self.path.write_bytes(each)
            self.assertIsNone(hosting._load(self.path))
            self.assertFalse(made.exists())
        self.assertEqual(self.orders(self.reach()), [])
        pickle.loads(data[0])
        self.assertTrue(made.exists())  # it would have

    def test_only_methods_are_reached_by_name(self):
        strict = Strict()
        for name in ("__class__", "__init_subclass__", "no_such"):
            with self.assertRaises(pickle.UnpicklingError):
                keeping.load(pickle.dumps(Reduced(getattr, strict, name)))

    def test_harmless_values(self):
        values = [
            {"set": {1}, "frozen": frozenset("a"), "deque": deque([1])},
            (Decimal("1.5"), datetime(2026, 6, 8, tzinfo=timezone.utc)),
        ]
        self.assertEqual(keeping.load(pickle.dumps(values)), values)

    def test_no_sandbox_in_it(self):
        self.path.parent.mkdir()
        self.path.write_bytes(pickle.dumps({"world": 1}))
        self.assertIsNone(hosting._load(self.path))

    def test_everything_is_kept(self):
        sandbox = build()
        sandbox.strict.update(reappears_after_withdrawal=False)
        numbers = sandbox.generate("gmarket", SELLER, orders=60)
        sandbox.confirm(numbers[0])
        sandbox.dispatch(numbers[0], 10013, "990000000006")
        sandbox.mark_delivered(numbers[0])
        sandbox.request_return(numbers[0])
        sandbox.cancel(numbers[1])
        other = Sandbox()
        other.load(sandbox.dump())
        self.assertEqual(other.ledger(), sandbox.ledger())
        self.assertEqual(other.catalog(), sandbox.catalog())
        self.assertEqual(other.strict, sandbox.strict)

    def test_forget(self):
        url = self.reach()
        hosting.forget(self.path)
        self.assertFalse(hosting.knows(url, TOKEN))
        self.assertFalse(self.path.exists())

    def test_forget_what_another_process_has(self):
        context = multiprocessing.get_context("fork")
        here, there = context.Pipe()
        process = context.Process(target=_host, args=(self.path, there))
        process.start()
        url = here.recv()
        self.assertTrue(hosting.knows(url, TOKEN))
        hosting.forget(self.path, url, TOKEN)
        deadline = time.monotonic() + 10
        while hosting.knows(url, TOKEN) and time.monotonic() < deadline:
            time.sleep(0.05)
        self.assertFalse(hosting.knows(url, TOKEN))
        here.send("end")
        process.join(timeout=20)

    def test_what_is_due_is_kept(self):
        """Deadlines and requests that wait go on after a restart."""
        sandbox = Sandbox(start=datetime(2026, 6, 8, 10, 15), orders_interval=0)
        sandbox.add_account(MASTER, "a secret of nobody", gmarket=[SELLER])
        [number] = sandbox.place_basket(
            "gmarket", SELLER, [{"site_goods_no": "3900000001", "name": "보리차",
                                 "price": 12900}], deposit=True
        )  # fmt: skip
        other = Sandbox()
        other.load(sandbox.dump())
        self.assertEqual(other.now(), sandbox.now())
        self.assertEqual(other.orders[number].state, sandbox.orders[number].state)
        for each in (sandbox, other):
            each.advance(30 * 24 * 3600)
        self.assertEqual(other.orders[number].claim, sandbox.orders[number].claim)
        self.assertEqual(other.orders[number].claim, "cancel_done")
