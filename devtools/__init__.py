"""Tools behind ``./dev``: Odoo 19, PostgreSQL, tests, lint, demo and benchmarks.

Everything that ``./dev`` itself imports uses the standard library only, since it
runs before there is a virtual environment. The exceptions run inside that
environment and say so at their top: ``odoo_env``, ``base_company``, ``translations``,
``merchant`` and ``demo`` with its parts.
"""
