import { zodResolver } from "@hookform/resolvers/zod";
import { Link, useLocation } from "@tanstack/react-router";
import { LinkIcon, MailCheck, PartyPopper } from "lucide-react";
import { useState } from "react";
import { useForm } from "react-hook-form";
import { z } from "zod";
import { Button, buttonClasses } from "@/components/ui/button";
import { Field, TextInput } from "@/components/ui/field";
import { FormFailure } from "@/components/ui/form-failure";
import { PasswordField } from "@/components/ui/password-field";
import { showFieldProblems } from "@/lib/api/field-problems";
import { asProblem } from "@/lib/api/problem";
import { common } from "@/lib/language/common";
import { acceptInvitation, renewInvitation } from "../api";
import { AttemptControls } from "../components/attempt-controls";
import { Outcome } from "../components/outcome";
import { SignInFrame } from "../components/sign-in-frame";
import { requestFailure } from "../sign-in-failure";
import { useAttempt } from "../use-attempt";
import { words } from "../words";

// An account that exists already may have a shorter password than a new one needs: the service judges.
const schema = z.object({
    name: z.string().trim().min(1, words.invitation.nameMissing).max(200, words.invitation.nameTooLong),
    password: z.string().min(1, words.invitation.passwordMissing).max(128, common.passwords.tooLong),
});
type Values = z.infer<typeof schema>;

/** Where the link of an invitation leads. Nothing is known of it here but the proof behind "#". */
export function InvitationPage() {
    const token = useLocation({ select: ({ hash }) => hash });
    const [outcome, setOutcome] = useState<"joined" | "dead" | null>(token === "" ? "dead" : null);
    const form = useForm<Values>({ resolver: zodResolver(schema), defaultValues: { name: "", password: "" } });
    const { errors } = form.formState;
    const { attempt, ...state } = useAttempt(requestFailure);

    const submit = form.handleSubmit(({ name, password }) =>
        attempt(
            async () => {
                await acceptInvitation({ token, name, password });
                setOutcome("joined");
            },
            (error) => {
                const { code, status } = asProblem(error);
                if (code === "invalid_link") {
                    setOutcome("dead");
                } else if (code === "wrong_password") {
                    form.setError("password", { message: words.invitation.accountExists }, { shouldFocus: true });
                } else if (status === 422) {
                    showFieldProblems(error, form, common.passwords.refusals);
                }
                return code === "invalid_link" || code === "wrong_password" || status === 422;
            },
        ),
    );

    if (outcome === "dead") {
        return <DeadInvitation token={token} />;
    }
    if (outcome === "joined") {
        return (
            <SignInFrame title={words.invitation.joined}>
                <Outcome icon={<PartyPopper />}>{words.invitation.joinedText}</Outcome>
                <Link to="/login" className={buttonClasses("primary", "mt-6")}>
                    {words.goToSignIn}
                </Link>
            </SignInFrame>
        );
    }
    return (
        <SignInFrame title={words.invitation.title} intro={words.invitation.text}>
            <form className="mt-7 grid gap-5" onSubmit={submit} noValidate>
                <Field label={words.invitation.name} error={errors.name?.message}>
                    {(control) => (
                        <TextInput {...control} {...form.register("name")} autoComplete="name" autoFocus className="h-11" />
                    )}
                </Field>
                <PasswordField
                    label={words.password}
                    hint={common.passwords.hint}
                    error={errors.password?.message}
                    {...form.register("password")}
                    autoComplete="new-password"
                    className="h-11"
                />
                <AttemptControls {...state} action={words.invitation.submit} busyAction={words.invitation.submitting} />
            </form>
        </SignInFrame>
    );
}

function DeadInvitation({ token }: { token: string }) {
    const [asked, setAsked] = useState(false);
    const { attempt, busy, failure } = useAttempt(requestFailure);

    async function renew() {
        await attempt(async () => {
            await renewInvitation(token);
            setAsked(true);
        });
    }

    if (asked) {
        return (
            <SignInFrame title={words.mailTitle}>
                <Outcome icon={<MailCheck />}>{words.invitation.sent}</Outcome>
            </SignInFrame>
        );
    }
    return (
        <SignInFrame title={words.deadTitle}>
            <Outcome icon={<LinkIcon />}>{token === "" ? words.invitation.deadUnnamed : words.invitation.dead}</Outcome>
            <div className="mt-6 grid gap-5">
                <FormFailure>{failure?.text}</FormFailure>
                <div className="flex flex-wrap gap-2">
                    {token !== "" && (
                        <Button tone="primary" busy={busy} onClick={renew}>
                            {words.invitation.another}
                        </Button>
                    )}
                    <Link to="/login" className={buttonClasses()}>
                        {words.goToSignIn}
                    </Link>
                </div>
            </div>
        </SignInFrame>
    );
}
