import { useQuery, type UseQueryResult } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Activity, ArrowRight, ListChecks, TriangleAlert, Users } from "lucide-react";
import { lazy, type ReactNode, Suspense } from "react";
import { buttonClasses } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { CopyButton } from "@/components/ui/copy-button";
import { EmptyState } from "@/components/ui/empty-state";
import { PageHeader } from "@/components/ui/page-header";
import { QueryView } from "@/components/ui/query-view";
import { Skeleton, SkeletonRows } from "@/components/ui/skeleton";
import { StatusBadge } from "@/components/ui/status-badge";
import { asProblem } from "@/lib/api/problem";
import { formatAge, formatCount, formatDate } from "@/lib/format";
import { common } from "@/lib/language/common";
import { session, supportView } from "@/lib/session/browser-session";
import { useOrganizationName } from "@/lib/session/organization-name";
import { type ItemPage, newestItemsQuery, orgQuery, shownItems, type Usage, usageQuery } from "../api";
import { RecentEvents } from "../components/recent-events";
import { StartCard } from "../components/start-card";
import { UsageCard } from "../components/usage-card";
import { words } from "../words";

const SupportCard = lazy(() => import("../components/support-card"));

export function DashboardPage() {
    const organization = useOrganizationName();
    const items = useQuery(newestItemsQuery);
    const usage = useQuery(usageQuery);
    const isAdmin = session.identity()?.role === "admin";
    return (
        <>
            <PageHeader title={words.title} intro={organization ? words.intro(organization) : words.introUnnamed} />
            <div className="grid grid-cols-2 gap-3 sm:gap-5 lg:grid-cols-4">
                {usage.data && !supportView && <StartCard usage={usage.data} />}
                <Tile
                    title={words.items}
                    icon={<ListChecks />}
                    usage={usage}
                    value={(known) => known.items}
                    note={(known) => limitWords(known.limits.items)}
                    link={<Link to="/items">{words.allItems}</Link>}
                />
                <Tile
                    title={words.members}
                    icon={<Users />}
                    usage={usage}
                    value={(known) => known.members}
                    note={(known) => limitWords(known.limits.members)}
                    link={isAdmin && <Link to="/members">{words.allMembers}</Link>}
                />
                <Tile
                    title={words.requests}
                    icon={<Activity />}
                    usage={usage}
                    value={(known) => known.requests_24h}
                    note={() => words.inADay}
                />
                <Tile
                    title={words.errors}
                    icon={<TriangleAlert />}
                    usage={usage}
                    value={(known) => known.errors_24h}
                    note={() => words.inADay}
                />
                <UsageCard usage={usage} />
                <NewestItems query={items} />
                <Organization />
                <Suspense>{isAdmin && <SupportCard />}</Suspense>
                {isAdmin && <RecentEvents />}
            </div>
        </>
    );
}

function limitWords(limit: number | null): string {
    return limit === null ? words.noLimit : words.ofLimit(formatCount(limit));
}

interface TileProps {
    title: string;
    icon: ReactNode;
    usage: UseQueryResult<Usage>;
    value(usage: Usage): number;
    note(usage: Usage): string;
    link?: ReactNode;
}

function Tile({ title, icon, usage, value, note, link }: TileProps) {
    const { data } = usage;
    return (
        <Card className="grid content-start gap-y-2 p-4 sm:p-5">
            <h2 className="flex items-center gap-2.5 font-medium text-ink-soft">
                <span aria-hidden="true" className="grid size-8 place-items-center rounded-lg bg-accent-soft text-accent-soft-ink [&_svg]:size-4">
                    {icon}
                </span>
                {title}
            </h2>
            <div className="flex h-10 items-center">
                {data ? (
                    <p className="text-3xl font-semibold tracking-tight tabular-nums">{formatCount(value(data))}</p>
                ) : usage.isError ? (
                    <p className="text-xs text-bad">
                        {asProblem(usage.error).title}.{" "}
                        <button type="button" className="font-semibold underline" onClick={() => usage.refetch()}>
                            {common.tryAgain}
                        </button>
                    </p>
                ) : (
                    <Skeleton className="h-7 w-16 animate-appear" />
                )}
            </div>
            <p className="min-h-4 text-xs text-ink-soft">{data && note(data)}</p>
            {link && (
                <p className="text-xs font-medium text-ink-soft [&_a]:underline [&_a]:underline-offset-4 [&_a:hover]:text-ink">{link}</p>
            )}
        </Card>
    );
}

type Items = Pick<ItemPage, "items">;

function NewestItems({ query }: { query: UseQueryResult<Items> }) {
    return (
        <Card className="col-span-2" aria-labelledby="newest-items">
            <div className="flex items-center justify-between border-b border-line px-5 py-3.5">
                <h2 id="newest-items" className="font-semibold">
                    {words.newest}
                </h2>
                <Link to="/items" className="inline-flex items-center gap-1 text-xs font-medium text-ink-soft hover:text-ink">
                    {words.all}
                    <ArrowRight className="size-3.5" aria-hidden="true" />
                </Link>
            </div>
            <QueryView
                query={query}
                skeleton={<SkeletonRows rows={shownItems} label={words.loadingItems} />}
                isEmpty={({ items }) => items.length === 0}
                empty={
                    <EmptyState
                        icon={<ListChecks />}
                        title={words.nothingYet}
                        text={words.nothingYetText}
                        action={
                            <Link to="/items" className={buttonClasses("primary")}>
                                {words.goToItems}
                            </Link>
                        }
                    />
                }
            >
                {({ items }) => (
                    <ul className="divide-y divide-line">
                        {items.map((item) => (
                            <li key={item.id} className="flex h-14 items-center gap-4 px-5">
                                <p translate="no" className="min-w-0 flex-1 truncate font-medium" title={item.title}>
                                    {item.title}
                                </p>
                                <time dateTime={item.created_at} className="hidden text-xs text-ink-soft tabular-nums sm:block">
                                    {formatAge(item.created_at)}
                                </time>
                                <StatusBadge status={item.status} />
                            </li>
                        ))}
                    </ul>
                )}
            </QueryView>
        </Card>
    );
}

function Organization() {
    const org = useQuery(orgQuery);
    return (
        <Card className="col-span-2" aria-labelledby="organization">
            <div className="flex items-center justify-between border-b border-line px-5 py-3.5">
                <h2 id="organization" className="font-semibold">
                    {words.organization}
                </h2>
                <Link to="/settings/organization" className="inline-flex items-center gap-1 text-xs font-medium text-ink-soft hover:text-ink">
                    {words.settings}
                    <ArrowRight className="size-3.5" aria-hidden="true" />
                </Link>
            </div>
            <QueryView query={org} skeleton={<SkeletonRows rows={4} label={words.loadingOrganization} />}>
                {({ id, name, plan, slug, state, created_at }) => (
                    <dl className="grid grid-cols-[auto_1fr] gap-x-6 gap-y-3.5 p-5 [&_dd]:text-right [&_dt]:text-ink-soft">
                        <dt>{words.name}</dt>
                        <dd translate="no" className="font-medium break-words">{name}</dd>
                        <dt>{words.shortName}</dt>
                        <dd translate="no" className="font-mono text-xs leading-5">{slug}</dd>
                        <dt>{words.plan}</dt>
                        <dd translate="no" className="font-medium capitalize">{plan}</dd>
                        <dt>{common.state}</dt>
                        <dd>
                            <StatusBadge status={state} />
                        </dd>
                        <dt>{words.id}</dt>
                        <dd className="-my-1.5 flex items-center justify-end gap-1 font-mono text-xs">
                            <span translate="no" title={id}>{`${id.slice(0, 8)}…${id.slice(-4)}`}</span>
                            <CopyButton text={id} label={words.copyId} className="-mr-2 size-8" />
                        </dd>
                        <dt>{words.since}</dt>
                        <dd className="tabular-nums">
                            <time dateTime={created_at}>{formatDate(created_at)}</time>
                        </dd>
                    </dl>
                )}
            </QueryView>
        </Card>
    );
}
