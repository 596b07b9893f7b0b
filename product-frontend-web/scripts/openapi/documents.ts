/** The services' OpenAPI documents, as far as these scripts look into them. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

export interface Schema {
    [keyword: string]: unknown;
    $ref?: string;
    type?: string | string[];
    enum?: unknown[];
    properties?: Record<string, Schema>;
    required?: string[];
    additionalProperties?: boolean | Schema;
    items?: Schema;
    anyOf?: Schema[];
}

export interface Content {
    [mediaType: string]: { schema?: Schema };
}

export interface Header {
    required?: boolean;
    schema?: Schema;
}

export interface Response {
    $ref?: string;
    description?: string;
    headers?: Record<string, Header>;
    content?: Content;
}

export interface Parameter {
    name: string;
    in: string;
    required?: boolean;
    schema?: Schema;
}

export interface Operation {
    operationId?: string;
    parameters?: Parameter[];
    requestBody?: { required?: boolean; content?: Content };
    responses: Record<string, Response>;
    security?: unknown[];
    "x-roles"?: string[];
    "x-impersonation"?: string;
}

export interface Document {
    [member: string]: unknown;
    paths: Record<string, Record<string, Operation>>;
    components: Record<string, Record<string, unknown>>;
}

export const services = ["identity-service", "product-core-api"] as const;
export type Service = (typeof services)[number];

/** Where a service's document lies: today's, or that of the last release. */
export function documentPath(service: Service, which: "openapi" | "released" = "openapi"): string {
    return fileURLToPath(new URL(`../../../${service}/api/${which}.json`, import.meta.url));
}

export function readDocument(service: Service, which: "openapi" | "released" = "openapi"): Document {
    return JSON.parse(readFileSync(documentPath(service, which), "utf8")) as Document;
}

/** Follows `$ref` as long as there is one. */
export function resolve<T extends object>(document: Document, value: T): T {
    let found: unknown = value;
    while (found !== null && typeof found === "object" && "$ref" in found) {
        const tokens = String(found.$ref).slice(2).split("/").map(unescapeToken);
        found = tokens.reduce<unknown>((at, token) => (at as Record<string, unknown> | undefined)?.[token], document);
    }
    if (found === undefined) {
        throw new Error(`the document refers to nothing: ${JSON.stringify(value)}`);
    }
    return found as T;
}

/** A JSON pointer's token (RFC 6901), as it stands in a URI fragment. */
export function escapeToken(token: string): string {
    return encodeURIComponent(token.replaceAll("~", "~0").replaceAll("/", "~1"));
}

function unescapeToken(token: string): string {
    return token.replaceAll("~1", "/").replaceAll("~0", "~");
}

/**
 * Both documents as one, for a client of the one origin that serves both. What both have (problems, health) is the same
 * in both; a name that stands for two things is an error.
 */
export function mergedDocument(): Document {
    const [first, ...others] = services.map((service) => readDocument(service)) as [Document, ...Document[]];
    for (const other of others) {
        unite(first.paths, other.paths, "path");
        for (const [kind, entries] of Object.entries(other.components)) {
            unite((first.components[kind] ??= {}), entries, `components/${kind}`);
        }
    }
    return first;
}

function unite(into: Record<string, unknown>, from: Record<string, unknown>, what: string): void {
    for (const [name, value] of Object.entries(from)) {
        if (name in into && JSON.stringify(into[name]) !== JSON.stringify(value)) {
            throw new Error(`the services mean different things by the ${what} ${name}`);
        }
        into[name] = value;
    }
}
