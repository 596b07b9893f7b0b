import { queryOptions } from "@tanstack/react-query";
import { getOrg, listItems, listProjects } from "@/lib/api/generated/sdk.gen";
import { queryKeys } from "@/lib/api/keys";

export const orgQuery = queryOptions({
    queryKey: queryKeys.org,
    queryFn: async ({ signal }) => (await getOrg({ throwOnError: true, signal })).data,
});

export type { ItemPage } from "@/lib/api/generated/types.gen";

/** How many there are, as far as one page tells: the lists carry no totals. */
export interface CappedCount {
    count: number;
    more: boolean;
}

const limit = 100;

export function capped(page: { items: unknown[]; next_cursor?: string | null }): CappedCount {
    return { count: page.items.length, more: Boolean(page.next_cursor) };
}

export const itemsQuery = queryOptions({
    queryKey: [...queryKeys.items, "dashboard"],
    queryFn: async ({ signal }) => (await listItems({ throwOnError: true, signal, query: { limit } })).data,
});

export const openItemsQuery = queryOptions({
    queryKey: [...queryKeys.items, "dashboard", "open"],
    queryFn: async ({ signal }) =>
        capped((await listItems({ throwOnError: true, signal, query: { limit, status: "open" } })).data),
});

export const projectsQuery = queryOptions({
    queryKey: [...queryKeys.projects, "dashboard"],
    queryFn: async ({ signal }) => capped((await listProjects({ throwOnError: true, signal, query: { limit } })).data),
});
