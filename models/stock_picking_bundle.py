import unicodedata

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

# A delivery that is still to leave.
OPEN = ("waiting", "confirmed", "assigned")


class StockPicking(models.Model):
    """Deliveries that leave in one parcel: proposed, packed together, taken apart.

    All deliveries of a parcel have the same courier and number: a change of one is a
    change of all. They are printed and validated together. A delivery that is cancelled
    or goes elsewhere leaves its parcel without its number.
    """

    _inherit = "stock.picking"

    esm_bundle_id = fields.Many2one(
        "esm.bundle",
        string="Parcel",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
    )
    esm_parcel_key = fields.Char(
        compute="_compute_esm_parcel_key",
        compute_sudo=True,
        store=True,
        index="btree_not_null",
        help="Open deliveries with the same key go to the same receiver and address, "
        "from the same shop and warehouse, with the same courier.",
    )
    esm_mate_count = fields.Integer(
        string="Deliveries to the Same Address",
        compute="_compute_esm_mates",
        search="_search_esm_mate_count",
    )
    esm_parcel_text = fields.Char(string="Same Address", compute="_compute_esm_mates")
    esm_repack_text = fields.Text(
        string="Pack Again",
        readonly=True,
        copy=False,
        help="What has to come out of the parcel before it leaves.",
    )

    # ------------------------------------------------------------------
    # Fields
    # ------------------------------------------------------------------

    @api.depends(
        "state",
        "esm_shop_id",
        "picking_type_id",
        "carrier_id",
        "partner_id.name",
        "partner_id.zip",
        "partner_id.street",
        "partner_id.street2",
        "partner_id.city",
        "partner_id.state_id",
        "partner_id.country_id",
        "partner_id.esm_masked_at",
        "move_ids.sale_line_id.esm_order_id.overseas_bundle_no",
    )
    def _compute_esm_parcel_key(self):
        for picking in self:
            partner = picking.partner_id
            if (
                not picking._esm_is_delivery()
                or picking.state not in OPEN
                or not picking.carrier_id
                or not (partner.street or partner.street2)
                # Masked addresses look the same, wherever they were.
                or partner.esm_masked_at
                # Each overseas parcel has a number of its own from the marketplace.
                or any(picking._esm_orders().mapped("overseas_bundle_no"))
            ):
                picking.esm_parcel_key = False
                continue
            place = (
                *(partner.name, partner.zip, partner.street, partner.street2),
                *(partner.city, partner.state_id.name, partner.country_id.code),
            )
            who = partner._esm_fingerprint(
                *(
                    "".join(unicodedata.normalize("NFKC", part or "").split())
                    for part in place
                )
            )
            parts = (picking.esm_shop_id, picking.picking_type_id, picking.carrier_id)
            picking.esm_parcel_key = ":".join((*(str(part.id) for part in parts), who))

    @api.depends(
        "esm_parcel_key",
        "esm_bundle_id.picking_ids",
        "carrier_tracking_ref",
        "esm_printed_at",
    )
    def _compute_esm_mates(self):
        found = {
            picking: parcel
            for parcel in self._esm_same_address()._esm_propose()
            for picking in parcel
        }
        for picking in self:
            bundle = picking.esm_bundle_id
            parcel = found.get(picking, bundle.picking_ids or picking)
            count = len(parcel) - len(bundle.picking_ids or picking)
            picking.esm_mate_count = count
            texts = []
            if bundle:
                texts.append(
                    self.env._("1 of %(count)s", count=len(bundle.picking_ids))
                )
            if count:
                texts.append(self.env._("+%(count)s more", count=count))
            picking.esm_parcel_text = ", ".join(texts) or False

    def _search_esm_mate_count(self, operator, value):
        if operator not in (">", "!=") or value:
            return NotImplemented
        parcels = self._esm_all_with_mates()._esm_propose()
        return [("id", "in", [picking.id for parcel in parcels for picking in parcel])]

    # ------------------------------------------------------------------
    # Propose
    # ------------------------------------------------------------------

    @api.model
    def _esm_packable_domain(self):
        """Deliveries that are ready, and have no waybill yet."""
        return Domain(
            [
                ("esm_parcel_key", "!=", False),
                ("state", "=", "assigned"),
                ("carrier_tracking_ref", "in", (False, "")),
                ("esm_printed_at", "=", False),
            ]
        )

    def _esm_same_address(self):
        """All deliveries that could share a parcel with one of these, rules aside."""
        keys = set(filter(None, self.mapped("esm_parcel_key")))
        if not keys:
            return self.browse()
        domain = self._esm_packable_domain() & Domain("esm_parcel_key", "in", keys)
        return self.search(domain, order="id")

    @api.model
    def _esm_all_with_mates(self):
        """All deliveries that could share a parcel with another one, rules aside."""
        domain = self._esm_packable_domain()
        shared = self._read_group(
            domain, ["esm_parcel_key"], having=[("__count", ">", 1)]
        )
        keys = [key for [key] in shared]
        return self.search(domain & Domain("esm_parcel_key", "in", keys), order="id")

    def _esm_propose(self):
        """Sort these deliveries into parcels of several, as the rules permit it.

        What is packed together already stays together.

        :return: list of `stock.picking` recordsets, for parcels that would be new
        """
        packable = self.filtered_domain(self._esm_packable_domain())
        # sudo: packing rules and tags of goods are for all who pack
        rules = self.env["esm.bundle.rule"].sudo().search([("active", "=", True)])
        proposed = []
        for pickings in packable.grouped(lambda p: p._esm_pack_key()).values():
            if len(pickings) < 2:
                continue
            pickings = pickings.filtered(lambda picking: not picking.esm_stop_text)
            # What is packed already comes first and stays together, whole.
            parcels, parcel_tags = [], []
            for bundle in pickings.esm_bundle_id.sorted("id"):
                if bundle.picking_ids <= pickings:
                    parcels.append(bundle.picking_ids)
                    parcel_tags.append(bundle.picking_ids._esm_goods_tags())
            for picking in pickings.filtered(lambda p: not p.esm_bundle_id).sorted(
                "id"
            ):
                tags = picking._esm_goods_tags()
                for index, others in enumerate(parcel_tags):
                    if not rules._keeps_apart(tags, others):
                        parcels[index] |= picking
                        parcel_tags[index] |= tags
                        break
                else:
                    parcels.append(picking)
                    parcel_tags.append(tags)
            proposed += [
                parcel
                for parcel in parcels
                if len(parcel) > 1
                and not all(picking.esm_bundle_id for picking in parcel)
            ]
        return proposed

    def _esm_pack_key(self):
        """What new mates have in common.

        The shop's setting counts when parcels are made; those that are made stay as
        they are.
        """
        # sudo: who packs need not see the sales order
        picking = self.sudo()
        basket = not picking.esm_shop_id.bundle_baskets and picking.sale_id.esm_pay_no
        return self.esm_parcel_key, basket

    def _esm_goods_tags(self):
        """Tags of all goods in these deliveries, by which packing rules go."""
        moves = self.sudo().move_ids.filtered(lambda move: move.state != "cancel")
        return moves.product_id.all_product_tag_ids

    # ------------------------------------------------------------------
    # Pack together, take apart
    # ------------------------------------------------------------------

    def action_esm_pack_together(self):
        """Make parcels of these deliveries.

        Of one delivery: with all others that go to its address. Of none: of all
        deliveries that are ready.
        """
        self.check_access("write")
        if not self:
            pool = self._esm_all_with_mates()
        elif len(self) == 1:
            pool = self._esm_same_address()
        else:
            pool = self | self.esm_bundle_id.picking_ids
        parcels = pool._esm_propose()
        if len(self) == 1:
            parcels = [parcel for parcel in parcels if self in parcel]
        if not parcels:
            raise UserError(pool._esm_nothing_to_pack_text())
        self.browse().union(*parcels).check_access("write")
        self._esm_pack(parcels)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._(
                    "Deliveries packed together: %(deliveries)s. Parcels, with one "
                    "waybill each: %(parcels)s.",
                    deliveries=sum(map(len, parcels)),
                    parcels=len(parcels),
                ),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def _esm_nothing_to_pack_text(self):
        if len({picking.esm_bundle_id for picking in self}) == 1 and self.esm_bundle_id:
            return self.env._(
                "%(deliveries)s are packed together already.",
                deliveries=self.esm_bundle_id.display_name,
            )
        return self.env._(
            "There is nothing to pack together here. Deliveries share a parcel if "
            "shop, receiver, address, warehouse and courier are the same, all goods "
            "are reserved, no waybill is printed or entered, no buyer wants to cancel, "
            "and no packing rule keeps their goods apart."
        )

    @api.model
    def _esm_pack(self, parcels):
        """Make new parcels.

        A new one also where one grows: so each delivery is written, and somebody who
        prints or packs one of them at the same time meets a conflict.

        :param parcels: list of `stock.picking` recordsets
        """
        old = self.browse().union(*parcels).esm_bundle_id
        # sudo: parcels are made and ended here only
        bundles = self.env["esm.bundle"].sudo()
        bundles = bundles.create(
            [{"shop_id": parcel.esm_shop_id.id} for parcel in parcels]
        )
        for bundle, parcel in zip(bundles, parcels, strict=True):
            parcel.sudo().esm_bundle_id = bundle
        old.sudo().unlink()

    def action_esm_take_apart(self):
        """Undo it: the first delivery keeps a number, the others get new ones."""
        self.check_access("write")
        for bundle in self.esm_bundle_id:
            pickings = bundle.picking_ids.sorted("id")
            if any(picking.state == "done" for picking in pickings):
                raise UserError(
                    self.env._(
                        "%(deliveries)s have left in one parcel: they cannot be taken "
                        "apart any more.",
                        deliveries=bundle.display_name,
                    )
                )
            pickings[1:]._esm_leave_parcel(self.env._("the parcel was taken apart"))
        return True

    def _esm_leave_parcel(self, why):
        """Take these open deliveries out of their parcel.

        A number stays with those who stay. Who leaves gets a new one when it is
        printed; if the marketplace has the old one, Replace Number sends the new one.

        :param str why: translated, ends a sentence
        """
        # sudo: also jobs and whoever cancels an order take deliveries out
        for bundle in self.sudo().esm_bundle_id:
            leavers = self.sudo() & bundle.picking_ids
            stayers = bundle.picking_ids - leavers
            numbered = any(bundle.picking_ids.mapped("carrier_tracking_ref"))
            leavers.esm_bundle_id = False
            if len(stayers) < 2:
                stayers.esm_bundle_id = False
                bundle.unlink()
            if not numbered:
                continue
            leavers.esm_outbox_ids._withdraw()
            leavers.write(
                {
                    "carrier_tracking_ref": False,
                    "esm_printed_at": False,
                    "esm_print_checked_at": False,
                    "esm_repack_text": False,
                }
            )
            stayers._esm_ask_to_repack(
                self.env._(
                    "Take the goods of %(deliveries)s out of this parcel: %(why)s. "
                    "Then print the waybill again; its number stays.",
                    deliveries=", ".join(leavers.mapped("name")),
                    why=why,
                )
            )
            for picking in leavers.filtered(lambda p: p.state != "cancel"):
                picking.message_post(
                    body=self.env._(
                        "Left the parcel with %(deliveries)s: %(why)s. It gets a "
                        "tracking number of its own.",
                        deliveries=", ".join(stayers.mapped("name")),
                        why=why,
                    )
                )

    def _esm_ask_to_repack(self, text):
        """Keep these deliveries here until somebody packed them again."""
        for picking in self.filtered(lambda p: p.state not in ("done", "cancel")):
            # Two orders may be cancelled one after the other.
            texts = dict.fromkeys(filter(None, (picking.esm_repack_text, text)))
            picking.esm_repack_text = "\n".join(texts)
            picking.message_post(body=text)

    def _esm_ask_to_unpack(self, row):
        """Keep cancelled deliveries whose waybill is printed from leaving.

        :param row: `esm.order` record that is cancelled
        """
        for picking in self:
            picking.esm_repack_text = self.env._(
                "Order %(order)s is cancelled, but its waybill is printed: take the "
                "parcel out, remove the label and put the goods back.",
                order=row.order_no,
            )
            picking.message_post(body=picking.esm_repack_text)

    def action_esm_packed_again(self):
        """The goods that must not leave are out of the parcel."""
        self.check_access("write")
        pickings = self._esm_whole_parcels().filtered("esm_repack_text")
        pickings.esm_repack_text = False
        for picking in pickings:
            picking.message_post(
                body=self.env._("%(user)s packed again.", user=self.env.user.name)
            )
        return True

    def _esm_sort_out(self):
        """Take those out of their parcels whose address is another one by now."""
        for pickings in self.grouped("esm_bundle_id").values():
            bundle = pickings.esm_bundle_id
            keys = bundle.picking_ids.sorted("id").grouped("esm_parcel_key")
            if len(keys) > 1 and not any(p.state == "done" for p in bundle.picking_ids):
                # The largest group stays; of equals the first.
                _stay, *others = sorted(keys.values(), key=len, reverse=True)
                self.browse().union(*others)._esm_leave_parcel(
                    self.env._("it goes to another address")
                )

    # ------------------------------------------------------------------
    # One waybill
    # ------------------------------------------------------------------

    def _esm_whole_parcels(self):
        """These deliveries and those that leave in the same parcels."""
        return self | self.esm_bundle_id.picking_ids.filtered(
            lambda picking: picking.state != "cancel"
        )

    def _esm_parcels(self):
        """Extend: the deliveries of a parcel stay together, whole."""
        parcels = {}
        for picking in self:
            mates = picking.esm_bundle_id.picking_ids.sorted("id")
            parcels.setdefault(picking.esm_bundle_id or picking, mates or picking)
        return list(parcels.values())

    def action_esm_print_waybill(self):
        """Extend: parcels are printed whole."""
        self.check_access("write")
        self._esm_sort_out()
        return super(StockPicking, self._esm_whole_parcels()).action_esm_print_waybill()

    def _esm_print(self, render):
        """Extend: parcels are printed whole."""
        self.check_access("write")
        self._esm_sort_out()
        return super(StockPicking, self._esm_whole_parcels())._esm_print(render)

    def _esm_obstacles(self, unread=()):
        """Extend: what stops one delivery stops its parcel."""
        return self._esm_spread(super()._esm_obstacles(unread))

    def _esm_spread(self, stops):
        """Give what stops one delivery to the others of its parcel, firm ones first.

        :param stops: dict delivery -> (text, whether a manager may pass it)
        """
        stops = dict(stops)
        for parcel in self._esm_parcels():
            found = [stops[picking] for picking in parcel if picking in stops]
            if found:
                firm = min(found, key=lambda stop: stop[1])
                for picking in parcel & self:
                    stops.setdefault(picking, firm)
        return stops

    def _esm_note_printed(self):
        """Extend: the new label goes on a parcel that was packed again."""
        res = super()._esm_note_printed()
        self.filtered("esm_repack_text").esm_repack_text = False
        return res

    def write(self, vals):
        """Extend: courier and number are the parcel's; another address is not."""
        res = super().write(vals)
        shared = {
            name: vals[name]
            for name in ("carrier_tracking_ref", "carrier_id")
            if name in vals
        }
        if shared:
            for parcel in self.filtered("esm_bundle_id")._esm_parcels():
                others = (parcel - self).filtered(
                    lambda picking: any(
                        picking._fields[name].convert_to_write(picking[name], picking)
                        != value
                        for name, value in shared.items()
                    )
                )
                others.write(shared)
        if {"partner_id", "picking_type_id"} & vals.keys():
            self.filtered("esm_bundle_id")._esm_sort_out()
        return res

    def action_cancel(self):
        """Extend: a delivery that somebody cancels leaves its parcel."""
        res = super().action_cancel()
        self.filtered(lambda picking: picking.state == "cancel")._esm_leave_parcel(
            self.env._("its delivery is cancelled")
        )
        return res

    def _esm_validate_stops(self):
        """Extend: what stops one delivery stops its parcel."""
        return self._esm_spread(super()._esm_validate_stops())

    def button_validate(self):
        """Extend: a parcel leaves whole, and without what was cancelled."""
        self.check_access("write")
        self._esm_sort_out()
        pickings = self._esm_whole_parcels()
        texts = [
            f"{picking.name}: {picking.esm_repack_text}"
            for picking in pickings
            if picking.esm_repack_text and picking.state not in ("done", "cancel")
        ]
        if texts:
            raise UserError("\n".join(texts))
        return super(StockPicking, pickings).button_validate()
