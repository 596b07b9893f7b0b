import { searchText } from "@/lib/search-params";

export interface LookupSearch {
    q?: string;
}

export function validateLookupSearch(search: Record<string, unknown>): LookupSearch {
    const q = searchText(search.q, 100);
    return q ? { q } : {};
}
