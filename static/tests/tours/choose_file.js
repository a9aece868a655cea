import { inputFiles } from "@web/../tests/utils";

/**
 * Steps that choose a file which the test offers (`TourCase.offer_file`).
 *
 * @param {string} name what the test calls it
 * @param {string} filename as the user sees it
 */
export function chooseFile(name, filename) {
    return [
        {
            content: "choose the file",
            trigger: ".o_field_widget[name='file'] .o_select_file_button",
            async run() {
                const answer = await fetch(`/web/content/sale_esm.${name}`);
                const file = new File([await answer.blob()], filename);
                await inputFiles(".o_field_widget[name='file'] input[type='file']", [
                    file,
                ]);
            },
        },
        {
            trigger: `.o_field_widget[name='file'] input:value(${filename})`,
        },
    ];
}
