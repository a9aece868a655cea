from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from ..esm_api import korean_day
from .esm_listing import WARN_STOPPED_AFTER
from .esm_order import COMPLETE_AFTER
from .stock_picking_due import WARN_BEFORE
from .utc import aware

# Each record that may be a source of problems has room for so many of them: a problem's
# ID is that of the record times this, plus the number of the source.
SOURCES = 32
# Goods or sales are lost if nobody looks at these soon.
URGENT = (
    *("cancel", "cancelled_late", "address_changed", "elsewhere", "tracking"),
    *("silent", "stock", "repack", "late", "number"),
)
# Trouble with the connection that lasts as long does not pass by itself.
PASSES_WITHIN = timedelta(hours=1)
# Models of imports, in the order of their source numbers.
IMPORTS = ("esm.code.import", "esm.tracking.import", "esm.manual.order")


class EsmProblem(models.Model):
    """Everything that waits for a human, as one list: a line for each cause.

    Nothing is stored: the lines are what the records say at this moment, so they can
    never be out of step, and vanish when what they say is solved.
    """

    _name = "esm.problem"
    _description = "Marketplace Problem"
    _auto = False
    _order = "severity, since desc, id desc"
    _rec_name = "name"
    _rec_names_search = ["name", "code"]

    kind = fields.Selection(
        selection="_selection_kind", string="Problem", readonly=True
    )
    severity = fields.Selection(
        [
            ("1", "Urgent"),
            ("2", "Soon"),
            ("3", "Can wait"),
        ],
        string="How Urgent",
        readonly=True,
        help="Urgent: sales or goods are lost if nobody looks at it today. Soon: it "
        "holds up orders or work.",
    )
    shop_id = fields.Many2one("esm.shop", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    user_id = fields.Many2one("res.users", string="Responsible", readonly=True)
    name = fields.Char(string="About", readonly=True)
    code = fields.Char(string="Unknown Code", readonly=True)
    order_count = fields.Integer(
        string="How Many",
        readonly=True,
        help="Orders, listings, options, rows or numbers that have this problem.",
    )
    since = fields.Datetime(readonly=True)
    res_model = fields.Char(readonly=True)
    res_id = fields.Many2oneReference(model_field="res_model", readonly=True)
    cause = fields.Char(
        readonly=True, help="What several lines have in common that are told once."
    )
    told_text = fields.Text(
        readonly=True, help="What the record itself says about its problem."
    )

    # What the lines are made of: it is written to the database before they are read.
    _depends = {
        "esm.shop": [
            *("active", "company_id", "user_id", "name", "connection_state"),
            *("connection_message", "connection_since", "listings_message"),
            "listings_since",
        ],
        "esm.order": [
            *("shop_id", "company_id", "order_no", "goods_no", "state", "problem"),
            *("problem_text", "problem_at", "waiting_code", "next_try_at", "is_gift"),
            *("due_at", "silent", "expected_date", "sale_order_id", "complete_at"),
            *("complete_tries", "market_status"),
        ],
        "esm.outbox": [
            *("shop_id", "company_id", "order_id", "listing_id", "action", "state"),
            "message",
        ],
        "esm.listing": ["shop_id", "company_id", "name", "state", "stopped_at"],
        "esm.listing.option": ["shop_id", "listing_id", "match_method", "shown"],
        "stock.picking": [
            *("name", "company_id", "state", "picking_type_id", "sale_id"),
            *("date_done", "esm_shop_id", "esm_open", "esm_due_at", "esm_state"),
            *("esm_repack_text", "esm_repack_at"),
        ],
        "sale.order": ["partner_shipping_id"],
        "res.partner": ["phone"],
        "esm.waybill.range": ["carrier_id", "active", "size", "used"],
        "delivery.carrier": [
            *("name", "active", "company_id", "esm_warn_below", "esm_few_since"),
        ],
        **{
            model: ["state", "message", "problem_count", "filename", "company_id"]
            for model in IMPORTS
        },
    }

    @api.model
    def _selection_kind(self):
        Order = self.env["esm.order"]
        of_orders = Order._fields["problem"]._description_selection(self.env)
        # Not a list of tuples: the search for texts to translate takes a bracket that
        # follows a translated text for another one.
        kinds = {
            "connection": self.env._("No connection"),
            "goods": self.env._("Listings not permitted"),
            **dict(of_orders),
            "late": self.env._("Deadline missed"),
            "number": self.env._("No tracking number"),
            "repack": self.env._("Pack again"),
            "phone": self.env._("No phone number"),
            "stock": self.env._("Stock refused"),
            "price": self.env._("Price refused"),
            "codes": self.env._("Codes refused"),
            "delivered": self.env._("Arrival refused"),
            "stopped": self.env._("Listing soon deleted"),
            "options": self.env._("Options without product"),
            "numbers": self.env._("Waybill numbers run out"),
            "import": self.env._("Import unfinished"),
        }
        return list(kinds.items())

    # ------------------------------------------------------------------
    # The lines
    # ------------------------------------------------------------------

    @property
    def _table_query(self):
        parts = [
            self._sql_connection(),
            self._sql_goods(),
            self._sql_unmatched(),
            self._sql_orders(),
            self._sql_late_orders(),
            self._sql_phones(),
            self._sql_order_messages(),
            self._sql_listing_messages(),
            self._sql_stopped(),
            self._sql_options(),
            self._sql_repack(),
            self._sql_late_deliveries(),
            self._sql_numbers(),
            *(
                self._sql_imports(number, model)
                for number, model in enumerate(IMPORTS, start=14)
            ),
        ]
        return SQL(
            """SELECT problem.*, shop.user_id
                 FROM (%s) problem
            LEFT JOIN esm_shop shop ON shop.id = problem.shop_id""",
            SQL(" UNION ALL ").join(parts),
        )

    def _sql_line(self, source, number, kind, **columns):
        """A part of the list.

        :param SQL source: FROM and all that follows
        :param int number: of this part, unique
        :param kind: value of the field `kind`, or SQL of it
        :param columns: SQL or plain values of the other fields; `record` is the ID of
            the record in `res_model`
        """
        record = columns["record"]
        severity = "1" if kind in URGENT else "2"
        default_cause = SQL(
            "%s || '/' || %s || ',' || %s", kind, columns["model"], record
        )
        return SQL(
            """SELECT %(record)s::bigint * %(sources)s + %(number)s AS id,
                      %(kind)s::varchar AS kind, %(severity)s::varchar AS severity,
                      %(shop)s::integer AS shop_id, %(company)s::integer AS company_id,
                      %(name)s::varchar AS name, %(code)s::varchar AS code,
                      %(count)s::integer AS order_count, %(since)s::timestamp AS since,
                      %(model)s::varchar AS res_model, %(record)s::integer AS res_id,
                      %(cause)s::varchar AS cause, %(text)s::text AS told_text
                 %(source)s""",
            source=source,
            sources=SOURCES,
            number=number,
            kind=kind,
            record=record,
            severity=columns.get("severity", severity),
            shop=columns["shop"],
            company=columns["company"],
            name=columns["name"],
            code=columns.get("code"),
            count=columns.get("count", 1),
            since=columns["since"],
            model=columns["model"],
            cause=columns.get("cause", default_cause),
            text=columns.get("text"),
        )

    def _sql_connection(self):
        """Shops that cannot talk to the marketplace."""
        lasting = fields.Datetime.now() - PASSES_WITHIN
        return self._sql_line(
            SQL(
                """FROM esm_shop s
                  WHERE s.active AND s.connection_state IN ('problem', 'refused')"""
            ),
            1,
            "connection",
            model="esm.shop",
            record=SQL("s.id"),
            severity=SQL(
                """CASE WHEN s.connection_state = 'refused' OR s.connection_since < %s
                        THEN '1' ELSE '2' END""",
                lasting,
            ),
            shop=SQL("s.id"),
            company=SQL("s.company_id"),
            name=SQL("s.name"),
            since=SQL("s.connection_since"),
            text=SQL("s.connection_message"),
        )

    def _sql_goods(self):
        """Shops whose key may not be used for listings and stock."""
        return self._sql_line(
            SQL("FROM esm_shop s WHERE s.active AND s.listings_message IS NOT NULL"),
            2,
            "goods",
            model="esm.shop",
            record=SQL("s.id"),
            shop=SQL("s.id"),
            company=SQL("s.company_id"),
            name=SQL("s.name"),
            since=SQL("s.listings_since"),
            text=SQL("s.listings_message"),
        )

    def _sql_unmatched(self):
        """Codes that no product has, or goods without a code, however many orders wait.

        Orders that are about to be looked at again wait for a job, not for a human.
        """
        key = SQL("COALESCE(o.waiting_code, '#' || o.goods_no, '')")
        return self._sql_line(
            SQL(
                """FROM esm_order o
                  WHERE o.problem = 'unmatched' AND o.next_try_at IS NULL
               GROUP BY o.shop_id, o.company_id, %s, o.waiting_code""",
                key,
            ),
            3,
            "unmatched",
            model="esm.order",
            record=SQL("MIN(o.id)"),
            severity=self._sql_severity(),
            shop=SQL("o.shop_id"),
            company=SQL("o.company_id"),
            name=SQL("COALESCE(o.waiting_code, MIN(o.goods_name))"),
            code=SQL("o.waiting_code"),
            count=SQL("COUNT(*)"),
            since=SQL("MIN(o.problem_at)"),
            text=SQL("MIN(o.problem_text)"),
            cause=SQL("'unmatched/' || o.shop_id || '/' || %s", key),
        )

    def _sql_severity(self):
        """Severity of what holds up orders: their deadlines do not wait."""
        return SQL(
            """CASE WHEN MIN(o.due_at) FILTER (
                             WHERE o.state IN ('received', 'booked', 'released')
                         ) < %s
                    THEN '1' ELSE '2' END""",
            fields.Datetime.now() + WARN_BEFORE,
        )

    def _sql_orders(self):
        """All other problems of orders; one line for what is said of a sales order."""
        return self._sql_line(
            SQL(
                """FROM esm_order o
                  WHERE o.problem IS NOT NULL AND o.problem <> 'unmatched'
               GROUP BY o.shop_id, o.company_id, o.problem, o.problem_text,
                        CASE WHEN o.problem = 'confirmation' THEN 0
                             ELSE COALESCE(o.sale_order_id, -o.id) END"""
            ),
            4,
            SQL("o.problem"),
            model="esm.order",
            record=SQL("MIN(o.id)"),
            severity=SQL(
                """CASE WHEN o.problem IN %s THEN '1'
                        WHEN o.problem = 'address' AND bool_and(o.is_gift) THEN '3'
                        ELSE %s END""",
                URGENT,
                self._sql_severity(),
            ),
            shop=SQL("o.shop_id"),
            company=SQL("o.company_id"),
            name=SQL("MIN(o.order_no)"),
            count=SQL("COUNT(*)"),
            since=SQL("MIN(o.problem_at)"),
            text=SQL("o.problem_text"),
            # What is wrong with the system, rather than with one order, is told once.
            cause=SQL(
                """o.problem || CASE
                   WHEN o.problem NOT IN ('confirmation', 'error')
                        AND MIN(o.sale_order_id) IS NOT NULL
                   THEN '/sale.order,' || MIN(o.sale_order_id)
                   ELSE '/esm.shop,' || o.shop_id END"""
            ),
        )

    def _sql_late_orders(self):
        """Orders that should have left, but are not even with the warehouse."""
        return self._sql_line(
            SQL(
                """FROM esm_order o
                  WHERE o.state IN ('received', 'booked') AND o.problem IS NULL
                    AND o.silent IS NOT TRUE AND o.due_at < %s
                    AND (o.expected_date IS NULL OR o.expected_date < %s)""",
                fields.Datetime.now(),
                self._today(),
            ),
            5,
            "late",
            model="esm.order",
            record=SQL("o.id"),
            shop=SQL("o.shop_id"),
            company=SQL("o.company_id"),
            name=SQL("o.order_no"),
            since=SQL("o.due_at"),
        )

    def _sql_phones(self):
        """Orders to ship whose receiver's phone number never came."""
        return self._sql_line(
            SQL(
                """FROM esm_order o
                   JOIN sale_order sale ON sale.id = o.sale_order_id
                   JOIN res_partner receiver ON receiver.id = sale.partner_shipping_id
                  WHERE o.complete_tries >= %s AND o.state IN ('booked', 'released')
                    AND o.complete_at IS NULL AND o.problem IS NULL
                    AND COALESCE(receiver.phone, '') = ''
               GROUP BY o.shop_id, o.company_id, sale.id""",
                len(COMPLETE_AFTER),
            ),
            6,
            "phone",
            model="esm.order",
            record=SQL("MIN(o.id)"),
            severity="3",
            shop=SQL("o.shop_id"),
            company=SQL("o.company_id"),
            name=SQL("MIN(o.order_no)"),
            count=SQL("COUNT(*)"),
            since=SQL("MIN(o.paid_at)"),
        )

    def _sql_order_messages(self):
        """Refused messages about orders that no problem of the order tells of."""
        return self._sql_line(
            SQL(
                """FROM esm_outbox m
                   JOIN esm_order o ON o.id = m.order_id
                  WHERE m.state = 'refused'
                    AND o.state NOT IN ('cancelled', 'ignored')
                    AND CASE m.action
                        WHEN 'expected' THEN o.problem IS DISTINCT FROM 'delay'
                             AND o.state IN ('received', 'booked', 'released')
                        WHEN 'delivered' THEN o.market_status = 'in_delivery'
                        ELSE o.problem IS NULL END"""
            ),
            7,
            SQL(
                """CASE m.action WHEN 'acknowledge' THEN 'confirmation'
                                 WHEN 'ship' THEN 'tracking'
                                 WHEN 'expected' THEN 'delay'
                                 ELSE m.action END"""
            ),
            model="esm.outbox",
            record=SQL("m.id"),
            severity=SQL("CASE m.action WHEN 'delivered' THEN '3' ELSE '2' END"),
            shop=SQL("m.shop_id"),
            company=SQL("m.company_id"),
            name=SQL("o.order_no"),
            since=SQL("m.write_date"),
            text=SQL("m.message"),
        )

    def _sql_listing_messages(self):
        """Stock, prices and codes that are refused, by what ESM says about them."""
        return self._sql_line(
            SQL(
                """FROM esm_outbox m
                   JOIN esm_listing l ON l.id = m.listing_id
                  WHERE m.state = 'refused' AND l.state <> 'deleted'
               GROUP BY m.shop_id, m.company_id, m.action, m.message"""
            ),
            8,
            SQL("m.action"),
            model="esm.outbox",
            record=SQL("MIN(m.id)"),
            severity=SQL(
                "CASE m.action WHEN 'stock' THEN '1' WHEN 'price' THEN '2' ELSE '3' END"
            ),
            shop=SQL("m.shop_id"),
            company=SQL("m.company_id"),
            name=SQL("MIN(l.name)"),
            count=SQL("COUNT(*)"),
            since=SQL("MIN(m.write_date)"),
            text=SQL("m.message"),
            cause=SQL("m.action || '/esm.shop,' || m.shop_id || '/' || MD5(m.message)"),
        )

    def _sql_stopped(self):
        """Listings that ESM is going to delete."""
        return self._sql_line(
            SQL(
                """FROM esm_listing l
                  WHERE l.state = 'stopped' AND l.stopped_at < %s""",
                fields.Datetime.now() - WARN_STOPPED_AFTER,
            ),
            9,
            "stopped",
            model="esm.listing",
            record=SQL("l.id"),
            shop=SQL("l.shop_id"),
            company=SQL("l.company_id"),
            name=SQL("l.name"),
            since=SQL("l.stopped_at"),
            # Another stop is another cause.
            cause=SQL("'stopped/' || l.id || '/' || l.stopped_at"),
        )

    def _sql_options(self):
        """What is on sale, but nobody knows which goods it is; a line for each shop."""
        return self._sql_line(
            SQL(
                """FROM esm_listing_option p
                   JOIN esm_listing l ON l.id = p.listing_id
                  WHERE p.match_method IS NULL AND p.shown AND l.state = 'on_sale'
               GROUP BY l.shop_id, l.company_id"""
            ),
            10,
            "options",
            model="esm.shop",
            record=SQL("l.shop_id"),
            severity="3",
            shop=SQL("l.shop_id"),
            company=SQL("l.company_id"),
            name=SQL("MIN(l.name)"),
            count=SQL("COUNT(*)"),
            since=SQL("MIN(p.create_date)"),
        )

    def _sql_repack(self):
        """Parcels in the warehouse that must not leave as they are."""
        return self._sql_line(
            SQL(
                """FROM stock_picking d
                  WHERE d.esm_repack_text IS NOT NULL AND d.state <> 'done'"""
            ),
            11,
            "repack",
            model="stock.picking",
            record=SQL("d.id"),
            shop=SQL("d.esm_shop_id"),
            company=SQL("d.company_id"),
            name=SQL("d.name"),
            since=SQL("d.esm_repack_at"),
            text=SQL("d.esm_repack_text"),
        )

    def _sql_late_deliveries(self):
        """Deliveries that should have left, and what left without a number.

        Of those whose orders have a problem, that tells more.
        """
        missing = SQL("(d.state = 'done' AND d.esm_state = 'missing')")
        return self._sql_line(
            SQL(
                """FROM stock_picking d
                   JOIN stock_picking_type t ON t.id = d.picking_type_id
                  WHERE d.esm_open AND t.code = 'outgoing'
                    AND (d.esm_due_at < %s OR %s)
                    AND NOT EXISTS (
                        SELECT FROM esm_order o
                         WHERE o.sale_order_id = d.sale_id
                           AND (o.problem IS NOT NULL OR o.expected_date >= %s))""",
                fields.Datetime.now(),
                missing,
                self._today(),
            ),
            12,
            SQL("CASE WHEN %s THEN 'number' ELSE 'late' END", missing),
            model="stock.picking",
            record=SQL("d.id"),
            severity="1",
            shop=SQL("d.esm_shop_id"),
            company=SQL("d.company_id"),
            name=SQL("d.name"),
            since=SQL("CASE WHEN %s THEN d.date_done ELSE d.esm_due_at END", missing),
        )

    def _sql_numbers(self):
        """Couriers whose waybill numbers are nearly used up."""
        left = SQL("SUM(r.size - r.used)")
        return self._sql_line(
            SQL(
                """FROM esm_waybill_range r
                   JOIN delivery_carrier c ON c.id = r.carrier_id
                  WHERE r.active AND c.active
               GROUP BY c.id
                 HAVING %s < c.esm_warn_below""",
                left,
            ),
            13,
            "numbers",
            model="delivery.carrier",
            record=SQL("c.id"),
            severity=SQL("CASE %s WHEN 0 THEN '1' ELSE '2' END", left),
            shop=None,
            company=SQL("c.company_id"),
            name=SQL(
                "COALESCE(c.name->>%s, c.name->>'en_US')", self.env.lang or "en_US"
            ),
            count=left,
            since=SQL("c.esm_few_since"),
        )

    def _sql_imports(self, number, model):
        """Files that somebody uploaded, but could not apply, or not all of."""
        return self._sql_line(
            SQL(
                """FROM %s f
                  WHERE f.state IN ('draft', 'preview')
                    AND (f.message IS NOT NULL
                         OR f.state = 'preview' AND f.problem_count > 0)""",
                SQL.identifier(self.env[model]._table),
            ),
            number,
            "import",
            model=model,
            record=SQL("f.id"),
            severity="3",
            shop=None,
            company=SQL("f.company_id"),
            name=SQL("f.filename"),
            count=SQL("f.problem_count"),
            since=SQL("f.write_date"),
            text=SQL("f.message"),
        )

    @api.model
    def _today(self):
        """The day in Korea, by which ship dates are planned."""
        return korean_day(aware(fields.Datetime.now()))
