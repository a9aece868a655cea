import { registry } from "@web/core/registry";
import { chooseFile } from "@sale_esm/../tests/tours/choose_file";

// Upload a courier's file: one of its rows is wrong. tests/test_tracking_tour.py makes
// the file, and says what became of the deliveries.
registry.category("web_tour.tours").add("esm_tracking_tour", {
    steps: () => [
        {
            trigger: ".o_list_button_add",
            run: "click",
        },
        ...chooseFile("tour_courier_file", "courier.csv"),
        {
            trigger: ".o_field_widget[name='validate_deliveries'] input",
            run: "click",
        },
        {
            trigger: "button[name='action_read']",
            run: "click",
        },
        {
            trigger: ".o_statusbar_status .o_arrow_button_current:contains('Preview')",
        },
        {
            content: "what would be set, and what not",
            trigger: ".o_field_widget[name='change_count']:contains('1')",
        },
        {
            content: "the problem is told by cell, column and reason",
            trigger:
                ".o_field_widget[name='problem_line_ids'] .o_data_cell:contains(A3 Order Number):contains(no order 4999999999)",
        },
        {
            trigger: "button[name='action_apply']:visible",
            run: "click",
        },
        {
            content: "goods are about to leave",
            trigger: ".modal:contains('The goods leave') .btn-primary",
            run: "click",
        },
        {
            content: "all or none is not possible",
            trigger: ".modal:contains('1 rows have problems') .btn-primary",
            run: "click",
        },
        {
            trigger: ".o_field_widget[name='mode'] label:contains('Good rows only')",
            run: "click",
        },
        {
            trigger: "button[name='action_apply']:visible",
            run: "click",
        },
        {
            trigger: ".modal:contains('The goods leave') .btn-primary",
            run: "click",
        },
        {
            trigger: ".o_statusbar_status .o_arrow_button_current:contains('Done')",
        },
        {
            content: "who set how many",
            trigger: ".alert-success:contains('Numbers set') [name='applied_count']:contains('1')",
        },
        {
            content: "the bad row as a workbook",
            trigger: "button[name='action_download_problems']:visible",
        },
    ],
});
