import { getRouteApi } from "@tanstack/react-router";
import { Check } from "lucide-react";
import { type ReactNode, useState } from "react";
import { BrandMark } from "@/components/ui/brand-mark";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { ProblemPanel } from "@/components/ui/problem-panel";
import { Skeleton } from "@/components/ui/skeleton";
import { asProblem } from "@/lib/api/problem";
import { agree, decline } from "../api";
import { scopeMeanings } from "../parameters";
import { words } from "../words";

const route = getRouteApi("/login/authorize");

/** Another program asks somebody who is signed in here to sign in there. */
export function AuthorizePage() {
    const { parameters, question, me } = route.useLoaderData();
    const [busy, setBusy] = useState(false);
    const [failure, setFailure] = useState<string | null>(null);

    async function answer(work: () => Promise<never>) {
        setBusy(true);
        setFailure(null);
        try {
            await work();
        } catch (error) {
            const problem = asProblem(error);
            setFailure(problem.detail ?? problem.title);
            setBusy(false);
        }
    }

    return (
        <AuthorizeFrame title={words.title(question.client_name)}>
            <Card className="p-6">
                <p className="text-ink-soft">
                    {words.asks(
                        <strong translate="no" className="font-semibold text-ink">
                            {question.client_name}
                        </strong>,
                        <strong translate="no" className="inline-block max-w-full font-semibold break-words text-ink">
                            {me.person.email}
                        </strong>,
                        <span translate="no">{me.tenant.name}</span>,
                    )}
                </p>
                <ul className="mt-4 grid gap-2">
                    {scopeMeanings(question.scope).map((meaning) => (
                        <li key={meaning} className="flex items-center gap-2.5">
                            <Check className="size-4 shrink-0 text-accent" aria-hidden="true" />
                            {meaning}
                        </li>
                    ))}
                </ul>
                <div role="alert" className="mt-5">
                    {failure && (
                        <p className="rounded-lg bg-bad-soft px-3.5 py-2.5 font-medium text-bad">{failure}</p>
                    )}
                </div>
                <div className="mt-5 grid gap-3 sm:grid-cols-2">
                    <Button disabled={busy} onClick={() => answer(() => decline(question))}>
                        {words.cancel}
                    </Button>
                    <Button tone="primary" busy={busy} onClick={() => answer(() => agree(parameters))}>
                        {words.proceed}
                    </Button>
                </div>
            </Card>
        </AuthorizeFrame>
    );
}

export function AuthorizePending() {
    return (
        <AuthorizeFrame title={words.oneMoment}>
            <Card className="grid gap-3 p-6">
                <Skeleton className="h-5 w-3/4" />
                <Skeleton className="h-5 w-1/2" />
                <Skeleton className="h-10 w-full" />
            </Card>
        </AuthorizeFrame>
    );
}

/** The request cannot be put before anybody: the program's mistake, or a link that somebody has made up. */
export function AuthorizeFailure({ error }: { error: unknown }) {
    return (
        <AuthorizeFrame title={words.linkDoesNotWork}>
            <Card>
                <ProblemPanel error={error} retry={asProblem(error).temporary ? () => location.reload() : undefined} />
            </Card>
        </AuthorizeFrame>
    );
}

function AuthorizeFrame({ title, children }: { title: string; children: ReactNode }) {
    return (
        <main className="mx-auto grid min-h-dvh w-full max-w-md content-center px-5 py-10">
            <title>{`${title} - Phase Zero`}</title>
            <p translate="no" className="mb-8 flex items-center gap-2.5 font-semibold tracking-tight">
                <BrandMark className="size-7" />
                Phase Zero
            </p>
            <h1 className="mb-5 text-2xl font-semibold tracking-tight text-balance">{title}</h1>
            {children}
        </main>
    );
}
