import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { expect, test, watch } from "./fixtures";
import { pages } from "./pages";

const standards = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"];

async function violationsOn(page: Page): Promise<string[]> {
    const { violations } = await new AxeBuilder({ page }).withTags(standards).analyze();
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" | ")}`);
}

async function settled(page: Page, heading: string | null): Promise<void> {
    if (heading !== null) {
        await expect(page.getByRole("heading", { level: 1, name: heading })).toBeVisible();
    }
    await page.waitForLoadState("networkidle");
    // Axe measures colours as they are, so nothing may still be fading in.
    await page.evaluate(() => Promise.all(document.getAnimations().map((animation) => animation.finished.catch(() => null))));
}

for (const { path, heading, who } of pages) {
    test.describe(`${path} as ${who ?? "a visitor"}`, () => {
        test("keeps to the content security policy, and names no other origin", async ({ as, browser, baseURL }) => {
            const visitor = who ? null : await browser.newContext({ baseURL: baseURL ?? "" });
            const page = who ? await as(who) : await (visitor as NonNullable<typeof visitor>).newPage();
            const complaints = watch(page);
            const foreign: string[] = [];
            page.on("request", (request) => {
                const { origin, protocol } = new URL(request.url());
                if (protocol.startsWith("http") && origin !== new URL(baseURL ?? "").origin) {
                    foreign.push(request.url());
                }
            });
            const response = await page.goto(path);
            await settled(page, heading);
            const policy = response?.headers()["content-security-policy"] ?? "";
            expect(policy).toContain("default-src 'self'");
            expect(policy).toContain("frame-ancestors 'none'");
            expect(policy).toContain("object-src 'none'");
            expect(policy).not.toMatch(/unsafe-(inline|eval)/);
            expect(complaints).toEqual([]);
            expect(foreign).toEqual([]);
            await visitor?.close();
        });

        test("has no accessibility violation in either theme, narrow or wide", async ({ as, browser, baseURL }) => {
            const visitor = who ? null : await browser.newContext({ baseURL: baseURL ?? "" });
            const page = who ? await as(who) : await (visitor as NonNullable<typeof visitor>).newPage();
            await page.emulateMedia({ reducedMotion: "reduce" });
            await page.goto(path);
            await settled(page, heading);
            for (const colorScheme of ["light", "dark"] as const) {
                for (const width of [360, 1280]) {
                    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
                    await page.setViewportSize({ width, height: 800 });
                    await expect(page.locator("html")).toHaveAttribute("data-theme", colorScheme);
                    await settled(page, heading);
                    expect(await violationsOn(page), `${colorScheme}, ${width} px`).toEqual([]);
                    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
                    expect(overflow, `sideways scrolling, ${colorScheme}, ${width} px`).toBeLessThanOrEqual(0);
                }
            }
            await visitor?.close();
        });
    });
}

test("what opens over a page has no accessibility violation either", async ({ as }) => {
    test.slow(); // Eight audits of a long list.
    const page = await as("acmeAdmin");
    await page.emulateMedia({ reducedMotion: "reduce" });
    await page.setViewportSize({ width: 360, height: 800 });
    await page.goto("/items");
    for (const [opener, opened] of [
        [page.getByRole("button", { name: "New item" }), page.getByRole("dialog", { name: "New item" })],
        [page.getByRole("button", { name: /^Account/ }), page.getByRole("menu")],
        [page.getByRole("button", { name: "Theme" }), page.getByRole("menu")],
        [page.getByRole("button", { name: "Search or jump to" }), page.getByRole("dialog", { name: "Commands" })],
        [page.getByRole("button", { name: "Open the navigation" }), page.getByRole("dialog", { name: "Phase Zero" })],
    ] as const) {
        await opener.click();
        await expect(opened).toBeVisible();
        for (const colorScheme of ["light", "dark"] as const) {
            await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
            await settled(page, null);
            expect(await violationsOn(page), colorScheme).toEqual([]);
        }
        await page.keyboard.press("Escape");
        await expect(opened).toBeHidden();
        await expect(opener).toBeFocused();
    }
});
