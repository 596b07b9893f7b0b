import { defineConfig } from "@playwright/test";

// The browser tests of the whole stack: nothing here stands in for a service. They need the demo running (`./dev up`)
// and take its address from BASE_URL. The packages come from product-frontend-web; see tsconfig.json.
const quiet = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"];
const silent = ["--disable-background-networking", "--disable-component-update", "--disable-sync"];

export default defineConfig({
    testDir: ".",
    outputDir: process.env.PZ_E2E_OUTPUT ?? "../../build/e2e",
    fullyParallel: false,
    // Files run side by side, tests of a file one after another. The demo's data is shared, so what a test changes is its
    // own: an organization, a person or an item that it made.
    workers: 2,
    forbidOnly: Boolean(process.env.CI),
    // Against hanging, not for speed: a loaded machine takes half a minute for four audits of a page.
    timeout: 120_000,
    expect: { timeout: 20_000 },
    reporter: [["list"], ["junit", { outputFile: process.env.PZ_E2E_JUNIT ?? "../../build/e2e/junit.xml" }]],
    use: {
        baseURL: process.env.BASE_URL ?? "http://localhost:3000",
        // Without the film: taking it costs a quarter of the run.
        trace: { mode: "retain-on-failure", screenshots: false },
        screenshot: "only-on-failure",
        launchOptions: {
            executablePath: process.env.PZ_CHROMIUM ?? "/usr/bin/chromium",
            args: [...quiet, ...silent],
        },
    },
});
