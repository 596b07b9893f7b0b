import { Card } from "@/components/ui/card";
import { FigureTile } from "@/components/ui/figure-tile";
import { formatAge, formatBytes, formatCount, formatShare } from "@/lib/format";
import type { OrgDetail } from "../api";
import { words } from "../words";

/** What it uses, and what it may use. */
export function OrgUsage({ org }: { org: OrgDetail }) {
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
