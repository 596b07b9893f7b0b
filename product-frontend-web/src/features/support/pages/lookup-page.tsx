import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { ArrowRight, Search, SearchX } from "lucide-react";
import { lazy, type ReactNode, Suspense, useState } from "react";
import { Button, buttonClasses } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { CopyButton } from "@/components/ui/copy-button";
import { EmptyState } from "@/components/ui/empty-state";
import { Facts } from "@/components/ui/facts";
import { PageHeader } from "@/components/ui/page-header";
import { QueryView } from "@/components/ui/query-view";
import { Refusable } from "@/components/ui/refusable";
import { SearchField } from "@/components/ui/search-field";
import { SkeletonRows } from "@/components/ui/skeleton";
import { StatusBadge } from "@/components/ui/status-badge";
import { formatAge, formatDate } from "@/lib/format";
import { lookupQuery, type OrgSummary } from "../api";
import { words as supportWords } from "../words";

const words = supportWords.lookup;

const StartDialog = lazy(() => import("../components/start-dialog"));

const route = getRouteApi("/shell/support/lookup");

export function LookupPage() {
    const { q = "" } = route.useSearch();
    const navigate = route.useNavigate();
    const found = useQuery(lookupQuery(q));
    const [starting, setStarting] = useState<OrgSummary | null>(null);
    return (
        <>
            <PageHeader title={words.title} intro={words.intro} />
            <SearchField
                label={supportWords.search}
                placeholder={supportWords.search}
                value={q}
                onSearch={(next) => navigate({ search: next ? { q: next } : {}, replace: true })}
                autoFocus
                data-page-focus
                className="mb-4 max-w-xl"
            />
            <Card aria-label={words.results} aria-live="polite">
                {q === "" ? (
                    <EmptyState icon={<Search />} title={words.who} text={words.whoText} />
                ) : (
                    <QueryView
                        query={found}
                        skeleton={<SkeletonRows rows={4} label={words.searching} />}
                        isEmpty={({ items }) => items.length === 0}
                        empty={<EmptyState icon={<SearchX />} title={words.nothingFor(q)} text={words.nothingText} />}
                    >
                        {({ items }) => (
                            <ul className="divide-y divide-line">
                                {items.map((org) => (
                                    <ResultRow key={org.id} org={org} onStart={() => setStarting(org)} />
                                ))}
                            </ul>
                        )}
                    </QueryView>
                )}
            </Card>
            <Suspense>{starting && <StartDialog org={starting} onClose={() => setStarting(null)} />}</Suspense>
        </>
    );
}

function policyWords({ support_policy: policy, window_until: until }: OrgSummary): string {
    return policy === "window" && until ? words.until(formatDate(until)) : words.policies[policy];
}

function lastAccess({ last_access_at: at, last_access_by: by }: OrgSummary): ReactNode {
    if (!at) {
        return words.never;
    }
    return by ? words.lastBy(formatAge(at), by) : formatAge(at);
}

function ResultRow({ org, onStart }: { org: OrgSummary; onStart(): void }) {
    return (
        <li className="flex flex-wrap items-center gap-x-5 gap-y-3 py-3.5 pr-4 pl-5 transition-colors hover:bg-sunken/60">
            <div className="min-w-0 flex-1 basis-64">
                <p className="flex flex-wrap items-center gap-x-2.5 gap-y-1">
                    <span translate="no" className={org.state === "suspended" ? "font-medium wrap-anywhere text-ink-soft" : "font-medium wrap-anywhere"}>
                        {org.name}
                    </span>
                    <StatusBadge status={org.state} />
                </p>
                <p className="flex items-center gap-1 font-mono text-xs text-ink-soft">
                    <span translate="no" title={org.id}>
                        {`${org.slug} · ${org.id.slice(0, 8)}…${org.id.slice(-4)}`}
                    </span>
                    <CopyButton text={org.id} label={words.copyIdOf(org.name)} className="size-8" />
                </p>
                <Facts facts={{ [words.policy]: policyWords(org), [words.last]: lastAccess(org) }} />
            </div>
            {org.session_id ? (
                <Link
                    to="/support/sessions/$id"
                    params={{ id: org.session_id }}
                    aria-label={words.yoursAt(org.name)}
                    className={buttonClasses("secondary", "h-9 px-3")}
                >
                    {words.yours}
                    <ArrowRight className="size-4" aria-hidden="true" />
                </Link>
            ) : (
                <Refusable refusal={org.obstacle && words.obstacles[org.obstacle]}>
                    <Button tone="primary" className="h-9 px-3" aria-label={words.startAt(org.name)} onClick={onStart}>
                        {words.start}
                    </Button>
                </Refusable>
            )}
        </li>
    );
}
