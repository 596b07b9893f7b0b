import { searchDay } from "@/lib/days";
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
    /** Days on which they began, the last one included. */
    from?: string;
    to?: string;
    sort?: OrgSort;
    cursor?: string;
}

export function validateOrgSearch(search: Record<string, unknown>): OrgSearch {
    const q = searchText(search.q, 100);
    const state = orgStates.find((known) => known === search.state);
    const plan = plans.find((known) => known === search.plan);
    const from = searchDay(search.from);
    const to = searchDay(search.to);
    const sort = orgSorts.find((known) => known === search.sort && known !== "newest");
    const cursor = searchText(search.cursor, 1000);
    return {
        ...(q ? { q } : {}),
        ...(state ? { state } : {}),
        ...(plan ? { plan } : {}),
        ...(from ? { from } : {}),
        ...(to ? { to } : {}),
        ...(sort ? { sort } : {}),
        ...(cursor ? { cursor } : {}),
    };
}

export const orgTabs = ["overview", "members", "usage", "audit", "settings"] as const;
export type OrgTab = (typeof orgTabs)[number];

export const periods = ["day", "week", "month", "quarter"] as const;
export type Period = (typeof periods)[number];

export interface OrgPageSearch {
    tab?: OrgTab;
    /** How far the plots look back; a month without a word. */
    period?: Period;
}

export function validateOrgPageSearch(search: Record<string, unknown>): OrgPageSearch {
    const tab = orgTabs.find((known) => known === search.tab && known !== "overview");
    const period = periods.find((known) => known === search.period && known !== "month");
    return { ...(tab ? { tab } : {}), ...(tab === "usage" && period ? { period } : {}) };
}
