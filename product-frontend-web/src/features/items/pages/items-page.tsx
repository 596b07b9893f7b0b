import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { ListChecks, Plus, SearchX } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { EmptyState } from "@/components/ui/empty-state";
import { PageHeader } from "@/components/ui/page-header";
import { Pager } from "@/components/ui/pager";
import { QueryView } from "@/components/ui/query-view";
import { SkeletonRows } from "@/components/ui/skeleton";
import { notify, notifyProblem } from "@/components/ui/toasts";
import { asProblem } from "@/lib/api/problem";
import { session } from "@/lib/session/browser-session";
import {
    type Item,
    type ItemChange,
    itemsQuery,
    loadItem,
    projectChoicesQuery,
    useChangeItem,
    useDeleteItem,
    useRestoreItem,
} from "../api";
import { ItemFilters } from "../components/item-filters";
import { ItemRow } from "../components/item-row";
import { type ItemStatus, validateItemSearch } from "../search";

const CreateItemDialog = lazy(() => import("../components/create-item-dialog"));
const ConflictDialog = lazy(() => import("../components/conflict-dialog"));

const route = getRouteApi("/shell/items");

export function ItemsPage() {
    const search = route.useSearch();
    const navigate = route.useNavigate();
    const items = useQuery(itemsQuery(search));
    const projects = useQuery(projectChoicesQuery);
    const [creating, setCreating] = useState(false);
    const [conflict, setConflict] = useState<{ wanted: ItemChange; current: Item } | null>(null);
    const change = useChangeItem();
    const remove = useDeleteItem();
    const restore = useRestoreItem();

    const filtered = Boolean(search.q || search.status || search.project);
    const deleteRefusal = session.identity()?.role === "admin" ? null : "Only an organization admin can delete items.";
    const projectNames = new Map(projects.data?.map(({ id, name }) => [id, name]));

    function save(wanted: ItemChange, done: string, undo?: (saved: Item) => void) {
        change.mutate(wanted, {
            onSuccess: (saved) =>
                notify({ title: done, action: undo && { label: "Undo", run: () => undo(saved) } }),
            onError: async (error) => {
                if (asProblem(error).status !== 412) {
                    notifyProblem("The change was not saved", error);
                    return;
                }
                try {
                    setConflict({ wanted, current: await loadItem(wanted.item.id) });
                } catch (missing) {
                    notifyProblem("The change was not saved", missing);
                }
            },
        });
    }

    function rename(item: Item, title: string) {
        save({ item, change: { title } }, `Renamed to “${title}”`, (saved) =>
            save({ item: saved, change: { title: item.title } }, `Renamed back to “${item.title}”`),
        );
    }

    function setStatus(item: Item, status: ItemStatus) {
        if (status !== item.status) {
            save({ item, change: { status } }, `“${item.title}” is now ${status}`, (saved) =>
                save({ item: saved, change: { status: item.status } }, `“${item.title}” is ${item.status} again`),
            );
        }
    }

    function deleteWithUndo(item: Item) {
        remove.mutate(item, {
            onSuccess: () =>
                notify({
                    title: `Deleted “${item.title}”`,
                    action: {
                        label: "Undo",
                        run: () =>
                            restore.mutate(item, {
                                onSuccess: () => notify({ title: `“${item.title}” is back` }),
                                onError: (error) => notifyProblem("The item could not be brought back", error),
                            }),
                    },
                }),
            onError: (error) => notifyProblem("The item was not deleted", error),
        });
    }

    function closeConflict(next?: () => void) {
        setConflict(null);
        next?.();
    }

    const newItem = (
        <Button tone="primary" onClick={() => setCreating(true)}>
            <Plus className="size-4" aria-hidden="true" />
            New item
        </Button>
    );

    return (
        <>
            <PageHeader title="Items" intro="What your organization keeps track of." actions={newItem} />
            <Card aria-label="Items">
                <ItemFilters
                    search={search}
                    projects={projects.data ?? []}
                    onChange={(filter) =>
                        navigate({
                            search: ({ cursor: _, ...others }) => validateItemSearch({ ...others, ...filter }),
                            replace: "q" in filter,
                        })
                    }
                />
                <QueryView
                    query={items}
                    skeleton={<SkeletonRows rows={8} label="Loading items" />}
                    isEmpty={(page) => page.items.length === 0}
                    empty={
                        filtered || search.cursor ? (
                            <EmptyState
                                icon={<SearchX />}
                                title="No item matches"
                                text="Try another word, or take the filters away."
                                action={<Button onClick={() => navigate({ search: {} })}>Clear the filters</Button>}
                            />
                        ) : (
                            <EmptyState
                                icon={<ListChecks />}
                                title="No items yet"
                                text="Items are what your team works through. Create the first one to see it here."
                                action={newItem}
                            />
                        )
                    }
                >
                    {(page) => (
                        <>
                            <table className="w-full text-left">
                                <caption className="sr-only">Items of your organization</caption>
                                <thead className="border-b border-line text-xs text-ink-soft max-sm:sr-only">
                                    <tr>
                                        <th scope="col" className="py-2.5 pl-5 font-medium">
                                            Title
                                        </th>
                                        <th scope="col" className="py-2.5 pl-5 font-medium">
                                            Status
                                        </th>
                                        <th scope="col" className="hidden py-2.5 pl-5 font-medium sm:table-cell">
                                            Project
                                        </th>
                                        <th scope="col" className="hidden py-2.5 pl-5 font-medium md:table-cell">
                                            Updated
                                        </th>
                                        <th scope="col" className="py-2.5 pr-5 text-right font-medium">
                                            <span className="sr-only">Actions</span>
                                        </th>
                                    </tr>
                                </thead>
                                <tbody>
                                    {page.items.map((item) => (
                                        <ItemRow
                                            key={item.id}
                                            item={item}
                                            projectName={item.project_id ? (projectNames.get(item.project_id) ?? "Another project") : undefined}
                                            deleteRefusal={deleteRefusal}
                                            onRename={(title) => rename(item, title)}
                                            onStatus={(status) => setStatus(item, status)}
                                            onDelete={() => deleteWithUndo(item)}
                                        />
                                    ))}
                                </tbody>
                            </table>
                            <Pager
                                summary={`${page.items.length} ${page.items.length === 1 ? "item" : "items"} on this page`}
                                onFirst={search.cursor ? () => navigate({ search: ({ cursor: _, ...others }) => others }) : undefined}
                                onNext={
                                    page.next_cursor
                                        ? () => navigate({ search: (others) => ({ ...others, cursor: page.next_cursor ?? "" }) })
                                        : undefined
                                }
                            />
                        </>
                    )}
                </QueryView>
            </Card>
            <Suspense>
                {creating && <CreateItemDialog onClose={() => setCreating(false)} />}
                {conflict && (
                    <ConflictDialog
                        {...conflict}
                        onTakeTheirs={() => closeConflict()}
                        onKeepMine={() =>
                            closeConflict(() =>
                                save({ item: conflict.current, change: conflict.wanted.change }, "Your version is saved"),
                            )
                        }
                    />
                )}
            </Suspense>
        </>
    );
}
