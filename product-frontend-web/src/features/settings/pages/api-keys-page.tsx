import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { KeyRound, Plus } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { ConfirmDialog } from "@/components/ui/confirm-dialog";
import { EmptyState } from "@/components/ui/empty-state";
import { Facts } from "@/components/ui/facts";
import { Pager } from "@/components/ui/pager";
import { QueryView } from "@/components/ui/query-view";
import { SkeletonRows } from "@/components/ui/skeleton";
import { StatusBadge } from "@/components/ui/status-badge";
import { notify, notifyProblem } from "@/components/ui/toasts";
import { formatAge, formatDate } from "@/lib/format";
import { common } from "@/lib/language/common";
import { type ApiKey, apiKeysQuery, useRevokeApiKey } from "../api";
import { SettingsFrame } from "../components/settings-frame";
import { words as settingWords } from "../words";

const words = settingWords.apiKeys;

const CreateKeyDialog = lazy(() => import("../components/create-key-dialog"));

const route = getRouteApi("/shell/settings/api-keys");

export function ApiKeysPage() {
    const { cursor } = route.useSearch();
    const navigate = route.useNavigate();
    const keys = useQuery(apiKeysQuery(cursor));
    const revoke = useRevokeApiKey();
    const [creating, setCreating] = useState(false);
    const [revoking, setRevoking] = useState<ApiKey | null>(null);

    function confirmRevocation(key: ApiKey) {
        revoke.mutate(key, {
            onSuccess: () => notify({ title: words.revoked(key.name) }),
            onError: (error) => notifyProblem(words.notRevoked, error),
            onSettled: () => setRevoking(null),
        });
    }

    const newKey = (
        <Button tone="primary" onClick={() => setCreating(true)}>
            <Plus className="size-4" aria-hidden="true" />
            {words.open}
        </Button>
    );
    return (
        <SettingsFrame title={words.title} intro={words.intro} actions={newKey}>
            <Card aria-label={words.title}>
                <QueryView
                    query={keys}
                    skeleton={<SkeletonRows rows={4} label={words.loading} />}
                    isEmpty={(page) => page.items.length === 0}
                    empty={
                        <EmptyState
                            icon={<KeyRound />}
                            title={words.none}
                            text={words.noneText}
                            action={newKey}
                        />
                    }
                >
                    {(page) => (
                        <>
                            <ul className="divide-y divide-line">
                                {page.items.map((key) => (
                                    <KeyRow key={key.id} apiKey={key} onRevoke={() => setRevoking(key)} />
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
            <Suspense>{creating && <CreateKeyDialog onClose={() => setCreating(false)} />}</Suspense>
            {revoking && (
                <ConfirmDialog
                    title={words.revokeTitle(revoking.name)}
                    description={words.revokeText}
                    action={words.revokeAction}
                    busy={revoke.isPending}
                    onConfirm={() => confirmRevocation(revoking)}
                    onClose={() => setRevoking(null)}
                />
            )}
        </SettingsFrame>
    );
}

function stateOf({ revoked_at, expires_at }: ApiKey): "revoked" | "expired" | "active" {
    if (revoked_at) {
        return "revoked";
    }
    return Date.parse(expires_at) <= Date.now() ? "expired" : "active";
}

function KeyRow({ apiKey: key, onRevoke }: { apiKey: ApiKey; onRevoke(): void }) {
    const state = stateOf(key);
    return (
        <li className="flex flex-wrap items-center gap-x-4 gap-y-2 px-5 py-3.5">
            <div className="min-w-0 flex-1 basis-56">
                <p className="flex flex-wrap items-center gap-x-2.5 gap-y-1 font-medium">
                    <span translate="no" className="min-w-0 break-words">
                        {key.name}
                    </span>
                    <StatusBadge status={state} />
                </p>
                <Facts
                    facts={{
                        [settingWords.role]: common.roles[key.role],
                        [words.lastUsed]: key.last_used_at ? <time dateTime={key.last_used_at}>{formatAge(key.last_used_at)}</time> : words.never,
                        [state === "active" ? words.ends : words.ended]: <time dateTime={key.revoked_at ?? key.expires_at}>{formatDate(key.revoked_at ?? key.expires_at)}</time>,
                    }}
                />
            </div>
            {state === "active" && (
                <Button onClick={onRevoke} aria-label={words.revokeOf(key.name)} className="h-9 px-3">
                    {words.revoke}
                </Button>
            )}
        </li>
    );
}
