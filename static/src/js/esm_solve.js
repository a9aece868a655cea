import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";
import { ViewButton } from "@web/views/view_button/view_button";
import { Component, xml } from "@odoo/owl";

/**
 * A button whose label is the field's value: what it does is different in each line.
 * The model's method `action_solve` does it.
 */
export class EsmSolve extends Component {
    static template = xml`
        <ViewButton
            className="props.record.data.severity === '1'
                ? 'btn btn-sm btn-primary text-nowrap'
                : 'btn btn-sm btn-secondary text-nowrap'"
            clickParams="{ name: 'action_solve', type: 'object' }"
            record="props.record"
            string="props.record.data[props.name]"
        />`;
    static components = { ViewButton };
    static props = { ...standardFieldProps };
}

registry.category("fields").add("esm_solve", {
    component: EsmSolve,
    supportedTypes: ["char"],
    fieldDependencies: [{ name: "severity", type: "selection" }],
});
