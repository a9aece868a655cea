from odoo import api, fields, models


class EsmProblem(models.Model):
    """What each problem means, and what to do about it, in the merchant's words."""

    _inherit = "esm.problem"

    what = fields.Text(
        string="What Happened", compute="_compute_texts", compute_sudo=True
    )
    fix = fields.Text(
        string="How to Solve It", compute="_compute_texts", compute_sudo=True
    )

    @api.depends("kind", "told_text", "name", "order_count", "since")
    @api.depends_context("lang", "tz")
    def _compute_texts(self):
        fixes = self._fixes()
        for problem in self:
            problem.what = problem._what()
            problem.fix = fixes.get(problem.kind)
            if problem.kind == "late" and problem.res_model == "esm.order":
                problem.fix = self.env._(
                    "Confirm the order so that its delivery can be packed, or tell the "
                    "marketplace another date with Plan Ship Date."
                )

    def _what(self):
        """What happened: in the record's own words, as far as it has any."""
        self.ensure_one()
        text = self.told_text
        if not text:
            text = self._what_by_kind()
        if text and self.kind == "unmatched" and self.order_count > 1:
            text = self.env._(
                "%(count)s orders wait for this. The first one: %(text)s",
                count=self.order_count,
                text=text,
            )
        return text

    def _what_by_kind(self):
        """What happened, for problems that are not written down anywhere."""
        values = {"name": self.name, "count": self.order_count}
        day = self.since and fields.Date.to_string(
            fields.Datetime.context_timestamp(self, self.since)
        )
        if self.kind == "late" and self.res_model == "esm.order":
            return self.env._(
                "The dispatch deadline of order %(name)s has passed, and the warehouse "
                "does not have it yet.",
                **values,
            )
        if self.kind == "late":
            return self.env._(
                "The dispatch deadline of delivery %(name)s has passed, and the "
                "marketplace has no tracking number of it.",
                **values,
            )
        if self.kind == "number":
            return self.env._(
                "Delivery %(name)s has left without a tracking number or courier, so "
                "the marketplace was not told.",
                **values,
            )
        if self.kind == "phone":
            return self.env._(
                "The marketplace sent no phone number of the receiver of order "
                "%(name)s.",
                **values,
            )
        if self.kind == "stopped":
            return self.env._(
                "“%(name)s” is stopped since %(day)s, because nothing is left. ESM "
                "deletes items that are stopped for a month.",
                day=day,
                **values,
            )
        if self.kind == "options":
            return self.env._(
                "%(count)s options that are on sale have no product: their orders will "
                "stop, and their stock is not kept.",
                **values,
            )
        if self.kind == "numbers":
            return self.env._(
                "%(name)s has %(left)s waybill numbers left.",
                name=self.name,
                left=f"{self.order_count:,}",
            )
        if self.kind == "import":
            return self.env._(
                "%(count)s rows of this file have problems; nothing of it is applied.",
                **values,
            )
        return False

    @api.model
    def _fixes(self):
        """Dict kind -> what to do, translated."""
        read_file = self.env._(
            "See in the import which rows have problems, correct them and upload the "
            "file again, or delete the import."
        )
        return {
            "connection": self.env._(
                "Check master ID, secret key and shop ID, then test the connection. "
                "Until then no order comes in and nothing is sent."
            ),
            "goods": self.env._(
                "Ask ESM to allow the goods API for your master ID. Orders go on "
                "meanwhile, listings and stock do not."
            ),
            "unmatched": self.env._(
                "Choose the product that leaves the warehouse, or enter the code on "
                "the product. The waiting orders go on by themselves."
            ),
            "amount": self.env._(
                "Compare the figures with ESM Plus. If they are right, a manager "
                "accepts them on the sales order; otherwise correct its lines."
            ),
            "address": self.env._(
                "It is read again by itself. If it stays like this, look at the order "
                "in ESM Plus."
            ),
            "confirmation": self.env._(
                "Mend what the marketplace says, then send the confirmation again."
            ),
            "cancel": self.env._(
                "Approve it in ESM Plus, or let a manager ship all the same."
            ),
            "cancelled_late": self.env._(
                "Stop the parcel or take the goods back with a return and a credit "
                "note. Then press Handled on the order."
            ),
            "cancelled_here": self.env._(
                "Cancel the order in ESM Plus as well, or set the sales order back to "
                "quotation and confirm it."
            ),
            "elsewhere": self.env._(
                "Validate the delivery here with the number that stands in ESM Plus, "
                "or press Handled on the order if it did not leave from here."
            ),
            "address_changed": self.env._(
                "Tell the courier or call the buyer. Then press Handled on the order."
            ),
            "tracking": self.env._(
                "Correct the number or the shipping method on the delivery, then send "
                "it again from there."
            ),
            "error": self.env._(
                "Mend what the text says, then try again. It is tried every hour as "
                "well."
            ),
            "delay": self.env._(
                "Plan another date, or ship before the dispatch deadline."
            ),
            "silent": self.env._(
                "Press Tell the Marketplace on the order to let it go the normal way, "
                "or Handled if you enter its number in ESM Plus yourself."
            ),
            "late": self.env._(
                "Ship it now, or tell the marketplace another date with Plan Ship Date."
            ),
            "number": self.env._(
                "Enter the tracking number and the shipping method on the delivery: it "
                "is sent at once."
            ),
            "repack": self.env._(
                "Take out what must not leave, then press Packed Again on the delivery."
            ),
            "phone": self.env._(
                "Look it up in ESM Plus and enter it on the delivery address, if the "
                "courier needs it."
            ),
            "stock": self.env._(
                "Mend what the marketplace says in ESM Plus, then send it again: what "
                "is on sale may be more than you have."
            ),
            "price": self.env._("Correct the price of the listing."),
            "codes": self.env._(
                "Correct the options in ESM Plus, or the codes on the products, then "
                "write the codes again."
            ),
            "delivered": self.env._(
                "Mark the order as delivered in ESM Plus, or send it again."
            ),
            "stopped": self.env._(
                "Get stock, or start it in ESM Plus, before the month is over."
            ),
            "options": self.env._("Match them with products."),
            "numbers": self.env._(
                "Ask the courier for more and add them to the shipping method."
            ),
            "import": read_file,
        }
