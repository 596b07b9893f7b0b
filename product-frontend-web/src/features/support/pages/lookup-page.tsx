import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { Search, SearchX } from "lucide-react";
import { Card } from "@/components/ui/card";
import { CopyButton } from "@/components/ui/copy-button";
import { EmptyState } from "@/components/ui/empty-state";
import { PageHeader } from "@/components/ui/page-header";
import { QueryView } from "@/components/ui/query-view";
import { SearchField } from "@/components/ui/search-field";
import { SkeletonRows } from "@/components/ui/skeleton";
import { StatusBadge } from "@/components/ui/status-badge";
import { type FoundOrg, lookupQuery } from "../api";
import { words } from "../words";

const route = getRouteApi("/shell/support/lookup");

export function LookupPage() {
    const { q = "" } = route.useSearch();
    const navigate = route.useNavigate();
    const found = useQuery(lookupQuery(q));
    return (
        <>
            <PageHeader title={words.lookup.title} intro={words.lookup.intro} />
            <SearchField
                label={words.search}
                placeholder={words.search}
                value={q}
                onSearch={(next) => navigate({ search: next ? { q: next } : {}, replace: true })}
                autoFocus
                data-page-focus
                className="mb-4 max-w-xl"
            />
            <Card aria-label={words.lookup.results} aria-live="polite">
                {q === "" ? (
                    <EmptyState icon={<Search />} title={words.lookup.who} text={words.lookup.whoText} />
                ) : (
                    <QueryView
                        query={found}
                        skeleton={<SkeletonRows rows={4} label={words.lookup.searching} />}
                        isEmpty={({ items }) => items.length === 0}
                        empty={
                            <EmptyState icon={<SearchX />} title={words.lookup.nothingFor(q)} text={words.lookup.nothingText} />
                        }
                    >
                        {({ items }) => (
                            <ul className="divide-y divide-line">
                                {items.map((org) => (
                                    <ResultRow key={org.id} org={org} />
                                ))}
                            </ul>
                        )}
                    </QueryView>
                )}
            </Card>
        </>
    );
}

function ResultRow({ org }: { org: FoundOrg }) {
    return (
        <li className="flex flex-wrap items-center gap-x-5 gap-y-1 px-5 py-3 transition-colors hover:bg-sunken/60">
            <div className="min-w-0 flex-1 basis-48">
                <p translate="no" className={org.state === "suspended" ? "truncate font-medium text-ink-soft" : "truncate font-medium"}>{org.name}</p>
                <p translate="no" className="truncate font-mono text-xs text-ink-soft">{org.slug}</p>
            </div>
            <div className="flex items-center gap-4 lg:w-64 lg:justify-between">
                <p translate="no" className="text-ink-soft capitalize">{org.plan}</p>
                <StatusBadge status={org.state} />
            </div>
            <p className="flex basis-full items-center gap-1 font-mono text-xs text-ink-soft lg:basis-auto">
                <span translate="no" className="truncate">{org.id}</span>
                <CopyButton text={org.id} label={words.lookup.copyIdOf(org.name)} className="size-8" />
            </p>
        </li>
    );
}
