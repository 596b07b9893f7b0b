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

export function itemsQuery({ q, status, project, cursor }: ItemSearch) {
    return queryOptions({
        queryKey: [...lists, { q, status, project, cursor }],
        queryFn: async ({ signal }) =>
            (
                await listItems({
                    throwOnError: true,
                    signal,
                    query: {
                        limit: pageSize,
                        ...(q ? { q } : {}),
                        ...(status ? { status } : {}),
                        ...(project ? { project_id: project } : {}),
                        ...(cursor ? { cursor } : {}),
                    },
                })
            ).data,
        placeholderData: keepPreviousData,
    });
}

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

export function useDeleteItem() {
    const queryClient = useQueryClient();
    return useMutation({
        mutationFn: async (item: Item) => {
            await deleteItem({ throwOnError: true, path: { id: item.id }, headers: ifMatch(item.version) });
        },
        onSettled: () => queryClient.invalidateQueries({ queryKey: queryKeys.items }),
    });
}

/** Undoes a deletion: the same content, as a new item. Items begin open, so another status is a second step. */
export function useRestoreItem() {
    const queryClient = useQueryClient();
    return useMutation({
        mutationFn: async ({ id, title, description, project_id, status }: Item) => {
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
                await updateItem({
                    throwOnError: true,
                    path: { id: item.id },
                    headers: ifMatch(item.version),
                    body: { status },
                });
            }
        },
        onSettled: () => queryClient.invalidateQueries({ queryKey: queryKeys.items }),
    });
}
