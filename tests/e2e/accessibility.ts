import axe from "axe-core";
import type { Page } from "@playwright/test";

// WCAG 2.2 AA contains the levels and versions below it.
const standards = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];

/** What axe finds wrong with the page as it is now: rule and elements. */
export async function violationsOn(page: Page): Promise<string[]> {
    if (!(await page.evaluate(() => "axe" in globalThis))) {
        // Through the debugger, so the page's policy is neither asked nor loosened.
        await page.evaluate(axe.source);
    }
    return page.evaluate(async (values) => {
        const { axe: loaded } = globalThis as unknown as { axe: typeof axe };
        // Only what is wrong is written down; the console has no frames.
        const { violations } = await loaded.run({
            runOnly: { type: "tag", values },
            // Experimental: takes a person's initials in the account's button, hidden from readers, for words of its name.
            rules: { "label-content-name-mismatch": { enabled: false } },
            resultTypes: ["violations"],
            iframes: false,
        });
        return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" | ")}`);
    }, standards);
}
