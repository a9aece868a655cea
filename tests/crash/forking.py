"""Workers as processes of their own, forked from this one."""

import os
import sys
import traceback

import odoo.sql_db


def start(log, work):
    """Fork a worker, which ends once ``work`` has.

    No thread may run: it would be shared, as a database connection would be.

    :param log: path of the file that it writes behind what is there
    :param work: callable without arguments
    :return: its process ID; its exit code is 0 if ``work`` came to its end
    """
    odoo.sql_db.close_all()
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(output, sys.stdout.fileno())
        os.dup2(output, sys.stderr.fileno())
        work()
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(status)
