import { defineConfig } from "@playwright/test";
import e2e from "../e2e/playwright.config";

// Clients of other people against the running stack (docs/interop.md). What the tests need to know stands in stack.ts.
export default defineConfig({
    ...e2e,
    testDir: ".",
    reporter: [
        ["list"],
        ["junit", { outputFile: process.env.PZ_E2E_JUNIT ?? "../../build/interop/junit.xml" }],
        ["./table-reporter.ts"],
    ],
});
