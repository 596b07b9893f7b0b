import { useQuery } from "@tanstack/react-query";
import { CalendarClock, RefreshCcw } from "lucide-react";
import { lazy, Suspense, useId, useState } from "react";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { ConfirmDialog } from "@/components/ui/confirm-dialog";
import { CopyButton } from "@/components/ui/copy-button";
import { Facts } from "@/components/ui/facts";
import { PageHeader } from "@/components/ui/page-header";
import { QueryView } from "@/components/ui/query-view";
import { SkeletonRows } from "@/components/ui/skeleton";
import { StatusBadge } from "@/components/ui/status-badge";
import { notify, notifyProblem } from "@/components/ui/toasts";
import { formatAge, formatDateTime } from "@/lib/format";
import { wordFor } from "@/lib/language/common";
import { type KeyView, signingKeysQuery, useRotateKeys } from "../api";
import { words } from "../words";

const RevokeDialog = lazy(() => import("../components/revoke-dialog"));

/** The published ones in the order in which people ask about them. */
const published = ["active", "next", "retiring"];

const isAhead = (at: string): boolean => Date.parse(at) > Date.now();

export function KeysPage() {
    const keys = useQuery(signingKeysQuery);
    const [rotating, setRotating] = useState<KeyView | null>(null);
    const [revoking, setRevoking] = useState<KeyView | null>(null);
    const staged = keys.data?.find(({ state }) => state === "next");
    return (
        <>
            <PageHeader
                title={words.title}
                intro={words.intro}
                actions={
                    staged && (
                        <Button onClick={() => setRotating(staged)}>
                            <RefreshCcw className="size-4" aria-hidden="true" />
                            {words.rotate.open}
                        </Button>
                    )
                }
            />
            <QueryView
                query={keys}
                skeleton={
                    <Card>
                        <SkeletonRows rows={3} label={words.loading} />
                    </Card>
                }
            >
                {(all) => {
                    const inUse = published.flatMap((state) => all.filter((key) => key.state === state));
                    const ended = all.filter(({ state }) => !published.includes(state));
                    return (
                        <div className="grid gap-5">
                            <KeyList title={words.published} text={words.publishedText} keys={inUse} onRevoke={setRevoking} />
                            {ended.length > 0 && <KeyList title={words.ended} text={words.endedText} keys={ended} onRevoke={setRevoking} />}
                        </div>
                    );
                }}
            </QueryView>
            {rotating && <RotateDialog staged={rotating} onClose={() => setRotating(null)} />}
            <Suspense>{revoking && <RevokeDialog signingKey={revoking} onClose={() => setRevoking(null)} />}</Suspense>
        </>
    );
}

function RotateDialog({ staged, onClose }: { staged: KeyView; onClose(): void }) {
    const rotate = useRotateKeys();
    const early = isAhead(staged.known_at);
    return (
        <ConfirmDialog
            title={words.rotate.title}
            description={words.rotate.text}
            action={early ? words.rotate.earlyAction : words.rotate.action}
            tone={early ? "danger" : "primary"}
            busy={rotate.isPending}
            onConfirm={() =>
                rotate.mutate(
                    { kid: staged.kid, early },
                    {
                        onSuccess: () => notify({ title: words.rotate.done }),
                        onError: (error) => notifyProblem(words.rotate.failed, error),
                        onSettled: onClose,
                    },
                )
            }
            onClose={onClose}
        >
            {early && <p className="mb-5 rounded-xl bg-warn-soft px-4 py-3 leading-relaxed font-medium text-warn">{words.rotate.early(formatAge(staged.known_at))}</p>}
        </ConfirmDialog>
    );
}

interface KeyListProps {
    title: string;
    text: string;
    keys: KeyView[];
    onRevoke(key: KeyView): void;
}

function KeyList({ title, text, keys, onRevoke }: KeyListProps) {
    const id = useId();
    return (
        <Card aria-labelledby={id}>
            <div className="border-b border-line px-5 py-4">
                <h2 id={id} className="font-semibold">
                    {title}
                </h2>
                <p className="mt-1 text-ink-soft">{text}</p>
            </div>
            <ul className="divide-y divide-line">
                {keys.map((key) => (
                    <KeyRow key={key.kid} signingKey={key} onRevoke={() => onRevoke(key)} />
                ))}
            </ul>
        </Card>
    );
}

function time(at: string | null) {
    return (
        at && (
            <time dateTime={at} title={formatDateTime(at)}>
                {formatAge(at)}
            </time>
        )
    );
}

function KeyRow({ signingKey: key, onRevoke }: { signingKey: KeyView; onRevoke(): void }) {
    const { since } = words;
    return (
        <li className="flex flex-wrap items-start gap-x-4 gap-y-3 px-5 py-4">
            <div className="min-w-0 flex-1 basis-72">
                <p className="flex flex-wrap items-center gap-x-2.5 gap-y-1">
                    <StatusBadge status={key.state} />
                    <span className="leading-relaxed">{wordFor(words.meanings, key.state)}</span>
                </p>
                <p className="mt-1.5 flex items-center gap-1">
                    <code translate="no" className="min-w-0 font-mono text-xs break-all text-ink-soft">
                        {key.kid}
                    </code>
                    <CopyButton text={key.kid} label={words.copyKid} className="size-8" />
                </p>
                <Facts
                    facts={{
                        [since.published]: time(key.created_at),
                        [key.state === "active" ? since.active : since.signed]: time(key.activated_at),
                        [since.retiring]: time(key.retiring_at),
                        [since.retired]: time(key.retired_at),
                        [since.revoked]: time(key.revoked_at),
                    }}
                />
                <NextStep signingKey={key} />
            </div>
            {key.state !== "revoked" && (
                <Button onClick={onRevoke} aria-label={words.revoke.openFor(key.kid)} className="h-9 px-3">
                    {words.revoke.open}
                </Button>
            )}
        </li>
    );
}

/** What the schedule does with the key next, if nobody does anything. */
function NextStep({ signingKey: { state, known_at: knownAt, next_state: next, next_state_at: at } }: { signingKey: KeyView }) {
    if (!next || !at) {
        return null;
    }
    return (
        <p className="mt-2 flex flex-wrap items-center gap-x-2 text-xs">
            <CalendarClock className="size-3.5 text-accent" aria-hidden="true" />
            <time dateTime={at} title={formatDateTime(at)} className="font-medium">
                {words.becomes[next]?.(formatAge(at))}
            </time>
            {state === "next" && isAhead(knownAt) && <span className="text-ink-soft">{words.knownFrom(formatAge(knownAt))}</span>}
        </p>
    );
}
