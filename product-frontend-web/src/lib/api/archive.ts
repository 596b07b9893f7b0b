import { exportOrg, exportOwnOrg } from "./generated/sdk.gen";

/** Everything of an organization as one archive, in pieces; without an id, of the caller's own. */
export async function openArchive(id: string | undefined, signal: AbortSignal): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
    const options = { throwOnError: true, parseAs: "stream", signal } as const;
    const { data } = id === undefined ? await exportOwnOrg(options) : await exportOrg({ ...options, path: { id } });
    return data as unknown as ReadableStream<Uint8Array<ArrayBuffer>>;
}
