"""Orders that are sent are in delivery: a list read before could take that back."""


def migrate(cr, version):
    """Mend the status of orders whose parcels nobody would have followed.

    What became of them meanwhile is read from the beginning.

    :param version: the version that was installed until now
    """
    cr.execute(
        """UPDATE esm_order SET market_status = 'in_delivery'
            WHERE state = 'sent' AND market_status IN ('new', 'preparing')
        RETURNING shop_id"""
    )
    if shop_ids := {shop_id for [shop_id] in cr.fetchall()}:
        cr.execute(
            "UPDATE esm_shop SET states_read_at = NULL WHERE id IN %s",
            [tuple(shop_ids)],
        )
