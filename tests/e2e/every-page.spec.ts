import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { expect, test, watch } from "./fixtures";
import { pages } from "./pages";

const standards = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"];

async function settled(page: Page, heading: string): Promise<void> {
    await expect(page.getByRole("heading", { level: 1, name: heading })).toBeVisible();
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
                    const { violations } = await new AxeBuilder({ page }).withTags(standards).analyze();
                    const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" | ")}`);
                    expect(found, `${colorScheme}, ${width} px`).toEqual([]);
                    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
                    expect(overflow, `sideways scrolling, ${colorScheme}, ${width} px`).toBeLessThanOrEqual(0);
                }
            }
            await visitor?.close();
        });
    });
}
