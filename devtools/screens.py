"""All screens that ``./dev screens`` visits, and in which sizes and languages.

Read by Odoo's Python and by the one that drives the browser, so it needs neither.
"""

from dataclasses import dataclass

LANGUAGES = {"en": "en_US", "ko": "ko_KR"}
SIZES = {"wide": (1366, 768), "phone": (390, 844)}
# What of a page is ours when a screen does not say: what the action shows. The bars
# around it are Odoo's.
CONTENT = (".o_action_manager .o_content",)
DIALOG = (".o_dialog .modal-content",)
# The user of the language that a picture is taken in, as a term of a domain.
ME = "me"


@dataclass(frozen=True)
class Screen:
    """One screen and how to get there.

    :param name: of its pictures, unique
    :param action: external ID of the action that it begins with
    :param record: model and domain of the record whose form it is, or that the button
        is pressed on; :data:`ME` in the domain is the user's ID
    :param most: how many of these records the button takes
    :param view: type of the action's view, if not its first
    :param button: method of the record, whose action is shown
    :param dialog: external ID of an action that opens above the first one
    :param click: selectors to click, one after the other
    :param wait: selector that has to be there
    :param scroll: selector of what has to be in sight
    :param ours: selectors of what is checked
    :param report: external ID of a report: its first page is the picture
    :param path: address below the sandbox instead of all that
    :param first_day: shown as it is before anything is set up
    :param bool foreign: names in any language are shown
    :param languages: those that it is there in
    :param sizes: those that it is made for
    :param published: whether README and the app's page show it
    """

    name: str
    action: str = ""
    record: tuple = ()
    most: int = 1
    view: str = ""
    button: str = ""
    dialog: str = ""
    click: tuple[str, ...] = ()
    wait: str = ""
    scroll: str = ""
    ours: tuple[str, ...] = ()
    report: str = ""
    path: str = ""
    first_day: bool = False
    foreign: bool = False
    languages: tuple[str, ...] = tuple(LANGUAGES)
    sizes: tuple[str, ...] = tuple(SIZES)
    published: bool = False

    @property
    def scope(self):
        """Selectors of what is checked."""
        if self.ours:
            return self.ours
        if self.path:
            return ("body",)
        return DIALOG if self.button or self.dialog else CONTENT


def _order(name, *domain, **options):
    return Screen(
        name, "sale_esm.esm_order_action", ("esm.order", list(domain)), **options
    )


def _delivery(name, *domain, **options):
    domain = [("esm_shop_id", "!=", False), *domain]
    return Screen(
        name,
        "sale_esm.stock_picking_action_to_ship",
        ("stock.picking", domain),
        **options,
    )


OURS_ON_DELIVERY = ("[name^='esm_']", ".alert", ".o_statusbar_buttons [name*='esm_']")
STOPPED = (
    ("move_ids.sale_line_id.esm_order_id.problem", "=", "cancel"),
    ("state", "=", "assigned"),
)

SCREENS = (
    # On the first day
    Screen(
        "first_steps",
        "sale_esm.esm_shop_action_dashboard",
        first_day=True,
        published=True,
    ),
    Screen(
        "trial",
        "sale_esm.esm_shop_action_dashboard",
        dialog="sale_esm.esm_trial_action",
        first_day=True,
    ),
    # At a glance
    Screen("dashboard", "sale_esm.esm_shop_action_dashboard", published=True),
    Screen("reporting", "sale_esm.esm_sales_report_action", published=True),
    Screen("reporting_pivot", "sale_esm.esm_sales_report_action", view="pivot"),
    Screen("first_steps_again", "sale_esm.esm_first_steps_action"),
    Screen("lead_times", "sale_esm.esm_sales_report_action_time"),
    # Orders
    Screen("orders", "sale_esm.esm_order_action", published=True),
    Screen("orders_kanban", "sale_esm.esm_order_action", view="kanban"),
    _order("order", ("state", "=", "released")),
    _order("order_unmatched", ("problem", "=", "unmatched")),
    _order("order_cancel", ("problem", "=", "cancel")),
    Screen("fetch", "sale_esm.esm_order_action", dialog="sale_esm.esm_fetch_action"),
    Screen("manual_orders", "sale_esm.esm_manual_order_action"),
    Screen(
        "manual_order",
        "sale_esm.esm_manual_order_action",
        ("esm.manual.order", [("create_uid", "=", ME)]),
    ),
    # Deliveries
    Screen("deliveries", "sale_esm.stock_picking_action_to_ship", published=True),
    Screen("board", "sale_esm.stock_picking_action_board", published=True),
    _delivery("delivery", ("state", "=", "assigned"), ours=OURS_ON_DELIVERY),
    _delivery("delivery_stopped", *STOPPED, ours=OURS_ON_DELIVERY),
    _delivery(
        "stop",
        *STOPPED,
        most=4,
        button="action_esm_print_waybill",
        published=True,
    ),
    _delivery(
        "courier_export",
        ("state", "=", "assigned"),
        most=8,
        button="action_esm_courier_export",
    ),
    _delivery(
        "label",
        ("esm_printed_at", "!=", False),
        ("state", "=", "assigned"),
        report="sale_esm.action_report_waybill",
        sizes=("wide",),
        published=True,
    ),
    Screen("tracking_imports", "sale_esm.esm_tracking_import_action"),
    Screen(
        "tracking_import",
        "sale_esm.esm_tracking_import_action",
        ("esm.tracking.import", [("create_uid", "=", ME)]),
    ),
    Screen("bundle", record=("esm.bundle", [])),
    Screen("bundle_rules", "sale_esm.esm_bundle_rule_action"),
    # Products
    Screen("listings", "sale_esm.esm_listing_action", published=True),
    Screen("listing", "sale_esm.esm_listing_action", ("esm.listing", [])),
    Screen("options", "sale_esm.esm_listing_option_action"),
    Screen(
        "match",
        "sale_esm.esm_listing_option_action",
        ("esm.listing.option", [("listing_id.name", "ilike", "세트")]),
        button="action_match",
        published=True,
    ),
    Screen(
        "listing_add",
        "sale_esm.esm_listing_action",
        dialog="sale_esm.esm_listing_add_action",
    ),
    Screen(
        "stock_preview",
        "sale_esm.esm_listing_action",
        ("esm.listing", []),
        most=6,
        button="action_preview_stock",
    ),
    Screen(
        "code_export",
        "sale_esm.esm_listing_action",
        dialog="sale_esm.esm_code_export_action",
    ),
    Screen("code_imports", "sale_esm.esm_code_import_action"),
    Screen(
        "code_import",
        "sale_esm.esm_code_import_action",
        ("esm.code.import", [("create_uid", "=", ME)]),
    ),
    Screen(
        "product",
        "sale.product_template_action",
        ("product.template", [("esm_seller_code", "!=", False)]),
        ours=("[name*='esm_']",),
    ),
    # What waits for somebody
    Screen("problems", "sale_esm.esm_problem_action", published=True),
    Screen("problems_cards", "sale_esm.esm_problem_action", view="kanban"),
    Screen("order_problems", "sale_esm.esm_order_action_problems"),
    Screen("outbox", "sale_esm.esm_outbox_action"),
    Screen("runs", "sale_esm.esm_run_action"),
    # Sales
    Screen(
        "sales_order",
        "sale.action_orders",
        ("sale.order", [("esm_order_ids.state", "=", "sent")]),
        click=(".o_notebook_headers [name='esm']",),
        ours=(".o_notebook_content", ".alert"),
        published=True,
    ),
    # Configuration
    Screen("shops", "sale_esm.esm_shop_action"),
    Screen("shop", "sale_esm.esm_shop_action", ("esm.shop", []), published=True),
    Screen("accounts", "sale_esm.esm_account_action"),
    Screen("account", "sale_esm.esm_account_action", ("esm.account", [])),
    Screen("couriers", "sale_esm.esm_courier_action", foreign=True),
    Screen(
        "shipping_method",
        record=("delivery.carrier", [("esm_range_ids", "!=", False)]),
        click=(".o_notebook_headers [name='esm_waybill']",),
        ours=(".o_notebook_content", "[name^='esm_']"),
    ),
    Screen(
        "settings",
        "sale_esm.res_config_settings_action",
        scroll="[name='esm_setting_container'], #esm_accounts",
        ours=("#esm_accounts", "#esm_shops", "#esm_codes_from_reference"),
    ),
    # The marketplace of the demo
    Screen("sandbox", path="/", languages=("en",), sizes=("wide",), published=True),
)


def chosen(names=(), size=None, published=False):
    """The screens to visit, as pairs of a screen and a list of sizes.

    :param names: their names; empty for all
    :param size: key of :data:`SIZES`; None for all
    :param bool published: only those that README and the app's page show
    """
    found = []
    for screen in SCREENS:
        sizes = [each for each in screen.sizes if size in (None, each)]
        if sizes and (screen.name in names or not names):
            if screen.published or not published:
                found.append((screen, sizes))
    return found
