import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ArrowRight, LifeBuoy, ScrollText, ShieldX } from "lucide-react";
import { Card } from "@/components/ui/card";
import { EmptyState } from "@/components/ui/empty-state";
import { QueryView } from "@/components/ui/query-view";
import { SkeletonRows } from "@/components/ui/skeleton";
import { classNames } from "@/lib/class-names";
import { formatAge, formatDateTime } from "@/lib/format";
import { common, wordFor } from "@/lib/language/common";
import { session } from "@/lib/session/browser-session";
import { type AuditEvent, recentEventsQuery, shownEvents } from "../api";
import { words as dashboardWords } from "../words";

const words = dashboardWords.events;

/** The last lines of the audit log. What support did stands out: somebody else looked at this organization's data. */
export function RecentEvents() {
    const events = useQuery(recentEventsQuery);
    return (
        <Card className="col-span-2 lg:col-span-4" aria-labelledby="recent-events">
            <div className="flex items-center justify-between border-b border-line px-5 py-3.5">
                <h2 id="recent-events" className="font-semibold">
                    {words.title}
                </h2>
                <Link to="/audit" className="inline-flex items-center gap-1 text-xs font-medium text-ink-soft hover:text-ink">
                    {words.all}
                    <ArrowRight className="size-3.5" aria-hidden="true" />
                </Link>
            </div>
            <QueryView
                query={events}
                skeleton={<SkeletonRows rows={shownEvents} label={words.loading} />}
                isEmpty={(all) => all.length === 0}
                empty={<EmptyState icon={<ScrollText />} title={words.none} text={words.noneText} />}
            >
                {(all) => (
                    <ul className="divide-y divide-line">
                        {all.map((event) => (
                            <EventLine key={event.id} event={event} />
                        ))}
                    </ul>
                )}
            </QueryView>
        </Card>
    );
}

function EventLine({ event }: { event: AuditEvent }) {
    const bySupport = event.impersonation !== null;
    const refused = event.outcome !== "success";
    const Icon = bySupport ? LifeBuoy : refused ? ShieldX : ScrollText;
    return (
        <li className={classNames("flex items-center gap-3 px-5 py-2.5", bySupport && "bg-warn-soft")}>
            <Icon className={classNames("size-4 shrink-0", bySupport || refused ? "text-warn" : "text-ink-soft")} aria-hidden="true" />
            <p className="flex min-w-0 flex-1 flex-wrap items-baseline gap-x-2">
                <span className="font-medium">{bySupport ? words.support : whoDid(event)}</span>
                <Link to="/audit" search={{ event: event.id }} translate="no" className="min-w-0 truncate font-mono text-xs text-ink-soft underline-offset-4 hover:underline">
                    {event.action}
                </Link>
                {refused && <span className="text-xs font-medium text-warn">{words.refused}</span>}
            </p>
            <time dateTime={event.time} title={formatDateTime(event.time)} className="shrink-0 text-xs text-ink-soft tabular-nums">
                {formatAge(event.time)}
            </time>
        </li>
    );
}

function whoDid({ actor }: AuditEvent): string {
    if (actor.id !== null && actor.id === session.identity()?.personId) {
        return words.you;
    }
    return actor.type === "person" && actor.role ? wordFor(common.roles, actor.role) : words.system;
}
