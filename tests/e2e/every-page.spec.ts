import { violationsOn } from "./accessibility";
import { expect, test } from "./fixtures";
import { pages } from "./pages";
import { settled } from "./settled";

// One visit for each page: what it loads, then both themes, wide and narrow, in place.
test.describe.configure({ mode: "parallel" });

for (const { path, heading, who } of pages) {
    test(`${path} (${heading}, ${who ?? "a visitor"}) keeps to the policy and is accessible in both themes, wide and narrow`, async ({ as, baseURL }) => {
        const page = await as(who);
        const origin = new URL(baseURL ?? "").origin;
        const foreign: string[] = [];
        page.on("request", (request) => {
            const asked = new URL(request.url());
            if (asked.protocol.startsWith("http") && asked.origin !== origin) {
                foreign.push(request.url());
            }
        });
        await page.emulateMedia({ reducedMotion: "reduce" });
        const response = await page.goto(path);
        const policy = response?.headers()["content-security-policy"] ?? "";
        expect(policy).toContain("default-src 'self'");
        expect(policy).toContain("frame-ancestors 'none'");
        expect(policy).toContain("object-src 'none'");
        expect(policy).not.toMatch(/unsafe-(inline|eval)/);
        for (const width of [1280, 360]) {
            await page.setViewportSize({ width, height: 800 });
            for (const colorScheme of ["light", "dark"] as const) {
                await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
                await expect(page.locator("html")).toHaveAttribute("data-theme", colorScheme);
                await settled(page, heading);
                expect(await violationsOn(page), `${colorScheme}, ${width} px`).toEqual([]);
            }
            const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
            expect(overflow, `sideways scrolling, ${width} px`).toBeLessThanOrEqual(0);
        }
        expect(foreign).toEqual([]);
    });
}

test("what opens over a page has no accessibility violation either", async ({ as }) => {
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
            await settled(page);
            expect(await violationsOn(page), colorScheme).toEqual([]);
        }
        await page.keyboard.press("Escape");
        await expect(opened).toBeHidden();
        await expect(opener).toBeFocused();
    }
});
