import { expect, test } from "@playwright/test";

// The pages that each service has for its own document, with the network cut: they come whole from the service itself.
const origins = { identity: process.env.PZ_E2E_IDENTITY ?? "http://localhost:8001", product: process.env.PZ_E2E_API ?? "http://localhost:8000" };

for (const { path, service, words } of [
    { path: "/docs", service: "identity", words: ["/token", "Sign in with a password or an API key, or go on with a refresh token"] },
    { path: "/docs", service: "product", words: ["/api/v1/items", "Create an item"] },
    { path: "/redoc", service: "identity", words: ["Sign in with a password or an API key, or go on with a refresh token"] },
    { path: "/redoc", service: "product", words: ["Create an item"] },
] as const) {
    test(`${path} of ${service} needs nothing from anywhere else, and no script in the page`, async ({ page }) => {
        const origin = origins[service];
        const [complaints, foreign]: [string[], string[]] = [[], []];
        page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
        page.on("pageerror", (error) => complaints.push(error.message));
        await page.route("**", async (route) => {
            const url = new URL(route.request().url());
            if (url.protocol.startsWith("http") && url.origin !== origin) {
                foreign.push(url.href);
                await route.abort();
            } else {
                await route.continue();
            }
        });
        const response = await page.goto(origin + path);
        const policy = response?.headers()["content-security-policy"] ?? "";
        expect(policy).toContain("default-src 'none'");
        expect(policy).toContain("script-src 'self';");
        for (const text of words) {
            await expect(page.getByText(text, { exact: true }).filter({ visible: true }).first()).toBeVisible();
        }
        await page.waitForLoadState("networkidle");
        expect(complaints).toEqual([]);
        expect(foreign).toEqual([]);
        if (process.env.PZ_SCREENSHOTS) {
            await page.screenshot({ path: `${process.env.PZ_SCREENSHOTS}/${service}${path.replace("/", "-")}.png` });
        }
    });
}
