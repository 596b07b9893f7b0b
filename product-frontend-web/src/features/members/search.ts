import { searchText } from "@/lib/search-params";

export const memberRoles = ["admin", "standard"] as const;
export type MemberRole = (typeof memberRoles)[number];
export const memberStates = ["active", "disabled"] as const;
export type MemberState = (typeof memberStates)[number];

/** The state of the members page that its address carries. */
export interface MemberSearch {
    q?: string;
    role?: MemberRole;
    state?: MemberState;
    sort?: "name";
    cursor?: string;
}

export function validateMemberSearch(search: Record<string, unknown>): MemberSearch {
    const q = searchText(search.q, 100);
    const role = memberRoles.find((known) => known === search.role);
    const state = memberStates.find((known) => known === search.state);
    const cursor = searchText(search.cursor, 2000);
    return {
        ...(q ? { q } : {}),
        ...(role ? { role } : {}),
        ...(state ? { state } : {}),
        ...(search.sort === "name" ? { sort: "name" as const } : {}),
        ...(cursor ? { cursor } : {}),
    };
}
