import type { DescribeAuthorizationData } from "@/lib/api/generated/types.gen";
import { words } from "./words";

export type AuthorizationParameters = NonNullable<DescribeAuthorizationData["query"]>;

const names = [
    "response_type",
    "client_id",
    "redirect_uri",
    "scope",
    "state",
    "nonce",
    "code_challenge",
    "code_challenge_method",
    "prompt",
    "max_age",
    "response_mode",
    "request",
    "request_uri",
] as const satisfies readonly (keyof AuthorizationParameters)[];

/** The client's request as the address has it, letter for letter: `state` and `nonce` are its own to compare. */
export function readParameters(search: string): AuthorizationParameters {
    const given = new URLSearchParams(search);
    const parameters: AuthorizationParameters = {};
    for (const name of names) {
        const value = given.get(name);
        if (value !== null) {
            parameters[name] = value;
        }
    }
    return parameters;
}

/** What a scope lets the client do, in words. */
export function scopeMeanings(scope: string): string[] {
    const meanings = new Map(Object.entries(words.scopes));
    return scope.split(" ").flatMap((word) => meanings.get(word) ?? []);
}
