import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { Building2, SearchX } from "lucide-react";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { CopyButton } from "@/components/ui/copy-button";
import { EmptyState } from "@/components/ui/empty-state";
import { Select } from "@/components/ui/field";
import { PageHeader } from "@/components/ui/page-header";
import { Pager } from "@/components/ui/pager";
import { QueryView } from "@/components/ui/query-view";
import { SearchField } from "@/components/ui/search-field";
import { SkeletonRows } from "@/components/ui/skeleton";
import { StatusBadge, statusWord } from "@/components/ui/status-badge";
import { formatDate } from "@/lib/format";
import { common } from "@/lib/language/common";
import { type Org, orgsQuery } from "../api";
import { orgStates, validateOrgSearch } from "../search";
import { words } from "../words";

const route = getRouteApi("/shell/admin/orgs");

export function OrgsPage() {
    const search = route.useSearch();
    const navigate = route.useNavigate();
    const orgs = useQuery(orgsQuery(search));
    const filtered = Boolean(search.q || search.state || search.cursor);
    return (
        <>
            <PageHeader title={words.title} intro={words.intro} />
            <Card aria-label={words.title}>
                <div className="flex flex-wrap gap-2 border-b border-line p-3 sm:px-5">
                    <SearchField
                        label={words.searchLabel}
                        placeholder={words.searchPlaceholder}
                        value={search.q ?? ""}
                        onSearch={(q) => navigate({ search: ({ cursor: _, ...others }) => validateOrgSearch({ ...others, q }), replace: true })}
                        className="w-full sm:w-72"
                    />
                    <Select
                        aria-label={common.state}
                        value={search.state ?? ""}
                        onChange={(event) =>
                            navigate({
                                search: ({ cursor: _, ...others }) => validateOrgSearch({ ...others, state: event.target.value }),
                            })
                        }
                        className="flex-1 sm:flex-none"
                    >
                        <option value="">{words.anyState}</option>
                        {orgStates.map((state) => (
                            <option key={state} value={state}>
                                {statusWord(state)}
                            </option>
                        ))}
                    </Select>
                </div>
                <QueryView
                    query={orgs}
                    skeleton={<SkeletonRows rows={6} label={words.loading} />}
                    isEmpty={(page) => page.items.length === 0}
                    empty={
                        filtered ? (
                            <EmptyState
                                icon={<SearchX />}
                                title={words.noMatch}
                                text={common.noMatchText}
                                action={<Button onClick={() => navigate({ search: {} })}>{common.clearFilters}</Button>}
                            />
                        ) : (
                            <EmptyState icon={<Building2 />} title={words.none} text={words.noneText} />
                        )
                    }
                >
                    {(page) => (
                        <>
                            <table className="w-full text-left">
                                <caption className="sr-only">{words.caption}</caption>
                                <thead className="border-b border-line text-xs text-ink-soft max-sm:sr-only">
                                    <tr>
                                        <th scope="col" className="py-2.5 pl-5 font-medium">
                                            {words.name}
                                        </th>
                                        <th scope="col" className="py-2.5 pl-5 font-medium">
                                            {common.state}
                                        </th>
                                        <th scope="col" className="hidden py-2.5 pl-5 font-medium sm:table-cell">
                                            {words.plan}
                                        </th>
                                        <th scope="col" className="hidden py-2.5 pl-5 font-medium lg:table-cell">
                                            {words.id}
                                        </th>
                                        <th scope="col" className="hidden py-2.5 pr-5 pl-5 font-medium md:table-cell">
                                            {common.created}
                                        </th>
                                    </tr>
                                </thead>
                                <tbody>
                                    {page.items.map((org) => (
                                        <OrgRow key={org.id} org={org} />
                                    ))}
                                </tbody>
                            </table>
                            <Pager
                                summary={words.onThisPage(page.items.length)}
                                onFirst={search.cursor ? () => navigate({ search: ({ cursor: _, ...others }) => others }) : undefined}
                                onNext={
                                    page.next_cursor
                                        ? () => navigate({ search: (others) => ({ ...others, cursor: page.next_cursor ?? "" }) })
                                        : undefined
                                }
                            />
                        </>
                    )}
                </QueryView>
            </Card>
        </>
    );
}

function OrgRow({ org }: { org: Org }) {
    return (
        <tr className="border-t border-line transition-colors first:border-t-0 hover:bg-sunken/60">
            <td className="w-full max-w-0 py-3 pl-5">
                <p translate="no" className={org.state === "suspended" ? "truncate font-medium text-ink-soft" : "truncate font-medium"}>{org.name}</p>
                <p translate="no" className="truncate font-mono text-xs text-ink-soft">{org.slug}</p>
            </td>
            <td className="py-3 pr-3 pl-3 sm:pl-5">
                <StatusBadge status={org.state} />
            </td>
            <td translate="no" className="hidden py-3 pl-5 text-ink-soft capitalize sm:table-cell">{org.plan}</td>
            <td className="hidden py-3 pl-5 lg:table-cell">
                <span className="flex items-center gap-1 font-mono text-xs whitespace-nowrap text-ink-soft">
                    <span translate="no" title={org.id}>{`${org.id.slice(0, 8)}…${org.id.slice(-4)}`}</span>
                    <CopyButton text={org.id} label={words.copyIdOf(org.name)} className="size-8" />
                </span>
            </td>
            <td className="hidden py-3 pr-5 pl-5 whitespace-nowrap text-ink-soft tabular-nums md:table-cell"><time dateTime={org.created_at}>{formatDate(org.created_at)}</time></td>
        </tr>
    );
}
