import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { Pencil, Plug, Plus, Trash2 } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { Button, IconButton } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { ConfirmDialog } from "@/components/ui/confirm-dialog";
import { EmptyState } from "@/components/ui/empty-state";
import { Facts } from "@/components/ui/facts";
import { Pager } from "@/components/ui/pager";
import { QueryView } from "@/components/ui/query-view";
import { SkeletonRows } from "@/components/ui/skeleton";
import { notify, notifyProblem } from "@/components/ui/toasts";
import { formatDate } from "@/lib/format";
import { session } from "@/lib/session/browser-session";
import { type Integration, integrationsQuery, useDeleteIntegration } from "../api";
import { SettingsFrame } from "../components/settings-frame";
import { words as settingWords } from "../words";

const words = settingWords.integrations;

const IntegrationDialog = lazy(() => import("../components/integration-dialog"));

const route = getRouteApi("/shell/settings/integrations");

export function IntegrationsPage() {
    const { cursor } = route.useSearch();
    const navigate = route.useNavigate();
    const integrations = useQuery(integrationsQuery(cursor));
    const remove = useDeleteIntegration();
    const [editing, setEditing] = useState<Integration | "new" | null>(null);
    const [deleting, setDeleting] = useState<Integration | null>(null);
    const mayChange = session.identity()?.role === "admin";

    function confirmDeletion(integration: Integration) {
        remove.mutate(integration, {
            onSuccess: () => notify({ title: words.deleted(integration.name) }),
            onError: (error) => notifyProblem(words.notDeleted, error),
            onSettled: () => setDeleting(null),
        });
    }

    const add = mayChange && (
        <Button tone="primary" onClick={() => setEditing("new")}>
            <Plus className="size-4" aria-hidden="true" />
            {words.add}
        </Button>
    );
    return (
        <SettingsFrame
            title={words.title}
            intro={words.intro}
            actions={add}
        >
            <Card aria-label={words.title}>
                <QueryView
                    query={integrations}
                    skeleton={<SkeletonRows rows={4} label={words.loading} />}
                    isEmpty={(page) => page.items.length === 0}
                    empty={
                        <EmptyState
                            icon={<Plug />}
                            title={words.none}
                            text={mayChange ? words.noneText : words.noneTextForMembers}
                            action={add || undefined}
                        />
                    }
                >
                    {(page) => (
                        <>
                            <ul className="divide-y divide-line">
                                {page.items.map((integration) => (
                                    <li key={integration.id} className="flex items-center gap-4 py-3.5 pr-3 pl-5">
                                        <div className="min-w-0 flex-1">
                                            <p translate="no" className="font-medium break-words">
                                                {integration.name}
                                            </p>
                                            <Facts
                                                facts={{
                                                    [words.kind]: words.kinds[integration.kind],
                                                    [words.secret]: integration.secret_set_at
                                                        ? words.setOn(formatDate(integration.secret_set_at))
                                                        : words.notSet,
                                                }}
                                            />
                                        </div>
                                        {mayChange && (
                                            <div className="flex">
                                                <IconButton
                                                    label={words.change(integration.name)}
                                                    icon={<Pencil className="size-4" aria-hidden="true" />}
                                                    onClick={() => setEditing(integration)}
                                                />
                                                <IconButton
                                                    label={words.delete(integration.name)}
                                                    icon={<Trash2 className="size-4" aria-hidden="true" />}
                                                    className="hover:text-bad"
                                                    onClick={() => setDeleting(integration)}
                                                />
                                            </div>
                                        )}
                                    </li>
                                ))}
                            </ul>
                            <Pager
                                summary={words.onThisPage(page.items.length)}
                                onFirst={cursor ? () => navigate({ search: {} }) : undefined}
                                onNext={page.next_cursor ? () => navigate({ search: { cursor: page.next_cursor ?? "" } }) : undefined}
                            />
                        </>
                    )}
                </QueryView>
            </Card>
            <Suspense>
                {editing && <IntegrationDialog integration={editing === "new" ? null : editing} onClose={() => setEditing(null)} />}
            </Suspense>
            {deleting && (
                <ConfirmDialog
                    title={words.deleteTitle(deleting.name)}
                    description={words.deleteText}
                    action={words.deleteAction}
                    busy={remove.isPending}
                    onConfirm={() => confirmDeletion(deleting)}
                    onClose={() => setDeleting(null)}
                />
            )}
        </SettingsFrame>
    );
}
