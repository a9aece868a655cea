from odoo import models

from ..esm_api import (
    DETAIL_WIDTH,
    HIGHEST_PRICE,
    LARGEST_STOCK,
    LONGEST_DELAY_DAYS,
    LOWEST_PRICE,
    PRICE_STEP,
    BadAnswer,
    CredentialError,
    DiagnosisOutcome,
    EsmError,
    HostUnreachable,
    NoPermission,
    RateLimited,
    Refusal,
    RuleError,
    TimedOut,
    TransientError,
    UnknownOutcome,
)


class EsmShop(models.Model):
    """What ESM's answers mean, in the merchant's words."""

    _inherit = "esm.shop"

    def _explain(self, error):
        """What `error` means and what to do now, for the merchant.

        :param error: an `esm_api.EsmError`
        :return: translated text that ends with ESM's own words, if there are any
        """
        if isinstance(error, RuleError):
            return self._explain_refusal(error)
        explanations = [
            (
                NoPermission,
                self.env._(
                    "ESM refuses this kind of call for your key. Ask ESM to allow the "
                    "API for your master ID."
                ),
            ),
            (
                CredentialError,
                self.env._(
                    "ESM refuses the key. Check the master ID, the secret key and that "
                    "this server's IP address is registered, then press Test "
                    "Connection."
                ),
            ),
            (
                HostUnreachable,
                self.env._(
                    "ESM cannot be reached. Check the internet connection of this "
                    "server; the next run tries again."
                ),
            ),
            (
                TimedOut,
                self.env._("ESM did not answer in time. The next run tries again."),
            ),
            (
                RateLimited,
                self.env._("ESM asks to slow down. The next run tries again."),
            ),
            (
                BadAnswer,
                self.env._(
                    "ESM sent an answer that cannot be read. The next run tries again."
                ),
            ),
            (
                UnknownOutcome,
                self.env._(
                    "The answer of ESM got lost, so it is not known whether the call "
                    "took effect. The next run asks ESM first."
                ),
            ),
            (
                TransientError,
                self.env._("ESM has trouble at the moment. The next run tries again."),
            ),
            (EsmError, self.env._("ESM refuses this.")),
        ]
        text = next(text for kind, text in explanations if isinstance(error, kind))
        return f"{text} ({error.message})" if error.message else text

    def _explain_refusal(self, error):
        """What a refusal by rule means and what to do now.

        :param error: an `esm_api.RuleError`
        :return: translated text that ends with ESM's own words
        """
        explanations = {
            Refusal.NOT_FOUND: self.env._(
                "ESM does not know this order for this shop ID. Check the shop ID."
            ),
            Refusal.UNKNOWN_COURIER: self.env._(
                "ESM does not know this courier. Choose another marketplace courier on "
                "the shipping method, then press Retry."
            ),
            Refusal.BAD_INVOICE_NO: self.env._(
                "The tracking number does not fit the courier's rule. Correct number "
                "or shipping method on the delivery, then press Retry."
            ),
            Refusal.STAR_COURIER: self.env._(
                "Star delivery orders can only be sent with a contracted courier. "
                "Choose another shipping method, then press Retry."
            ),
            Refusal.FULFILMENT: self.env._(
                "This order is shipped by the marketplace's own fulfilment centre."
            ),
            Refusal.GIFT_WAITING: self.env._(
                "The receiver has not accepted this gift yet."
            ),
            Refusal.WRONG_STATE: self.env._(
                "The state of the order at ESM does not permit this. Look at it in ESM "
                "Plus."
            ),
            Refusal.CANCEL_COMPLETED: self.env._(
                "The order is cancelled. Stop the parcel."
            ),
            Refusal.CANNOT_DELAY: self.env._(
                "ESM takes no planned ship date for this order: it has one already, or "
                "its item permits no delay. Look at it in ESM Plus."
            ),
            Refusal.BAD_PLANNED_DATE: self.env._(
                "ESM takes a planned ship date from tomorrow to %(days)s days ahead. "
                "Plan another one.",
                days=LONGEST_DELAY_DAYS,
            ),
            Refusal.DETAIL_TOO_LONG: self.env._(
                "ESM takes an explanation of %(korean)s Korean or %(latin)s Latin "
                "characters. Plan the date again with a shorter one.",
                korean=DETAIL_WIDTH // 2,
                latin=DETAIL_WIDTH,
            ),
            Refusal.TOKEN_SITES: self.env._(
                "In ESM Plus this item was put on another site or taken off one. Read "
                "the listings of both shops again, then press Retry."
            ),
            Refusal.ITEM_NOT_FOUND: self.env._(
                "ESM does not know this item for this shop ID. Check the goods number "
                "and the shop ID."
            ),
            Refusal.DELETED_ITEM: self.env._(
                "This item is deleted at ESM, so it cannot be sold under this goods "
                "number any more."
            ),
            Refusal.FROZEN_ITEM: self.env._(
                "ESM lets nobody change an item in the first three minutes. The next "
                "run tries again."
            ),
            Refusal.ALL_SOLD_OUT: self.env._(
                "ESM does not accept that all options of an item are sold out. Stop "
                "the item in ESM Plus, or give one option stock."
            ),
            Refusal.BAD_PRICE: self.env._(
                "ESM accepts prices from %(lowest)s won to %(highest)s won, in steps "
                "of %(step)s won. Correct the price.",
                lowest=LOWEST_PRICE,
                highest=f"{HIGHEST_PRICE:,}",
                step=PRICE_STEP,
            ),
            Refusal.BAD_STOCK: self.env._(
                "ESM accepts a stock of 1 to %(largest)s for each option. Look at the "
                "stock of this item's options in ESM Plus, then press Retry.",
                largest=f"{LARGEST_STOCK:,}",
            ),
            Refusal.OPTION_RULE: self.env._(
                "ESM does not accept the options of this item as they are. Read the "
                "listing again; if that does not help, correct its options in ESM Plus."
            ),
        }
        text = explanations.get(
            error.reason, self.env._("ESM refuses this. Look it up in ESM Plus.")
        )
        return f"{text} ({error.message})" if error.message else text

    def _diagnosis_text(self, diagnosis):
        outcomes = {
            DiagnosisOutcome.CONNECTED: self.env._(
                "Connected as %(seller)s: %(new)s new orders and %(preparing)s orders "
                "to ship today, %(couriers)s couriers.",
                seller=diagnosis.seller_id_seen or self.seller_id,
                new=diagnosis.new_orders or 0,
                preparing=diagnosis.preparing_orders or 0,
                couriers=diagnosis.courier_count or 0,
            ),
            DiagnosisOutcome.REFUSED: self.env._(
                "ESM refuses the key or its signature. Check the master ID and the "
                "secret key letter by letter, that this server's IP address is "
                "registered with ESM, and that the server's clock is right."
            ),
            DiagnosisOutcome.IP_NOT_REGISTERED: self.env._(
                "ESM does not know this server's IP address. Register it with ESM, "
                "then test again."
            ),
            DiagnosisOutcome.NO_PERMISSION: self.env._(
                "The key is right, but ESM does not allow it to use: %(apis)s. Ask ESM "
                "to allow these APIs for your master ID.",
                apis=", ".join(check.name for check in diagnosis.apis if not check.ok),
            ),
            DiagnosisOutcome.SELLER_UNKNOWN: self.env._(
                "The key is right, but the shop ID %(seller)s does not belong to this "
                "master ID on %(site)s. Check the shop ID in ESM Plus; with a selling "
                "tool, check that the tool company is chosen there.",
                seller=self.seller_id,
                site=dict(self._fields["site"]._description_selection(self.env))[
                    self.site
                ],
            ),
            DiagnosisOutcome.UNREACHABLE: self.env._(
                "The server of ESM cannot be reached. Check the address and the "
                "internet connection of this server."
            ),
            DiagnosisOutcome.TIMED_OUT: self.env._(
                "The server of ESM did not answer in time. Try again in a few minutes."
            ),
            DiagnosisOutcome.BUSY: self.env._(
                "ESM asks to slow down. Try again in a minute."
            ),
            DiagnosisOutcome.FAILED: self.env._(
                "ESM answers, but not as expected. Try again in a few minutes."
            ),
        }
        text = outcomes[diagnosis.outcome]
        if diagnosis.error and diagnosis.error.message:
            text = self.env._(
                "%(text)s ESM says: %(message)s",
                text=text,
                message=diagnosis.error.message,
            )
        return text
