import { browser } from "@web/core/browser/browser";
import { registry } from "@web/core/registry";
import { chooseFile } from "@sale_esm/../tests/tours/choose_file";

// Export the selected products. tests/test_code_tour.py fills in the file.
registry.category("web_tour.tours").add("esm_code_export_tour", {
    steps: () => [
        {
            trigger: ".o_data_row:contains('Tour tea') .o_list_record_selector input",
            run: "click",
        },
        {
            trigger: ".o_data_row:contains('Tour cup') .o_list_record_selector input",
            run: "click",
        },
        {
            trigger: ".o_cp_action_menus button:contains('Actions')",
            run: "click",
        },
        {
            trigger: ".o-dropdown-item:contains('Export Marketplace Codes')",
            run: "click",
        },
        {
            content: "the selected products are meant",
            trigger: ".modal .o_field_widget[name='count']:contains('2')",
        },
        {
            trigger: ".modal button[name='action_export']",
            async run({ click }) {
                // A download by the browser itself ends when no tour can see it.
                browser.open = async (url) => {
                    const answer = await fetch(url);
                    document.body.dataset.downloaded = answer.headers.get(
                        "Content-Disposition"
                    );
                };
                await click();
            },
        },
        {
            trigger: "body[data-downloaded*='.xlsx']",
        },
        {
            trigger: ".modal button:contains('Close')",
            run: "click",
        },
        {
            trigger: "body:not(:has(.modal))",
        },
    ],
});

// Upload the file that was filled in: one of its rows is wrong.
registry.category("web_tour.tours").add("esm_code_import_tour", {
    steps: () => [
        {
            trigger: ".o_list_button_add",
            run: "click",
        },
        ...chooseFile("tour_workbook", "filled in.xlsx"),
        {
            trigger: "button[name='action_read']",
            run: "click",
        },
        {
            trigger: ".o_statusbar_status .o_arrow_button_current:contains('Preview')",
        },
        {
            content: "what would change, and what not",
            trigger: ".o_field_widget[name='change_count']:contains('1')",
        },
        {
            content: "the problem is told by cell, column and reason",
            trigger:
                ".o_field_widget[name='problem_line_ids'] .o_data_cell:contains(G4 Inventory Code):contains(too long)",
        },
        {
            content: "all or none is not possible",
            trigger:
                ".o_form_statusbar:not(:has(button[name='action_apply'])) ~ .alert-warning:contains('only the good rows')",
        },
        {
            trigger: ".o_field_widget[name='mode'] label:contains('Good rows only')",
            run: "click",
        },
        {
            trigger: "button[name='action_apply']",
            run: "click",
        },
        {
            trigger: ".o_statusbar_status .o_arrow_button_current:contains('Done')",
        },
        {
            content: "who changed how many",
            trigger:
                ".alert-success:contains('Rows changed') [name='applied_count']:contains('1')",
        },
        {
            trigger: ".o_notebook_headers a[name='rows']",
            run: "click",
        },
        {
            trigger:
                ".o_field_widget[name='line_ids'] .o_data_row:contains('Tour tea'):contains('00123'):contains('Changed')",
        },
        {
            content: "the bad row as a workbook",
            trigger: "button[name='action_download_problems']:visible",
        },
    ],
});
