import { defineConfig } from "@playwright/test";
import e2e from "./playwright.config";

// `./dev screenshots`: the pictures of docs/console.md, from a demo that nobody has touched.
export default defineConfig({
    ...e2e,
    testMatch: "screenshots.ts",
    workers: 1, // One session for each person, whatever the pages: what they list is the same each time.
    reporter: "list",
    use: { ...e2e.use, trace: "off", timezoneId: "UTC", locale: "en-GB", viewport: { width: 1280, height: 800 } },
});
