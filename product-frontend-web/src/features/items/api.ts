import {
    keepPreviousData,
    queryOptions,
    type QueryClient,
    useMutation,
    useQueryClient,
} from "@tanstack/react-query";
import { useState } from "react";
import {
    createItem,
    deleteItem,
    getItem,
    listItems,
    listPeople,
    listProjects,
    updateItem,
} from "@/lib/api/generated/sdk.gen";
import type { Item, ItemPage, ItemUpdate } from "@/lib/api/generated/types.gen";
import { ifMatch } from "@/lib/api/if-match";
import { queryKeys } from "@/lib/api/keys";
import { SubmissionKeys } from "@/lib/api/submission-key";
import type { ItemSearch } from "./search";

export type { Item, ItemPage } from "@/lib/api/generated/types.gen";

const pageSize = 20;
const lists = [...queryKeys.items, "list"] as const;

async function loadPage({ q, status, project, sort, cursor }: ItemSearch, limit: number, signal?: AbortSignal): Promise<ItemPage> {
    const { data } = await listItems({
        throwOnError: true,
        ...(signal ? { signal } : {}),
        query: {
            limit,
            ...(q ? { q } : {}),
            ...(status ? { status } : {}),
            ...(project ? { project_id: project } : {}),
            ...(sort ? { sort } : {}),
            ...(cursor ? { cursor } : {}),
        },
    });
    return data;
}

export function itemsQuery({ q, status, project, sort, cursor }: ItemSearch) {
    return queryOptions({
        queryKey: [...lists, { q, status, project, sort, cursor }],
        queryFn: ({ signal }) => loadPage({ q, status, project, sort, cursor } as ItemSearch, pageSize, signal),
        placeholderData: keepPreviousData,
    });
}

/** Everything that the filters let through, from the first page on, and no more than an export can hold. */
export async function loadAllItems({ cursor: _, ...filters }: ItemSearch, atMost: number): Promise<{ items: Item[]; more: boolean }> {
    const items: Item[] = [];
    let cursor: string | null | undefined;
    do {
        // One after the other: each page's cursor comes with the page before.
        // oxlint-disable-next-line no-await-in-loop
        const page = await loadPage({ ...filters, ...(cursor ? { cursor } : {}) }, 100);
        items.push(...page.items);
        cursor = page.next_cursor;
    } while (cursor && items.length < atMost);
    return { items: items.slice(0, atMost), more: Boolean(cursor) };
}

/** Who made what, for administrators: nobody else may list the members. */
export const memberNamesQuery = queryOptions({
    queryKey: [...queryKeys.people, "names"],
    queryFn: async ({ signal }) => {
        const { data } = await listPeople({ throwOnError: true, signal, query: { limit: 100 } });
        return new Map(data.items.map(({ id, name }) => [id, name]));
    },
    staleTime: 5 * 60_000,
});

/** The projects an item can belong to; the newest hundred are enough for a list to choose from. */
export const projectChoicesQuery = queryOptions({
    queryKey: [...queryKeys.projects, "choices"],
    queryFn: async ({ signal }) => (await listProjects({ throwOnError: true, signal, query: { limit: 100 } })).data.items,
    staleTime: 60_000,
});

export async function loadItem(id: string): Promise<Item> {
    return (await getItem({ throwOnError: true, path: { id } })).data;
}

export interface NewItem {
    title: string;
    description?: string;
    project_id?: string;
}

export function useCreateItem() {
    const queryClient = useQueryClient();
    const [keys] = useState(() => new SubmissionKeys());
    return useMutation({
        mutationFn: async (item: NewItem) =>
            (await createItem({ throwOnError: true, headers: keys.for(item), body: item })).data,
        onSuccess: () => keys.done(),
        onSettled: () => queryClient.invalidateQueries({ queryKey: queryKeys.items }),
    });
}

function putInLists(queryClient: QueryClient, item: Item): void {
    queryClient.setQueriesData<ItemPage>({ queryKey: lists }, (page) =>
        page ? { ...page, items: page.items.map((each) => (each.id === item.id ? item : each)) } : page,
    );
}

export interface ItemChange {
    /** The item as the person saw it; its version is the condition of the change. */
    item: Item;
    change: Pick<ItemUpdate, "title" | "status">;
}

/** Shows the change at once and takes it back when the server refuses. */
export function useChangeItem() {
    const queryClient = useQueryClient();
    return useMutation({
        mutationFn: async ({ item, change }: ItemChange) =>
            (
                await updateItem({
                    throwOnError: true,
                    path: { id: item.id },
                    headers: ifMatch(item.version),
                    body: change,
                })
            ).data,
        onMutate: async ({ item, change }) => {
            await queryClient.cancelQueries({ queryKey: lists });
            putInLists(queryClient, { ...item, ...(change as Partial<Item>) });
        },
        onSuccess: (item) => putInLists(queryClient, item),
        onError: (_error, { item }) => putInLists(queryClient, item),
        onSettled: () => queryClient.invalidateQueries({ queryKey: queryKeys.items }),
    });
}

export interface Deletion {
    deleted: Item[];
    /** Why others were not, if there are any. */
    failure: unknown;
}

/** Deletes each on its own condition: one that somebody else has changed meanwhile stays. */
export function useDeleteItems() {
    const queryClient = useQueryClient();
    return useMutation({
        mutationFn: async (items: Item[]): Promise<Deletion> => {
            const outcomes = await Promise.allSettled(
                items.map(({ id, version }) => deleteItem({ throwOnError: true, path: { id }, headers: ifMatch(version) })),
            );
            return {
                deleted: items.filter((_, index) => outcomes[index]?.status === "fulfilled"),
                failure: outcomes.find((outcome) => outcome.status === "rejected")?.reason,
            };
        },
        onSettled: () => queryClient.invalidateQueries({ queryKey: queryKeys.items }),
    });
}

async function restore({ id, title, description, project_id, status }: Item): Promise<void> {
    const { data: item } = await createItem({
        throwOnError: true,
        headers: { "Idempotency-Key": `restore-${id}` },
        body: {
            title,
            ...(description ? { description } : {}),
            ...(project_id ? { project_id } : {}),
        },
    });
    if (item.status !== status) {
        await updateItem({ throwOnError: true, path: { id: item.id }, headers: ifMatch(item.version), body: { status } });
    }
}

/** Undoes a deletion: the same content, as a new item. Items begin open, so another status is a second step. */
export function useRestoreItems() {
    const queryClient = useQueryClient();
    return useMutation({
        mutationFn: (items: Item[]) => Promise.all(items.map(restore)),
        onSettled: () => queryClient.invalidateQueries({ queryKey: queryKeys.items }),
    });
}
