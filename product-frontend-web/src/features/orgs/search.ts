import { searchText } from "@/lib/search-params";

export const orgStates = ["trial", "active", "read_only", "suspended", "deletion_scheduled"] as const;
export type OrgState = (typeof orgStates)[number];

export interface OrgSearch {
    q?: string;
    state?: OrgState;
    cursor?: string;
}

export function validateOrgSearch(search: Record<string, unknown>): OrgSearch {
    const q = searchText(search.q, 100);
    const state = orgStates.find((known) => known === search.state);
    const cursor = searchText(search.cursor, 1000);
    return { ...(q ? { q } : {}), ...(state ? { state } : {}), ...(cursor ? { cursor } : {}) };
}
