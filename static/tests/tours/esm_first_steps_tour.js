import { registry } from "@web/core/registry";
import { stepUtils } from "@web_tour/tour_utils";

// From nothing to a shipped order, by the buttons of the first steps alone. No step looks
// at a text, so that it runs in every language. tests/test_first_steps_tour.py prepares
// the sandbox and says what it must have got.

const press = (step, name) => ({
    content: `${step}: press ${name}`,
    trigger: `.o_esm_step_current[data-step='${step}'] button.btn-primary[name='${name}']:enabled`,
    run: "click",
});
const done = (step) => ({
    content: `${step} is done`,
    trigger: `body:not(:has(.modal)) .o_esm_step_done[data-step='${step}']`,
});
const save = {
    trigger: ".modal .o_form_button_save",
    run: "click",
};
const back = {
    content: "back to the first steps",
    trigger: ".o_breadcrumb a[href]:first, .o_back_button:first",
    run: "click",
};
const selectAll = {
    trigger: ".o_list_view thead .o_list_record_selector input",
    run: "click",
};

registry.category("web_tour.tours").add("esm_first_steps_tour", {
    steps: () => [
        ...stepUtils.goToAppSteps("sale_esm.menu_root", "the app's first screen"),
        press("account", "account"),
        {
            trigger: ".modal [name='master_id'] input",
            run: "edit testmaster",
        },
        {
            trigger: ".modal [name='secret_key'] input",
            run: "edit test-secret-key-of-32-characters!",
        },
        {
            trigger: ".modal [name='environment'] input[data-value='sandbox']",
            run: "click",
        },
        {
            content: "the test's sandbox is the default address",
            trigger: ".modal [name='sandbox_url'] input:value(127.0.0.1)",
        },
        save,
        done("account"),
        {
            content: "it says that this is a sandbox",
            trigger: ".o_esm_first_steps_sandbox.alert-warning",
        },

        press("shop", "shop"),
        {
            content: "the only account is filled in",
            trigger: ".modal [name='account_id'] input:value(testmaster)",
        },
        {
            trigger: ".modal [name='seller_id'] input",
            run: "edit mallsample_g && press Tab",
        },
        {
            trigger: ".modal [name='auto_acknowledge'] input",
            run: "click",
        },
        {
            trigger: ".modal [name='auto_release'] input",
            run: "click",
        },
        save,
        {
            content: "Odoo's own shipping method has no courier yet",
            ...press("shop", "courier"),
        },
        {
            trigger: ".modal [name='esm_courier_id'] input",
            run: "edit 10013",
        },
        {
            trigger: ".ui-menu-item a:contains('10013')",
            run: "click",
        },
        save,
        done("shop"),

        press("connection", "test"),
        done("connection"),

        press("products", "listings"),
        press("products", "match"),
        {
            trigger: ".o_data_row",
        },
        selectAll,
        {
            trigger: "button[name='action_create_products']",
            run: "click",
        },
        {
            trigger: ".modal .modal-footer .btn-primary",
            run: "click",
        },
        {
            content: "the new product is shown",
            trigger: "body:not(:has(.modal)) .o_data_row:contains('[샘플] 보리차')",
        },
        back,
        done("products"),

        press("collect", "collect"),
        done("collect"),

        {
            content: "nothing lies in the warehouse yet",
            ...press("ship", "stock"),
        },
        {
            trigger: ".o_list_button_add",
            run: "click",
        },
        {
            trigger: ".o_selected_row [name='product_id'] input",
            run: "edit 보리차",
        },
        {
            trigger: ".ui-menu-item a:contains('보리차')",
            run: "click",
        },
        {
            trigger: ".o_selected_row [name='inventory_quantity'] input",
            run: "edit 10",
        },
        {
            trigger: "button[name='action_apply_inventory']:visible",
            run: "click",
        },
        {
            trigger: ".o_list_view:not(:has(.o_selected_row))",
        },
        back,

        press("ship", "deliveries"),
        {
            trigger: ".o_data_row:eq(0) td[name='carrier_tracking_ref']",
            run: "click",
        },
        {
            trigger: ".o_selected_row td[name='carrier_tracking_ref'] input",
            run: "edit 660000000001",
        },
        {
            trigger: ".o_list_button_save:visible",
            run: "click",
        },
        {
            trigger: ".o_list_view:not(:has(.o_selected_row))",
        },
        selectAll,
        {
            trigger: "button[name='button_validate']",
            run: "click",
        },
        {
            trigger: ".o_nocontent_help",
        },
        back,
        press("ship", "send"),
        done("ship"),
        {
            trigger: ".o_esm_first_steps_done",
        },
        {
            content: "the shop's card is below; the panel can go",
            trigger: ".o_esm_first_steps ~ .o_kanban_renderer .o_kanban_record",
        },
        {
            trigger: ".o_esm_first_steps_close",
            run: "click",
        },
        {
            trigger: ".o_kanban_renderer:not(.o_esm_first_steps ~ .o_kanban_renderer)",
        },
    ],
});

// Without keys: a sandbox inside Odoo, then all of it taken away again.
registry.category("web_tour.tours").add("esm_trial_tour", {
    steps: () => [
        ...stepUtils.goToAppSteps("sale_esm.menu_root", "the app's first screen"),
        {
            trigger: ".o_esm_first_steps_sandbox button[name='trial']",
            run: "click",
        },
        {
            trigger: ".modal button[name='action_start']",
            run: "click",
        },
        done("account"),
        done("shop"),
        {
            trigger: ".o_esm_first_steps_sandbox.alert-warning",
        },
        {
            content: "the cards of its shops are there, and marked",
            trigger: ".o_kanban_record:contains('sandbox_') .text-bg-warning",
        },
        press("connection", "test"),
        done("connection"),
        press("products", "listings"),
        done("products"),
        press("collect", "collect"),
        done("collect"),
        press("ship", "deliveries"),
        selectAll,
        {
            trigger: "button[name='action_esm_print_waybill']",
            run: "click",
        },
        {
            trigger: ".o_data_row:eq(0) td[name='carrier_tracking_ref']:contains('99')",
        },
        selectAll,
        {
            trigger: "button[name='button_validate']",
            run: "click",
        },
        {
            trigger: ".o_nocontent_help",
        },
        back,
        press("ship", "send"),
        {
            trigger: ".o_esm_first_steps_done",
        },
        {
            trigger: ".o_esm_first_steps_sandbox button[name='trial_end']",
            run: "click",
        },
        {
            trigger: ".modal button[name='action_end']",
            run: "click",
        },
        {
            content: "everything is as before",
            trigger:
                "body:not(:has(.modal)) .o_esm_step_current[data-step='account'] button[name='account']",
        },
        {
            trigger: ".o_esm_dashboard:not(:has(.o_kanban_record:contains('sandbox_')))",
        },
    ],
});
