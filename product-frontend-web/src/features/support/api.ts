import { keepPreviousData, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import {
    approveSupportSession,
    denySupportSession,
    listSupportSessions,
    listSupportSignals,
    lookupOrgs,
    startSupportSession,
} from "@/lib/api/generated/sdk.gen";
import type { SessionStart } from "@/lib/api/generated/types.gen";
import { queryKeys } from "@/lib/api/keys";
import { findSupportSession, isOpen, stopSupportSession, type SupportSession, withEnd } from "@/lib/api/support-sessions";
import type { SessionPart } from "./search";

export type { OrgSummary, SupportSignal } from "@/lib/api/generated/types.gen";

/** Organizations whose name, short name or id fits. */
export function lookupQuery(q: string) {
    return queryOptions({
        queryKey: [...queryKeys.lookup, q],
        queryFn: async ({ signal }) => (await lookupOrgs({ throwOnError: true, signal, query: { q } })).data,
        enabled: q !== "",
        placeholderData: keepPreviousData,
    });
}

/** A session that somebody else ended is gone from a page within this time. */
const pollMs = 5_000;
const whileOpen = (sessions: readonly SupportSession[] | undefined): number | false => (sessions?.some(isOpen) ? pollMs : false);

async function loadSessions(query: { part?: "open" | "over"; limit: number; cursor?: string }, signal: AbortSignal) {
    const { data } = await listSupportSessions({ throwOnError: true, signal, query });
    return { items: data.items.map(withEnd), next_cursor: data.next_cursor };
}

const pageSize = 20;

export function sessionsQuery(part: SessionPart, cursor: string | undefined) {
    return queryOptions({
        queryKey: [...queryKeys.supportSessions, part, cursor ?? null],
        queryFn: ({ signal }) => loadSessions({ part, limit: pageSize, ...(cursor ? { cursor } : {}) }, signal),
        placeholderData: keepPreviousData,
        refetchInterval: ({ state }) => whileOpen(state.data?.items),
    });
}

/** The start page's only question: what is open, what was last, and how much of it today. */
export const latestSessionsQuery = queryOptions({
    queryKey: [...queryKeys.supportSessions, "latest"],
    queryFn: async ({ signal }) => (await loadSessions({ limit: 100 }, signal)).items,
    refetchInterval: ({ state }) => whileOpen(state.data),
});

export function sessionQuery(id: string) {
    return queryOptions({
        queryKey: [...queryKeys.supportSessions, "one", id],
        queryFn: ({ signal }) => findSupportSession(id, undefined, signal),
        refetchInterval: ({ state }) => whileOpen(state.data ? [state.data] : undefined),
    });
}

function useRefreshSessions() {
    const queryClient = useQueryClient();
    return async () => {
        await Promise.all([
            queryClient.invalidateQueries({ queryKey: queryKeys.supportSessions }),
            // Whether one can be started there depends on it.
            queryClient.invalidateQueries({ queryKey: queryKeys.lookup }),
        ]);
    };
}

/** Asking twice gives the same session, so this needs no key to be sent again. */
export function useStartSession(orgId: string) {
    return useMutation({
        mutationFn: async (wanted: SessionStart) =>
            (await startSupportSession({ throwOnError: true, path: { id: orgId }, body: wanted })).data,
        onSettled: useRefreshSessions(),
    });
}

export function useStopSession() {
    return useMutation({ mutationFn: ({ id }: Pick<SupportSession, "id">) => stopSupportSession(id), onSettled: useRefreshSessions() });
}

const answers = { approve: approveSupportSession, deny: denySupportSession } as const;

/** A platform admin lets another agent's session begin, or refuses it. */
export function useAnswerSession() {
    return useMutation({
        mutationFn: async ({ id, answer }: { id: string; answer: keyof typeof answers }) => {
            await answers[answer]({ throwOnError: true, path: { id } });
        },
        onSettled: useRefreshSessions(),
    });
}

export function signalsQuery(days: number) {
    return queryOptions({
        queryKey: [...queryKeys.supportSignals, days],
        queryFn: async ({ signal }) => (await listSupportSignals({ throwOnError: true, signal, query: { days } })).data.items,
        placeholderData: keepPreviousData,
    });
}
