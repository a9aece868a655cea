"""Threads that work off the pieces of one job together.

Most of what a job does is waiting: for ESM's answer, for the next slot of a shop's
pace. Each thread has a database connection, a transaction and an environment of its
own, as the threads of Odoo's server have: a piece of work is done by a helper exactly
as the job itself would do it, with the same locks and commits.
"""

import logging
import threading
import time
from collections import deque
from contextlib import contextmanager

import psycopg2
import psycopg2.pool

from odoo.modules import module
from odoo.tools import config

_logger = logging.getLogger(__name__)

# Helpers of all jobs of one process together. Each holds a connection, and asks for a
# second one for the moment in which it takes a slot of the pace.
MOST_HELPERS = 16
_lock = threading.Lock()
_busy = set()


def allowed():
    """How many helpers this process may have at a time."""
    if module.current_test:
        # Odoo's tests lend one connection to all threads: they would wait for it.
        return 0
    # Half of the connections of a process are for who opens pages.
    return min(MOST_HELPERS, config["db_maxconn"] // 4)


@contextmanager
def own_turn():
    """Do something that the others of this thread's crew do not do meanwhile.

    What keeps the processor busy is no faster in several threads of a process, but they
    would reserve the same goods and make each other start over.
    """
    crew = getattr(threading.current_thread(), "esm_crew", None)
    if crew is None:
        yield
        return
    with crew.turn:
        yield


class Crew:
    """Whoever calls `work_off`, and the helpers that join.

    :param records: what `begin` gets, with an environment of the thread's own
    :param begin: callable, called once in each thread with `records`; returns what
        works off a piece: a callable that takes the piece
    :param pieces: iterable; they are taken in its order
    """

    def __init__(self, records, begin, pieces):
        self._records = records
        self._begin = begin
        self._pieces = deque(pieces)
        # `_time_left` of a thread that must not write the progress of a cron.
        self._until = time.monotonic() + records.env["esm.shop"]._time_left()
        self.done = 0
        self.error = None
        self.stopped = False
        self.turn = threading.RLock()

    @property
    def left(self):
        """Pieces that nobody has taken."""
        return len(self._pieces)

    def stop(self):
        """Let nobody take another piece."""
        self.stopped = True

    def work_off(self, at_once, note=None):
        """Work off the pieces; the caller works too.

        :param int at_once: pieces in hand at a time, at most
        :param note: called after each piece of the caller's own and after the last one,
            by the caller only
        :raise: the first error that a piece ended with, when everybody has stopped
        """
        helpers = []
        try:
            for _number in range(min(at_once, self.left) - 1):
                helper = self._hire()
                if helper is None:
                    break
                helpers.append(helper)
            self._work(self._records, note)
        except BaseException:
            self.stop()
            raise
        finally:
            for helper in helpers:
                helper.join()
        if self.error:
            raise self.error
        if note and helpers:
            note()

    def _work(self, records, note=None):
        thread = threading.current_thread()
        outer = getattr(thread, "esm_crew", None)
        thread.esm_crew = outer or self
        try:
            self._take_pieces(records, note)
        finally:
            thread.esm_crew = outer

    def _take_pieces(self, records, note):
        work = self._begin(records)
        first = True
        while not self.stopped and (first or time.monotonic() < self._until):
            first = False
            try:
                piece = self._pieces.popleft()
            except IndexError:
                return
            work(piece)
            with _lock:
                self.done += 1
            if note:
                note()

    def _hire(self):
        """Start a helper, if there may be one more; returns its thread or None."""
        thread = threading.Thread(target=self._help, name="sale_esm.helper")
        with _lock:
            if len(_busy) >= allowed():
                return None
            _busy.add(thread)
        try:
            thread.start()
        except RuntimeError:
            # The system gives no more threads: the others do it.
            self._dismiss(thread)
            return None
        return thread

    def _help(self):
        thread, env = threading.current_thread(), self._records.env
        thread.dbname = env.cr.dbname  # for the log
        try:
            cr = env.registry.cursor()
        except (psycopg2.pool.PoolError, psycopg2.OperationalError) as error:
            # No connection to be had: the others do it.
            _logger.info("No connection for a helper: %s", type(error).__name__)
            self._dismiss(thread)
            return
        context = {
            **env.context,
            "ir_cron_progress_id": False,
            "esm_until": self._until,
        }
        try:
            with cr:
                self._work(self._records.with_env(env(cr=cr, context=context)))
            # Odoo notes by thread which caches other processes have to forget.
            env.registry.signal_changes()
        except BaseException as error:
            self.error = self.error or error
            self.stop()
        finally:
            self._dismiss(thread)

    def _dismiss(self, thread):
        with _lock:
            _busy.discard(thread)
