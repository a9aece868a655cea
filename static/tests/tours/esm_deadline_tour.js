import { registry } from "@web/core/registry";

// What is due, and what to do about it. tests/test_deadline_tour.py makes a delivery
// that is late, one that is due today, one that ESM refused, and one without deadline.
registry.category("web_tour.tours").add("esm_deadline_tour", {
    steps: () => [
        {
            content: "the columns stand in the order of the deadlines",
            trigger:
                ".o_kanban_group:nth-child(1):contains('Late') .o_kanban_record:contains('4500000001')",
        },
        {
            trigger:
                ".o_kanban_group:nth-child(2):contains('Today') .o_kanban_record:contains('4500000002')",
        },
        {
            trigger: ".o_kanban_group:nth-child(4):contains('Later')",
        },
        {
            content: "what the marketplace has not told yet stands at the end",
            trigger:
                ".o_kanban_group:nth-child(5):contains('No Deadline Yet') .o_kanban_record:contains('4500000003')",
        },
        {
            content: "a refused number says why",
            trigger:
                ".o_kanban_group:nth-child(1) .o_kanban_record:contains('Refused'):contains('does not fit')",
        },
        {
            content: "and the bar above the column counts it",
            trigger: ".o_kanban_group:nth-child(1) .o_column_progress .bg-danger",
        },
        {
            trigger: ".o_kanban_record:contains('4500000001')",
            run: "click",
        },
        {
            trigger: "button[name='action_esm_expected_date']",
            run: "click",
        },
        {
            content: "it works once",
            trigger: ".modal .alert-info:contains('once for each order')",
        },
        {
            trigger: ".modal .o_field_widget[name='detail'] input",
            run: "edit 입고 지연",
        },
        {
            trigger: ".modal button[name='action_plan']",
            run: "click",
        },
        {
            trigger: ".o_notification:contains('on its way to the marketplace')",
        },
        {
            trigger: ".o_back_button",
            run: "click",
        },
        {
            trigger: ".o_searchview_dropdown_toggler",
            run: "click",
        },
        {
            content: "the same by sending state",
            trigger:
                ".o_group_by_menu .o_menu_item:contains('Tracking at the Marketplace')",
            run: "click",
        },
        {
            trigger:
                ".o_kanban_group:contains('Refused') .o_kanban_record:contains('2100000001')",
        },
    ],
});
