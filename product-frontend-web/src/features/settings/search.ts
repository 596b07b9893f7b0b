import { searchText } from "@/lib/search-params";

/** The state of a list in the settings that its address carries. */
export interface ListSearch {
    cursor?: string;
}

export function validateListSearch(search: Record<string, unknown>): ListSearch {
    const cursor = searchText(search.cursor, 2000);
    return cursor ? { cursor } : {};
}
