import { defineConfig, type UserConfig } from "@hey-api/openapi-ts";

// Each service publishes its own document, so each gets its own folder; src/lib/api is the only importer.
function clientOf(service: string, folder: string): UserConfig {
    return {
        input: `../${service}/api/openapi.json`,
        output: {
            path: `src/lib/api/generated/${folder}`,
            // The generator's notes to itself and its advertisements are nothing to keep.
            postProcess: [
                {
                    command: "sed",
                    args: [
                        "-i",
                        "/\\/\\/ TODO:\\|@link/d",
                        "{{path}}/client/client.gen.ts",
                        "{{path}}/client/types.gen.ts",
                    ],
                },
            ],
        },
        plugins: ["@hey-api/client-fetch", "@hey-api/typescript", "@hey-api/sdk"],
    };
}

export default defineConfig([clientOf("identity-service", "identity"), clientOf("product-core-api", "product")]);
