import { Link } from "@tanstack/react-router";
import { lazy, type FormEvent, Suspense, useContext, useEffect, useRef, useState } from "react";
import { Field, TextInput } from "@/components/ui/field";
import { PasswordField } from "@/components/ui/password-field";
import { configuration, type DemoAccount } from "@/lib/api/configuration";
import { asProblem } from "@/lib/api/problem";
import { session } from "@/lib/session/browser-session";
import type { Identity } from "@/lib/session/claims";
import type { Notice } from "../search";
import { useAttempt } from "../use-attempt";
import { words } from "../words";
import { AttemptControls } from "./attempt-controls";
import { LeavePage, SignInFrame } from "./sign-in-frame";

// What few people see, and not at once, is not in the first script.
const DemoAccounts = lazy(() => import("./demo-accounts"));
const CodeStep = lazy(() => import("./code-step"));
const EnrolStep = lazy(() => import("./enrol-step"));

interface SignInProps {
    /** Why it is asked for. */
    notice?: Notice | undefined;
    /** Whose page waits below. */
    email?: string | undefined;
    onSignedIn(identity: Identity): Promise<void>;
}

/** Signing in, with all its steps. */
export function SignIn({ onSignedIn, ...begin }: SignInProps) {
    const [second, setSecond] = useState<{ mfaToken: string; enrol: boolean } | null>(null);
    if (second) {
        const Step = second.enrol ? EnrolStep : CodeStep;
        return (
            <Suspense>
                <Step mfaToken={second.mfaToken} onSignedIn={onSignedIn} onStartAgain={() => setSecond(null)} />
            </Suspense>
        );
    }
    return <PasswordStep {...begin} onSignedIn={onSignedIn} onSecondStep={(mfaToken, enrol) => setSecond({ mfaToken, enrol })} />;
}

interface PasswordStepProps extends SignInProps {
    onSecondStep(mfaToken: string, enrol: boolean): void;
}

function PasswordStep({ notice, email, onSignedIn, onSecondStep }: PasswordStepProps) {
    const leave = useContext(LeavePage);
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
                            defaultValue={email}
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
            {!leave && (
                <p className="mt-4 text-center text-xs">
                    <Link
                        to="/login/forgotten"
                        className="font-medium text-ink-soft underline underline-offset-4 hover:text-ink"
                    >
                        {words.forgottenLink}
                    </Link>
                </p>
            )}
            {demoAccounts.length > 0 && (
                <Suspense>
                    <DemoAccounts accounts={demoAccounts} onChoose={fill} />
                </Suspense>
            )}
        </SignInFrame>
    );
}
