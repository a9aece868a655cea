/**
 * Steps that add a product to what leaves the warehouse, in the window of a match.
 *
 * @param {string} name of the product
 */
export function chooseProduct(name) {
    return [
        {
            trigger: ".modal .o_field_x2many_list_row_add a",
            run: "click",
        },
        {
            trigger: ".modal .o_selected_row [name='product_id'] input",
            run: `edit ${name}`,
        },
        {
            trigger: `.ui-menu-item a:contains('${name}')`,
            run: "click",
        },
    ];
}
