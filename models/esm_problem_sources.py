"""Records that problems come from: since when, and who is told when that changes."""

from odoo import fields, models

from .esm_listing import WARN_STOPPED_AFTER


class EsmOrder(models.Model):
    _inherit = "esm.order"

    problem_at = fields.Datetime(
        string="Problem Since", readonly=True, help="When this problem was found."
    )

    # Orders that were read again in vain: few, among all that are to be shipped.
    _incomplete_idx = models.Index(
        "(shop_id) WHERE complete_tries >= 3 AND state IN ('booked', 'released')"
    )

    def init(self):
        """Extend: when problems were found before this was written down."""
        res = super().init()
        self.env.cr.execute(
            """UPDATE esm_order SET problem_at = write_date
                WHERE problem IS NOT NULL AND problem_at IS NULL"""
        )
        return res

    def write(self, vals):
        """Extend: another problem begins now; whoever is responsible is told."""
        shops = self.env["esm.shop"]
        if {"problem", "problem_text", "waiting_code", "sale_order_id"} & vals.keys():
            shops = self.filtered("problem").shop_id
        if "problem" in vals:
            found = self.filtered(lambda row: row.problem != vals["problem"])
            if vals["problem"]:
                shops |= self.shop_id
            if found:
                at = vals["problem"] and fields.Datetime.now()
                super(EsmOrder, found).write({"problem_at": at})
        res = super().write(vals)
        self.env["esm.problem"]._tell_later(shops)
        return res


class EsmShop(models.Model):
    _inherit = "esm.shop"

    connection_since = fields.Datetime(
        string="Connection State Since", readonly=True, copy=False
    )
    listings_since = fields.Datetime(
        string="Listings Not Permitted Since", readonly=True, copy=False
    )

    def init(self):
        """Extend: as of orders."""
        res = super().init()
        self.env.cr.execute(
            """UPDATE esm_shop
                  SET connection_since = COALESCE(connection_since, write_date),
                      listings_since = COALESCE(listings_since, write_date)
                WHERE connection_since IS NULL
                   OR listings_message IS NOT NULL AND listings_since IS NULL"""
        )
        return res

    def write(self, vals):
        """Extend: note when it changed, and tell who is responsible."""
        now = fields.Datetime.now()
        changed = self.browse()
        for name, since in (
            ("connection_state", "connection_since"),
            ("listings_message", "listings_since"),
        ):
            others = name in vals and self.filtered(
                lambda shop, name=name: (shop[name] or False) != (vals[name] or False)
            )
            if others:
                super(EsmShop, others).write({since: now})
                changed |= others
        if "user_id" in vals or "active" in vals:
            changed = self
        res = super().write(vals)
        self.env["esm.problem"]._tell_later(changed)
        return res


class EsmOutbox(models.Model):
    _inherit = "esm.outbox"

    def write(self, vals):
        """Extend: tell what is refused of listings; an order tells itself."""
        shops = self.env["esm.shop"]
        if {"state", "message"} & vals.keys():
            about = self.filtered("listing_id")
            shops = about.filtered(lambda message: message.state == "refused").shop_id
            if vals.get("state") == "refused":
                shops |= about.shop_id
        res = super().write(vals)
        self.env["esm.problem"]._tell_later(shops)
        return res


class EsmListing(models.Model):
    _inherit = "esm.listing"

    def write(self, vals):
        """Extend: what is on sale again is not deleted soon."""
        shops = self.env["esm.shop"]
        if {"state", "stopped_at"} & vals.keys():
            long_ago = fields.Datetime.now() - WARN_STOPPED_AFTER
            shops = self.filtered(
                lambda listing: listing.stopped_at and listing.stopped_at < long_ago
            ).shop_id
            if vals.get("state") == "deleted":
                shops |= self.shop_id
        res = super().write(vals)
        self.env["esm.problem"]._tell_later(shops)
        return res


class StockPicking(models.Model):
    _inherit = "stock.picking"

    esm_repack_at = fields.Datetime(
        string="To Pack Again Since", readonly=True, copy=False
    )

    # Few of all deliveries.
    _esm_repack_idx = models.Index("(esm_shop_id) WHERE esm_repack_text IS NOT NULL")

    def write(self, vals):
        """Extend: note since when it has to be packed again, and tell of it."""
        if "esm_repack_text" not in vals:
            return super().write(vals)
        vals = dict(vals)
        if not vals["esm_repack_text"]:
            vals["esm_repack_at"] = False
        elif not all(self.mapped("esm_repack_at")):
            vals["esm_repack_at"] = fields.Datetime.now()
        res = super().write(vals)
        # sudo: shops are the connector's
        self.env["esm.problem"]._tell_later(self.sudo().esm_shop_id)
        return res


class EsmWaybillRange(models.Model):
    _inherit = "esm.waybill.range"

    def unlink(self):
        """Extend: without any numbers there is nothing to run out."""
        carriers = self.carrier_id
        res = super().unlink()
        carriers._esm_sync_numbers_warning()
        return res
