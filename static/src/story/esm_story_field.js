import { deserializeDateTime, toLocaleDateTimeString } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { user } from "@web/core/user";
import { useService } from "@web/core/utils/hooks";
import { capitalize } from "@web/core/utils/strings";
import { standardFieldProps } from "@web/views/fields/standard_field_props";
import { Component, onWillStart, useState } from "@odoo/owl";

// The latest steps say most; the others are one click away.
const FOLDED_STEPS = 4;

/** What a delivery or sales order has to do with its marketplace, and its history. */
export class EsmStoryField extends Component {
    static template = "sale_esm.EsmStoryField";
    static props = { ...standardFieldProps };

    setup() {
        this.action = useService("action");
        this.state = useState({ unfolded: false });
        onWillStart(async () => {
            // Not every salesperson may open the marketplace's own records.
            this.mayOpen = await user.hasGroup("sale_esm.group_user");
        });
    }

    get story() {
        return this.props.record.data[this.props.name];
    }

    get steps() {
        const steps = this.story.steps;
        return this.state.unfolded ? steps : steps.slice(-FOLDED_STEPS);
    }

    get isFoldable() {
        return this.story.steps.length > FOLDED_STEPS;
    }

    get toggleLabel() {
        return this.state.unfolded
            ? _t("Show the latest only")
            : _t("Show all %s steps", this.story.steps.length);
    }

    get hiddenOrders() {
        return this.story.order_ids.length - this.story.orders.length;
    }

    get siteName() {
        return this.story.site === "gmarket" ? _t("Gmarket") : _t("Auction");
    }

    get dueText() {
        const due = deserializeDateTime(this.story.due.at);
        const day = capitalize(due.startOf("day").toRelativeCalendar({ unit: "days" }));
        return this.story.due.state === "late" ? _t("Late: %s", day) : day;
    }

    get dueClass() {
        const classes = { late: "text-danger fw-bold", today: "text-warning fw-bold" };
        return classes[this.story.due.state] || "";
    }

    formatTime(at) {
        return toLocaleDateTimeString(deserializeDateTime(at));
    }

    stepIcon(step) {
        const icons = {
            done: "fa-check-circle text-success",
            note: "fa-info-circle text-info",
            bad: "fa-times-circle text-danger",
        };
        return icons[step.kind];
    }

    openOrder(id) {
        return this.action.doAction({
            type: "ir.actions.act_window",
            res_model: "esm.order",
            res_id: id,
            views: [[false, "form"]],
        });
    }

    openOrders() {
        return this.action.doAction({
            type: "ir.actions.act_window",
            name: _t("Marketplace Orders"),
            res_model: "esm.order",
            domain: [["id", "in", this.story.order_ids]],
            views: [
                [false, "list"],
                [false, "kanban"],
                [false, "form"],
            ],
        });
    }
}

registry.category("fields").add("esm_story", {
    component: EsmStoryField,
    displayName: _t("Marketplace Story"),
    supportedTypes: ["json"],
});
