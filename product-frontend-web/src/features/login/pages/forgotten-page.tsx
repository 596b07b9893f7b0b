import { Link } from "@tanstack/react-router";
import { MailCheck } from "lucide-react";
import { type FormEvent, useState } from "react";
import { Button, buttonClasses } from "@/components/ui/button";
import { Field, TextInput } from "@/components/ui/field";
import { requestResetLink } from "../api";
import { AttemptControls } from "../components/attempt-controls";
import { Outcome } from "../components/outcome";
import { SignInFrame } from "../components/sign-in-frame";
import { requestFailure } from "../sign-in-failure";
import { useAttempt } from "../use-attempt";
import { words } from "../words";

/** Asks for a link that sets a new password. Whether there is such an account is nobody's business, here neither. */
export function ForgottenPage() {
    const [sentTo, setSentTo] = useState<string | null>(null);
    const { attempt, ...state } = useAttempt(requestFailure);

    async function submit(event: FormEvent<HTMLFormElement>) {
        event.preventDefault();
        const email = String(new FormData(event.currentTarget).get("email")).trim();
        await attempt(async () => {
            await requestResetLink(email);
            setSentTo(email);
        });
    }

    if (sentTo !== null) {
        return (
            <SignInFrame title={words.mailTitle}>
                <Outcome icon={<MailCheck />}>
                    {words.forgotten.sent(
                        <strong translate="no" className="font-semibold break-all text-ink">
                            {sentTo}
                        </strong>,
                    )}
                </Outcome>
                <div className="mt-6 flex flex-wrap gap-2">
                    <Link to="/login" className={buttonClasses("primary")}>
                        {words.backToSignIn}
                    </Link>
                    <Button onClick={() => setSentTo(null)}>{words.forgotten.otherAddress}</Button>
                </div>
            </SignInFrame>
        );
    }
    return (
        <SignInFrame title={words.forgotten.title} intro={words.forgotten.text}>
            <form className="mt-7 grid gap-5" onSubmit={submit}>
                <Field label={words.email}>
                    {(control) => (
                        <TextInput
                            {...control}
                            name="email"
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
                <AttemptControls {...state} action={words.forgotten.submit} busyAction={words.forgotten.submitting} />
            </form>
            <p className="mt-4 text-center text-xs">
                <Link to="/login" className="font-medium text-ink-soft underline underline-offset-4 hover:text-ink">
                    {words.backToSignIn}
                </Link>
            </p>
        </SignInFrame>
    );
}
