import type { UseQueryResult } from "@tanstack/react-query";
import { ChartSpline } from "lucide-react";
import { useMemo } from "react";
import { Card } from "@/components/ui/card";
import { EmptyState } from "@/components/ui/empty-state";
import { Plot, plotPlaceholder } from "@/components/ui/plot";
import { QueryView } from "@/components/ui/query-view";
import { formatCount } from "@/lib/format";
import type { Usage } from "../api";
import { lastThirtyDays } from "../last-days";
import { words } from "../words";

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
                        {plotPlaceholder}
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
    const points = useMemo(() => days.map(({ day, requests, errors }) => ({ at: day, values: [requests, errors] as [number, number] })), [days]);
    const sum = (of: "requests" | "errors") => days.reduce((total, day) => total + day[of], 0);
    return (
        <Plot
            points={points}
            lines={[
                { name: words.requests, total: sum("requests") },
                { name: words.errors, total: sum("errors") },
            ]}
            utc
            span={words.plot.altogether}
            summary={words.plot.summary(formatCount(sum("requests")), formatCount(sum("errors")))}
        />
    );
}
