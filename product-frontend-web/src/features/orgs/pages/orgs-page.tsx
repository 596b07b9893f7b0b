import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { Building2, Plus } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { Button } from "@/components/ui/button";
import { CopyButton } from "@/components/ui/copy-button";
import { DataList, DateFilter, FilterSelect } from "@/components/ui/data-list";
import { PageHeader } from "@/components/ui/page-header";
import { SearchField } from "@/components/ui/search-field";
import { Sparkline } from "@/components/ui/sparkline";
import { StatusBadge, statusWord } from "@/components/ui/status-badge";
import { classNames } from "@/lib/class-names";
import { formatCount, formatDate } from "@/lib/format";
import { common } from "@/lib/language/common";
import { orgsQuery, type RegisteredOrg, statsQuery } from "../api";
import { type OrgSearch, orgSorts, orgStates, plans, validateOrgSearch } from "../search";
import { lacksAdmin, type Step } from "../steps";
import { words } from "../words";

const CreateOrgDialog = lazy(() => import("../components/create-org-dialog"));
const StepDialog = lazy(() => import("../components/step-dialog"));
const OrgMenu = lazy(() => import("../components/org-menu"));

const route = getRouteApi("/shell/admin/orgs");

export function OrgsPage() {
    const search = route.useSearch();
    const navigate = route.useNavigate();
    const orgs = useQuery(orgsQuery(search));
    const [creating, setCreating] = useState(false);
    const [step, setStep] = useState<{ org: RegisteredOrg; step: Step } | null>(null);

    // Another filter or order begins on its first page; what is typed letter by letter is one step for Back.
    function change(wanted: Partial<Record<"q" | "state" | "plan" | "from" | "to" | "sort", string>>) {
        void navigate({
            search: ({ cursor: _, ...others }) => validateOrgSearch({ ...others, ...wanted }),
            replace: "q" in wanted,
        });
    }

    const newOrg = (
        <Button tone="primary" onClick={() => setCreating(true)}>
            <Plus className="size-4" aria-hidden="true" />
            {words.create.button}
        </Button>
    );

    return (
        <>
            <PageHeader title={words.title} intro={words.intro} actions={newOrg} />
            <StateCounts search={search} onChoose={(state) => change({ state })} />
            <DataList
                label={words.title}
                filters={
                    <>
                        <SearchField
                            label={words.searchLabel}
                            placeholder={words.searchPlaceholder}
                            value={search.q ?? ""}
                            onSearch={(q) => change({ q })}
                            className="w-full sm:w-56"
                        />
                        <FilterSelect
                            label={common.state}
                            any={words.anyState}
                            value={search.state}
                            options={orgStates.map((state) => ({ value: state, label: statusWord(state) }))}
                            onChoose={(state) => change({ state })}
                            className="sm:max-w-36"
                        />
                        <FilterSelect
                            label={words.plan}
                            any={words.anyPlan}
                            value={search.plan}
                            options={plans.map((plan) => ({ value: plan, label: words.plans[plan] }))}
                            onChoose={(plan) => change({ plan })}
                        />
                        <DateFilter label={words.createdFrom} value={search.from} onChange={(from) => change({ from })} />
                        <DateFilter label={words.createdTo} value={search.to} onChange={(to) => change({ to })} />
                        <FilterSelect
                            label={words.sort}
                            value={search.sort ?? "newest"}
                            options={orgSorts.map((sort) => ({ value: sort, label: words.sorts[sort] }))}
                            onChoose={(sort) => change({ sort })}
                            className="sm:ml-auto"
                        />
                    </>
                }
                query={orgs}
                loading={words.loading}
                skeletonRows={6}
                narrowed={Boolean(search.q || search.state || search.plan || search.from || search.to || search.cursor)}
                noMatch={words.noMatch}
                onClear={() => void navigate({ search: {} })}
                empty={{ icon: <Building2 />, title: words.none, text: words.noneText, action: newOrg }}
                caption={words.caption}
                headings={[
                    { label: words.name },
                    { label: common.state },
                    { label: words.plan, className: "hidden sm:table-cell" },
                    { label: words.members, className: "hidden text-right md:table-cell" },
                    { label: words.requests, className: "hidden text-right xl:table-cell" },
                    { label: words.id, className: "hidden xl:table-cell" },
                    { label: common.created, className: "hidden md:table-cell" },
                    { label: words.actions, hidden: true },
                ]}
                summary={words.onThisPage}
                cursor={search.cursor}
                onPage={(next) => void navigate({ search: ({ cursor: _, ...others }) => (next ? { ...others, cursor: next } : others) })}
            >
                {(org) => <OrgRow key={org.id} org={org} onStep={(next) => setStep({ org, step: next })} />}
            </DataList>
            <Suspense>
                {creating && <CreateOrgDialog onClose={() => setCreating(false)} />}
                {step && <StepDialog {...step} onClose={() => setStep(null)} />}
            </Suspense>
        </>
    );
}

/** How many there are of each state, and a quick way to see only those. The list works without it. */
function StateCounts({ search, onChoose }: { search: OrgSearch; onChoose(state: string): void }) {
    const { data } = useQuery(statsQuery);
    if (!data) {
        return <div className="mb-4 h-9" />;
    }
    const total = data.states.reduce((sum, { count }) => sum + count, 0);
    const chips = [{ state: "", label: words.total(formatCount(total)) }].concat(
        data.states.map(({ state, count }) => ({ state, label: `${statusWord(state)} ${formatCount(count)}` })),
    );
    return (
        <div role="group" aria-label={words.byState} className="mb-4 flex min-h-9 flex-wrap gap-2">
            {chips.map(({ state, label }) => (
                <button
                    key={state}
                    type="button"
                    aria-pressed={(search.state ?? "") === state}
                    onClick={() => onChoose(state)}
                    className="h-9 rounded-full border border-line bg-surface px-3.5 text-xs font-medium text-ink-soft tabular-nums transition-colors hover:border-field-line hover:text-ink aria-pressed:border-accent aria-pressed:bg-accent-soft aria-pressed:text-accent-soft-ink"
                >
                    {label}
                </button>
            ))}
        </div>
    );
}

function OrgRow({ org, onStep }: { org: RegisteredOrg; onStep(step: Step): void }) {
    const gone = org.state === "suspended" || org.state === "deleting" || org.state === "deleted";
    return (
        <tr className="border-t border-line transition-colors first:border-t-0 hover:bg-sunken/60">
            <td className="w-full max-w-0 py-3 pl-5">
                <Link
                    to="/admin/orgs/$id"
                    params={{ id: org.id }}
                    translate="no"
                    className={classNames("block truncate font-medium underline-offset-4 hover:underline", gone && "text-ink-soft")}
                >
                    {org.name}
                </Link>
                <p translate="no" className="truncate font-mono text-xs text-ink-soft">
                    {org.slug}
                </p>
            </td>
            <td className="py-3 pl-3 sm:pl-5">
                <StatusBadge status={org.state} />
            </td>
            <td className="hidden py-3 pl-5 text-ink-soft sm:table-cell">{words.plans[org.plan]}</td>
            <td className="hidden py-3 pl-5 text-right whitespace-nowrap tabular-nums md:table-cell">
                {lacksAdmin(org) ? (
                    <span className="text-xs text-warn">{words.noAdmin}</span>
                ) : (
                    formatCount(org.members)
                )}
            </td>
            <td className="hidden py-3 pl-5 tabular-nums xl:table-cell">
                <span className="flex items-center justify-end gap-3">
                    <Sparkline values={org.requests_by_day} />
                    <span className="min-w-10 text-right">{formatCount(org.requests_7d)}</span>
                </span>
            </td>
            <td className="hidden py-3 pl-5 xl:table-cell">
                <span className="flex items-center gap-1 font-mono text-xs whitespace-nowrap text-ink-soft">
                    <span translate="no" title={org.id}>{`${org.id.slice(0, 8)}…${org.id.slice(-4)}`}</span>
                    <CopyButton text={org.id} label={words.copyIdOf(org.name)} className="size-8" />
                </span>
            </td>
            <td className="hidden py-3 pl-5 whitespace-nowrap text-ink-soft tabular-nums md:table-cell">
                <time dateTime={org.created_at}>{formatDate(org.created_at)}</time>
            </td>
            <td className="h-15 min-w-9 py-3 pr-3 pl-1 sm:pl-5">
                <Suspense>
                    <OrgMenu org={org} onStep={onStep} />
                </Suspense>
            </td>
        </tr>
    );
}
