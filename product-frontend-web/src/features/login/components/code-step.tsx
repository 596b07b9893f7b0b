import { type FormEvent, useRef, useState } from "react";
import { Button } from "@/components/ui/button";
import { Field, TextInput } from "@/components/ui/field";
import { session } from "@/lib/session/browser-session";
import type { Identity } from "@/lib/session/claims";
import { codeFailure } from "../sign-in-failure";
import { useAttempt } from "../use-attempt";
import { words } from "../words";
import { AttemptControls } from "./attempt-controls";
import { SignInFrame } from "./sign-in-frame";

interface CodeStepProps {
    mfaToken: string;
    onSignedIn(identity: Identity): Promise<void>;
    onStartAgain(): void;
}

/** The second step: a code of the authenticator app, or one of the recovery codes. */
export default function CodeStep({ mfaToken, onSignedIn, onStartAgain }: CodeStepProps) {
    const [recovery, setRecovery] = useState(false);
    const input = useRef<HTMLInputElement>(null);
    const { attempt, ...state } = useAttempt(codeFailure);

    async function submit(event: FormEvent<HTMLFormElement>) {
        event.preventDefault();
        const code = String(new FormData(event.currentTarget).get("otp")).trim();
        const done = await attempt(async () => onSignedIn(await session.signInWithCode(mfaToken, code)));
        if (!done) {
            input.current?.select();
        }
    }

    return (
        <SignInFrame title={words.code.title} intro={recovery ? words.code.recoveryText : words.code.appText}>
            <form className="mt-7 grid gap-5" onSubmit={submit}>
                {/* A key of its own for each kind, so that one is never submitted as the other. */}
                <Field key={String(recovery)} label={recovery ? words.code.recoveryCode : words.code.code}>
                    {(control) => (
                        <TextInput
                            {...control}
                            ref={input}
                            name="otp"
                            required
                            autoFocus
                            autoComplete={recovery ? "off" : "one-time-code"}
                            inputMode={recovery ? "text" : "numeric"}
                            autoCapitalize="none"
                            spellCheck={false}
                            minLength={6}
                            maxLength={32}
                            className="h-11 font-mono text-base tracking-widest"
                        />
                    )}
                </Field>
                <AttemptControls {...state} action={words.code.submit} busyAction={words.code.submitting} />
            </form>
            <div className="mt-3 flex flex-wrap justify-between gap-2">
                <Button tone="quiet" className="-ml-3 h-9 px-3" onClick={() => setRecovery(!recovery)}>
                    {recovery ? words.code.withApp : words.code.withRecovery}
                </Button>
                <Button tone="quiet" className="-mr-3 h-9 px-3" onClick={onStartAgain}>
                    {words.code.startAgain}
                </Button>
            </div>
        </SignInFrame>
    );
}
