import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

const identity = process.env.PZ_IDENTITY_URL ?? "http://localhost:8001";
const product = process.env.PZ_PRODUCT_URL ?? "http://localhost:8000";

// The development server plays the demo profile: it answers /config.json with the demo accounts,
// which the built application in dist/ does not contain.
function demoConfiguration(): Plugin {
    return {
        name: "demo-configuration",
        configureServer(server) {
            server.middlewares.use("/config.json", async (_request, response) => {
                response.setHeader("Content-Type", "application/json");
                response.end(await readFile(new URL("config/demo.json", import.meta.url)));
            });
        },
    };
}

export default defineConfig({
    plugins: [react(), tailwindcss(), demoConfiguration()],
    resolve: { alias: { "@": fileURLToPath(new URL("src", import.meta.url)) } },
    build: {
        target: "es2023",
        // A data: URL would need an exception in the content security policy; a file does not.
        assetsInlineLimit: 0,
        manifest: true,
    },
    server: {
        port: 3000,
        strictPort: true,
        proxy: {
            "^/(token|logout|me|mfa|authorize|revoke|introspect|userinfo|password|invitations|\\.well-known)(/|$)": identity,
            "^/api/v1/(people|invitations|sessions|api-keys|admin/keys)(/|$)": identity,
            "^/api/": product,
        },
    },
    test: { include: ["{src,scripts}/**/*.test.{ts,tsx}"] },
});
