import logging

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import split_every

from .jobs import CONFLICTS, describe

_logger = logging.getLogger(__name__)


class ResCompany(models.Model):
    """How long data of marketplace orders is kept, and the job of every night."""

    _inherit = "res.company"

    esm_mask = fields.Boolean(string="Mask Personal Data", default=True)
    esm_mask_days = fields.Integer(
        string="Masked After",
        default=90,
        help="Days after the purchase decision (구매결정). Where the marketplace told "
        "none: after the last change of an order that has left or is cancelled.",
    )
    esm_keep_invoiced_years = fields.Integer(
        string="Kept on Invoices",
        default=5,
        help="Years that name and address of a contact are kept after its last invoice "
        "or payment. 0: for ever.",
    )
    esm_pack = fields.Boolean(string="Clear Finished Work", default=True)
    esm_pack_days = fields.Integer(
        string="Cleared After",
        default=180,
        help="Days after the purchase decision, counted as for masking.",
    )
    esm_run_days = fields.Integer(
        string="Results of Runs Kept",
        default=30,
        help="Days that the results of what people started, or what failed, are kept. "
        "Scheduled work that went well is cleared after two days.",
    )

    @api.constrains(
        "esm_mask_days", "esm_keep_invoiced_years", "esm_pack_days", "esm_run_days"
    )
    def _check_esm_days(self):
        for company in self:
            if (
                min(company.esm_mask_days, company.esm_pack_days) < 30
                or company.esm_run_days < 2
                or company.esm_keep_invoiced_years < 0
            ):
                raise ValidationError(
                    self.env._(
                        "Data retention: orders are kept for at least 30 days, as long "
                        "as the marketplace may still tell something about them; "
                        "results of runs for at least 2 days."
                    )
                )

    @api.model
    def _esm_cron_retention(self):
        """Mask and clear what is old enough in all companies; commits in pieces."""
        Order = self.env["esm.order"]
        work = []
        for company in self.env["esm.shop"]._with_shops():
            to_mask = Order._to_mask(company)
            work += [
                (Order.browse(ids), "_mask_due")
                for ids in split_every(Order._MASK_BATCH, to_mask.ids)
            ]
            to_pack = Order._to_pack(company)
            work += [
                (Order.browse(ids), "_pack_due")
                for ids in split_every(Order._PACK_BATCH, to_pack.ids)
            ]
        contacts = self.env["res.partner"]._esm_to_mask_again()
        work += [
            (contacts.browse(ids), "_esm_mask_again")
            for ids in split_every(Order._MASK_BATCH, contacts.ids)
        ]
        progress = self.env["ir.cron"]._commit_progress
        progress(remaining=len(work))
        for number, (records, method) in enumerate(work, 1):
            done = self._esm_isolate(records, method)
            _logger.info("%s: %s of %s records", method, done, len(records))
            if not progress(1, remaining=len(work) - number):
                break

    @api.model
    def _esm_isolate(self, records, method):
        """Call a method on records at once; if that fails, on one after the other.

        What belongs to one sales order stays together.

        :param records: recordset
        :param method: name of a method of theirs that returns a number
        :return: sum of what it returned
        """
        shops = self.env["esm.shop"]
        try:
            return shops._transact(getattr(records, method), alone=False, attempts=3)
        except Exception:
            shops._rollback()
        orders = "sale_order_id" if records._name == "esm.order" else "id"
        done = 0
        for part in records.grouped(orders).values():
            try:
                done += shops._transact(getattr(part, method), alone=False)
            except CONFLICTS:
                continue  # somebody works on it: tomorrow
            except Exception as error:
                shops._rollback()
                _logger.error(
                    "%s of %s %s: %s", method, part._name, part.ids, describe(error)
                )
        return done


class EsmShop(models.Model):
    _inherit = "esm.shop"

    @api.model
    def _with_shops(self):
        """The companies that have or had a shop."""
        groups = self.with_context(active_test=False)._read_group([], ["company_id"])
        return self.env["res.company"].union(*(company for [company] in groups))
