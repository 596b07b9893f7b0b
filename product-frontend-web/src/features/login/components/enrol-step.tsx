import { type FormEvent, useEffect, useRef, useState } from "react";
import { AuthenticatorKey } from "@/components/authenticator-key";
import { Button } from "@/components/ui/button";
import { Field, TextInput } from "@/components/ui/field";
import { FormFailure } from "@/components/ui/form-failure";
import { Skeleton } from "@/components/ui/skeleton";
import { session } from "@/lib/session/browser-session";
import type { Identity } from "@/lib/session/claims";
import { beginEnrolment } from "../api";
import { codeFailure, type SignInFailure, signInFailure } from "../sign-in-failure";
import { useAttempt } from "../use-attempt";
import { words } from "../words";
import { AttemptControls } from "./attempt-controls";
import { SignInFrame } from "./sign-in-frame";

interface EnrolStepProps {
    mfaToken: string;
    onSignedIn(identity: Identity): Promise<void>;
    onStartAgain(): void;
}

/** For a role that signs in with an authenticator app only, and has none yet. */
export default function EnrolStep({ mfaToken, onSignedIn, onStartAgain }: EnrolStepProps) {
    const [enrolment, setEnrolment] = useState<{ secret: string; otpauth_uri: string } | null>(null);
    const [refusal, setRefusal] = useState<SignInFailure | null>(null);
    const asked = useRef(false);
    const input = useRef<HTMLInputElement>(null);
    const { attempt, ...state } = useAttempt(codeFailure);

    // Once: asking again would make another key, and the one that was scanned would be worth nothing.
    useEffect(() => {
        if (!asked.current) {
            asked.current = true;
            beginEnrolment(mfaToken).then(setEnrolment, (error: unknown) => setRefusal(signInFailure(error)));
        }
    }, [mfaToken]);

    async function submit(event: FormEvent<HTMLFormElement>) {
        event.preventDefault();
        const code = String(new FormData(event.currentTarget).get("otp")).trim();
        const done = await attempt(async () => onSignedIn(await session.signInWithCode(mfaToken, code)));
        if (!done) {
            input.current?.select();
        }
    }

    return (
        <SignInFrame title={words.enrol.title} intro={words.enrol.text}>
            <div className="mt-6">
                {enrolment ? (
                    <AuthenticatorKey uri={enrolment.otpauth_uri} secret={enrolment.secret} />
                ) : refusal ? (
                    <FormFailure>{refusal.text}</FormFailure>
                ) : (
                    <Skeleton className="h-64 w-full animate-appear" />
                )}
            </div>
            <form className="mt-5 grid gap-5" onSubmit={submit}>
                <Field label={words.code.code}>
                    {(control) => (
                        <TextInput
                            {...control}
                            ref={input}
                            name="otp"
                            required
                            autoComplete="one-time-code"
                            inputMode="numeric"
                            minLength={6}
                            maxLength={8}
                            disabled={!enrolment}
                            className="h-11 font-mono text-base tracking-widest"
                        />
                    )}
                </Field>
                <AttemptControls {...state} action={words.enrol.submit} busyAction={words.code.submitting} />
            </form>
            <Button tone="quiet" className="mt-3 -ml-3 h-9 px-3" onClick={onStartAgain}>
                {words.code.startAgain}
            </Button>
        </SignInFrame>
    );
}
