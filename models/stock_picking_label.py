from odoo import models
from odoo.exceptions import UserError


class StockPicking(models.Model):
    """What stands on the waybill labels of deliveries."""

    _inherit = "stock.picking"

    def _esm_labels(self):
        """What stands on the labels of these deliveries: one for each number.

        :return: list of dicts as `waybill_label` wants them
        :raise UserError: a delivery has no number
        """
        # Here, too: reports are reached by their name, in forms that nobody thought of.
        self.check_access("write")
        labels, senders = [], {}
        captions = {
            "receiver": self.env._("Receiver"),
            "memo": self.env._("Delivery memo"),
            "items": self.env._("Goods"),
            "sender": self.env._("Sender"),
        }
        # sudo: a label shows what orders, shops and carriers say, whoever prints it
        pickings = self.sudo()
        pickings._esm_read_for_labels()
        for parcel in pickings._esm_parcels():
            first = parcel[:1]
            numbers = first._esm_tracking_numbers()
            if not numbers:
                raise UserError(first._esm_no_number_text())
            kind = first.picking_type_id
            if kind not in senders:
                senders[kind] = first._esm_label_sender()
            values = parcel._esm_label_values()
            for index, number in enumerate(numbers, start=1):
                count = f" {index}/{len(numbers)}" if len(numbers) > 1 else ""
                labels.append(
                    {
                        **values,
                        "captions": captions,
                        "sender": senders[kind],
                        "barcode": number,
                        "number": number,
                        "parcel": f"{values['parcel']}{count}".strip(),
                    }
                )
        return labels

    def _esm_read_for_labels(self):
        """Read what labels show with one query for each model, not for each label."""
        moves = self.move_ids
        moves.fetch(["sale_line_id", "product_id", "quantity", "product_uom_qty"])
        lines = moves.sale_line_id
        lines.fetch(["esm_kind", "esm_order_id"])
        orders = lines.esm_order_id
        texts = [
            "order_no",
            "goods_name",
            "option_text",
            "memo",
            "free_gift",
            "overseas",
        ]
        orders.fetch([*texts, "sale_line_ids"])
        orders.sale_line_ids.fetch(["esm_kind"])
        address = ["zip", "street", "street2", "city", "state_id", "country_id"]
        self.partner_id.fetch(["name", "phone", *address])

    def _esm_label_values(self):
        """Texts of the label of one parcel, however many deliveries are in it."""
        orders = self._esm_orders().sorted("order_no")
        first = self[:1]
        receiver = first.partner_id
        count = len(orders)
        gifts = dict.fromkeys(filter(None, orders.mapped("free_gift")))
        memos = dict.fromkeys(filter(None, orders.mapped("memo")))
        return {
            "courier": first.carrier_id.esm_courier_id.name,
            "parcel": self.env._("%(count)s orders", count=count) if count > 1 else "",
            "receiver": receiver.name or "",
            # The safe number (안심번호), where the receiver has one.
            "phone": receiver.phone or "",
            "address": self._esm_label_address(receiver),
            "memo": " / ".join([*self._esm_label_overseas(orders), *memos]),
            "items": self._esm_label_items(),
            "gift": self.env._("Free gift: %(gift)s", gift=", ".join(gifts))
            if gifts
            else "",
            "orders": "{}  {}".format(
                first.esm_shop_id.name, ", ".join(orders.mapped("order_no"))
            ),
            "font": first.carrier_id.esm_zpl_font,
        }

    def _esm_label_overseas(self, orders):
        """Numbers that an overseas parcel must show; other labels have no use for them.

        :param orders: the `esm.order` recordset in the parcel
        """
        if not any(orders.mapped("overseas")):
            return []
        first = self[:1]
        return [
            f"{first._fields[name]._description_string(self.env)}: {first[name]}"
            for name in ("esm_overseas_bundle_no", "esm_customs_code")
            if first[name]
        ]

    def _esm_label_address(self, partner):
        """Postal code and address in one line, in the order of the country."""
        form = partner.country_id.address_format or ""
        parts = {
            "state_name": partner.state_id.name,
            "city": partner.city,
            "street": partner.street,
            "street2": partner.street2,
        }
        names = sorted(parts, key=lambda name: form.find(f"%({name})s"))
        line = " ".join(parts[name] for name in names if parts[name])
        return f"({partner.zip}) {line}" if partner.zip else line

    def _esm_label_sender(self):
        """Name, phone and address of the warehouse, else of the company."""
        company = self.company_id
        sender = self.picking_type_id.warehouse_id.partner_id or company.partner_id
        return "{}  {}\n{}".format(
            sender.name or "",
            sender.phone or company.phone or "",
            self._esm_label_address(sender),
        )

    def _esm_label_items(self):
        """The goods in these deliveries: list of (name and option, quantity)."""
        items = []
        for move in self.move_ids.filtered(lambda move: move.state != "cancel"):
            line = move.sale_line_id
            row = line.esm_order_id
            if line.esm_kind == "item" and (
                row.sale_line_ids.mapped("esm_kind").count("item") == 1
            ):
                # The buyer knows the goods by the marketplace's name and option.
                parts = (row.goods_name, row.option_text)
                name = " / ".join(filter(None, parts))
            else:
                product = move.product_id.with_context(display_default_code=False)
                name = product.display_name
            quantity = move.quantity if move.state == "done" else move.product_uom_qty
            items.append((name or "", f"× {quantity:g}"))
        return items
