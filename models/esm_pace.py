from psycopg2.errors import SerializationFailure

from odoo import fields, models


class EsmPace(models.Model):
    """Who may call next: one row per seller ID and kind of call.

    The row holds the theoretical arrival time of a leaky bucket (GCRA), and when the
    last call was under way. They are read and moved in one statement and in a
    transaction of its own, so that all workers of all hosts on this database share one
    pace.
    """

    _name = "esm.pace"
    _description = "ESM Call Pace"
    _log_access = False

    key = fields.Char(required=True)
    next_at = fields.Float(required=True, digits=(16, 6))
    called_at = fields.Float(digits=(16, 6))

    _key_uniq = models.Constraint("UNIQUE(key)", "One pace per key.")


class DatabasePacer:
    """`esm_api.Pacer` whose state is the table of `esm.pace`.

    :param registry: the Odoo registry; reservations use its own cursors so
        that they hold whatever the caller's transaction ends like.
    """

    # Slots further ahead than this are not given out: a caller that cannot wait
    # for its slot must not push those of the others away.
    LONGEST_QUEUE = 60.0

    def __init__(self, registry):
        self._registry = registry

    def reserve(self, key, interval, burst=0):
        """Take the next slot of `key`.

        :param str key: seller ID and kind of call
        :param float interval: seconds between two calls in the long run
        :param int burst: calls that may run ahead of the interval
        :return: seconds to wait before the call may go (0.0 = now)
        :rtype: float
        """
        # The clock of the database is the one clock that all hosts share. A slot
        # further ahead than any that is given out is older than the clock, that has
        # been set back since.
        query = """
            INSERT INTO esm_pace AS pace (key, next_at)
                 VALUES (%(key)s,
                         EXTRACT(EPOCH FROM clock_timestamp()) + %(interval)s)
            ON CONFLICT (key) DO UPDATE
                    SET next_at = CASE
                        WHEN pace.next_at < EXTRACT(EPOCH FROM clock_timestamp())
                                            + %(horizon)s
                        THEN GREATEST(
                            pace.next_at,
                            EXTRACT(EPOCH FROM clock_timestamp())
                        )
                        ELSE EXTRACT(EPOCH FROM clock_timestamp()) END + %(interval)s
                  WHERE pace.next_at NOT BETWEEN
                        EXTRACT(EPOCH FROM clock_timestamp()) + %(horizon)s
                    AND EXTRACT(EPOCH FROM clock_timestamp()) + %(furthest)s
              RETURNING next_at - EXTRACT(EPOCH FROM clock_timestamp())
        """
        horizon = self.LONGEST_QUEUE + burst * interval
        params = {
            "key": key,
            "interval": interval,
            "horizon": horizon,
            "furthest": horizon + interval,
        }
        row = self._execute(query, params)
        if row is None:
            return self.LONGEST_QUEUE
        return max(0.0, float(row[0]) - interval - burst * interval)

    def begin(self, key, interval):
        """Begin the call whose slot has come, if the last one is long enough ago.

        :param str key: see `reserve`
        :param float interval: seconds since the last call of any worker, at least
        :return: 0.0 if the call may go now, else the seconds until asking again
        :rtype: float
        """
        # A call that lies further ahead than that was before the clock was set back.
        query = """
            UPDATE esm_pace AS pace
               SET called_at = CASE WHEN last.wait > 0 THEN pace.called_at
                                    ELSE EXTRACT(EPOCH FROM clock_timestamp()) END
              FROM (SELECT CASE WHEN ahead <= %(interval)s
                                THEN ahead + %(interval)s ELSE 0 END AS wait
                      FROM (SELECT called_at - EXTRACT(EPOCH FROM clock_timestamp())
                                   AS ahead
                              FROM esm_pace WHERE key = %(key)s) AS call) AS last
             WHERE pace.key = %(key)s
         RETURNING last.wait
        """
        row = self._execute(query, {"key": key, "interval": interval})
        return max(0.0, float(row[0])) if row else 0.0

    def end(self, key):
        """Note that a call has been answered: ESM had it by now, at the latest.

        :param str key: see `reserve`
        """
        query = """
            UPDATE esm_pace SET called_at = EXTRACT(EPOCH FROM clock_timestamp())
             WHERE key = %(key)s RETURNING id
        """
        self._execute(query, {"key": key})

    def _execute(self, query, params):
        """The row that a statement returns, in a transaction of its own."""
        while True:
            try:
                with self._registry.cursor() as cr:
                    # Two workers that meet here are nothing for the log.
                    cr.execute(query, params, log_exceptions=False)
                    return cr.fetchone()
            except SerializationFailure:
                # Another worker took a slot meanwhile: ask for the one after it.
                continue
