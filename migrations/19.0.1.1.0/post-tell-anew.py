"""Orders know when they took which step, and causes what somebody was told of."""

# What the first version knew of it.
_FILL_STEPS = """
    UPDATE esm_order
       SET shipped_at = ship.sent_at,
           acknowledged_at = confirm.sent_at
      FROM esm_order AS known
      LEFT JOIN esm_outbox AS ship
        ON ship.order_id = known.id AND ship.action = 'ship'
      LEFT JOIN esm_outbox AS confirm
        ON confirm.order_id = known.id AND confirm.action = 'acknowledge'
     WHERE known.id = esm_order.id
"""
# The first version had no notices: nobody would ever end its activities. They are told
# again within the hour, if there still is anything to tell.
_END_ACTIVITIES = """
    DELETE FROM mail_activity AS activity
     USING ir_model_data AS kind
     WHERE kind.model = 'mail.activity.type'
       AND kind.module = 'sale_esm'
       AND kind.res_id = activity.activity_type_id
       AND activity.automated
       AND activity.active
"""


def migrate(cr, version):
    """Take over what the first version knew of both.

    :param version: the version that was installed until now
    """
    cr.execute(_FILL_STEPS)
    cr.execute(_END_ACTIVITIES)
