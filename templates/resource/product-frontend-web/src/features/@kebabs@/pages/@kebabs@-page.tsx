import { useInfiniteQuery } from "@tanstack/react-query";
import { Layers, Pencil, Plus, Trash2 } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { Button, IconButton } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { EmptyState } from "@/components/ui/empty-state";
import { Explained } from "@/components/ui/explained";
import { Facts } from "@/components/ui/facts";
import { PageHeader } from "@/components/ui/page-header";
import { QueryView } from "@/components/ui/query-view";
import { SkeletonRows } from "@/components/ui/skeleton";
import { @formats@ } from "@/lib/format";
import { session } from "@/lib/session/browser-session";
import { type @Singular@, @many@Query } from "../api";

const @Singular@Dialog = lazy(() => import("../components/@kebab@-dialog"));
const Delete@Singular@Dialog = lazy(() => import("../components/delete-@kebab@-dialog"));

export function @Plural@Page() {
    const @many@ = useInfiniteQuery(@many@Query);
    const [editing, setEditing] = useState<@Singular@ | "new" | null>(null);
    const [deleting, setDeleting] = useState<@Singular@ | null>(null);
    const mayDelete = session.identity()?.role === "admin";

    const newButton = (
        <Button tone="primary" onClick={() => setEditing("new")}>
            <Plus className="size-4" aria-hidden="true" />
            New @word@
        </Button>
    );

    return (
        <>
            <PageHeader title="@Words@" actions={newButton} />
            <Card aria-label="@Words@">
                <QueryView
                    query={@many@}
                    skeleton={<SkeletonRows rows={5} label="Loading @words@" />}
                    isEmpty={(data) => data.pages[0]?.items.length === 0}
                    empty={
                        <EmptyState
                            icon={<Layers />}
                            title="No @words@ yet"
                            text="Create the first one to see it here."
                            action={newButton}
                        />
                    }
                >
                    {(data) => (
                        <ul className="divide-y divide-line">
                            {data.pages
                                .flatMap((page) => page.items)
                                .map((@one@) => (
                                    <@Singular@Row
                                        key={@one@.id}
                                        @one@={@one@}
                                        mayDelete={mayDelete}
                                        onEdit={() => setEditing(@one@)}
                                        onDelete={() => setDeleting(@one@)}
                                    />
                                ))}
                        </ul>
                    )}
                </QueryView>
                {@many@.hasNextPage && (
                    <div className="border-t border-line p-3 text-center">
                        <Button busy={@many@.isFetchingNextPage} onClick={() => @many@.fetchNextPage()}>
                            Show more
                        </Button>
                    </div>
                )}
            </Card>
            <Suspense>
                {editing && <@Singular@Dialog @one@={editing === "new" ? null : editing} onClose={() => setEditing(null)} />}
                {deleting && <Delete@Singular@Dialog @one@={deleting} onClose={() => setDeleting(null)} />}
            </Suspense>
        </>
    );
}

interface @Singular@RowProps {
    @one@: @Singular@;
    mayDelete: boolean;
    onEdit(): void;
    onDelete(): void;
}

function @Singular@Row({ @one@, mayDelete, onEdit, onDelete }: @Singular@RowProps) {
    const deleteButton = (
        <IconButton
            label={`Delete ${@one@.@title@}`}
            icon={<Trash2 className="size-4" aria-hidden="true" />}
            aria-disabled={!mayDelete}
            onClick={mayDelete ? onDelete : undefined}
            className="not-aria-disabled:hover:text-bad"
            {...(mayDelete ? {} : { title: "" })}
        />
    );
    return (
        <li className="flex items-center gap-1 py-3 pr-3 pl-5 transition-colors hover:bg-sunken/60">
            <div className="min-w-0 flex-1">
                <p className="truncate font-medium text-ink">{@one@.@title@}</p>
                <Facts
                    facts={{
@each others@
                        "@other.label@": @other.shown@,
@end@
                        Created: formatDate(@one@.created_at),
                    }}
                />
            </div>
            <IconButton
                label={`Edit ${@one@.@title@}`}
                icon={<Pencil className="size-4" aria-hidden="true" />}
                onClick={onEdit}
            />
            {mayDelete ? (
                deleteButton
            ) : (
                <Explained text="Only an organization admin can delete @words@.">{deleteButton}</Explained>
            )}
        </li>
    );
}
