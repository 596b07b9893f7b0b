import { searchText } from "@/lib/search-params";

export const itemStatuses = ["open", "done", "archived"] as const;
export const itemSorts = ["oldest", "title"] as const;
export type ItemStatus = (typeof itemStatuses)[number];

/** The state of the items page that its address carries. */
export interface ItemSearch {
    q?: string;
    status?: ItemStatus;
    project?: string;
    /** Newest first when there is none. */
    sort?: (typeof itemSorts)[number];
    cursor?: string;
}

/** Keeps what the page understands and drops the rest, so that a mistyped address still opens. */
export function validateItemSearch(search: Record<string, unknown>): ItemSearch {
    const q = searchText(search.q, 100);
    const status = itemStatuses.find((known) => known === search.status);
    const project = searchText(search.project, 36);
    const sort = itemSorts.find((known) => known === search.sort);
    const cursor = searchText(search.cursor, 1000);
    return {
        ...(q ? { q } : {}),
        ...(status ? { status } : {}),
        ...(project ? { project } : {}),
        ...(sort ? { sort } : {}),
        ...(cursor ? { cursor } : {}),
    };
}
