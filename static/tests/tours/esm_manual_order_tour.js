import { registry } from "@web/core/registry";
import { chooseFile } from "@sale_esm/../tests/tours/choose_file";

// Orders that the marketplace does not hand over any more: one is typed in, others come
// from ESM Plus's workbook. tests/test_manual_order_tour.py makes the workbook, and says
// what became of the orders.

const begin = (kind) => [
    {
        trigger: ".o_list_button_add",
        run: "click",
    },
    {
        trigger: `.o_field_widget[name='kind'] label:contains('${kind}')`,
        run: "click",
    },
    {
        trigger: ".o_field_widget[name='shop_id'] input",
        run: "edit Gmarket",
    },
    {
        trigger: ".ui-autocomplete .dropdown-item:contains('Gmarket')",
        run: "click",
    },
];

const status = (state) => ({
    trigger: `.o_statusbar_status .o_arrow_button_current:contains('${state}')`,
});

const press = (button) => ({
    trigger: `button[name='${button}']:visible`,
    run: "click",
});

const type = (fields) =>
    Object.entries(fields).map(([name, text]) => ({
        trigger: `.modal .o_field_widget[name='${name}'] input`,
        run: `edit ${text}`,
    }));

registry.category("web_tour.tours").add("esm_manual_typed_tour", {
    steps: () => [
        ...begin("Typed in"),
        {
            trigger: ".o_field_widget[name='line_ids'] .o_field_x2many_list_row_add a",
            run: "click",
        },
        ...type({
            order_no: "4700000009",
            goods_name: "Tea",
            seller_code: "TEA-0100",
            unit_price: "12900",
            shipping_fee: "2500",
            receiver_name: "김수령",
            receiver_mobile: "010-0000-1234",
        }),
        {
            trigger: ".modal .o_form_button_save:visible",
            run: "click",
        },
        press("action_read"),
        status("Preview"),
        {
            content: "what is missing is told",
            trigger:
                ".o_field_widget[name='line_ids'] .o_data_cell[name='problem']:contains('the row has no address')",
        },
        press("action_reset"),
        status("Enter the orders"),
        {
            trigger: ".o_field_widget[name='line_ids'] .o_data_row .o_data_cell",
            run: "click",
        },
        ...type({ address: "서울 가상로 1" }),
        {
            trigger: ".modal .o_form_button_save:visible",
            run: "click",
        },
        press("action_read"),
        status("Preview"),
        {
            trigger: ".o_field_widget[name='line_ids'] .o_data_row:contains('Will be taken')",
        },
        press("action_apply"),
        status("Done"),
        {
            content: "it is a sales order, and nobody is told",
            trigger: ".alert-success:contains('marketplace is told nothing')",
        },
        {
            trigger:
                ".o_field_widget[name='line_ids'] .o_data_cell[name='sale_order_id']:contains('S')",
        },
    ],
});

registry.category("web_tour.tours").add("esm_manual_file_tour", {
    steps: () => [
        ...begin("Order workbook of ESM Plus"),
        ...chooseFile("tour_order_file", "orders.xlsx"),
        press("action_read"),
        status("Preview"),
        {
            trigger: ".o_field_widget[name='change_count']:contains('1')",
        },
        {
            trigger:
                ".o_field_widget[name='problem_line_ids'] .o_data_cell:contains('C3 Status: the order is under a claim')",
        },
        press("action_apply"),
        {
            content: "all or none is not possible",
            trigger: ".modal:contains('1 rows have problems') .btn-primary",
            run: "click",
        },
        {
            trigger: ".o_field_widget[name='mode'] label:contains('Good rows only')",
            run: "click",
        },
        press("action_apply"),
        status("Done"),
        {
            trigger:
                ".alert-success:contains('Orders taken over') [name='applied_count']:contains('1')",
        },
        {
            trigger: "button[name='action_download_problems']:visible",
        },
    ],
});
