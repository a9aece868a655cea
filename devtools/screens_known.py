"""What ``./dev screens`` lets pass, because it is Odoo's own and not ours to mend."""

# Elements that scroll sideways by Odoo's design.
ALLOWED_SCROLL = (
    ".o_notebook_headers",  # tabs of a form on a phone
    ".o_notebook_headers *",
)
# axe-core's rule, pattern of the element's HTML, reason.
KNOWN = ()
