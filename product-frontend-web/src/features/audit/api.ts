import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import {
    exportAuditLog,
    exportPlatformAuditLog,
    listAuditLog,
    listPlatformAuditLog,
    verifyAuditLog,
    verifyPlatformAuditLog,
} from "@/lib/api/generated/sdk.gen";
import { queryKeys } from "@/lib/api/keys";
import { type AuditFilter, type AuditSearch, asQuery } from "./search";

export type { AuditEvent, Verification } from "@/lib/api/generated/types.gen";

/** Whose log: the organization's own, or what staff did. */
export type Log = "org" | "platform";

const calls = {
    org: { list: listAuditLog, verify: verifyAuditLog, export: exportAuditLog },
    platform: { list: listPlatformAuditLog, verify: verifyPlatformAuditLog, export: exportPlatformAuditLog },
} as const;

const pageSize = 50;

export function eventsQuery(log: Log, { event: _, cursor, ...filter }: AuditSearch) {
    return queryOptions({
        queryKey: [...queryKeys.audit, log, "list", { cursor, ...filter }],
        queryFn: async ({ signal }) =>
            (
                await calls[log].list({
                    throwOnError: true,
                    signal,
                    query: { limit: pageSize, ...asQuery(filter), ...(cursor ? { cursor } : {}) },
                })
            ).data,
        placeholderData: keepPreviousData,
    });
}

export interface Integrity {
    /** How many events were looked at; all of them agree with their hashes unless `breach` says otherwise. */
    events: number;
    breach: { seq: number; kind: string } | null;
    /** The last event that a signed checkpoint stands for; null while none has been made. */
    signedTo: number | null;
}

/** Has the service go through the whole chain, stretch by stretch. */
export async function verifyLog(log: Log, onProgress: (part: number) => void, signal: AbortSignal, cursor?: string): Promise<Integrity> {
    const { data } = await calls[log].verify({ throwOnError: true, signal, query: cursor ? { cursor } : {} });
    if (data.breach || !data.next_cursor) {
        return { events: data.last, breach: data.breach, signedTo: data.checkpoint?.seq ?? null };
    }
    onProgress(data.head > 0 ? data.last / data.head : 1);
    return verifyLog(log, onProgress, signal, data.next_cursor);
}

/** The log as a file: the whole chain for a verifier (ndjson), or what the filters leave, for people (csv). */
export async function exportLog(log: Log, format: "ndjson" | "csv", filter: AuditFilter): Promise<Blob> {
    const query = { format, ...(format === "csv" ? asQuery(filter) : {}) };
    return (await calls[log].export({ throwOnError: true, parseAs: "blob", query })).data as unknown as Blob;
}
