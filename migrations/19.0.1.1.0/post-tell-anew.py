"""Orders know when they took which step, and causes what somebody was told of."""

# What is known of it. Whoever follows the main branch may have a part of it already.
_FILL_STEPS = """
    UPDATE esm_order
       SET shipped_at = COALESCE(known.shipped_at, ship.sent_at),
           acknowledged_at = COALESCE(known.acknowledged_at, confirm.sent_at),
           delivered_at = COALESCE(
               known.delivered_at,
               CASE WHEN known.market_status = 'delivered'
                    THEN known.market_status_at END),
           decided_at = COALESCE(
               known.decided_at,
               CASE WHEN known.market_status = 'decided'
                    THEN known.market_status_at END)
      FROM esm_order AS known
      LEFT JOIN esm_outbox AS ship
        ON ship.order_id = known.id AND ship.action = 'ship'
      LEFT JOIN esm_outbox AS confirm
        ON confirm.order_id = known.id AND confirm.action = 'acknowledge'
     WHERE known.id = esm_order.id
"""
# Open activities of a version that had no notices: nobody would ever end them. They are
# told again within the hour, if there still is anything to tell.
_END_OPEN = """
    DELETE FROM mail_activity AS activity
     USING ir_model_data AS kind
     WHERE kind.model = 'mail.activity.type'
       AND kind.res_id = activity.activity_type_id
       AND (kind.module = 'sale_esm'
            OR kind.module = 'mail'
               AND kind.name = 'mail_activity_data_warning'
               AND activity.res_model = 'esm.listing')
       AND activity.automated
       AND activity.active
"""
# Deadlines that somebody was warned of, and marked as done or deleted.
_KEEP_DEADLINES = """
    INSERT INTO esm_notice
           (cause, kind, company_id, create_uid, write_uid, create_date, write_date)
    SELECT DISTINCT ON (picking.id)
           'deadline/' || picking.id, 'deadline', picking.company_id,
           activity.create_uid, activity.write_uid,
           activity.create_date, activity.write_date
      FROM mail_activity AS activity
      JOIN ir_model_data AS kind
        ON kind.model = 'mail.activity.type'
       AND kind.res_id = activity.activity_type_id
       AND kind.module = 'sale_esm'
       AND kind.name = 'mail_activity_type_deadline'
      JOIN stock_picking AS picking
        ON picking.id = activity.res_id
     WHERE activity.res_model = 'stock.picking'
       AND NOT activity.active
     ORDER BY picking.id, activity.id
"""


def migrate(cr, version):
    """Take over what an older version knew of both.

    :param version: the version that was installed until now
    """
    cr.execute(_FILL_STEPS)
    cr.execute("SELECT 1 FROM esm_notice LIMIT 1")
    if not cr.fetchone():
        cr.execute(_END_OPEN)
        cr.execute(_KEEP_DEADLINES)
