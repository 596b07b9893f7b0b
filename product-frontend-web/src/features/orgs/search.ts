import { searchText } from "@/lib/search-params";

export const orgStates = [
    "provisioning",
    "trial",
    "active",
    "read_only",
    "suspended",
    "deletion_scheduled",
    "deleting",
    "deleted",
] as const;
export type OrgState = (typeof orgStates)[number];

export const plans = ["free", "team", "business", "enterprise"] as const;
export type Plan = (typeof plans)[number];

export const orgSorts = ["newest", "name", "state"] as const;
export type OrgSort = (typeof orgSorts)[number];

/** The state of the list of organizations that its address carries. Newest first is the order without a word. */
export interface OrgSearch {
    q?: string;
    state?: OrgState;
    plan?: Plan;
    sort?: OrgSort;
    cursor?: string;
}

export function validateOrgSearch(search: Record<string, unknown>): OrgSearch {
    const q = searchText(search.q, 100);
    const state = orgStates.find((known) => known === search.state);
    const plan = plans.find((known) => known === search.plan);
    const sort = orgSorts.find((known) => known === search.sort && known !== "newest");
    const cursor = searchText(search.cursor, 1000);
    return {
        ...(q ? { q } : {}),
        ...(state ? { state } : {}),
        ...(plan ? { plan } : {}),
        ...(sort ? { sort } : {}),
        ...(cursor ? { cursor } : {}),
    };
}

export const orgTabs = ["overview", "members", "usage", "settings"] as const;
export type OrgTab = (typeof orgTabs)[number];

export interface OrgPageSearch {
    tab?: OrgTab;
}

export function validateOrgPageSearch(search: Record<string, unknown>): OrgPageSearch {
    const tab = orgTabs.find((known) => known === search.tab && known !== "overview");
    return tab ? { tab } : {};
}
