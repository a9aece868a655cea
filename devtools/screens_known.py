"""What ``./dev screens`` lets pass, because it is Odoo's own and not ours to mend."""

# Elements that scroll sideways by Odoo's design.
ALLOWED_SCROLL = (
    ".o_notebook_headers, .o_notebook_headers *",  # tabs of a form on a phone
    ".o-mail-Chatter-topbar",  # buttons above the messages
    ".settings_tab",  # the apps in the settings
)
# The same on phones only: one column at a time, moved by the finger.
ALLOWED_SCROLL_ON_PHONES = (
    ".o_kanban_grouped",
    ".o_content:has(.o_kanban_grouped)",
    ".o_pivot",
    ".o_graph_view .overflow-x-auto",  # the kinds of a chart
)
# axe-core's rule, selector of the element or of what it is in, reason.
KNOWN = (
    ("button-name", ".o_optional_columns_dropdown", "columns to choose in a list"),
    ("label", ".o_list_record_selector", "boxes to select the rows of a list"),
    ("label", ".o_select_menu", "Odoo's widget for selections"),
    ("label", ".o_boolean_toggle, .o_field_boolean", "Odoo's widgets in a list"),
    ("scrollable-region-focusable", ".o_pivot", "pivots"),
    ("autocomplete-valid", ".o_select_menu, .o-autocomplete", "Odoo's widgets"),
    ("aria-allowed-attr", ".o_select_menu, .o-dropdown", "Odoo's widgets"),
    ("aria-required-parent", ".o_notebook_headers", "tabs of a form"),
    ("role-img-alt", ".oi-search, .fa-user-o, .fa-clock-o", "their icons"),
    ("image-alt", ".o_m2o_avatar, .o_avatar", "pictures of users"),
    ("label-content-name-mismatch", "[name='Open in form view']", "opens a row"),
    ("color-contrast", ".badge", "colours of Odoo's theme"),
    ("color-contrast", ".text-muted", "colour of Odoo's theme"),
    ("color-contrast", ".o_form_label, .o_field_widget.o_readonly_modifier", "theme"),
    ("color-contrast", ".btn, .o_statusbar_status", "colours of Odoo's theme"),
)
