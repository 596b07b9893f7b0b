import { Link } from "@tanstack/react-router";
import { Check, X } from "lucide-react";
import { SessionRow } from "@/components/support-sessions/session-row";
import { Button } from "@/components/ui/button";
import { notify, notifyProblem } from "@/components/ui/toasts";
import { asProblem } from "@/lib/api/problem";
import { isOpen, type SupportSession } from "@/lib/api/support-sessions";
import { session as ownSession } from "@/lib/session/browser-session";
import { useAnswerSession } from "../api";
import { words } from "../words";
import { EndButton, OpenLink } from "./session-actions";

/** Sessions as their agents see them; platform admins see everybody's, and answer those that want to change data. */
export function SessionList({ sessions }: { sessions: SupportSession[] }) {
    return (
        <ul className="divide-y divide-line">
            {sessions.map((each) => (
                <SessionRow key={each.id} session={each} title={<Title session={each} />} actions={isOpen(each) && <Actions session={each} />} />
            ))}
        </ul>
    );
}

function Title({ session }: { session: SupportSession }) {
    const isOwn = session.agent_id === ownSession.identity()?.personId;
    return (
        <span translate="no" className="min-w-0">
            <Link
                to="/support/sessions/$id"
                params={{ id: session.id }}
                className="wrap-anywhere underline-offset-4 hover:underline"
            >
                {session.org_name}
            </Link>
            {!isOwn && <span className="font-normal text-ink-soft">{` · ${session.agent_name ?? ""}`}</span>}
        </span>
    );
}

function Actions({ session }: { session: SupportSession }) {
    const self = ownSession.identity();
    const isOwn = session.agent_id === self?.personId;
    const mayAnswer = !isOwn && self?.role === "platform_admin" && session.state === "pending" && session.mode === "rw";
    return (
        <>
            {isOwn && session.state === "active" && <OpenLink session={session} className="h-9 px-3" />}
            {mayAnswer && <AnswerButtons session={session} />}
            {!mayAnswer && <EndButton session={session} className="h-9 px-3" />}
        </>
    );
}

function AnswerButtons({ session }: { session: SupportSession }) {
    const answer = useAnswerSession();
    const agent = session.agent_name ?? words.sessions.somebody;

    async function give(wanted: "approve" | "deny") {
        try {
            await answer.mutateAsync({ id: session.id, answer: wanted });
            notify({ title: wanted === "approve" ? words.sessions.approved : words.sessions.denied });
        } catch (error) {
            if (asProblem(error).code === "wrong_state") {
                notify({ title: words.sessions.notAnswered, description: words.changedMeanwhile, tone: "bad" });
            } else {
                notifyProblem(words.sessions.notAnswered, error);
            }
        }
    }

    return (
        <>
            <Button tone="primary" className="h-9 px-3" busy={answer.isPending} aria-label={words.sessions.approveOf(agent, session.org_name)} onClick={() => give("approve")}>
                <Check className="size-4" aria-hidden="true" />
                {words.sessions.approve}
            </Button>
            <Button className="h-9 px-3" busy={answer.isPending} aria-label={words.sessions.denyOf(agent, session.org_name)} onClick={() => give("deny")}>
                <X className="size-4" aria-hidden="true" />
                {words.sessions.deny}
            </Button>
        </>
    );
}
