import { useQuery } from "@tanstack/react-query";
import { LogOut, Monitor, Smartphone } from "lucide-react";
import { useState } from "react";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { ConfirmDialog } from "@/components/ui/confirm-dialog";
import { QueryView } from "@/components/ui/query-view";
import { SkeletonRows } from "@/components/ui/skeleton";
import { notify, notifyProblem } from "@/components/ui/toasts";
import { formatAge } from "@/lib/format";
import { type SessionView, sessionsQuery, useEndSessions } from "../api";
import { SettingsFrame } from "../components/settings-frame";
import { deviceOf } from "../device";
import { words as settingWords } from "../words";

const words = settingWords.sessions;

export function SessionsPage() {
    const sessions = useQuery(sessionsQuery);
    const end = useEndSessions();
    const [endingOthers, setEndingOthers] = useState(false);
    const others = sessions.data?.filter(({ current }) => !current).length ?? 0;

    function endOne({ id, user_agent }: SessionView) {
        end.mutate(id, {
            onSuccess: () => notify({ title: words.ended(deviceWords(user_agent)) }),
            onError: (error) => notifyProblem(words.notEnded, error),
        });
    }

    function endOthers() {
        end.mutate(null, {
            onSuccess: (ended) => notify({ title: words.othersEnded(ended) }),
            onError: (error) => notifyProblem(words.othersNotEnded, error),
            onSettled: () => setEndingOthers(false),
        });
    }

    return (
        <SettingsFrame
            title={words.title}
            intro={words.intro}
            actions={others > 0 && <Button onClick={() => setEndingOthers(true)}>{words.endOthers}</Button>}
        >
            <Card aria-label={words.title}>
                <QueryView query={sessions} skeleton={<SkeletonRows rows={3} label={words.loading} />}>
                    {(items) => (
                        <ul className="divide-y divide-line">
                            {items.map((each) => (
                                <SessionRow key={each.id} session={each} onEnd={() => endOne(each)} />
                            ))}
                        </ul>
                    )}
                </QueryView>
            </Card>
            {endingOthers && (
                <ConfirmDialog
                    title={words.endOthersTitle}
                    description={words.endOthersText(others)}
                    action={words.endOthers}
                    busy={end.isPending}
                    onConfirm={endOthers}
                    onClose={() => setEndingOthers(false)}
                />
            )}
        </SettingsFrame>
    );
}

function deviceWords(userAgent: string | null): string {
    const { browser, system } = deviceOf(userAgent);
    return words.device(browser ?? words.unknownProgram, system);
}

function SessionRow({ session, onEnd }: { session: SessionView; onEnd(): void }) {
    const { system } = deviceOf(session.user_agent);
    const Icon = system === "Android" || system === "iOS" ? Smartphone : Monitor;
    const device = deviceWords(session.user_agent);
    const signedIn = words.signedIn(
        formatAge(session.auth_time),
        session.amr.includes("mfa") ? words.withCode : words.withPassword,
    );
    return (
        <li className="flex items-center gap-4 px-5 py-4">
            <span aria-hidden="true" className="grid size-10 shrink-0 place-items-center rounded-xl bg-accent-soft text-accent-soft-ink">
                <Icon className="size-5" />
            </span>
            <div className="min-w-0 flex-1">
                <p className="flex flex-wrap items-center gap-x-2 font-medium">
                    {device}
                    {session.current && (
                        <span className="rounded-full bg-good-soft px-2.5 py-0.5 text-xs font-semibold text-good">{words.thisOne}</span>
                    )}
                </p>
                <p className="mt-0.5 text-xs leading-relaxed text-ink-soft">
                    <span translate="no">{session.tenant.name}</span>.{" "}
                    {signedIn}, {words.lastUsed(formatAge(session.last_used_at))}.
                </p>
            </div>
            {!session.current && (
                <Button onClick={onEnd} aria-label={words.endOf(device)} className="h-9 px-3">
                    <LogOut className="size-4" aria-hidden="true" />
                    <span className="max-sm:sr-only">{words.end}</span>
                </Button>
            )}
        </li>
    );
}
