import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { Download, ListChecks, Plus } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { Button } from "@/components/ui/button";
import { DataList } from "@/components/ui/data-list";
import { PageHeader } from "@/components/ui/page-header";
import { Refusable } from "@/components/ui/refusable";
import { statusWord } from "@/components/ui/status-badge";
import { notify, notifyProblem } from "@/components/ui/toasts";
import { asProblem } from "@/lib/api/problem";
import { common } from "@/lib/language/common";
import { saveFile } from "@/lib/save-file";
import { session } from "@/lib/session/browser-session";
import { deleteRefusal as supportDeleteRefusal, writeRefusal } from "@/lib/session/refusals";
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

    const self = session.identity();
    const isAdmin = self?.role === "admin";
    const changeRefusal = writeRefusal();
    const deleteRefusal = supportDeleteRefusal() ?? (isAdmin ? null : words.deleteRefusal);
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
        <Refusable refusal={changeRefusal}>
            <Button tone="primary" onClick={() => setCreating(true)}>
                <Plus className="size-4" aria-hidden="true" />
                {words.newItem}
            </Button>
        </Refusable>
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
            <DataList
                label={words.title}
                filters={
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
                }
                query={items}
                loading={words.loading}
                skeletonRows={8}
                narrowed={Boolean(search.q || search.status || search.project || search.cursor)}
                noMatch={words.noMatch}
                onClear={() => void navigate({ search: {} })}
                empty={{ icon: <ListChecks />, title: words.none, text: words.noneText, action: newItem }}
                above={
                    selected.length > 0 && (
                        <SelectionBar
                            count={selected.length}
                            busy={remove.isPending}
                            onSelectPage={() => setSelection(new Set(items.data?.items.map(({ id }) => id)))}
                            onSelectNone={() => setSelection(none)}
                            onDelete={() => deleteWithUndo(selected)}
                        />
                    )
                }
                caption={words.caption}
                headings={[
                    ...(isAdmin ? [{ label: words.selection, hidden: true, className: "py-0" }] : []),
                    { label: words.itemTitle },
                    { label: words.status },
                    { label: words.project, className: "hidden sm:table-cell" },
                    { label: words.createdBy, className: "hidden whitespace-nowrap xl:table-cell" },
                    { label: words.updated, className: "hidden md:table-cell" },
                    { label: words.actions, hidden: true },
                ]}
                summary={words.onThisPage}
                cursor={search.cursor}
                onPage={(next) => void navigate({ search: ({ cursor: _, ...others }) => (next ? { ...others, cursor: next } : others) })}
            >
                {(item) => (
                    <ItemRow
                        key={item.id}
                        item={item}
                        projectName={item.project_id ? (projectNames.get(item.project_id) ?? words.otherProject) : undefined}
                        owner={ownerOf(item)}
                        selected={isAdmin ? selection.has(item.id) : undefined}
                        deleteRefusal={deleteRefusal}
                        changeRefusal={changeRefusal}
                        onRename={(title) => rename(item, title)}
                        onStatus={(status) => setStatus(item, status)}
                        onDelete={() => deleteWithUndo([item])}
                        onSelect={(chosen) => select(item.id, chosen)}
                    />
                )}
            </DataList>
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
