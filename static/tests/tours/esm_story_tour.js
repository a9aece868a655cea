import { registry } from "@web/core/registry";

// From the report to an order, to its sales order, and what its panel tells.
// tests/test_story_tour.py ships a basket of two orders, 4500000001 and 4500000002.
registry.category("web_tour.tours").add("esm_story_tour", {
    steps: () => [
        {
            content: "the report opens with a chart",
            trigger: ".o_graph_view canvas",
        },
        {
            trigger: ".o_switch_view.o_pivot",
            run: "click",
        },
        {
            content: "a click on a sum leads to its orders",
            trigger: ".o_pivot .o_pivot_cell_value:contains('21,400'):first",
            run: "click",
        },
        {
            trigger: ".o_list_view .o_data_row:contains('4500000002') .o_data_cell:first",
            run: "click",
        },
        {
            trigger: ".o_form_view button[name='action_view_sale_order']",
            run: "click",
        },
        {
            content: "the latest steps are shown",
            trigger:
                ".o_esm_story li:contains('Tracking number sent'):contains('123456789012')",
        },
        {
            trigger: ".o_esm_story:not(:has(li:contains('Ordered')))",
        },
        {
            trigger: ".o_esm_story_steps button:contains('Show all')",
            run: "click",
        },
        {
            trigger: ".o_esm_story li:contains('Ordered')",
        },
        {
            trigger: ".o_esm_story dd:contains('문 앞에')",
        },
        {
            content: "to the delivery",
            trigger: ".oe_stat_button[name='action_view_delivery']",
            run: "click",
        },
        {
            trigger: ".o_form_view .o_esm_story li:contains('Left the warehouse')",
        },
        {
            content: "and back to one of its orders",
            trigger: ".o_esm_story dd button:contains('4500000001')",
            run: "click",
        },
        {
            trigger: ".o_form_view h1:contains('4500000001')",
        },
    ],
});
