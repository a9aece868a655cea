from contextlib import suppress
from itertools import combinations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged

from .common import CUP, TEA
from .test_bundles import HOME, BundleCase

TAGS = ("Food", "Soap", "Glass")
COUNT = 7
# Where one delivery goes: index of its address, courier and warehouse.
PLACE = st.tuples(*(st.sampled_from((0, 0, 0, 1)) for _ in range(3)))
RULES = st.lists(
    st.tuples(st.sampled_from(TAGS), st.sampled_from((*TAGS, None))), max_size=3
)
EVENT = st.tuples(
    st.sampled_from(("pack", "pack all", "apart", "number", "move", "cancel")),
    st.lists(st.integers(0, COUNT - 1), min_size=1, max_size=4, unique=True),
)
PROPERTY = settings(
    max_examples=60,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)


class Undo(Exception):  # noqa: N818  (it is no error)
    """Ends an example: what it wrote is rolled back."""


@tagged("post_install", "-at_install")
class TestBundlesAtRandom(BundleCase):
    """Whatever is packed and taken apart, no parcel mixes what does not belong."""

    def setUp(self):
        super().setUp()
        pickings = self.env["stock.picking"]
        for items in ((TEA,), (CUP,), (TEA, CUP), (TEA,), (CUP,)):
            pickings |= self.at_home(*items)
        for items in ((TEA,), (CUP,)):
            pickings |= self.delivery(*items, site="auction", receiver=HOME)
        self.pickings = pickings
        self.tags = self.env["product.tag"].create([{"name": name} for name in TAGS])
        self.carriers = self.carrier | self.carrier.copy({"name": "Other"})
        kind = pickings.picking_type_id
        self.kinds = kind | kind.copy({"name": "Other", "sequence_code": "OTHER"})
        self.others = self.env["res.partner"].create(
            [{"name": "김하나", "street": f"가상로 {number}"} for number in range(2)]
        )
        self.env.flush_all()

    @PROPERTY
    @given(
        places=st.lists(PLACE, min_size=COUNT, max_size=COUNT),
        tagged_goods=st.lists(st.sets(st.sampled_from(TAGS), max_size=2), min_size=2),
        rules=RULES,
        events=st.lists(EVENT, min_size=1, max_size=6),
    )
    def test_no_parcel_mixes(self, places, tagged_goods, rules, events):
        with suppress(Undo), self.env.cr.savepoint():
            self.prepare(places, tagged_goods, rules)
            for name, indexes in events:
                chosen = self.pickings.browse(self.pickings[i].id for i in indexes)
                with suppress(UserError):
                    self.do(name, chosen)
                self.check_parcels()
            raise Undo
        self.env.invalidate_all()

    def prepare(self, places, tagged_goods, rules):
        for picking, (address, carrier, kind) in zip(
            self.pickings, places, strict=True
        ):
            if address:
                picking.partner_id = self.others[0]
            picking.carrier_id = self.carriers[carrier]
            picking.picking_type_id = self.kinds[kind]
        for product, names in zip(self.tea | self.cup, tagged_goods, strict=False):
            tags = self.tags.filtered(lambda tag, names=names: tag.name in names)
            product.product_tmpl_id.product_tag_ids = [Command.set(tags.ids)]
        for name, other in rules:
            self.add_rule(name, other)

    def add_rule(self, name, other):
        ids = {tag.name: tag.id for tag in self.tags}
        self.env["esm.bundle.rule"].create(
            {"tag_id": ids[name], "other_tag_id": ids.get(other)}
        )

    def do(self, name, chosen):
        free = chosen.filtered(
            lambda p: not p._esm_whole_parcels().filtered("carrier_tracking_ref")
        )
        if name == "pack":
            chosen.action_esm_pack_together()
            self.check_rules()
        elif name == "pack all":
            self.env["stock.picking"].action_esm_pack_together()
            self.check_rules()
        elif name == "apart" and free == chosen:
            before = self.state_without_parcels()
            chosen.action_esm_take_apart()
            self.assertFalse(chosen.esm_bundle_id)
            self.assertEqual(self.state_without_parcels(), before)
        elif name == "apart":
            kept = [b.picking_ids.sorted("id") for b in chosen.esm_bundle_id]
            numbers = [parcel[0].carrier_tracking_ref for parcel in kept]
            chosen.action_esm_take_apart()
            for parcel, number in zip(kept, numbers, strict=True):
                self.assertEqual(
                    parcel.mapped("carrier_tracking_ref"),
                    [number] + [False] * (len(parcel) - 1),
                )
        elif name == "number":
            chosen[0].carrier_tracking_ref = f"{700000000000 + chosen[0].id}"
        elif name == "move":
            chosen[0].partner_id = self.others[1]
        elif name == "cancel":
            for row in chosen[0]._esm_orders():
                row._cancel("Test")
            self.assertFalse(chosen[0].esm_bundle_id)

    def state_without_parcels(self):
        return [
            (p.state, p.carrier_id, p.carrier_tracking_ref, p.esm_repack_text)
            for p in self.pickings
        ]

    def check_parcels(self):
        self.env.invalidate_all()
        bundles = self.env["esm.bundle"].search([])
        self.assertEqual(bundles, self.pickings.esm_bundle_id.sorted("id", True))
        parcels = [bundle.picking_ids for bundle in bundles]
        proposed = self.pickings._esm_propose()
        for parcel in parcels + proposed:
            self.assertGreater(len(parcel), 1)
            for name in (
                *("esm_shop_id", "carrier_id", "picking_type_id", "company_id"),
                *("carrier_tracking_ref", "esm_printed_at"),
            ):
                self.assertEqual(len({picking[name] for picking in parcel}), 1, name)
            address = {(p.partner_id.street, p.partner_id.street2) for p in parcel}
            self.assertEqual(len(address), 1)
            self.assertNotIn("cancel", parcel.mapped("state"))
        for found in (parcels, proposed):
            ids = [picking.id for parcel in found for picking in parcel]
            self.assertEqual(len(ids), len(set(ids)))

    def check_rules(self):
        rules = [
            (rule.tag_id, rule.other_tag_id)
            for rule in self.env["esm.bundle.rule"].search([])
        ]
        for bundle in self.env["esm.bundle"].search([]):
            for one, two in combinations(bundle.picking_ids, 2):
                tags = [
                    p.move_ids.product_id.product_tmpl_id.product_tag_ids
                    for p in (one, two)
                ]
                for tag, other in rules:
                    for mine, its in (tags, tags[::-1]):
                        self.assertFalse(tag in mine and (not other or other in its))
