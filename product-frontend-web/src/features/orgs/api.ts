import { keepPreviousData, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import {
    createOrg,
    getOrgUsage,
    getStats,
    inviteOrgAdmin,
    listOrgs,
    loadOrg,
    makeOrgReadOnly,
    reactivateOrg,
    scheduleOrgDeletion,
    suspendOrg,
    undoOrgDeletion,
    updateOrg,
} from "@/lib/api/generated/sdk.gen";
import type { OrgCreate, OrgDetail, RegisteredOrgUpdate } from "@/lib/api/generated/types.gen";
import { ifMatch } from "@/lib/api/if-match";
import { queryKeys } from "@/lib/api/keys";
import type { OrgSearch, Period } from "./search";
import { endOfDay, startOfDay } from "@/lib/days";
import type { Step } from "./steps";

export type { OrgCreate, OrgDetail, PlotPoint, RegisteredOrg, RegisteredOrgUpdate, UsagePlot } from "@/lib/api/generated/types.gen";

export function orgsQuery({ q, state, plan, from, to, sort, cursor }: OrgSearch) {
    return queryOptions({
        queryKey: [...queryKeys.orgs, "list", { q, state, plan, from, to, sort, cursor }],
        queryFn: async ({ signal }) =>
            (
                await listOrgs({
                    throwOnError: true,
                    signal,
                    query: {
                        limit: 50,
                        ...(q ? { q } : {}),
                        ...(state ? { state } : {}),
                        ...(plan ? { plan } : {}),
                        ...(from ? { created_from: startOfDay(from) } : {}),
                        ...(to ? { created_to: endOfDay(to) } : {}),
                        ...(sort ? { sort } : {}),
                        ...(cursor ? { cursor } : {}),
                    },
                })
            ).data,
        placeholderData: keepPreviousData,
    });
}

/** How many organizations there are, by state. */
export const statsQuery = queryOptions({
    queryKey: [...queryKeys.orgs, "stats"],
    queryFn: async ({ signal }) => (await getStats({ throwOnError: true, signal })).data,
    staleTime: 60_000,
});

export function orgQuery(id: string) {
    return queryOptions({
        queryKey: [...queryKeys.orgs, "one", id],
        queryFn: async ({ signal }) => (await loadOrg({ throwOnError: true, signal, path: { id } })).data,
    });
}

/** Requests, errors, sign-ins and sessions over time. */
export function usageQuery(id: string, period: Period) {
    return queryOptions({
        queryKey: [...queryKeys.orgs, "usage", id, period],
        queryFn: async ({ signal }) => (await getOrgUsage({ throwOnError: true, signal, path: { id }, query: { period } })).data,
        placeholderData: keepPreviousData,
    });
}

/** As the service has it now, beside what the page shows. */
export async function loadCurrentOrg(id: string): Promise<OrgDetail> {
    return (await loadOrg({ throwOnError: true, path: { id } })).data;
}

/** Puts the organization in the cache as the service answered it, and has the lists loaded again. */
function useOrgSaved() {
    const queryClient = useQueryClient();
    return async (org: OrgDetail) => {
        queryClient.setQueryData(orgQuery(org.id).queryKey, org);
        await queryClient.invalidateQueries({ queryKey: queryKeys.orgs });
    };
}

/** Pressed twice it makes one: the short name is nobody else's, and a second one is refused. */
export function useCreateOrg() {
    const saved = useOrgSaved();
    return useMutation({
        mutationFn: async (body: OrgCreate) => (await createOrg({ throwOnError: true, body })).data,
        onSuccess: saved,
    });
}

export function useUpdateOrg() {
    const saved = useOrgSaved();
    return useMutation({
        mutationFn: async ({ org, change }: { org: OrgDetail; change: RegisteredOrgUpdate }) =>
            (await updateOrg({ throwOnError: true, path: { id: org.id }, headers: ifMatch(org.version), body: change })).data,
        onSuccess: saved,
    });
}

const takings = { "read-only": makeOrgReadOnly, suspend: suspendOrg, "schedule-deletion": scheduleOrgDeletion };
const returns = { reactivate: reactivateOrg, "undo-deletion": undoOrgDeletion };

/** What gives something back needs no reason; the service takes none that is empty. */
async function takeStep({ id, step, reason }: { id: string; step: Step; reason: string }): Promise<OrgDetail> {
    if (step === "reactivate" || step === "undo-deletion") {
        return (await returns[step]({ throwOnError: true, path: { id }, body: reason ? { reason } : {} })).data;
    }
    return (await takings[step]({ throwOnError: true, path: { id }, body: { reason } })).data;
}

export function useTakeStep() {
    const saved = useOrgSaved();
    return useMutation({ mutationFn: takeStep, onSuccess: saved });
}

export function useInviteAdmin() {
    const queryClient = useQueryClient();
    return useMutation({
        mutationFn: async ({ id, email }: { id: string; email: string }) => {
            await inviteOrgAdmin({ throwOnError: true, path: { id }, body: { email } });
        },
        onSettled: () => queryClient.invalidateQueries({ queryKey: queryKeys.orgs }),
    });
}
