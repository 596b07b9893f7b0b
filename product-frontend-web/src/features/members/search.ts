import { searchText } from "@/lib/search-params";

/** Whose people: an organization's, or the platform's. The first role administers them, the last one is what else there is. */
export const circles = {
    org: ["admin", "standard"],
    staff: ["platform_admin", "support_agent"],
} as const;
export type Circle = keyof typeof circles;
export type PersonRole = (typeof circles)[Circle][number];

export const memberStates = ["active", "disabled"] as const;
export type MemberState = (typeof memberStates)[number];

/** The state of a list of people that its address carries. */
export interface PeopleSearch {
    q?: string;
    role?: PersonRole;
    state?: MemberState;
    sort?: "name";
    cursor?: string;
}

export function validatePeopleSearch(circle: Circle, search: Record<string, unknown>): PeopleSearch {
    const q = searchText(search.q, 100);
    const role = circles[circle].find((known) => known === search.role);
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
