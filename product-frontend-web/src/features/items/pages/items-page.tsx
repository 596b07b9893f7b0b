import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { Download, ListChecks, Plus, SearchX } from "lucide-react";
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
import { saveFile } from "@/lib/save-file";
import { session } from "@/lib/session/browser-session";
import {
    type Item,
    type ItemChange,
    itemsQuery,
    loadAllItems,
    loadItem,
    memberNamesQuery,
    projectChoicesQuery,
    useChangeItem,
    useDeleteItems,
    useRestoreItems,
} from "../api";
import { ItemFilters } from "../components/item-filters";
import { ItemRow } from "../components/item-row";
import { SelectionBar } from "../components/selection-bar";
import { type ItemStatus, validateItemSearch } from "../search";
import { words } from "../words";

const CreateItemDialog = lazy(() => import("../components/create-item-dialog"));
const ConflictDialog = lazy(() => import("../components/conflict-dialog"));

const route = getRouteApi("/shell/items");

/** As many rows as every spreadsheet takes without a thought. */
const exportLimit = 10_000;
const none: ReadonlySet<string> = new Set();

export function ItemsPage() {
    const search = route.useSearch();
    const navigate = route.useNavigate();
    const items = useQuery(itemsQuery(search));
    const projects = useQuery(projectChoicesQuery);
    const [creating, setCreating] = useState(false);
    const [conflict, setConflict] = useState<{ wanted: ItemChange; current: Item } | null>(null);
    const change = useChangeItem();
    const remove = useDeleteItems();
    const restore = useRestoreItems();
    const [exporting, setExporting] = useState(false);
    const [selection, setSelection] = useState(none);

    const filtered = Boolean(search.q || search.status || search.project);
    const self = session.identity();
    const isAdmin = self?.role === "admin";
    const deleteRefusal = isAdmin ? null : words.deleteRefusal;
    const memberNames = useQuery({ ...memberNamesQuery, enabled: isAdmin });
    // What is chosen counts as long as it is on the page.
    const selected = items.data?.items.filter(({ id }) => selection.has(id)) ?? [];
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

    function deleteWithUndo(doomed: Item[]) {
        remove.mutate(doomed, {
            onSuccess: ({ deleted, failure }) => {
                setSelection(none);
                if (deleted.length > 0) {
                    notify({
                        title: deleted.length === 1 && deleted[0] ? words.deleted(deleted[0].title) : words.deletedMany(deleted.length),
                        action: { label: common.undo, run: () => bringBack(deleted) },
                    });
                }
                if (failure) {
                    notifyProblem(words.notDeleted, failure);
                }
            },
        });
    }

    function bringBack(deleted: Item[]) {
        restore.mutate(deleted, {
            onSuccess: () =>
                notify({ title: deleted.length === 1 && deleted[0] ? words.isBack(deleted[0].title) : words.areBack(deleted.length) }),
            onError: (error) => notifyProblem(words.notBroughtBack, error),
        });
    }

    async function exportAll() {
        setExporting(true);
        try {
            const { items: all, more } = await loadAllItems(search, exportLimit);
            const { itemsAsCsv } = await import("../items-as-csv");
            saveFile(`${words.exportName}-${new Date().toISOString().slice(0, 10)}.csv`, "text/csv", itemsAsCsv(all, projectNames));
            notify({ title: words.exported(all.length), description: more ? words.exportedPart : undefined });
        } catch (error) {
            notifyProblem(words.notExported, error);
        } finally {
            setExporting(false);
        }
    }

    function ownerOf({ created_by: maker }: Item): string | undefined {
        if (!maker) {
            return undefined;
        }
        return maker === self?.personId ? words.you : (memberNames.data?.get(maker) ?? words.colleague);
    }

    function select(id: string, chosen: boolean) {
        setSelection((before) => new Set(chosen ? [...before, id] : [...before].filter((each) => each !== id)));
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
            <PageHeader
                title={words.title}
                intro={words.intro}
                actions={
                    <>
                        <Button busy={exporting} onClick={exportAll}>
                            <Download className="size-4" aria-hidden="true" />
                            {words.export}
                        </Button>
                        {newItem}
                    </>
                }
            />
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
                            {selected.length > 0 && (
                                <SelectionBar
                                    count={selected.length}
                                    busy={remove.isPending}
                                    onSelectPage={() => setSelection(new Set(page.items.map(({ id }) => id)))}
                                    onSelectNone={() => setSelection(none)}
                                    onDelete={() => deleteWithUndo(selected)}
                                />
                            )}
                            <table className="w-full text-left">
                                <caption className="sr-only">{words.caption}</caption>
                                <thead className="border-b border-line text-xs text-ink-soft max-sm:sr-only">
                                    <tr>
                                        {isAdmin && (
                                            <th scope="col">
                                                <span className="sr-only">{words.selection}</span>
                                            </th>
                                        )}
                                        <th scope="col" className="py-2.5 pl-5 font-medium">
                                            {words.itemTitle}
                                        </th>
                                        <th scope="col" className="py-2.5 pl-5 font-medium">
                                            {words.status}
                                        </th>
                                        <th scope="col" className="hidden py-2.5 pl-5 font-medium sm:table-cell">
                                            {words.project}
                                        </th>
                                        <th scope="col" className="hidden py-2.5 pl-5 font-medium whitespace-nowrap xl:table-cell">
                                            {words.createdBy}
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
                                            owner={ownerOf(item)}
                                            selected={isAdmin ? selection.has(item.id) : undefined}
                                            deleteRefusal={deleteRefusal}
                                            onRename={(title) => rename(item, title)}
                                            onStatus={(status) => setStatus(item, status)}
                                            onDelete={() => deleteWithUndo([item])}
                                            onSelect={(chosen) => select(item.id, chosen)}
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
