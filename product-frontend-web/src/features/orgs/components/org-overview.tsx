import type { ReactNode } from "react";
import { Card } from "@/components/ui/card";
import { FigureTile } from "@/components/ui/figure-tile";
import { StatusBadge } from "@/components/ui/status-badge";
import { formatAge, formatBytes, formatCount, formatDate, formatDateTime, formatShare } from "@/lib/format";
import { common } from "@/lib/language/common";
import type { OrgDetail } from "../api";
import { words } from "../words";

const limitOf = (limit: number | null) => (limit === null ? words.detail.unlimited : words.detail.limitOf(formatCount(limit)));

/** How the organization stands, at a glance. */
export function OrgOverview({ org }: { org: OrgDetail }) {
    const { usage, people, limits } = org;
    return (
        <div className="grid gap-5">
            <div className="grid grid-cols-2 gap-3 sm:gap-5 lg:grid-cols-4">
                <FigureTile label={words.members} value={formatCount(people.members)} note={limitOf(limits.members)} />
                <FigureTile label={words.detail.requests24h} value={formatCount(usage.requests_24h)} note={words.detail.healths[org.health]} />
                <FigureTile
                    label={words.detail.errors24h}
                    value={formatCount(usage.errors_24h)}
                    note={usage.requests_24h > 0 ? words.detail.errorShare(formatShare(usage.errors_24h / usage.requests_24h)) : undefined}
                />
                <FigureTile label={words.detail.stored} value={formatBytes(usage.storage_bytes)} note={words.detail.rows(formatCount(usage.rows))} />
            </div>
            <div className="grid items-start gap-5 lg:grid-cols-2">
                <Card className="p-5" aria-labelledby="org-state">
                    <h2 id="org-state" className="font-semibold">
                        {common.state}
                    </h2>
                    <Facts>
                        <Fact name={<StatusBadge status={org.state} />}>
                            <time dateTime={org.state_changed_at}>{formatDateTime(org.state_changed_at)}</time>
                        </Fact>
                        {org.state_reason && (
                            <Fact name={words.detail.reason}>
                                <span translate="no">{org.state_reason}</span>
                            </Fact>
                        )}
                        {org.state_changed_by && (
                            <Fact name={words.detail.changedBy}>
                                <span translate="no" className="font-mono text-xs break-all">
                                    {org.state_changed_by}
                                </span>
                            </Fact>
                        )}
                    </Facts>
                </Card>
                <Card className="p-5" aria-labelledby="org-facts">
                    <h2 id="org-facts" className="font-semibold">
                        {words.detail.facts}
                    </h2>
                    <Facts>
                        <Fact name={words.plan}>{words.plans[org.plan]}</Fact>
                        <Fact name={words.detail.lastActive}>
                            {usage.last_active_at ? <time dateTime={usage.last_active_at}>{formatAge(usage.last_active_at)}</time> : words.detail.never}
                        </Fact>
                        <Fact name={common.created}>
                            <time dateTime={org.created_at}>{formatDate(org.created_at)}</time>
                        </Fact>
                        <Fact name={words.detail.updated}>
                            <time dateTime={org.updated_at}>{formatDateTime(org.updated_at)}</time>
                        </Fact>
                    </Facts>
                </Card>
            </div>
        </div>
    );
}

function Facts({ children }: { children: ReactNode }) {
    return <dl className="mt-4 grid grid-cols-[auto_1fr] gap-x-6 gap-y-3">{children}</dl>;
}

function Fact({ name, children }: { name: ReactNode; children: ReactNode }) {
    return (
        <>
            <dt className="text-ink-soft">{name}</dt>
            <dd className="min-w-0 text-right break-words tabular-nums">{children}</dd>
        </>
    );
}
