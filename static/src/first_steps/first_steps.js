import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { Layout } from "@web/search/layout";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";
import { Component, onWillStart, status, useState } from "@odoo/owl";

/**
 * What a new merchant has to do, in the order in which it is done. The server says what
 * is done, why, and which buttons there are (`esm.shop.get_first_steps`).
 *
 * On the dashboard it hides once a manager has closed it, which takes a first parcel; on
 * a page of its own (`always`) it stays.
 */
export class EsmFirstSteps extends Component {
    static template = "sale_esm.FirstSteps";
    static props = {
        always: { type: Boolean, optional: true },
        onChange: { type: Function, optional: true },
    };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.state = useState({ data: null, busy: false });
        onWillStart(() => this.load());
    }

    async load() {
        // A button may have led to another page meanwhile.
        if (status(this) === "destroyed") {
            return;
        }
        this.state.data = await this.orm.call("esm.shop", "get_first_steps", [
            Boolean(this.props.always),
        ]);
    }

    get shown() {
        const { data } = this.state;
        return data && (this.props.always || !data.closed);
    }

    get doneCount() {
        return this.state.data.steps.filter((step) => step.done).length;
    }

    /** The first step that is not done yet: what to do now. */
    get currentKey() {
        return this.state.data.steps.find((step) => !step.done)?.key;
    }

    async run(name) {
        if (this.state.busy) {
            return;
        }
        this.state.busy = name;
        try {
            const action = await this.orm.call("esm.shop", "action_first_step", [name]);
            if (action) {
                await this.action.doAction(action, { onClose: () => this.changed() });
            }
            await this.changed();
        } finally {
            this.state.busy = false;
        }
    }

    /** Something may have been done: read it again, and what stands below. */
    async changed() {
        if (status(this) !== "destroyed") {
            await Promise.all([this.load(), this.props.onChange?.()]);
        }
    }

    async close() {
        await this.orm.call("esm.shop", "close_first_steps", []);
        await this.load();
    }
}

/** The first steps as a page of their own, in the menu Configuration. */
export class EsmFirstStepsPage extends Component {
    static template = "sale_esm.FirstStepsPage";
    static components = { EsmFirstSteps, Layout };
    static props = { ...standardActionServiceProps };

    setup() {
        this.display = { controlPanel: {} };
    }
}

registry.category("actions").add("esm_first_steps", EsmFirstStepsPage);
