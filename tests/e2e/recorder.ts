/**
 * Writes what the services answered to the file in PZ_TEST_EXCHANGES, a line of JSON each, as libs/testkit/src/exchange_log.cpp
 * does: after the run `./dev test` compares it with the services' OpenAPI documents. No secret gets into the file.
 */
import { appendFileSync } from "node:fs";
import type { APIRequestContext, APIResponse, BrowserContext, Response } from "@playwright/test";

const file = process.env.PZ_TEST_EXCHANGES;

/** Which service stands behind a path of the console's origin; the rest are the console's own files. */
function serviceOf(path: string): string | null {
    if (/^\/(token|logout|me|mfa|password|invitations|\.well-known|api\/v1\/(people|invitations|sessions|api-keys|admin\/keys))(\/|$)/.test(path)) {
        return "identity-service";
    }
    return path.startsWith("/api/") ? "product-core-api" : null;
}

function isSecret(member: string): boolean {
    return /password|secret|recovery_codes|otpauth_uri|^(token|key|otp)$|_token$/.test(member) && !member.endsWith("_at");
}

function masked(value: unknown): unknown {
    return typeof value === "string" ? "*".repeat([...value].length) : Array.isArray(value) ? value.map(masked) : value;
}

/** The document keeps its shape, so that it can still be compared with a schema. */
function withoutSecrets(text: string): unknown {
    return JSON.parse(text, (member, value: unknown) => (isSecret(member) ? masked(value) : value));
}

function jsonOf(text: string | null): { body?: unknown } {
    try {
        return text === null ? {} : { body: withoutSecrets(text) };
    } catch {
        return {};
    }
}

interface Answered {
    method: string;
    url: string;
    sent: string | null;
    response: Response | APIResponse;
}

/** A Response's headers() leave Set-Cookie out; an APIResponse's do not. */
async function headersOf(response: Response | APIResponse): Promise<Record<string, string> | null> {
    const headers = "allHeaders" in response ? await response.allHeaders().catch(() => null) : response.headers();
    return headers && ("set-cookie" in headers ? { ...headers, "set-cookie": "redacted" } : headers);
}

async function record({ method, url, sent, response }: Answered): Promise<void> {
    const { pathname, searchParams } = new URL(url);
    const service = serviceOf(pathname);
    if (!file || !service) {
        return;
    }
    // The browser knows no body of an answer without one; a page that is left takes the bodies of its answers along.
    const empty = [204, 304].includes(response.status());
    const text = empty ? "" : await response.text().catch(() => null);
    if (text === null) {
        return;
    }
    const headers = await headersOf(response);
    if (!headers) {
        return;
    }
    const names = [...searchParams.keys()].join("&");
    const exchange = {
        service,
        method,
        target: names ? `${pathname}?${names}` : pathname,
        request: jsonOf(sent),
        response: { status: response.status(), headers, size: text.length, ...jsonOf(text) },
    };
    appendFileSync(file, `${JSON.stringify(exchange)}\n`);
}

/** Records every answer that a page of the context gets from now on. */
export function recordContext(context: BrowserContext): void {
    context.on("response", async (response) => {
        // What a test played has come from no server.
        if (!(await response.serverAddr().catch(() => null))) {
            return;
        }
        const request = response.request();
        await record({ method: request.method(), url: response.url(), sent: request.postData(), response });
    });
}

/** The same for requests that tests send by themselves. */
export function recording(request: APIRequestContext): APIRequestContext {
    return new Proxy(request, {
        get(target, name) {
            const member: unknown = Reflect.get(target, name);
            if (typeof member !== "function") {
                return member;
            }
            if (typeof name !== "string" || !["get", "post", "put", "patch", "delete"].includes(name)) {
                return member.bind(target) as unknown;
            }
            return async (url: string, options?: { data?: unknown }) => {
                const response = (await member.call(target, url, options)) as APIResponse;
                const sent = options?.data === undefined ? null : JSON.stringify(options.data);
                await record({ method: name.toUpperCase(), url: response.url(), sent, response });
                return response;
            };
        },
    });
}
