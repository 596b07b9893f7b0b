import { queryOptions } from "@tanstack/react-query";
import { getOrg, getUsage, listAuditLog, listItems } from "@/lib/api/generated/sdk.gen";
import { queryKeys } from "@/lib/api/keys";

export type { AuditEvent, ItemPage, Usage, UsageDay } from "@/lib/api/generated/types.gen";

export const orgQuery = queryOptions({
    queryKey: queryKeys.org,
    queryFn: async ({ signal }) => (await getOrg({ throwOnError: true, signal })).data,
});

/** What the organization has and does: the four figures and the thirty days come in one answer. */
export const usageQuery = queryOptions({
    queryKey: queryKeys.usage,
    queryFn: async ({ signal }) => (await getUsage({ throwOnError: true, signal })).data,
});

export const shownItems = 6;

export const newestItemsQuery = queryOptions({
    queryKey: [...queryKeys.items, "dashboard"],
    queryFn: async ({ signal }) => (await listItems({ throwOnError: true, signal, query: { limit: shownItems } })).data,
});

export const shownEvents = 10;

/** What was done last, for the organization's admins: the log is theirs alone. */
export const recentEventsQuery = queryOptions({
    queryKey: [...queryKeys.audit, "org", "dashboard"],
    queryFn: async ({ signal }) => (await listAuditLog({ throwOnError: true, signal, query: { limit: shownEvents } })).data.items,
});
