import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ArrowRight } from "lucide-react";
import { SessionRow } from "@/components/support-sessions/session-row";
import { Card } from "@/components/ui/card";
import { QueryView } from "@/components/ui/query-view";
import { SkeletonRows } from "@/components/ui/skeleton";
import { lastSupportQuery, supportPolicyQuery } from "@/lib/api/support-access";
import { words as dashboardWords } from "../words";

const words = dashboardWords.support;

/** For admins: what support may, and who was in last. */
export default function SupportCard() {
    const policy = useQuery(supportPolicyQuery);
    const last = useQuery(lastSupportQuery);
    return (
        <Card className="col-span-2 lg:col-span-4" aria-labelledby="support-access">
            <div className="flex flex-wrap items-center justify-between gap-x-4 border-b border-line px-5 py-3.5">
                <h2 id="support-access" className="font-semibold">
                    {words.title}
                </h2>
                <Link to="/settings/support-access" className="inline-flex items-center gap-1 text-xs font-medium text-ink-soft hover:text-ink">
                    {words.change}
                    <ArrowRight className="size-3.5" aria-hidden="true" />
                </Link>
            </div>
            <QueryView query={policy} skeleton={<SkeletonRows rows={1} label={words.loading} />}>
                {(known) => <p className="px-5 pt-4 text-ink-soft">{words.policies[known.policy]}</p>}
            </QueryView>
            <QueryView
                query={last}
                skeleton={<SkeletonRows rows={1} label={words.loading} />}
                isEmpty={(session) => session === null}
                empty={<p className="px-5 pt-1 pb-4 text-ink-soft">{words.nobody}</p>}
            >
                {(session) =>
                    session && (
                        <ul aria-label={words.last}>
                            <SessionRow session={session} title={<span translate="no">{session.agent_name}</span>} />
                        </ul>
                    )
                }
            </QueryView>
        </Card>
    );
}
