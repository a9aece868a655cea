"""What refusals of item calls tell the merchant."""

from odoo.tests import TransactionCase, tagged

from ..esm_api import Refusal, RuleError

ITEM_REFUSALS = (
    Refusal.TOKEN_SITES,
    Refusal.ITEM_NOT_FOUND,
    Refusal.DELETED_ITEM,
    Refusal.FROZEN_ITEM,
    Refusal.ALL_SOLD_OUT,
    Refusal.BAD_PRICE,
    Refusal.BAD_STOCK,
    Refusal.OPTION_RULE,
    Refusal.OTHER,
)


@tagged("post_install", "-at_install")
class TestEsmApiGoodsTexts(TransactionCase):
    def test_each_refusal_has_its_own_words_and_esms(self):
        shop = self.env["esm.shop"]
        texts = [
            shop._explain_refusal(RuleError("상품 오류", reason=reason))
            for reason in ITEM_REFUSALS
        ]
        self.assertEqual(len(set(texts)), len(texts))
        for text in texts:
            self.assertTrue(text.endswith(" (상품 오류)"), text)
            self.assertNotIn("%(", text)
            self.assertNotIn("order", text)

    def test_limits_are_in_the_words(self):
        text = self.env["esm.shop"]._explain(RuleError(reason=Refusal.BAD_PRICE))
        for figure in ("10 won", "999,999,990 won"):
            self.assertIn(figure, text)
        text = self.env["esm.shop"]._explain(RuleError(reason=Refusal.BAD_STOCK))
        self.assertIn("99,999", text)
