"""Orders that are sent are in delivery: a list read before could take that back."""


def migrate(cr, version):
    """Mend the status of orders whose parcels nobody would have followed.

    :param version: the version that was installed until now
    """
    cr.execute(
        """UPDATE esm_order SET market_status = 'in_delivery'
            WHERE state = 'sent' AND market_status IN ('new', 'preparing')"""
    )
