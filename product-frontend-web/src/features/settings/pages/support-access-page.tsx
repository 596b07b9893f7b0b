import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { History, LifeBuoy } from "lucide-react";
import { lazy, Suspense } from "react";
import { SessionRow } from "@/components/support-sessions/session-row";
import { EmptyState } from "@/components/ui/empty-state";
import { Pager } from "@/components/ui/pager";
import { QueryView } from "@/components/ui/query-view";
import { Skeleton, SkeletonRows } from "@/components/ui/skeleton";
import { openSupportQuery, pastSupportQuery, supportPolicyQuery } from "@/lib/api/support-access";
import type { SupportSession } from "@/lib/api/support-sessions";
import { common } from "@/lib/language/common";
import { Section } from "../components/section";
import { SettingsFrame } from "../components/settings-frame";
import { words as settingWords } from "../words";

const words = settingWords.supportAccess;

// The list is there before what is pressed.
const SupportAnswers = lazy(() => import("../components/support-answers"));
const SupportPolicyForm = lazy(() => import("../components/support-policy-form"));

const route = getRouteApi("/shell/settings/support-access");

/** The organization's side of support: what it allows, who is in, and who was. */
export function SupportAccessPage() {
    const { cursor } = route.useSearch();
    const navigate = route.useNavigate();
    const policy = useQuery(supportPolicyQuery);
    const open = useQuery(openSupportQuery);
    const past = useQuery(pastSupportQuery(cursor));
    return (
        <SettingsFrame title={words.title} intro={words.intro}>
            <Section title={words.open} text={words.openText}>
                <QueryView
                    query={open}
                    skeleton={<SkeletonRows rows={2} label={words.loading} />}
                    isEmpty={(items) => items.length === 0}
                    empty={<EmptyState icon={<LifeBuoy />} title={words.noneOpen} text={words.noneOpenText} />}
                >
                    {(items) => (
                        <ul className="divide-y divide-line">
                            {items.map((each) => (
                                <SessionRow key={each.id} session={each} title={<AgentName session={each} />} actions={<Actions session={each} />} />
                            ))}
                        </ul>
                    )}
                </QueryView>
            </Section>
            <Section title={words.policy} text={words.policyText}>
                <QueryView query={policy} skeleton={<Skeleton className="m-5 h-64 animate-appear" />}>
                    {(known) => (
                        <Suspense fallback={<Skeleton className="m-5 h-64 animate-appear" />}>
                            <SupportPolicyForm key={known.updated_at} known={known} openSessions={open.data?.length ?? 0} />
                        </Suspense>
                    )}
                </QueryView>
            </Section>
            <Section title={words.past} text={words.pastText}>
                <QueryView
                    query={past}
                    skeleton={<SkeletonRows rows={3} label={words.loading} />}
                    isEmpty={({ items }) => items.length === 0}
                    empty={<EmptyState icon={<History />} title={words.nonePast} text={words.nonePastText} />}
                >
                    {(page) => (
                        <>
                            <ul className="divide-y divide-line">
                                {page.items.map((each) => (
                                    <SessionRow key={each.id} session={each} title={<AgentName session={each} />} actions={<Trail session={each} />} />
                                ))}
                            </ul>
                            <Pager
                                summary={words.onThisPage(page.items.length)}
                                onFirst={cursor ? () => navigate({ search: {} }) : undefined}
                                onNext={page.next_cursor ? () => navigate({ search: { cursor: page.next_cursor ?? "" } }) : undefined}
                            />
                        </>
                    )}
                </QueryView>
            </Section>
        </SettingsFrame>
    );
}

function AgentName({ session }: { session: SupportSession }) {
    return (
        <span>
            <span translate="no">{session.agent_name}</span>
            <span className="font-normal text-ink-soft">{`, ${common.roles[session.agent_role]}`}</span>
        </span>
    );
}

function Trail({ session }: { session: SupportSession }) {
    return (
        <Link
            to="/audit"
            search={{ impersonation: session.id }}
            aria-label={words.trailOf(session.agent_name ?? "")}
            className="inline-flex h-9 items-center px-1 font-medium underline underline-offset-4"
        >
            {words.trail}
        </Link>
    );
}

function Actions({ session }: { session: SupportSession }) {
    return (
        <>
            {session.state === "active" && <Trail session={session} />}
            <Suspense>
                <SupportAnswers session={session} />
            </Suspense>
        </>
    );
}
