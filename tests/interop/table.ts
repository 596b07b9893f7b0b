import { test } from "@playwright/test";

/** What a client may do with us. The order is that of the columns in docs/interop.md. */
export const flows = [
    "OpenID discovery",
    "RFC 8414 discovery",
    "code + PKCE",
    "ID token",
    "refresh",
    "userinfo",
    "revoke",
    "introspect",
    "private_key_jwt",
    "exchange",
    "sign-out",
    "access token",
    "foreign keys",
] as const;
export type Flow = (typeof flows)[number];

/** What each client offers. `foreign keys`: what it signs with keys that are not ours is refused. */
export const offered = {
    "openid-client": [
        "OpenID discovery",
        "RFC 8414 discovery",
        "code + PKCE",
        "ID token",
        "refresh",
        "userinfo",
        "revoke",
        "introspect",
        "private_key_jwt",
        "exchange",
        "sign-out",
    ],
    oauth4webapi: [
        "OpenID discovery",
        "RFC 8414 discovery",
        "code + PKCE",
        "ID token",
        "refresh",
        "userinfo",
        "revoke",
        "introspect",
        "private_key_jwt",
        "exchange",
        "access token",
    ],
    "oidc-client-ts": ["OpenID discovery", "code + PKCE", "ID token", "refresh", "userinfo", "revoke", "sign-out"],
    Authlib: [
        "OpenID discovery",
        "RFC 8414 discovery",
        "code + PKCE",
        "ID token",
        "refresh",
        "userinfo",
        "revoke",
        "introspect",
        "private_key_jwt",
        "exchange",
        "access token",
        "foreign keys",
    ],
    jose: ["ID token", "access token", "foreign keys"],
    PyJWT: ["ID token", "access token", "foreign keys"],
    jwcrypto: ["ID token", "access token", "foreign keys"],
} satisfies Record<string, Flow[]>;
export type Client = keyof typeof offered;
export const clients = Object.keys(offered) as Client[];

export type Verdict = "ok" | "FAILED" | "skipped" | "not run";

export function titleOf(client: Client, flow: Flow): string {
    return `${client}: ${flow}`;
}

/** One cell of the table is one test, so that `./dev test` counts cells. */
export function cell(client: Client, flow: Flow, body: Parameters<typeof test>[2]): void {
    if (!(offered[client] as Flow[]).includes(flow)) {
        throw new Error(`table.ts does not say that ${client} offers ${flow}`);
    }
    test(titleOf(client, flow), body);
}

/** A row for each flow, a column for each client: seven columns fit a page, thirteen do not. */
export function table(verdictOf: (client: Client, flow: Flow) => Verdict): string {
    const rows = flows.map((flow) => [
        flow,
        ...clients.map((client) => ((offered[client] as Flow[]).includes(flow) ? verdictOf(client, flow) : "·")),
    ]);
    const head = ["", ...clients];
    const widths = head.map((text, column) => Math.max(text.length, ...rows.map((row) => row[column]?.length ?? 0)));
    const line = (row: string[]) => `| ${row.map((text, column) => text.padEnd(widths[column] ?? 0)).join(" | ")} |`;
    return [line(head), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)].join("\n");
}
