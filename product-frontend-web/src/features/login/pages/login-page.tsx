import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { lazy, type FormEvent, Suspense, useEffect, useRef, useState } from "react";
import { Field, TextInput } from "@/components/ui/field";
import { PasswordField } from "@/components/ui/password-field";
import { configuration, type DemoAccount } from "@/lib/api/configuration";
import { asProblem } from "@/lib/api/problem";
import { session } from "@/lib/session/browser-session";
import { type Identity, landingPath } from "@/lib/session/claims";
import { safeNextPath } from "@/lib/session/next-path";
import { AttemptControls } from "../components/attempt-controls";
import { SignInFrame } from "../components/sign-in-frame";
import { useAttempt } from "../use-attempt";
import { words } from "../words";

// What few people see, and not at once, is not in the first script.
const DemoAccounts = lazy(() => import("../components/demo-accounts"));
const CodeStep = lazy(() => import("../components/code-step"));
const EnrolStep = lazy(() => import("../components/enrol-step"));

const route = getRouteApi("/login");

export function LoginPage() {
    const { next } = route.useSearch();
    const navigate = useNavigate();
    const [second, setSecond] = useState<{ mfaToken: string; enrol: boolean } | null>(null);

    async function enter(identity: Identity) {
        await navigate({ href: safeNextPath(next, location.origin) ?? landingPath(identity.role), replace: true });
    }

    if (second) {
        const Step = second.enrol ? EnrolStep : CodeStep;
        return (
            <Suspense>
                <Step mfaToken={second.mfaToken} onSignedIn={enter} onStartAgain={() => setSecond(null)} />
            </Suspense>
        );
    }
    return <PasswordStep onSignedIn={enter} onSecondStep={(mfaToken, enrol) => setSecond({ mfaToken, enrol })} />;
}

interface PasswordStepProps {
    onSignedIn(identity: Identity): Promise<void>;
    onSecondStep(mfaToken: string, enrol: boolean): void;
}

function PasswordStep({ onSignedIn, onSecondStep }: PasswordStepProps) {
    const { notice } = route.useSearch();
    const form = useRef<HTMLFormElement>(null);
    const [demoAccounts, setDemoAccounts] = useState<DemoAccount[]>([]);
    const { attempt, ...state } = useAttempt();

    useEffect(() => {
        void configuration().then((known) => setDemoAccounts(known.demoAccounts));
    }, []);

    async function submit(event: FormEvent<HTMLFormElement>) {
        event.preventDefault();
        const values = new FormData(event.currentTarget);
        const done = await attempt(
            async () => onSignedIn(await session.signIn(String(values.get("username")), String(values.get("password")))),
            (error) => {
                const { mfaToken, code } = asProblem(error);
                if (mfaToken) {
                    onSecondStep(mfaToken, code === "mfa_enrollment_required");
                }
                return mfaToken !== undefined;
            },
        );
        if (!done) {
            form.current?.querySelector<HTMLInputElement>("[name=password]")?.select();
        }
    }

    function fill(account: DemoAccount) {
        const fields = form.current;
        if (!fields) {
            return;
        }
        (fields.elements.namedItem("username") as HTMLInputElement).value = account.email;
        (fields.elements.namedItem("password") as HTMLInputElement).value = account.password;
        fields.querySelector<HTMLButtonElement>("[type=submit]")?.focus();
    }

    return (
        <SignInFrame title={words.title} intro={words.intro}>
            {notice && !state.failure && (
                <p role="status" className="mt-5 rounded-lg bg-info-soft px-3.5 py-2.5 text-info">
                    {words.notices[notice]}
                </p>
            )}
            <form ref={form} method="post" className="mt-7 grid gap-5" onSubmit={submit}>
                <Field label={words.email}>
                    {(control) => (
                        <TextInput
                            {...control}
                            name="username"
                            type="email"
                            autoComplete="username"
                            autoCapitalize="none"
                            spellCheck={false}
                            required
                            autoFocus
                            maxLength={254}
                            className="h-11"
                        />
                    )}
                </Field>
                <PasswordField
                    label={words.password}
                    name="password"
                    autoComplete="current-password"
                    required
                    maxLength={128}
                    className="h-11"
                />
                <AttemptControls {...state} action={words.signIn} busyAction={words.signingIn} />
            </form>
            <p className="mt-4 text-center text-xs">
                <Link
                    to="/login/forgotten"
                    className="font-medium text-ink-soft underline underline-offset-4 hover:text-ink"
                >
                    {words.forgottenLink}
                </Link>
            </p>
            {demoAccounts.length > 0 && (
                <Suspense>
                    <DemoAccounts accounts={demoAccounts} onChoose={fill} />
                </Suspense>
            )}
        </SignInFrame>
    );
}
