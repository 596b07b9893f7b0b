import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { ShieldCheck } from "lucide-react";
import { Card } from "@/components/ui/card";
import { EmptyState } from "@/components/ui/empty-state";
import { Select } from "@/components/ui/field";
import { PageHeader } from "@/components/ui/page-header";
import { QueryView } from "@/components/ui/query-view";
import { SkeletonRows } from "@/components/ui/skeleton";
import { formatAge, formatCount, formatDateTime } from "@/lib/format";
import { signalsQuery, type SupportSignal } from "../api";
import { signalDays, validateSignalsSearch } from "../search";
import { words as supportWords } from "../words";

const words = supportWords.signals;

const route = getRouteApi("/shell/admin/support");

export function SignalsPage() {
    const { days = 7 } = route.useSearch();
    const navigate = route.useNavigate();
    const signals = useQuery(signalsQuery(days));
    return (
        <>
            <PageHeader
                title={words.title}
                intro={words.intro}
                actions={
                    <Select
                        aria-label={words.days}
                        value={days}
                        onChange={({ target }) => navigate({ search: validateSignalsSearch({ days: target.value }) })}
                    >
                        {signalDays.map((count) => (
                            <option key={count} value={count}>
                                {words.lastDays(count)}
                            </option>
                        ))}
                    </Select>
                }
            />
            <Card aria-label={words.title}>
                <QueryView
                    query={signals}
                    skeleton={<SkeletonRows rows={3} label={words.loading} />}
                    isEmpty={(items) => items.length === 0}
                    empty={<EmptyState icon={<ShieldCheck />} title={words.none} text={words.noneText} />}
                >
                    {(items) => <SignalTable signals={items} />}
                </QueryView>
            </Card>
        </>
    );
}

function SignalTable({ signals }: { signals: SupportSignal[] }) {
    return (
        <table className="w-full text-left">
            <caption className="sr-only">{words.caption}</caption>
            <thead className="border-b border-line text-xs text-ink-soft">
                <tr>
                    <th scope="col" className="py-2.5 pl-5 font-medium">
                        {words.kind}
                    </th>
                    <th scope="col" className="py-2.5 pl-5 font-medium">
                        {words.agent}
                    </th>
                    <th scope="col" className="py-2.5 pr-5 pl-5 text-right font-medium sm:pr-0">
                        {words.sessions}
                    </th>
                    <th scope="col" className="hidden py-2.5 pl-5 text-right font-medium sm:table-cell">
                        {words.organizations}
                    </th>
                    <th scope="col" className="hidden py-2.5 pr-5 pl-5 text-right font-medium sm:table-cell">
                        {words.last}
                    </th>
                </tr>
            </thead>
            <tbody className="tabular-nums">
                {signals.map((signal) => (
                    <tr key={`${signal.kind} ${signal.agent_id}`} className="border-t border-line first:border-t-0 hover:bg-sunken/60">
                        <th scope="row" className="py-3 pl-5 font-medium">
                            {words.kinds[signal.kind]}
                        </th>
                        <td className="py-3 pl-5">
                            <Link
                                to="/admin/audit"
                                search={{ actor: signal.agent_id, action: "impersonation_session.started" }}
                                aria-label={words.trail(signal.agent_name ?? signal.agent_id)}
                                className="underline underline-offset-4 hover:text-accent"
                            >
                                <span translate="no">{signal.agent_name ?? signal.agent_id}</span>
                            </Link>
                        </td>
                        <td className="py-3 pr-5 pl-5 text-right sm:pr-0">{formatCount(signal.sessions)}</td>
                        <td className="hidden py-3 pl-5 text-right sm:table-cell">{formatCount(signal.organizations)}</td>
                        <td className="hidden py-3 pr-5 pl-5 text-right whitespace-nowrap sm:table-cell">
                            <time dateTime={signal.last_at} title={formatDateTime(signal.last_at)}>
                                {formatAge(signal.last_at)}
                            </time>
                        </td>
                    </tr>
                ))}
            </tbody>
        </table>
    );
}
