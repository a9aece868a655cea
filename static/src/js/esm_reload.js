import { registry } from "@web/core/registry";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";
import { Component, onMounted, onWillUnmount, xml } from "@odoo/owl";

const SECONDS = 2;

/**
 * Reads the form's record again while a job works on it. Put it where it is only
 * shown as long as that lasts.
 */
export class EsmReload extends Component {
    static template = xml`<i class="fa fa-refresh fa-spin me-1"/>`;
    static props = { ...standardWidgetProps };

    setup() {
        let timer;
        onMounted(() => {
            timer = setInterval(() => this.reload(), SECONDS * 1000);
        });
        onWillUnmount(() => clearInterval(timer));
    }

    async reload() {
        if (!(await this.props.record.isDirty())) {
            await this.props.record.load();
        }
    }
}

registry.category("view_widgets").add("esm_reload", { component: EsmReload });
