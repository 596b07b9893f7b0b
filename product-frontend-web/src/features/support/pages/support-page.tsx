import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { ArrowRight, Eye, FileText, History, LifeBuoy, LogOut } from "lucide-react";
import type { FormEvent, ReactNode } from "react";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { EmptyState } from "@/components/ui/empty-state";
import { TextInput } from "@/components/ui/field";
import { PageHeader } from "@/components/ui/page-header";
import { QueryView } from "@/components/ui/query-view";
import { SkeletonRows } from "@/components/ui/skeleton";
import { isOpen, type SupportSession } from "@/lib/api/support-sessions";
import { session } from "@/lib/session/browser-session";
import { latestSessionsQuery } from "../api";
import { SessionList } from "../components/session-list";
import { words } from "../words";

const shownLast = 10;

export function SupportPage() {
    const sessions = useQuery(latestSessionsQuery);
    const self = session.identity();
    const isMine = ({ agent_id }: SupportSession) => agent_id === self?.personId;
    return (
        <>
            <PageHeader title={words.title} intro={words.intro} />
            <div className="grid gap-5 lg:grid-cols-5">
                <div className="grid min-w-0 content-start gap-5 lg:col-span-3">
                    <LookUp />
                    <Card aria-labelledby="open-sessions">
                        <CardHead id="open-sessions" title={words.home.open}>
                            <Link to="/support/sessions">{words.home.allSessions}</Link>
                        </CardHead>
                        <QueryView
                            query={sessions}
                            skeleton={<SkeletonRows rows={2} label={words.home.loading} />}
                            isEmpty={(all) => !all.some((each) => isOpen(each) && isMine(each))}
                            empty={<EmptyState icon={<LifeBuoy />} title={words.home.noneOpen} text={words.home.noneOpenText} />}
                        >
                            {(all) => <SessionList sessions={all.filter((each) => isOpen(each) && isMine(each))} />}
                        </QueryView>
                    </Card>
                </div>
                <Guidelines />
                <Card className="lg:col-span-5" aria-labelledby="last-sessions">
                    <CardHead id="last-sessions" title={self?.role === "platform_admin" ? words.home.lastOfAll : words.home.last}>
                        <Link to="/support/audit">{words.home.audit}</Link>
                    </CardHead>
                    <QueryView
                        query={sessions}
                        skeleton={<SkeletonRows rows={4} label={words.home.loading} />}
                        isEmpty={(all) => all.length === 0}
                        empty={<EmptyState icon={<History />} title={words.home.noneYet} text={words.home.noneYetText} />}
                    >
                        {(all) => (
                            <>
                                <TodayLine sessions={all} />
                                <SessionList sessions={all.filter((each) => !(isOpen(each) && isMine(each))).slice(0, shownLast)} />
                            </>
                        )}
                    </QueryView>
                </Card>
            </div>
        </>
    );
}

function CardHead({ id, title, children }: { id: string; title: string; children: ReactNode }) {
    return (
        <div className="flex flex-wrap items-center justify-between gap-x-4 border-b border-line px-5 py-3.5">
            <h2 id={id} className="font-semibold">
                {title}
            </h2>
            <p className="inline-flex items-center gap-1 text-xs font-medium text-ink-soft [&_a:hover]:text-ink">
                {children}
                <ArrowRight className="size-3.5" aria-hidden="true" />
            </p>
        </div>
    );
}

function isToday(iso: string): boolean {
    return new Date(iso).getTime() >= new Date().setHours(0, 0, 0, 0);
}

function TodayLine({ sessions }: { sessions: SupportSession[] }) {
    const today = sessions.filter(({ requested_at: at }) => isToday(at));
    const figures = [
        words.home.sessions(today.length),
        words.home.organizations(new Set(today.map(({ org_id }) => org_id)).size),
        words.home.writing(today.filter(({ mode }) => mode === "rw").length),
    ];
    return (
        <p className="flex flex-wrap gap-x-4 border-b border-line bg-sunken px-5 py-2 text-xs text-ink-soft tabular-nums">
            <strong className="font-medium text-ink">{words.home.today}</strong>
            {figures.map((figure) => (
                <span key={figure}>{figure}</span>
            ))}
        </p>
    );
}

function LookUp() {
    const navigate = useNavigate();

    function find(event: FormEvent<HTMLFormElement>) {
        event.preventDefault();
        const q = String(new FormData(event.currentTarget).get("q")).trim();
        void navigate({ to: "/support/lookup", search: q ? { q } : {} });
    }

    return (
        <Card className="p-6" aria-labelledby="lookup">
            <h2 id="lookup" className="text-base font-semibold">
                {words.lookUpTitle}
            </h2>
            <p className="mt-1 leading-relaxed text-ink-soft">{words.lookUpText}</p>
            <form role="search" className="mt-5 flex flex-wrap gap-2" onSubmit={find}>
                <TextInput
                    name="q"
                    type="search"
                    aria-label={words.search}
                    placeholder={words.search}
                    aria-keyshortcuts="/"
                    autoComplete="off"
                    spellCheck={false}
                    maxLength={100}
                    className="min-w-48 flex-1"
                />
                <Button type="submit" tone="primary">
                    {words.lookUp}
                </Button>
            </form>
            <p className="mt-3 hidden text-xs text-ink-soft sm:block">
                {words.slashHint(
                    <kbd translate="no" className="rounded border border-line bg-sunken px-1.5 py-0.5 font-mono">
                        /
                    </kbd>,
                )}
            </p>
        </Card>
    );
}

function Guidelines() {
    return (
        <Card className="p-6 lg:col-span-2" aria-labelledby="guidelines">
            <h2 id="guidelines" className="text-base font-semibold">
                {words.guidelines.title}
            </h2>
            <ul className="mt-4 grid gap-4">
                <Guideline icon={<Eye />} title={words.guidelines.least}>
                    {words.guidelines.leastText}
                </Guideline>
                <Guideline icon={<FileText />} title={words.guidelines.reason}>
                    {words.guidelines.reasonText}
                </Guideline>
                <Guideline icon={<LogOut />} title={words.guidelines.stop}>
                    {words.guidelines.stopText}
                </Guideline>
            </ul>
        </Card>
    );
}

function Guideline({ icon, title, children }: { icon: ReactNode; title: string; children: ReactNode }) {
    return (
        <li className="flex gap-3">
            <span aria-hidden="true" className="grid size-8 shrink-0 place-items-center rounded-lg bg-accent-soft text-accent-soft-ink [&_svg]:size-4">
                {icon}
            </span>
            <p className="leading-relaxed text-ink-soft">
                <strong className="block font-medium text-ink">{title}</strong>
                {children}
            </p>
        </li>
    );
}
