import { keepPreviousData, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import {
    approveOrgSupportSession,
    changePassword,
    confirmTotp,
    createApiKey,
    createIntegration,
    deleteIntegration,
    denyOrgSupportSession,
    endMyOtherSessions,
    endMySession,
    endOrgSupportSession,
    enrolTotp,
    getOrg,
    listApiKeys,
    listIntegrations,
    listMySessions,
    makeRecoveryCodes,
    removeTotp,
    replaceIntegration,
    revokeApiKey,
    setSupportPolicy,
    updateMe,
    updateOwnOrg,
} from "@/lib/api/generated/sdk.gen";
import type {
    ApiKey,
    ApiKeyCreate,
    Integration,
    IntegrationCreate,
    IntegrationReplace,
    Org,
    OrgUpdate,
    PasswordChange,
    SupportPolicyChange,
} from "@/lib/api/generated/types.gen";
import { ifMatch } from "@/lib/api/if-match";
import { queryKeys } from "@/lib/api/keys";
import type { Me } from "@/lib/api/me";
import { SubmissionKeys } from "@/lib/api/submission-key";

export type {
    ApiKey,
    CreatedApiKey,
    Integration,
    MfaState,
    Org,
    SessionView,
    TotpEnrolment,
} from "@/lib/api/generated/types.gen";

// --- The person ------------------------------------------------------------------------------------------------------

export function useRename() {
    const queryClient = useQueryClient();
    return useMutation({
        mutationFn: async ({ name, version }: { name: string; version: number }) =>
            (await updateMe({ throwOnError: true, headers: ifMatch(version), body: { name } })).data,
        onSuccess: (person) =>
            queryClient.setQueryData<Me>(queryKeys.me, (me) => (me ? { ...me, person } : me)),
        onSettled: () => queryClient.invalidateQueries({ queryKey: queryKeys.me }),
    });
}

export function useChangePassword() {
    const queryClient = useQueryClient();
    return useMutation({
        mutationFn: async (change: PasswordChange) => {
            await changePassword({ throwOnError: true, body: change });
        },
        onSuccess: () => queryClient.invalidateQueries({ queryKey: queryKeys.mySessions }),
    });
}

export async function beginTotp() {
    return (await enrolTotp({ throwOnError: true })).data;
}

export async function confirmTotpCode(otp: string): Promise<string[]> {
    return (await confirmTotp({ throwOnError: true, body: { otp } })).data.recovery_codes;
}

export async function renewRecoveryCodes(): Promise<string[]> {
    return (await makeRecoveryCodes({ throwOnError: true })).data.recovery_codes;
}

export async function dropTotp(): Promise<true> {
    await removeTotp({ throwOnError: true });
    return true;
}

export const sessionsQuery = queryOptions({
    queryKey: queryKeys.mySessions,
    queryFn: async ({ signal }) => (await listMySessions({ throwOnError: true, signal })).data.items,
});

/** Ends one session, or without an id all but this one; answers how many. */
export function useEndSessions() {
    const queryClient = useQueryClient();
    return useMutation({
        mutationFn: async (id: string | null) => {
            if (id === null) {
                return (await endMyOtherSessions({ throwOnError: true })).data.ended;
            }
            await endMySession({ throwOnError: true, path: { id } });
            return 1;
        },
        onSettled: () => queryClient.invalidateQueries({ queryKey: queryKeys.mySessions }),
    });
}

// --- The organization ------------------------------------------------------------------------------------------------

export const orgQuery = queryOptions({
    queryKey: queryKeys.org,
    queryFn: async ({ signal }) => (await getOrg({ throwOnError: true, signal })).data,
});

export function useChangeOrg() {
    const queryClient = useQueryClient();
    return useMutation({
        mutationFn: async ({ version, change }: { version: number; change: OrgUpdate }) =>
            (await updateOwnOrg({ throwOnError: true, headers: ifMatch(version), body: change })).data,
        onSuccess: async (org) => {
            queryClient.setQueryData<Org>(queryKeys.org, org);
            // The name stands in the top bar and in every page's title.
            await queryClient.invalidateQueries({ queryKey: queryKeys.me });
        },
    });
}

const pageSize = 20;

export function apiKeysQuery(cursor: string | undefined) {
    return queryOptions({
        queryKey: [...queryKeys.apiKeys, { cursor }],
        queryFn: async ({ signal }) =>
            (await listApiKeys({ throwOnError: true, signal, query: { limit: pageSize, ...(cursor ? { cursor } : {}) } })).data,
        placeholderData: keepPreviousData,
    });
}

export function useCreateApiKey() {
    const queryClient = useQueryClient();
    return useMutation({
        mutationFn: async (key: ApiKeyCreate) => (await createApiKey({ throwOnError: true, body: key })).data,
        onSettled: () => queryClient.invalidateQueries({ queryKey: queryKeys.apiKeys }),
        // The key is shown once: nothing of it stays in the cache of mutations.
        gcTime: 0,
    });
}

export function useRevokeApiKey() {
    const queryClient = useQueryClient();
    return useMutation({
        mutationFn: async ({ id }: ApiKey) => {
            await revokeApiKey({ throwOnError: true, path: { id } });
        },
        onSettled: () => queryClient.invalidateQueries({ queryKey: queryKeys.apiKeys }),
    });
}

export function integrationsQuery(cursor: string | undefined) {
    return queryOptions({
        queryKey: [...queryKeys.integrations, { cursor }],
        queryFn: async ({ signal }) =>
            (await listIntegrations({ throwOnError: true, signal, query: { limit: pageSize, ...(cursor ? { cursor } : {}) } })).data,
        placeholderData: keepPreviousData,
    });
}

export function useCreateIntegration() {
    const queryClient = useQueryClient();
    const [keys] = useState(() => new SubmissionKeys());
    return useMutation({
        mutationFn: async (integration: IntegrationCreate) =>
            (await createIntegration({ throwOnError: true, headers: keys.for(integration), body: integration })).data,
        onSuccess: () => keys.done(),
        onSettled: () => queryClient.invalidateQueries({ queryKey: queryKeys.integrations }),
        gcTime: 0,
    });
}

export function useReplaceIntegration() {
    const queryClient = useQueryClient();
    return useMutation({
        mutationFn: async ({ integration, wanted }: { integration: Integration; wanted: IntegrationReplace }) =>
            (
                await replaceIntegration({
                    throwOnError: true,
                    path: { id: integration.id },
                    headers: ifMatch(integration.version),
                    body: wanted,
                })
            ).data,
        onSettled: () => queryClient.invalidateQueries({ queryKey: queryKeys.integrations }),
        gcTime: 0,
    });
}

export function useDeleteIntegration() {
    const queryClient = useQueryClient();
    return useMutation({
        mutationFn: async ({ id, version }: Integration) => {
            await deleteIntegration({ throwOnError: true, path: { id }, headers: ifMatch(version) });
        },
        onSettled: () => queryClient.invalidateQueries({ queryKey: queryKeys.integrations }),
    });
}

// --- What the organization allows support ----------------------------------------------------------------------------

export function useSetSupportPolicy() {
    const queryClient = useQueryClient();
    return useMutation({
        mutationFn: async (change: SupportPolicyChange) => (await setSupportPolicy({ throwOnError: true, body: change })).data,
        // To deny support ends what is open.
        onSettled: () => queryClient.invalidateQueries({ queryKey: queryKeys.supportAccess }),
    });
}

const supportSteps = { approve: approveOrgSupportSession, deny: denyOrgSupportSession, end: endOrgSupportSession } as const;
export type SupportStep = keyof typeof supportSteps;

export function useTakeSupportStep() {
    const queryClient = useQueryClient();
    return useMutation({
        mutationFn: async ({ id, step }: { id: string; step: SupportStep }) => {
            await supportSteps[step]({ throwOnError: true, path: { id } });
        },
        onSettled: () => queryClient.invalidateQueries({ queryKey: queryKeys.supportAccess }),
    });
}
