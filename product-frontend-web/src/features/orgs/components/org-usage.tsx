import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { Card } from "@/components/ui/card";
import { FigureTile } from "@/components/ui/figure-tile";
import { Plot, plotPlaceholder } from "@/components/ui/plot";
import { QueryView } from "@/components/ui/query-view";
import { formatAge, formatBytes, formatCount, formatShare } from "@/lib/format";
import { type OrgDetail, type PlotPoint, usageQuery, type UsagePlot } from "../api";
import { type Period, periods } from "../search";
import { words } from "../words";

interface OrgUsageProps {
    org: OrgDetail;
    period: Period;
    onPeriod(period: Period): void;
}

/** What it uses, over time too, and what it may use. */
export function OrgUsage({ org, period, onPeriod }: OrgUsageProps) {
    const { usage, limits } = org;
    const rows = [
        { name: words.detail.items, own: org.item_limit, holds: limits.items },
        { name: words.members, own: org.member_limit, holds: limits.members },
        { name: words.detail.requestsPerMinute, own: org.request_limit, holds: limits.requests_per_minute },
    ];
    return (
        <div className="grid gap-5">
            <div className="grid grid-cols-2 gap-3 sm:gap-5 lg:grid-cols-3">
                <FigureTile label={words.detail.requests24h} value={formatCount(usage.requests_24h)} />
                <FigureTile
                    label={words.detail.errors24h}
                    value={formatCount(usage.errors_24h)}
                    note={usage.requests_24h > 0 ? words.detail.errorShare(formatShare(usage.errors_24h / usage.requests_24h)) : undefined}
                />
                <FigureTile
                    label={words.detail.stored}
                    value={formatBytes(usage.storage_bytes)}
                    note={usage.measured_at ? words.detail.measured(formatAge(usage.measured_at)) : words.detail.notMeasured}
                />
            </div>
            <OverTime id={org.id} period={period} onPeriod={onPeriod} />
            <Card aria-labelledby="limits">
                <h2 id="limits" className="border-b border-line px-5 py-3.5 font-semibold">
                    {words.detail.limits}
                </h2>
                <table className="w-full text-left">
                    <caption className="sr-only">{words.detail.limitsCaption}</caption>
                    <thead className="border-b border-line text-xs text-ink-soft">
                        <tr>
                            <th scope="col" className="py-2.5 pl-5 font-medium">
                                {words.detail.limit}
                            </th>
                            <th scope="col" className="py-2.5 pl-3 text-right font-medium">
                                {words.detail.own}
                            </th>
                            <th scope="col" className="py-2.5 pr-5 pl-3 text-right font-medium">
                                {words.detail.holds}
                            </th>
                        </tr>
                    </thead>
                    <tbody>
                        {rows.map(({ name, own, holds }) => (
                            <tr key={name} className="border-t border-line first:border-t-0">
                                <th scope="row" className="py-3 pl-5 font-medium">
                                    {name}
                                </th>
                                <td className="py-3 pl-3 text-right text-ink-soft tabular-nums">{own === null ? words.detail.fromPlan : formatCount(own)}</td>
                                <td className="py-3 pr-5 pl-3 text-right font-medium tabular-nums">
                                    {holds === null ? words.detail.unlimited : formatCount(holds)}
                                </td>
                            </tr>
                        ))}
                    </tbody>
                </table>
            </Card>
        </div>
    );
}

function OverTime({ id, period, onPeriod }: { id: string; period: Period; onPeriod(period: Period): void }) {
    const usage = useQuery(usageQuery(id, period));
    return (
        <Card aria-labelledby="over-time">
            <div className="flex flex-wrap items-center justify-between gap-3 border-b border-line px-5 py-3">
                <h2 id="over-time" className="font-semibold">
                    {words.plots.title}
                </h2>
                <div role="group" aria-label={words.plots.period} className="flex flex-wrap gap-1.5">
                    {periods.map((each) => (
                        <button
                            key={each}
                            type="button"
                            aria-pressed={each === period}
                            onClick={() => onPeriod(each)}
                            className="h-8 rounded-full border border-line bg-surface px-3 text-xs font-medium text-ink-soft transition-colors hover:border-field-line hover:text-ink aria-pressed:border-accent aria-pressed:bg-accent-soft aria-pressed:text-accent-soft-ink"
                        >
                            {words.plots.periods[each]}
                        </button>
                    ))}
                </div>
            </div>
            <QueryView
                query={usage}
                skeleton={
                    <div role="status" aria-label={words.plots.loading}>
                        {plotPlaceholder}
                    </div>
                }
            >
                {(plot) => <Plots plot={plot} />}
            </QueryView>
        </Card>
    );
}

const day = 86_400;

/** What the organization's programs and people ask for, and who of its people is there. */
function Plots({ plot: { points, period, step_seconds: step } }: { plot: UsagePlot }) {
    const traffic = useMemo(() => points.map(({ at, requests, errors }) => ({ at, values: [requests, errors] as [number, number] })), [points]);
    const people = useMemo(() => points.map(({ at, sign_ins: signIns, sessions }) => ({ at, values: [signIns, sessions] as [number, number] })), [points]);
    const sum = (value: (point: PlotPoint) => number) => points.reduce((total, point) => total + value(point), 0);
    const requests = sum((point) => point.requests);
    const errors = sum((point) => point.errors);
    const signIns = sum((point) => point.sign_ins);
    const most = Math.max(0, ...points.map(({ sessions }) => sessions));
    const span = words.plots.periods[period];
    const shared = { utc: step >= day, span };
    return (
        <div className="grid lg:grid-cols-2 lg:divide-x lg:divide-line">
            <div className="min-w-0 max-lg:border-b max-lg:border-line">
                <Plot
                    {...shared}
                    points={traffic}
                    lines={[
                        { name: words.plots.requests, total: requests },
                        { name: words.plots.errors, total: errors },
                    ]}
                    summary={words.plots.traffic(span, formatCount(requests), formatCount(errors))}
                />
            </div>
            <div className="min-w-0">
                <Plot
                    {...shared}
                    points={people}
                    lines={[
                        { name: words.plots.signIns, total: signIns },
                        { name: words.plots.sessions, total: most, totalName: words.plots.mostSessions, tone: "good" },
                    ]}
                    summary={words.plots.people(span, formatCount(signIns), formatCount(most))}
                />
            </div>
        </div>
    );
}
