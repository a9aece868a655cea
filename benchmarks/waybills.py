"""What printing waybills costs, beside Odoo's own delivery slip.

The same deliveries are printed as labels (PDF, ZPL) and as delivery slips, in turn; the
figures are medians of the rounds. Numbers are given and cancels are read before the
clock starts, for they have nothing to do with the kind of paper. "Label, PDF" is all
that a person waits for, with what the connector notes about each print; the files alone
are compared to tell what the label printer's language spares.

Debian's wkhtmltopdf cannot make a file of several delivery slips, as Odoo wants it to:
there, slips are printed one by one. That is why the pages before they become PDF are
compared as well.
"""

import gc
import statistics
import time
from contextlib import ExitStack

from benchmarks.orders import CATALOG
from devtools.merchant import MASTER, SECRET, SELLERS, make_products, make_shops
from devtools.odoo_env import odoo_env
from sandbox import Sandbox

# The other benchmarks' orders are of the other site: their numbers do not meet.
SITE = "auction"
DELIVERIES = 500
SLIP, LABEL, ZPL = (
    "stock.report_deliveryslip",
    "sale_esm.report_waybill",
    "sale_esm.report_waybill_zpl",
)


def run(quick, rounds):
    """Measure and print; returns the entries (name, value, unit, limit).

    The shop is the one of the benchmark of orders, or a new one without it.
    """
    deliveries, rounds = (200, 1) if quick else (DELIVERIES, min(rounds, 3))
    with ExitStack() as stack:
        sandbox = Sandbox(orders_interval=0)
        sandbox.add_account(
            MASTER, SECRET, **{site: [seller] for site, seller in SELLERS.items()}
        )
        sandbox.start()
        stack.callback(sandbox.stop)
        env = stack.enter_context(odoo_env())
        pickings = _deliveries(env, sandbox, deliveries)
        figures = [_round(env, pickings) for _number in range(rounds + 1)][1:]
    medians = {
        key: statistics.median(figure[key] for figure in figures) for key in figures[0]
    }
    print(f"\n{'paper':28} {'deliveries':>10} {'ms each':>9}")
    for name, seconds in medians.items():
        print(f"{name:28} {deliveries:10} {seconds * 1000:9.2f}")
    return [
        (
            "waybill label / delivery slip, PDF, seconds each",
            medians["label, PDF"] / medians["slip, PDF"],
            "ratio",
            1.5,
        ),
        (
            "waybill label / delivery slip, page, seconds each",
            medians["label, page"] / medians["slip, page"],
            "ratio",
            1.5,
        ),
        (
            "waybill label, ZPL / PDF file, seconds each",
            medians["label, ZPL file alone"] / medians["label, PDF file alone"],
            "ratio",
            0.05,
        ),
    ]


def _deliveries(env, sandbox, count):
    """So many deliveries of one-line orders, with their numbers."""
    shop = env["esm.shop"].search([("site", "=", SITE)])
    if not shop:
        shop = make_shops(env, sandbox.url, auto_acknowledge=False)[SITE]
        make_products(env, CATALOG)
    shop.account_id.sandbox_url = sandbox.url
    # Nothing listens there: slips come without style sheets, which is quicker.
    env["ir.config_parameter"].set_param("report.url", "http://127.0.0.1:9")
    env["esm.waybill.range"].create(
        {
            "carrier_id": shop.carrier_id.id,
            "first": "600000000000",
            "last": "600000999999",
        }
    )
    numbers = [
        number
        for index in range(count)
        for number in sandbox.place_basket(
            SITE, SELLERS[SITE], [{**CATALOG[index % len(CATALOG)]}]
        )
    ]
    for number in numbers:
        sandbox.confirm(number)
    sandbox.advance(3600)
    shop._run_cycle()
    rows = env["esm.order"].search([("order_no", "in", [str(n) for n in numbers])])
    pickings = rows.sale_order_id.picking_ids
    if len(pickings) != count:
        raise SystemExit(f"{count} orders became {len(pickings)} deliveries")
    pickings._esm_prepare_print()
    return pickings


def _round(env, pickings):
    """Seconds for each delivery, by kind of paper."""
    Report = env["ir.actions.report"]
    patched = Report.get_wkhtmltopdf_state() == "ok" and _can_print_many()
    slips = [pickings] if patched else list(pickings[:10])

    def slips_as_pdf():
        for slip in slips:
            Report._render_qweb_pdf(SLIP, slip.ids)

    def pdf():
        return Report._render_qweb_pdf(LABEL, pickings.ids)

    def pdf_file():
        data = {"report_type": "pdf"}
        Report._render_qweb_pdf_prepare_streams(LABEL, data, pickings.ids)

    def zpl_file():
        # What Odoo makes of the template, without the connector's checks and notes.
        report = Report._get_report(ZPL)
        values = Report._get_rendering_context(report, pickings.ids, {})
        Report._render_template(ZPL, values)

    def page(name):
        data = {"report_type": "pdf"}
        return lambda: Report._render_qweb_html(name, pickings.ids, data)

    return {
        "slip, PDF": _time(env, slips_as_pdf) / sum(map(len, slips)),
        "label, PDF": _time(env, pdf, pickings) / len(pickings),
        "label, PDF file alone": _time(env, pdf_file) / len(pickings),
        "label, ZPL file alone": _time(env, zpl_file) / len(pickings),
        "slip, page": _time(env, page(SLIP)) / len(pickings),
        "label, page": _time(env, page(LABEL)) / len(pickings),
    }


def _can_print_many():
    from odoo.addons.base.models.ir_actions_report import _wkhtml

    return _wkhtml().is_patched_qt


def _time(env, work, checked=None):
    """Seconds that `work` takes, with nothing in the caches.

    :param checked: deliveries that count as checked just now
    """
    if checked:
        checked.esm_print_checked_at = env.cr.now()
    env.cr.commit()
    env.invalidate_all()
    gc.collect()
    started = time.perf_counter()
    work()
    env.flush_all()
    return time.perf_counter() - started
