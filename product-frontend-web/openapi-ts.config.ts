import { defineConfig, type UserConfig } from "@hey-api/openapi-ts";
import { mergedDocument } from "./scripts/openapi/documents.ts";

/** Where the client is committed; src/lib/api is its only importer. */
export const generated = "src/lib/api/generated";

/** One client for both services: the console reaches them at one origin, and they mean the same by what both have. */
export function clientOf(folder: string): UserConfig {
    return {
        input: mergedDocument(),
        output: {
            path: folder,
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
        plugins: [{ name: "@hey-api/client-fetch", baseUrl: false }, "@hey-api/typescript", "@hey-api/sdk"],
    };
}

export default defineConfig(clientOf(generated));
