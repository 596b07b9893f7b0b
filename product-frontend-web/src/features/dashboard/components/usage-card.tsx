import type { UseQueryResult } from "@tanstack/react-query";
import { ChartSpline } from "lucide-react";
import { lazy, Suspense, useMemo } from "react";
import { Card } from "@/components/ui/card";
import { EmptyState } from "@/components/ui/empty-state";
import { QueryView } from "@/components/ui/query-view";
import { Skeleton } from "@/components/ui/skeleton";
import { formatCount } from "@/lib/format";
import type { Usage } from "../api";
import { formatDay, lastThirtyDays } from "../last-days";
import { words } from "../words";

// The library that draws is loaded beside the page, which waits for nothing of it.
const RequestsPlot = lazy(() => import("./requests-plot"));

const placeholder = <Skeleton className="m-5 h-52 animate-appear" />;

export function UsageCard({ usage }: { usage: UseQueryResult<Usage> }) {
    return (
        <Card className="col-span-2 lg:col-span-4" aria-labelledby="requests">
            <h2 id="requests" className="border-b border-line px-5 py-3.5 font-semibold">
                {words.plot.title}
            </h2>
            <QueryView
                query={usage}
                skeleton={
                    <div role="status" aria-label={words.plot.loading}>
                        {placeholder}
                    </div>
                }
                isEmpty={({ days }) => days.length === 0}
                empty={<EmptyState icon={<ChartSpline />} title={words.plot.none} text={words.plot.noneText} />}
            >
                {({ days }) => <Days known={days} />}
            </QueryView>
        </Card>
    );
}

function Days({ known }: { known: Usage["days"] }) {
    const days = useMemo(() => lastThirtyDays(known), [known]);
    const sum = (of: "requests" | "errors") => formatCount(days.reduce((total, day) => total + day[of], 0));
    return (
        <>
            <Suspense fallback={placeholder}>
                <RequestsPlot days={days} summary={words.plot.summary(sum("requests"), sum("errors"))} />
            </Suspense>
            <details className="group border-t border-line">
                <summary className="cursor-pointer px-5 py-3 text-xs font-medium text-ink-soft hover:text-ink">{words.plot.table}</summary>
                <table className="w-full text-left text-xs tabular-nums">
                    <thead className="text-ink-soft">
                        <tr>
                            <th scope="col" className="px-5 py-2 font-medium">
                                {words.plot.day}
                            </th>
                            <th scope="col" className="px-5 py-2 text-right font-medium">
                                {words.requests}
                            </th>
                            <th scope="col" className="px-5 py-2 text-right font-medium">
                                {words.errors}
                            </th>
                        </tr>
                    </thead>
                    <tbody>
                        {days.toReversed().map(({ day, requests, errors }) => (
                            <tr key={day} className="border-t border-line">
                                <th scope="row" className="px-5 py-2 font-normal">
                                    <time dateTime={day}>{formatDay(day)}</time>
                                </th>
                                <td className="px-5 py-2 text-right">{formatCount(requests)}</td>
                                <td className="px-5 py-2 text-right">{formatCount(errors)}</td>
                            </tr>
                        ))}
                    </tbody>
                </table>
            </details>
        </>
    );
}
