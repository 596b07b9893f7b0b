import { useQuery, type UseQueryResult } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ArrowRight, CircleDot, FolderKanban, ListChecks } from "lucide-react";
import type { ReactNode } from "react";
import { buttonClasses } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { CopyButton } from "@/components/ui/copy-button";
import { EmptyState } from "@/components/ui/empty-state";
import { PageHeader } from "@/components/ui/page-header";
import { QueryView } from "@/components/ui/query-view";
import { Skeleton, SkeletonRows } from "@/components/ui/skeleton";
import { StatusBadge } from "@/components/ui/status-badge";
import { meQuery } from "@/lib/api/me";
import { asProblem } from "@/lib/api/problem";
import { formatAge, formatCount, formatDate } from "@/lib/format";
import { common } from "@/lib/language/common";
import { type CappedCount, capped, type ItemPage, itemsQuery, openItemsQuery, orgQuery, projectsQuery } from "../api";
import { words } from "../words";

export function DashboardPage() {
    const { data: me } = useQuery(meQuery);
    const items = useQuery(itemsQuery);
    const count = useQuery({ ...itemsQuery, select: capped });
    const openItems = useQuery(openItemsQuery);
    const projects = useQuery(projectsQuery);
    return (
        <>
            <PageHeader
                title={words.title}
                intro={me ? words.intro(me.tenant.name) : words.introUnnamed}
            />
            <div className="grid grid-cols-1 gap-4 sm:grid-cols-3 sm:gap-5">
                <Tile title={words.items} icon={<ListChecks />} query={count} to={<Link to="/items">{words.allItems}</Link>} />
                <Tile
                    title={words.openItems}
                    icon={<CircleDot />}
                    query={openItems}
                    to={
                        <Link to="/items" search={{ status: "open" }}>
                            {words.whatIsOpen}
                        </Link>
                    }
                />
                <Tile
                    title={words.projects}
                    icon={<FolderKanban />}
                    query={projects}
                    to={<Link to="/projects">{words.allProjects}</Link>}
                />
                <NewestItems query={items} />
                <Organization />
            </div>
        </>
    );
}

interface TileProps {
    title: string;
    icon: ReactNode;
    query: UseQueryResult<CappedCount>;
    to: ReactNode;
}

function Tile({ title, icon, query, to }: TileProps) {
    const { data } = query;
    return (
        <Card className="grid grid-cols-[1fr_auto] items-center gap-x-4 gap-y-1.5 p-5 sm:grid-cols-1 sm:gap-y-2">
            <h2 className="flex items-center gap-2.5 font-medium text-ink-soft">
                <span aria-hidden="true" className="grid size-8 place-items-center rounded-lg bg-accent-soft text-accent-soft-ink [&_svg]:size-4">
                    {icon}
                </span>
                {title}
            </h2>
            <div className="row-span-2 flex h-10 items-center sm:row-span-1">
                {data ? (
                    <p className="text-3xl font-semibold tracking-tight tabular-nums">
                        {formatCount(data.count)}
                        {data.more && <span aria-label={words.orMore}>+</span>}
                    </p>
                ) : query.isError ? (
                    <p className="text-xs text-bad">
                        {asProblem(query.error).title}.{" "}
                        <button type="button" className="font-semibold underline" onClick={() => query.refetch()}>
                            {common.tryAgain}
                        </button>
                    </p>
                ) : (
                    <Skeleton className="h-7 w-16 animate-appear" />
                )}
            </div>
            <p className="text-xs font-medium max-sm:pl-10.5 text-ink-soft [&_a]:underline [&_a]:underline-offset-4 [&_a:hover]:text-ink">{to}</p>
        </Card>
    );
}

const shown = 6;

type Items = Pick<ItemPage, "items">;

function NewestItems({ query }: { query: UseQueryResult<Items> }) {
    return (
        <Card className="sm:col-span-3 lg:col-span-2" aria-labelledby="newest-items">
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
                skeleton={<SkeletonRows rows={shown} label={words.loadingItems} />}
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
                        {items.slice(0, shown).map((item) => (
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
        <Card className="sm:col-span-3 lg:col-span-1" aria-labelledby="organization">
            <h2 id="organization" className="border-b border-line px-5 py-3.5 font-semibold">
                {words.organization}
            </h2>
            <QueryView query={org} skeleton={<SkeletonRows rows={4} label={words.loadingOrganization} />}>
                {({ id, name, plan, slug, state, created_at }) => (
                    <>
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
                        <p className="border-t border-line px-5 py-3.5 text-xs leading-relaxed text-ink-soft">
                            {words.later}
                        </p>
                    </>
                )}
            </QueryView>
        </Card>
    );
}
