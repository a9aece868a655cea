from odoo import api, models
from odoo.exceptions import UserError

from .esm_shop_figures import DOMAINS

STEPS = ("account", "shop", "connection", "products", "collect", "ship")
OPEN_DELIVERIES = ("confirmed", "waiting", "assigned")


class EsmShop(models.Model):
    """The first steps of a new merchant: what is done, why, and what comes next.

    Whether a step is done follows from the records themselves, each time it is asked.
    Odoo's own `onboarding` notes once and for all that a step was done; here a shop
    whose key is refused is not connected any more.
    """

    _inherit = "esm.shop"

    @api.model
    def get_first_steps(self, always=True):
        """The first steps of this company, for the panel of the web client.

        :param bool always: also if the panel is closed; else only `closed` is told then
        :return: dict of `steps` (list of dicts: `key`, `title`, `text`, `done`,
            `button` and `links`, each with `name` and `label`), `done`, `closed`,
            `can_close`, `sandbox` (see `_first_steps_sandbox`)
        """
        company = self.env.company
        # A company without a shop begins anew.
        closed = company.esm_first_steps_closed and bool(
            self.search_count([("company_id", "=", company.id)], limit=1)
        )
        if closed and not always:
            return {"closed": True}
        facts = self._first_steps_facts()
        steps = []
        for key in STEPS:
            step = {
                "key": key,
                "done": False,
                "button": False,
                "links": [],
                "ask": self.env._("A manager of Gmarket & Auction does this."),
            }
            step.update(getattr(self, f"_first_step_{key}")(facts))
            if not step.pop("may", True):
                step["button"], step["links"] = False, []
                if not step["done"]:
                    step["text"] += f" {step['ask']}"
            step.pop("ask")
            steps.append(step)
        return {
            "company": company.name,
            "steps": steps,
            "done": all(step["done"] for step in steps),
            "closed": closed,
            # Not every listing has to be matched for that.
            "can_close": facts["manager"] and steps[-1]["done"],
            "sandbox": self._first_steps_sandbox(facts),
        }

    @api.model
    def close_first_steps(self):
        """Hide the panel on the dashboard, for everybody in this company."""
        if not self.env.user.has_group("sale_esm.group_manager"):
            raise UserError(self.env._("Only managers can close the first steps."))
        # sudo: managers of the marketplace need not be allowed to change companies
        self.env.company.sudo().esm_first_steps_closed = True

    # ------------------------------------------------------------------
    # What is there
    # ------------------------------------------------------------------

    @api.model
    def _first_steps_facts(self):
        """What the steps are judged by, of this company; a fixed number of queries."""
        company = self.env.company
        user = self.env.user
        mine = [("company_id", "=", company.id)]
        accounts = self.env["esm.account"].search(
            [("company_id", "in", (False, company.id))]
        )
        # sudo: everybody reads the names of shops and shipping methods here, also
        # people who may not open them
        shops = self.search(mine).sudo()
        Option = self.env["esm.listing.option"]
        matched = dict(Option._read_group(mine, ["match_method"], ["__count"]))
        sent = dict(
            self.env["esm.outbox"]._read_group(
                [*mine, ("action", "=", "ship")], ["state"], ["__count"]
            )
        )
        if not sent.get("sent"):
            # Old messages are cleared; their orders stay.
            sent["sent"] = self.env["esm.order"].search_count(
                [*mine, ("state", "=", "sent")]
            )
        return {
            "manager": user.has_group("sale_esm.group_manager"),
            "warehouse": user.has_group("stock.group_stock_user"),
            "seller": user.has_group("sales_team.group_sale_salesman_all_leads"),
            "accounts": accounts,
            "foreign": self.env.company.currency_id.name != "KRW"
            and not self._default_pricelist(),
            # sudo: the key is a field for managers only; here it counts whether it is
            # there
            "keyed": accounts.filtered(lambda account: account.sudo().secret_key),
            "shops": shops,
            "unmatched": matched.pop(False, 0),
            "matched": sum(matched.values()),
            "coded": self._first_steps_coded(company),
            "orders": self.env["esm.order"].search_count(mine),
            "messages": sent,
        }

    @api.model
    def _first_steps_coded(self, company):
        """How many products of this company orders can find by a code."""
        return self.env["product.product"].search_count(
            [
                ("company_id", "in", (False, company.id)),
                "|",
                ("esm_seller_code", "!=", False),
                ("esm_inventory_code", "!=", False),
            ]
        )

    def _first_steps_button(self, name, label):
        return {"name": name, "label": label}

    @api.model
    def _first_steps_missing(self):
        """Names of some goods that deliveries wait for."""
        # sudo: names only, as above
        moves = (
            self.env["stock.move"]
            .sudo()
            .search(
                [
                    ("company_id", "=", self.env.company.id),
                    ("picking_id.esm_shop_id", "!=", False),
                    ("picking_code", "=", "outgoing"),
                    ("state", "in", ("confirmed", "partially_available")),
                ],
                limit=20,
            )
        )
        names = moves.product_id.mapped("display_name")
        return ", ".join(names[:3]) + (" ..." if len(names) > 3 else "")

    # ------------------------------------------------------------------
    # The steps
    # ------------------------------------------------------------------

    @api.model
    def _first_step_account(self, facts):
        step = {"title": self.env._("ESM Plus account"), "may": facts["manager"]}
        keyed, accounts = facts["keyed"], facts["accounts"]
        if keyed:
            names = ", ".join(keyed.mapped("master_id"))
            step["done"] = True
            step["text"] = self.env._(
                "Master ID and secret key are there: %(names)s.", names=names
            )
            step["links"] = [
                self._first_steps_button("accounts", self.env._("Accounts"))
            ]
        elif accounts:
            step["text"] = self.env._(
                "%(account)s has no secret key yet. Paste the key that ESM issued.",
                account=accounts[0].name,
            )
            step["button"] = self._first_steps_button(
                "account", self.env._("Enter Key")
            )
        else:
            step["text"] = self.env._(
                "Enter the master ID and the secret key that ESM issued for it. Every "
                "call to Gmarket and Auction is signed with them."
            )
            step["button"] = self._first_steps_button(
                "account", self.env._("Enter Account")
            )
        return step

    @api.model
    def _first_step_shop(self, facts):
        step = {"title": self.env._("Shop and courier"), "may": facts["manager"]}
        shops = facts["shops"]
        without_carrier = shops.filtered(lambda shop: not shop.carrier_id)
        without_courier = shops.carrier_id.filtered(
            lambda carrier: not carrier.esm_courier_id
        )
        if not shops and facts["foreign"]:
            step["text"] = self.env._(
                "Marketplace orders are in Korean won, but %(company)s keeps its books "
                "in %(currency)s. A pricelist in won lets its shops work all the same. "
                "It also needs an exchange rate for KRW: without one, orders wait.",
                company=self.env.company.name,
                currency=self.env.company.currency_id.name,
            )
            step["button"] = self._first_steps_button(
                "won", self.env._("Add Pricelist in Won")
            )
        elif not facts["accounts"]:
            step["text"] = self.env._(
                "Each seller ID on Gmarket or Auction becomes a shop. The account "
                "comes first."
            )
        elif not shops:
            step["text"] = self.env._(
                "Register each seller ID on Gmarket or Auction, with the shipping "
                "method that takes its parcels."
            )
            step["button"] = self._first_steps_button(
                "shop", self.env._("Register Shop")
            )
        elif without_carrier:
            step["text"] = self.env._(
                "%(shop)s has no shipping method: its deliveries would not know who "
                "takes them.",
                shop=without_carrier[0].name,
            )
            step["button"] = self._first_steps_button(
                "shop_carrier", self.env._("Choose Shipping Method")
            )
        elif without_courier:
            step["text"] = self.env._(
                "The shipping method %(carrier)s has no marketplace courier: Gmarket "
                "and Auction would not know whose tracking number it is.",
                carrier=without_courier[0].name,
            )
            step["button"] = self._first_steps_button(
                "courier", self.env._("Choose Courier")
            )
        else:
            step["done"] = True
            step["text"] = self.env._(
                "%(shops)s; parcels go with %(carriers)s.",
                shops=", ".join(shops.mapped("name")),
                carriers=", ".join(shops.carrier_id.mapped("name")),
            )
            step["links"] = [
                self._first_steps_button("shop", self.env._("Add Another Shop")),
                self._first_steps_button("shops", self.env._("Shops")),
            ]
        return step

    @api.model
    def _first_step_connection(self, facts):
        step = {"title": self.env._("Test the connection"), "may": facts["manager"]}
        shops = facts["shops"]
        works = shops.filtered(lambda shop: shop._first_steps_connects())
        refused = shops.filtered(lambda shop: shop.connection_state == "refused")
        missing = shops - works
        if shops and not missing:
            step["done"] = True
            step["text"] = self.env._(
                "ESM answers for %(shops)s.", shops=", ".join(shops.mapped("name"))
            )
        elif refused:
            step["text"] = refused[0].connection_message or self.env._(
                "%(shop)s: ESM refuses the key.", shop=refused[0].name
            )
            step["button"] = self._first_steps_button(
                "refused", self.env._("Look at the Shop")
            )
            step["links"] = [self._first_steps_button("test", self.env._("Test Again"))]
        elif shops and not facts["keyed"]:
            step["text"] = self.env._("The secret key comes first.")
        elif shops:
            step["text"] = missing[0].connection_message or self.env._(
                "Nobody has tried yet whether ESM accepts the key and the seller ID of "
                "%(shop)s.",
                shop=missing[0].name,
            )
            step["button"] = self._first_steps_button(
                "test", self.env._("Test Connection")
            )
        else:
            step["text"] = self.env._(
                "Asks ESM whether it accepts the key and the seller ID. The shop comes "
                "first."
            )
        return step

    def _first_steps_connects(self):
        """Whether ESM has answered this shop; passing trouble does not undo that."""
        self.ensure_one()
        return self.connection_state == "connected" or (
            self.connection_state == "problem" and bool(self.cursor_at)
        )

    @api.model
    def _first_step_products(self, facts):
        step = {"title": self.env._("Products and codes"), "may": facts["manager"]}
        matched, unmatched = facts["matched"], facts["unmatched"]
        ways = self._first_steps_ways_to_codes()
        connected = any(shop._first_steps_connects() for shop in facts["shops"])
        # Some keys may not read listings; their shops say so, and codes do without.
        read = any(
            shop.listings_read_at or shop.listings_message for shop in facts["shops"]
        )
        if unmatched:
            step["text"] = self.env._(
                "%(matched)s of %(all)s goods on sale have their product in Odoo. "
                "Orders for the others would stay quotations. Match them; what is not "
                "in Odoo yet becomes a product with Create Products.",
                matched=matched,
                all=matched + unmatched,
            )
            step["button"] = self._first_steps_button(
                "match", self.env._("Match Listings")
            )
            step["links"] = ways
        elif matched:
            step["done"] = True
            step["text"] = self.env._(
                "All %(count)s goods on sale have their product in Odoo.", count=matched
            )
            step["links"] = ways
        elif connected and not read:
            step["text"] = self.env._(
                "Orders find their product by code, never by name. Read what is on "
                "sale; then you see which codes are missing."
            )
            step["button"] = self._first_steps_button(
                "listings", self.env._("Read Listings")
            )
            step["links"] = ways
        elif facts["coded"]:
            step["done"] = True
            step["text"] = self.env._(
                "%(count)s products have a code that orders find them by.",
                count=facts["coded"],
            )
            step["links"] = ways
        else:
            step["text"] = self.env._(
                "Orders find their product by code, never by name: the seller "
                "management code, or the inventory code of an option."
            )
            step["button"] = ways[0]
            step["links"] = ways[1:]
        return step

    @api.model
    def _first_steps_ways_to_codes(self):
        ways = {"codes": self.env._("Type Codes"), "excel": self.env._("By Excel")}
        if self.env.user.has_group("base.group_system"):
            ways["reference"] = self.env._("From Internal References")
        return [self._first_steps_button(*way) for way in ways.items()]

    @api.model
    def _first_step_collect(self, facts):
        step = {"title": self.env._("Collect the first orders")}
        shops = facts["shops"]
        if facts["orders"]:
            step["done"] = True
            step["text"] = self.env._(
                "%(count)s marketplace orders came in.", count=facts["orders"]
            )
            step["links"] = [self._first_steps_button("orders", self.env._("Orders"))]
        elif any(shop.cursor_at for shop in shops):
            step["done"] = True
            step["text"] = self.env._(
                "The shops were read; there was no new order. The next one comes in "
                "with Collect Now, or by itself where the switch is on."
            )
            step["links"] = [
                self._first_steps_button("collect", self.env._("Collect Now"))
            ]
        elif any(shop._first_steps_connects() for shop in shops):
            step["text"] = self.env._(
                "New orders and orders to ship come in. Nothing changes at the "
                "marketplace unless a switch of the shop says so."
            )
            step["button"] = self._first_steps_button(
                "collect", self.env._("Collect Now")
            )
        else:
            step["text"] = self.env._(
                "Orders come in once the connection of a shop works."
            )
        return step

    @api.model
    def _first_step_ship(self, facts):
        step = {"title": self.env._("Send the first tracking number")}
        messages = facts["messages"]
        if messages.get("sent"):
            step["done"] = True
            step["text"] = self.env._(
                "The marketplace has %(count)s of your tracking numbers.",
                count=messages["sent"],
            )
            step["links"] = [
                self._first_steps_button("deliveries", self.env._("Deliveries to Ship"))
            ]
            step["may"] = facts["warehouse"]
            return step
        if not facts["orders"]:
            step["text"] = self.env._(
                "Print the waybill or enter the tracking number, validate the "
                "delivery: then the buyer sees it. Orders come first."
            )
            return step
        return {**step, **self._first_step_ship_next(facts)}

    @api.model
    def _first_step_ship_next(self, facts):
        """What stands between the first orders and their tracking number."""
        messages = facts["messages"]
        waits = self._first_steps_waiting(facts)
        ready, late = waits["deliveries"].get("assigned", 0), waits["deliveries"]
        if messages.get("refused"):
            text = self.env._("The marketplace refused a tracking number.")
            button = ("refused_number", self.env._("See Why"))
        elif messages.get("waiting"):
            text = self.env._(
                "A tracking number waits to be sent. It goes out by itself within "
                "minutes."
            )
            button = ("send", self.env._("Send Now"))
        elif ready:
            text = self.env._(
                "%(count)s deliveries are ready. Print the waybill or enter the "
                "tracking number, then press Validate.",
                count=ready,
            )
            button = ("deliveries", self.env._("Deliveries to Ship"))
        elif sum(late.values()):
            text = self.env._(
                "%(count)s deliveries wait for goods that Odoo does not see in the "
                "warehouse (%(goods)s). Press New for each, enter what lies there, and "
                "Apply.",
                count=sum(late.values()),
                goods=self._first_steps_missing(),
            )
            button = ("stock", self.env._("Count Stock"))
        elif waits["problems"]:
            text = self.env._(
                "%(count)s orders need a decision before they can be shipped.",
                count=waits["problems"],
            )
            button = ("problems", self.env._("See What To Do"))
        elif waits["new"]:
            text = self.env._(
                "%(count)s orders are not confirmed at the marketplace (주문확인) yet. "
                "Select them and press Confirm at Marketplace.",
                count=waits["new"],
            )
            button = ("to_confirm", self.env._("Confirm Orders"))
        elif waits["quotations"]:
            text = self.env._(
                "%(count)s sales orders are quotations still: confirm them, and the "
                "warehouse has their deliveries.",
                count=waits["quotations"],
            )
            button = ("quotations", self.env._("Confirm Sales Orders"))
        else:
            text = self.env._("No order waits to be shipped. The next one will.")
            return {"text": text}
        step = {"text": text, "button": self._first_steps_button(*button)}
        if button[0] in ("deliveries", "refused_number", "stock", "send"):
            step["may"] = facts["warehouse"]
            step["ask"] = self.env._("Somebody with the warehouse role does this.")
        elif button[0] == "quotations":
            step["may"] = facts["seller"]
            step["ask"] = self.env._("Somebody with the sales role does this.")
        return step

    @api.model
    def _first_steps_waiting(self, facts):
        """Counts of what has not been shipped yet, each by one query."""
        mine = [("company_id", "=", self.env.company.id)]
        Order = self.env["esm.order"]
        # sudo: counts only, whoever looks; the lists behind them ask for rights
        Picking, Sale = self.env["stock.picking"].sudo(), self.env["sale.order"].sudo()
        return {
            "deliveries": dict(
                Picking._read_group(
                    [
                        *mine,
                        ("esm_shop_id", "!=", False),
                        ("picking_type_code", "=", "outgoing"),
                        ("state", "in", OPEN_DELIVERIES),
                    ],
                    ["state"],
                    ["__count"],
                )
            ),
            "problems": Order.search_count([*mine, ("problem", "!=", False)]),
            "new": Order.search_count([*mine, *DOMAINS["to_confirm"]]),
            "quotations": Sale.search_count(
                [*mine, ("esm_shop_id", "!=", False), ("state", "=", "draft")]
            ),
        }

    @api.model
    def _first_steps_sandbox(self, facts):
        """What there is to say about sandboxes, or None.

        :return: dict of `text`, `marked` (there is one) and `links`
        """
        accounts = facts["accounts"]
        sandboxes = accounts.filtered(lambda account: account.environment == "sandbox")
        trial = sandboxes.filtered("trial")
        if trial:
            links = [("trial_orders", self.env._("Let Buyers Order"))]
            if facts["manager"]:
                links.append(("trial_end", self.env._("End the Trial")))
            text = self.env._(
                "Sandbox: not a real marketplace. Its buyers are invented, and nothing "
                "reaches Gmarket or Auction."
            )
        elif sandboxes:
            links = []
            text = self.env._(
                "%(account)s is a sandbox: not a real marketplace. Nothing of it "
                "reaches Gmarket or Auction.",
                account=", ".join(sandboxes.mapped("name")),
            )
        elif facts["manager"] and not facts["shops"]:
            links = [("trial", self.env._("Try with a Sandbox"))]
            text = self.env._("No key from ESM yet? Try everything without one.")
        else:
            return None
        return {
            "text": text,
            "marked": bool(sandboxes),
            "links": [self._first_steps_button(*link) for link in links],
        }
