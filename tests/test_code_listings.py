from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged

from ..esm_api import Site, product_list_titles, read_site
from .common import AUCTION, GMARKET, ShopMixin
from .test_code_import import CodeCase
from .workbooks import make_workbook

HEADER = (
    "사이트",
    "판매자 ID",
    "마스터상품번호",
    "상품번호",
    "상품명",
    "판매자관리코드",
    "판매가",
    "재고",
)


@tagged("post_install", "-at_install")
class TestCodeListings(ShopMixin, CodeCase):
    """ESM Plus's own product list: goods numbers and codes in bulk."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.set_up_merchant()
        cls.make_shops("http://127.0.0.1:9/")
        cls.Listing = cls.env["esm.listing"]

    def upload_list(self, *rows, header=HEADER, shop=None):
        return self.upload(
            make_workbook(header, *rows),
            kind="listings",
            shop_id=(shop or self.gmarket).id,
            mode="good",
        )

    def test_new_goods(self):
        record = self.upload_list(
            ("G마켓", GMARKET, 1001, 3900000001, "보리차", "TEA-0100", 12900, 5),
            ("옥션", AUCTION, 1001, "B100000001", "보리차", "TEA-0100", 12900, 5),
            ("지마켓", GMARKET, None, "3900000002", "컵", None, "5,500", 5),
        )
        self.assertEqual(
            record.line_ids.mapped("state"), ["change", "unchanged", "change"]
        )
        self.assertIn("belongs to 옥션", record.line_ids[1].note)
        self.assertFalse(self.Listing.search([("shop_id", "=", self.gmarket.id)]))
        record.action_apply()
        self.assertEqual((record.state, record.applied_count), ("done", 2))
        tea, cup = self.Listing.search(
            [("shop_id", "=", self.gmarket.id)], order="site_goods_no"
        )
        self.assertRecordValues(
            tea | cup,
            [
                {
                    "site_goods_no": "3900000001",
                    "goods_no": "1001",
                    "name": "보리차",
                    "seller_code": "TEA-0100",
                    "price": 12900,
                },
                {
                    "site_goods_no": "3900000002",
                    "goods_no": False,
                    "name": "컵",
                    "seller_code": False,
                    "price": 5500,
                },
            ],
        )
        # The code tells which product it is.
        self.assertEqual(tea.option_ids.component_ids.product_id, type(self).tea)

    def test_known_goods(self):
        self.Listing._learn(
            self.gmarket,
            [
                {"site_goods_no": "39001", "name": "A", "seller_code": "OLD"},
                {"site_goods_no": "39002", "name": "B", "seller_code": "SAME"},
            ],
        )
        header = ("상품번호", "관리코드", "상품명")
        record = self.upload_list(
            ("39001", "NEW", "A"), ("39002", "SAME", None), header=header
        )
        self.assertRecordValues(
            record.line_ids,
            [
                {
                    "state": "change",
                    "old_seller_code": "OLD",
                    "new_seller_code": "NEW",
                },
                {
                    "state": "unchanged",
                    "old_seller_code": "SAME",
                    "new_seller_code": False,
                },
            ],
        )
        record.action_apply()
        self.assertEqual(
            self.Listing.search([("site_goods_no", "=", "39001")]).seller_code, "NEW"
        )

    def test_bad_rows(self):
        record = self.upload_list(
            ("", "", "", "39A", "A", "X", 100),
            ("", "", "", None, "A", "X", 100),
            ("", "", "", "39003", "A", "X", "free"),
            ("", "", "", "39004", "A", "X", 100),
            ("", "", "", "39004", "A", "Y", 100),
            ("", "", "", "39005", "A", "=A1", 100),
        )
        for row, pattern in (
            (2, "D2 .*no goods number of Gmarket"),
            (3, "D3 .*no goods number of Gmarket"),
            (4, "G4 .*number of won"),
            (5, "several rows: 5, 6"),
            (6, "several rows: 5, 6"),
            (7, "F7 .*formula"),
        ):
            self.assertProblem(record, row, pattern)
        with self.assertRaisesRegex(UserError, "nothing to change"):
            record.action_apply()
        self.assertTrue(record.problem_file)

    def test_wrong_files(self):
        record = self.upload_list(("T-1", "A"), header=("Code", "Reference"))
        self.assertIn("Missing: Gmarket Goods Number; Seller", record.message)

    def test_who_may_change_neither_products_nor_listings(self):
        record = self.upload_list(
            ("G마켓", GMARKET, 1001, 3900000001, "보리차", "TEA-0100", 12900, 5)
        )
        user = new_test_user(self.env, "reader", "sale_esm.group_user")
        with self.assertRaisesRegex(UserError, "may not change products"):
            record.with_user(user).action_apply()
        self.assertFalse(self.Listing.search([("shop_id", "=", self.gmarket.id)]))
        manager = new_test_user(self.env, "esm_manager", "sale_esm.group_manager")
        record.with_user(manager).action_apply()
        self.assertTrue(self.Listing.search([("shop_id", "=", self.gmarket.id)]))

    def test_a_shop_is_needed(self):
        record = self.env["esm.code.import"].create(
            {"kind": "listings", "file": "UEs=", "filename": "x.xlsx"}
        )
        with self.assertRaisesRegex(UserError, "Choose the shop"):
            record.action_read()

    def test_the_words_of_esm_plus(self):
        for site in Site:
            titles = product_list_titles(site)
            names = [name for names in titles.values() for name in names]
            self.assertEqual(len(names), len(set(names)))
        self.assertEqual(read_site(" G마켓 "), Site.GMARKET)
        self.assertEqual(read_site("옥션"), Site.AUCTION)
        self.assertIsNone(read_site("11번가"))
