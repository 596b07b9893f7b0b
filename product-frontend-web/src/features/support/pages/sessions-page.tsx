import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { LifeBuoy } from "lucide-react";
import { buttonClasses } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { EmptyState } from "@/components/ui/empty-state";
import { PageHeader } from "@/components/ui/page-header";
import { Pager } from "@/components/ui/pager";
import { QueryView } from "@/components/ui/query-view";
import { SkeletonRows } from "@/components/ui/skeleton";
import { sessionsQuery } from "../api";
import { SessionList } from "../components/session-list";
import { sessionParts } from "../search";
import { words } from "../words";

const route = getRouteApi("/shell/support/sessions");

export function SessionsPage() {
    const { part = "open", cursor } = route.useSearch();
    const navigate = route.useNavigate();
    const sessions = useQuery(sessionsQuery(part, cursor));
    const [none, noneText] =
        part === "open" ? [words.sessions.noneOpen, words.sessions.noneOpenText] : [words.sessions.noneOver, words.sessions.noneOverText];
    return (
        <>
            <PageHeader title={words.sessions.title} intro={words.sessions.intro} />
            <nav aria-label={words.sessions.tabs} className="mb-5 border-b border-line">
                <ul className="flex flex-wrap gap-1">
                    {sessionParts.map((each) => (
                        <li key={each}>
                            <Link
                                to="/support/sessions"
                                search={each === "open" ? {} : { part: each }}
                                activeOptions={{ exact: true, includeSearch: true }}
                                className="inline-flex h-10 items-center border-b-2 border-transparent px-3 font-medium text-ink-soft outline-offset-[-2px] hover:text-ink aria-[current=page]:border-accent aria-[current=page]:text-ink"
                            >
                                {words.sessions.parts[each]}
                            </Link>
                        </li>
                    ))}
                </ul>
            </nav>
            <Card aria-label={words.sessions.title}>
                <QueryView
                    query={sessions}
                    skeleton={<SkeletonRows rows={4} label={words.sessions.loading} />}
                    isEmpty={({ items }) => items.length === 0}
                    empty={
                        <EmptyState
                            icon={<LifeBuoy />}
                            title={none}
                            text={noneText}
                            action={
                                <Link to="/support/lookup" className={buttonClasses("primary")}>
                                    {words.lookUpTitle}
                                </Link>
                            }
                        />
                    }
                >
                    {(page) => (
                        <>
                            <SessionList sessions={page.items} />
                            <Pager
                                summary={words.sessions.onThisPage(page.items.length)}
                                onFirst={cursor ? () => navigate({ search: ({ cursor: _, ...others }) => others }) : undefined}
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
