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
import { statusWord } from "@/components/ui/status-badge";
import { notify, notifyProblem } from "@/components/ui/toasts";
import { asProblem } from "@/lib/api/problem";
import { common } from "@/lib/language/common";
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
import { words } from "../words";

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
    const deleteRefusal = session.identity()?.role === "admin" ? null : words.deleteRefusal;
    const projectNames = new Map(projects.data?.map(({ id, name }) => [id, name]));

    function save(wanted: ItemChange, done: string, undo?: (saved: Item) => void) {
        change.mutate(wanted, {
            onSuccess: (saved) =>
                notify({ title: done, action: undo && { label: common.undo, run: () => undo(saved) } }),
            onError: async (error) => {
                if (asProblem(error).status !== 412) {
                    notifyProblem(common.notSaved, error);
                    return;
                }
                try {
                    setConflict({ wanted, current: await loadItem(wanted.item.id) });
                } catch (missing) {
                    notifyProblem(common.notSaved, missing);
                }
            },
        });
    }

    function rename(item: Item, title: string) {
        save({ item, change: { title } }, words.renamed(title), (saved) =>
            save({ item: saved, change: { title: item.title } }, words.renamedBack(item.title)),
        );
    }

    function setStatus(item: Item, status: ItemStatus) {
        if (status !== item.status) {
            save({ item, change: { status } }, words.statusIsNow(item.title, statusWord(status)), (saved) =>
                save({ item: saved, change: { status: item.status } }, words.statusIsAgain(item.title, statusWord(item.status))),
            );
        }
    }

    function deleteWithUndo(item: Item) {
        remove.mutate(item, {
            onSuccess: () =>
                notify({
                    title: words.deleted(item.title),
                    action: {
                        label: common.undo,
                        run: () =>
                            restore.mutate(item, {
                                onSuccess: () => notify({ title: words.isBack(item.title) }),
                                onError: (error) => notifyProblem(words.notBroughtBack, error),
                            }),
                    },
                }),
            onError: (error) => notifyProblem(words.notDeleted, error),
        });
    }

    function closeConflict(next?: () => void) {
        setConflict(null);
        next?.();
    }

    const newItem = (
        <Button tone="primary" onClick={() => setCreating(true)}>
            <Plus className="size-4" aria-hidden="true" />
            {words.newItem}
        </Button>
    );

    return (
        <>
            <PageHeader title={words.title} intro={words.intro} actions={newItem} />
            <Card aria-label={words.title}>
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
                    skeleton={<SkeletonRows rows={8} label={words.loading} />}
                    isEmpty={(page) => page.items.length === 0}
                    empty={
                        filtered || search.cursor ? (
                            <EmptyState
                                icon={<SearchX />}
                                title={words.noMatch}
                                text={common.noMatchText}
                                action={<Button onClick={() => navigate({ search: {} })}>{common.clearFilters}</Button>}
                            />
                        ) : (
                            <EmptyState
                                icon={<ListChecks />}
                                title={words.none}
                                text={words.noneText}
                                action={newItem}
                            />
                        )
                    }
                >
                    {(page) => (
                        <>
                            <table className="w-full text-left">
                                <caption className="sr-only">{words.caption}</caption>
                                <thead className="border-b border-line text-xs text-ink-soft max-sm:sr-only">
                                    <tr>
                                        <th scope="col" className="py-2.5 pl-5 font-medium">
                                            {words.itemTitle}
                                        </th>
                                        <th scope="col" className="py-2.5 pl-5 font-medium">
                                            {words.status}
                                        </th>
                                        <th scope="col" className="hidden py-2.5 pl-5 font-medium sm:table-cell">
                                            {words.project}
                                        </th>
                                        <th scope="col" className="hidden py-2.5 pl-5 font-medium md:table-cell">
                                            {words.updated}
                                        </th>
                                        <th scope="col" className="py-2.5 pr-5 text-right font-medium">
                                            <span className="sr-only">{words.actions}</span>
                                        </th>
                                    </tr>
                                </thead>
                                <tbody>
                                    {page.items.map((item) => (
                                        <ItemRow
                                            key={item.id}
                                            item={item}
                                            projectName={item.project_id ? (projectNames.get(item.project_id) ?? words.otherProject) : undefined}
                                            deleteRefusal={deleteRefusal}
                                            onRename={(title) => rename(item, title)}
                                            onStatus={(status) => setStatus(item, status)}
                                            onDelete={() => deleteWithUndo(item)}
                                        />
                                    ))}
                                </tbody>
                            </table>
                            <Pager
                                summary={words.onThisPage(page.items.length)}
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
                                save({ item: conflict.current, change: conflict.wanted.change }, words.conflict.keptMine),
                            )
                        }
                    />
                )}
            </Suspense>
        </>
    );
}
