/** Whether both documents are OpenAPI 3.1 (with JSON Schema 2020-12), and good ones by the rules of Redocly's linter. */
import { createConfig, formatProblems, lint } from "@redocly/openapi-core";
import { documentPath, services } from "./documents.ts";

const config = await createConfig({
    extends: ["recommended-strict"],
    rules: {
        "operation-operationId": "error",
        "operation-operationId-unique": "error",
        "no-identical-paths": "error",
        // The repository has no licence to name.
        "info-license": "off",
        // A tag is a feature's folder; its operations say what it does.
        "tag-description": "off",
        // A redirect is a good answer too.
        "operation-2xx-response": "off",
        // Reading the service's health or its keys cannot go wrong in a way that is the client's.
        "operation-4xx-response": "off",
    },
});
const found = await Promise.all(services.map((service) => lint({ ref: documentPath(service), config })));
const problems = found.flat();
formatProblems(problems, { format: "codeframe", totals: { errors: 0, warnings: 0, ignored: 0 }, version: "" });
process.exitCode = problems.length > 0 ? 1 : 0;
