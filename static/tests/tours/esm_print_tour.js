import { registry } from "@web/core/registry";

// A packer prints all that is ready; one buyer has just asked to cancel.
// tests/test_waybill_tour.py prepares the sandbox and says what it must have got.
registry.category("web_tour.tours").add("esm_print_tour", {
    steps: () => [
        {
            trigger: ".o_data_row:eq(2)",
        },
        {
            content: "take all deliveries",
            trigger: ".o_list_view thead .o_list_record_selector input",
            run: "click",
        },
        {
            trigger: "button[name='action_esm_print_waybill']",
            run: "click",
        },
        {
            content: "one of them must not leave",
            trigger: ".modal .alert-danger:contains('wants to cancel')",
        },
        {
            trigger: ".modal .modal-body:contains('the other 2 deliveries')",
        },
        {
            content: "only a manager may print it all the same",
            trigger: ".modal footer:not(:has(button[name='action_print_all']))",
        },
        {
            trigger: ".modal button[name='action_print_others']",
            run: "click",
        },
        {
            content: "the labels are there",
            trigger: "body:not(:has(.modal)):not(:has(.o_blockUI))",
        },
        {
            trigger: ".o_data_row:contains('600000000014'):contains('Waiting')",
        },
        {
            trigger: ".o_data_row:contains('600000000025'):contains('Waiting')",
        },
    ],
});
