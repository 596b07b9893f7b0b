import { Eye, PencilLine } from "lucide-react";
import type { ReactNode } from "react";
import { Facts } from "@/components/ui/facts";
import { StatusBadge } from "@/components/ui/status-badge";
import type { SupportSession } from "@/lib/api/support-sessions";
import { classNames } from "@/lib/class-names";
import { formatAge, formatCountdown, formatDateTime } from "@/lib/format";
import { useCountdown } from "@/lib/use-countdown";
import { words } from "./words";

/** Whether a session may change anything, in a word and an icon. */
export function ModeBadge({ mode }: Pick<SupportSession, "mode">) {
    const Icon = mode === "rw" ? PencilLine : Eye;
    return (
        <span
            className={classNames(
                "inline-flex h-6 items-center gap-1.5 rounded-full px-2.5 text-xs font-medium whitespace-nowrap",
                mode === "rw" ? "bg-warn-soft text-warn" : "bg-line/60 text-ink-soft",
            )}
        >
            <Icon className="size-3.5" aria-hidden="true" />
            {words.modes[mode]}
        </span>
    );
}

export function TimeLeft({ session }: { session: SupportSession }) {
    return <span translate="no">{formatCountdown(useCountdown(session.endsAt))}</span>;
}

const ago = (iso: string): ReactNode => (
    <time dateTime={iso} title={formatDateTime(iso)}>
        {formatAge(iso)}
    </time>
);

const unchanged = (text: string): ReactNode => <span translate="no">{text}</span>;

/** Why a session is over; null while it is not. */
export function endingOf({ state, ended_because: because }: SupportSession): string | null {
    return state === "denied" ? words.refused : because && words.endings[because];
}

function factsOf(session: SupportSession): Record<string, ReactNode> {
    const { state, ticket, person_id: person, started_at: started, ended_at: ended } = session;
    return {
        [words.ticket]: ticket ? unchanged(ticket) : null,
        [words.asMember]: person ? unchanged(person) : null,
        [words.asked]: started ? null : ago(session.requested_at),
        [words.askedFor]: state === "pending" ? words.minutes(session.minutes) : null,
        [words.started]: started ? ago(started) : null,
        [words.timeLeft]: state === "active" ? <TimeLeft session={session} /> : null,
        [words.ended]: ended ? ago(ended) : null,
        [words.why]: endingOf(session),
        [words.requests]: started ? session.requests : null,
    };
}

interface SessionRowProps {
    session: SupportSession;
    /** The organization for the agent, the agent for the organization. */
    title: ReactNode;
    /** What can be done with it. */
    actions?: ReactNode;
}

/** One support session in a list: who, how far, why, since when and until when. */
export function SessionRow({ session, title, actions }: SessionRowProps) {
    return (
        <li className="flex flex-wrap items-start gap-x-4 gap-y-3 px-5 py-4">
            <div className="min-w-0 flex-1 basis-64">
                <p className="flex flex-wrap items-center gap-x-2.5 gap-y-1.5 font-medium">
                    {title}
                    <StatusBadge status={session.state} />
                    <ModeBadge mode={session.mode} />
                </p>
                {session.reason ? (
                    <p translate="no" className="mt-1.5 leading-relaxed wrap-anywhere text-ink">
                        {session.reason}
                    </p>
                ) : (
                    <p className="mt-1.5 text-ink-soft">{words.noReason}</p>
                )}
                <Facts facts={factsOf(session)} />
            </div>
            {actions && <div className="flex flex-wrap gap-2">{actions}</div>}
        </li>
    );
}
