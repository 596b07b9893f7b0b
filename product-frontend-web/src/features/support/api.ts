import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { lookupOrgs } from "@/lib/api/generated/sdk.gen";
import { queryKeys } from "@/lib/api/keys";

export type FoundOrg = Awaited<ReturnType<typeof load>>["items"][number];

async function load(q: string, signal?: AbortSignal) {
    return (await lookupOrgs({ throwOnError: true, ...(signal ? { signal } : {}), query: { q } })).data;
}

/** Organizations whose name, short name or id fits. */
export function lookupQuery(q: string) {
    return queryOptions({
        queryKey: [...queryKeys.lookup, q],
        queryFn: ({ signal }) => load(q, signal),
        enabled: q !== "",
        placeholderData: keepPreviousData,
    });
}
