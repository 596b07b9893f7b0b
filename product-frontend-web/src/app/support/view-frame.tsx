import { LifeBuoy, Square } from "lucide-react";
import { type ReactNode, useEffect, useLayoutEffect, useState, useSyncExternalStore } from "react";
import { words as sessionWords } from "@/components/support-sessions/words";
import type { SupportSession } from "@/lib/api/support-sessions";
import { classNames } from "@/lib/class-names";
import { formatCountdown } from "@/lib/format";
import type { SupportView } from "@/lib/session/support-view";
import { useCountdown } from "@/lib/use-countdown";
import { isMac, modKey } from "../shell/shortcuts";
import { words } from "../words";
import { endView } from "./end-view";

const checkMs = 15_000;
/** The banner turns red for the last of them. */
const urgentSeconds = 120;
/** Minutes before the end at which it is said. */
const milestones = [1, 2, 5];

interface ViewFrameProps {
    view: SupportView;
    children: ReactNode;
}

/**
 * Around everything that a support session shows, errors included: whose data this is, how far the session may go, how
 * long it lasts, and its end. Once it is over, nothing of the customer's stays on the page.
 */
export default function ViewFrame({ view, children }: ViewFrameProps) {
    const isOver = useSyncExternalStore(view.subscribe, view.isOver);
    const session = useSyncExternalStore(view.subscribe, view.session);

    // On <html>, because dialogs and menus are rendered beside #root and keep clear of the banner too; before the first
    // paint, so that nothing moves.
    useLayoutEffect(() => {
        document.documentElement.dataset.view = "support";
        document.querySelector("link[rel=icon]")?.setAttribute("href", "/favicon-support.svg");
    }, []);

    useEffect(() => {
        const check = () => void (document.visibilityState === "visible" && view.check());
        const timer = setInterval(check, checkMs);
        document.addEventListener("visibilitychange", check);
        return () => {
            clearInterval(timer);
            document.removeEventListener("visibilitychange", check);
        };
    }, [view]);

    useEffect(() => {
        function onKeyDown(event: KeyboardEvent) {
            if ((isMac ? event.metaKey : event.ctrlKey) && event.key === "." && !event.isComposing) {
                event.preventDefault();
                void endView();
            }
        }
        window.addEventListener("keydown", onKeyDown);
        return () => window.removeEventListener("keydown", onKeyDown);
    }, []);

    return (
        <>
            {session && !isOver ? <Banner view={view} session={session} /> : <Bar>{isOver ? words.view.over : words.view.opening}</Bar>}
            <div className="pt-(--banner)">{isOver ? <Over /> : children}</div>
            <div aria-hidden="true" className="pointer-events-none fixed inset-0 z-60 border-4 border-t-0 border-view" />
        </>
    );
}

function Over() {
    return (
        <main className="grid min-h-[60dvh] place-content-center px-4 text-center">
            <title>{`[support] ${words.view.over} - Phase Zero`}</title>
            <h1 tabIndex={-1} className="text-2xl font-semibold tracking-tight">
                {words.view.over}
            </h1>
        </main>
    );
}

function Bar({ urgent = false, children }: { urgent?: boolean; children: ReactNode }) {
    return (
        <section
            aria-label={words.view.label}
            className={classNames(
                "fixed inset-x-0 top-0 z-60 flex h-(--banner) flex-wrap content-center items-center gap-x-4 gap-y-0.5 px-3 text-xs stripes sm:flex-nowrap sm:px-5 sm:text-sm",
                urgent ? "bg-view-urgent text-white [&_:focus-visible]:outline-white" : "bg-view text-view-ink [&_:focus-visible]:outline-view-ink",
            )}
        >
            {children}
        </section>
    );
}

function Banner({ view, session }: { view: SupportView; session: SupportSession }) {
    const left = useCountdown(session.endsAt);
    const urgent = left <= urgentSeconds;
    const milestone = milestones.find((minutes) => left <= minutes * 60);
    const [firstMilestone] = useState(milestone);
    const [ending, setEnding] = useState(false);

    useEffect(() => {
        if (left === 0) {
            view.supportEnded();
        }
    }, [left, view]);

    async function end() {
        setEnding(true);
        await endView();
        setEnding(false);
    }

    return (
        <Bar urgent={urgent}>
            <p className="flex min-w-0 flex-1 items-center gap-2 font-medium sm:flex-none">
                <LifeBuoy className="size-4 shrink-0" aria-hidden="true" />
                <span className="truncate">
                    {words.view.viewing(
                        <strong translate="no" className="font-semibold">
                            {session.org_name}
                        </strong>,
                    )}
                </span>
            </p>
            <button
                type="button"
                aria-disabled={ending}
                aria-keyshortcuts="Control+. Meta+."
                title={words.view.orPress(`${modKey} .`)}
                onClick={ending ? undefined : end}
                className={classNames(
                    "order-2 inline-flex h-8 shrink-0 items-center gap-2 rounded-lg px-3 text-xs font-semibold sm:order-last",
                    urgent ? "bg-white text-view-urgent" : "bg-view-ink text-view",
                )}
            >
                <Square className="size-3 fill-current" aria-hidden="true" />
                {words.view.end}
            </button>
            <dl className="order-3 flex w-full min-w-0 items-center gap-x-4 sm:w-auto sm:flex-1">
                <div className="shrink-0">
                    <dt className="sr-only">{words.view.timeLeft}</dt>
                    <dd translate="no" className="font-semibold tabular-nums">{formatCountdown(left)}</dd>
                </div>
                <div className="shrink-0 font-semibold">
                    <dt className="sr-only">{words.view.mode}</dt>
                    <dd>{sessionWords.modes[session.mode]}</dd>
                </div>
                <div className="hidden min-w-0 shrink truncate lg:block">
                    <dt className="sr-only">{sessionWords.by}</dt>
                    <dd translate="no" className="truncate">{session.agent_name}</dd>
                </div>
                {session.ticket && (
                    <div className="flex min-w-0 gap-1 max-sm:hidden">
                        <dt>{sessionWords.ticket}</dt>
                        <dd translate="no" className="truncate">{session.ticket}</dd>
                    </div>
                )}
                <div className="min-w-0 flex-1">
                    <dt className="sr-only">{sessionWords.reason}</dt>
                    <dd translate="no" className="truncate" title={session.reason ?? ""}>{session.reason}</dd>
                </div>
            </dl>
            <p role="status" className="sr-only">
                {milestone !== undefined && milestone !== firstMilestone && words.view.left(milestone)}
            </p>
        </Bar>
    );
}
