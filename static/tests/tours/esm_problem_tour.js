import { registry } from "@web/core/registry";
import { chooseProduct } from "@sale_esm/../tests/tours/choose_product";

// From an unknown code in the list of problems to the solved problem.
// tests/test_problem_tour.py prepares the order that waits.
registry.category("web_tour.tours").add("esm_problem_tour", {
    steps: () => [
        {
            content: "what happened, how to solve it",
            trigger:
                ".o_data_row:contains('Unknown code'):contains('TOUR-X'):contains('2 orders wait'):contains('Choose the product')",
        },
        {
            content: "the button that does it",
            trigger: ".o_data_row:contains('TOUR-X') button[name='action_solve']:contains('Match')",
            run: "click",
        },
        {
            trigger: ".modal .alert-success:contains('wait for it')",
        },
        ...chooseProduct("Tour bag"),
        {
            trigger: ".modal button[name='action_match']:visible",
            run: "click",
        },
        {
            content: "the line is gone, the other one stays",
            trigger:
                "body:not(:has(.modal)) .o_list_view:not(:contains('TOUR-X')) .o_data_row:contains('No connection')",
        },
        {
            trigger:
                ".o_data_row:contains('No connection') button[name='action_solve']:contains('Test Connection')",
            run: "click",
        },
        {
            content: "nothing is left",
            trigger: ".o_nocontent_help:contains('Nothing waits for you')",
        },
    ],
});
