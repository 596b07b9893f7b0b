import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { listOrgs } from "@/lib/api/generated/sdk.gen";
import { queryKeys } from "@/lib/api/keys";
import type { OrgSearch } from "./search";

export type Org = Awaited<ReturnType<typeof load>>["items"][number];

async function load({ q, state, cursor }: OrgSearch, signal?: AbortSignal) {
    const { data } = await listOrgs({
        throwOnError: true,
        ...(signal ? { signal } : {}),
        query: { limit: 50, ...(q ? { q } : {}), ...(state ? { state } : {}), ...(cursor ? { cursor } : {}) },
    });
    return data;
}

export function orgsQuery(search: OrgSearch) {
    return queryOptions({
        queryKey: [...queryKeys.orgs, search],
        queryFn: ({ signal }) => load(search, signal),
        placeholderData: keepPreviousData,
    });
}
