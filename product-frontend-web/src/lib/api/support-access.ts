import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { getSupportPolicy, listOrgSupportSessions } from "./generated/sdk.gen";
import { queryKeys } from "./keys";
import { isOpen, type SupportSession, withEnd } from "./support-sessions";

export type { OrgSupportPolicy, SupportPolicy } from "./generated/types.gen";

// What an organization allows platform staff, and sees of them. For its admins.

export const supportPolicyQuery = queryOptions({
    queryKey: [...queryKeys.supportAccess, "policy"],
    queryFn: async ({ signal }) => (await getSupportPolicy({ throwOnError: true, signal })).data,
});

const openMs = 5_000;
const quietMs = 30_000;

async function load(query: { part?: "open" | "over"; limit: number; cursor?: string }, signal: AbortSignal) {
    const { data } = await listOrgSupportSessions({ throwOnError: true, signal, query });
    return { items: data.items.map(withEnd), next_cursor: data.next_cursor };
}

/** Who is in, or asks to be, sooner or later on every page. */
export const openSupportQuery = queryOptions({
    queryKey: [...queryKeys.supportAccess, "open"],
    queryFn: async ({ signal }) => (await load({ part: "open", limit: 100 }, signal)).items,
    refetchInterval: ({ state }) => (state.data?.some(isOpen) ? openMs : quietMs),
});

export function pastSupportQuery(cursor: string | undefined) {
    return queryOptions({
        queryKey: [...queryKeys.supportAccess, "over", cursor ?? null],
        queryFn: ({ signal }) => load({ part: "over", limit: 20, ...(cursor ? { cursor } : {}) }, signal),
        placeholderData: keepPreviousData,
    });
}

export const lastSupportQuery = queryOptions({
    queryKey: [...queryKeys.supportAccess, "last"],
    queryFn: async ({ signal }): Promise<SupportSession | null> => (await load({ limit: 1 }, signal)).items[0] ?? null,
});
