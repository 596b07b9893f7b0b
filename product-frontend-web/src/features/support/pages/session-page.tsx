import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useRouter } from "@tanstack/react-router";
import { ArrowLeft, CircleCheck, Hourglass, SearchX, SquareCheck } from "lucide-react";
import type { ReactNode } from "react";
import { endingOf, SessionRow } from "@/components/support-sessions/session-row";
import { Button, buttonClasses } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { EmptyState } from "@/components/ui/empty-state";
import { PageHeader } from "@/components/ui/page-header";
import { QueryView } from "@/components/ui/query-view";
import { SkeletonRows } from "@/components/ui/skeleton";
import type { SupportSession } from "@/lib/api/support-sessions";
import { session as ownSession } from "@/lib/session/browser-session";
import { cameFrom } from "@/lib/session/came-from";
import { sessionQuery } from "../api";
import { EndButton, enterSession } from "../components/session-actions";
import { words as supportWords } from "../words";

const words = supportWords.session;

const route = getRouteApi("/shell/support/sessions/$id");

/** One session: waiting for an answer, open, or over and why. */
export function SessionPage() {
    const { id } = route.useParams();
    const found = useQuery(sessionQuery(id));
    return (
        <>
            <Link
                to="/support/sessions"
                className="mb-3 inline-flex items-center gap-1.5 text-xs font-medium text-ink-soft underline-offset-4 hover:text-ink hover:underline"
            >
                <ArrowLeft className="size-3.5" aria-hidden="true" />
                {words.back}
            </Link>
            <PageHeader title={words.title} />
            <Card>
                <QueryView
                    query={found}
                    skeleton={<SkeletonRows rows={5} label={words.loading} />}
                    isEmpty={(session) => session === null}
                    empty={<EmptyState icon={<SearchX />} title={words.unknown} text={words.unknownText} />}
                >
                    {(session) => session && <Session session={session} />}
                </QueryView>
            </Card>
        </>
    );
}

function Session({ session }: { session: SupportSession }) {
    const isOwn = session.agent_id === ownSession.identity()?.personId;
    const name = session.org_name;
    return (
        <>
            {/* Readers hear when the answer has come, or the session has ended. */}
            <div role="status">
                {session.state === "pending" ? (
                    <EmptyState icon={<Hourglass />} title={words.waiting(name)} text={<Waiting session={session} />} action={<EndButton session={session} />} />
                ) : session.state === "active" ? (
                    <EmptyState icon={<CircleCheck />} title={words.ready(name)} text={words.readyText} action={<Ready session={session} isOwn={isOwn} />} />
                ) : (
                    <EmptyState icon={<SquareCheck />} title={words.over(name)} text={<Over session={session} />} action={<AfterEnd session={session} />} />
                )}
            </div>
            <section aria-label={words.facts} className="border-t border-line">
                <ul>
                    <SessionRow session={session} title={<span translate="no">{session.agent_name}</span>} />
                </ul>
            </section>
        </>
    );
}

function Waiting({ session }: { session: SupportSession }) {
    return `${session.mode === "rw" ? words.waitingRw : words.waitingRo} ${words.waitingHour}`;
}

function Ready({ session, isOwn }: { session: SupportSession; isOwn: boolean }): ReactNode {
    return (
        <>
            {isOwn && (
                <Button tone="primary" onClick={() => enterSession(session.id)}>
                    {words.openPages}
                </Button>
            )}
            <EndButton session={session} />
        </>
    );
}

function Over({ session }: { session: SupportSession }) {
    const ending = endingOf(session);
    return (
        <>
            {ending && <strong className="block font-medium text-ink">{`${ending}.`}</strong>}
            {words.overText}
        </>
    );
}

function AfterEnd({ session }: { session: SupportSession }) {
    const router = useRouter();
    return (
        <>
            <Button tone="primary" onClick={() => router.history.push(cameFrom.take())}>
                {words.toBeginning}
            </Button>
            <Link to="/support/lookup" search={{ q: session.org_slug }} className={buttonClasses()}>
                {words.lookUpAgain}
            </Link>
            <Link to="/support/audit" search={{ impersonation: session.id }} className={buttonClasses()}>
                {words.audit}
            </Link>
        </>
    );
}
