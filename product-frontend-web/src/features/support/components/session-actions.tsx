import { ArrowRight, Square } from "lucide-react";
import { Button, buttonClasses } from "@/components/ui/button";
import { notify, notifyProblem } from "@/components/ui/toasts";
import type { SupportSession } from "@/lib/api/support-sessions";
import { cameFrom } from "@/lib/session/came-from";
import { addressOfView } from "@/lib/session/view-address";
import { useStopSession } from "../api";
import { words } from "../words";

const rememberHere = () => cameFrom.remember(location.pathname + location.search);

/** Goes into the session, by a page load: its pages share nothing with these. */
export function enterSession(id: string): void {
    rememberHere();
    location.assign(addressOfView(id));
}

interface SessionActionProps {
    session: SupportSession;
    className?: string;
}

/** The way into a session of one's own. A link, so that it opens in another tab as well. */
export function OpenLink({ session, className }: SessionActionProps) {
    return (
        <a href={addressOfView(session.id)} onClick={rememberHere} aria-label={words.openOf(session.org_name)} className={buttonClasses("primary", className)}>
            {words.open}
            <ArrowRight className="size-4" aria-hidden="true" />
        </a>
    );
}

export function EndButton({ session, className }: SessionActionProps) {
    const stop = useStopSession();
    const { org_name: name } = session;

    // By the answer, the row may be gone, and with it whoever would hear of a mutation's end.
    async function end() {
        try {
            await stop.mutateAsync(session);
            notify({ title: words.ended(name) });
        } catch (error) {
            notifyProblem(words.notEnded, error);
        }
    }

    return (
        <Button
            busy={stop.isPending}
            onClick={end}
            aria-label={session.state === "pending" ? words.cancelOf(name) : words.endOf(name)}
            className={className}
        >
            <Square className="size-3.5 fill-current" aria-hidden="true" />
            {session.state === "pending" ? words.session.withdraw : words.end}
        </Button>
    );
}
