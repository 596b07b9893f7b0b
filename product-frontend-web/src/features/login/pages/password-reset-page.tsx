import { zodResolver } from "@hookform/resolvers/zod";
import { Link, useLocation, useNavigate } from "@tanstack/react-router";
import { LinkIcon } from "lucide-react";
import { useState } from "react";
import { useForm } from "react-hook-form";
import { z } from "zod";
import { buttonClasses } from "@/components/ui/button";
import { PasswordField } from "@/components/ui/password-field";
import { showFieldProblems } from "@/lib/api/field-problems";
import { asProblem } from "@/lib/api/problem";
import { common } from "@/lib/language/common";
import { newPassword } from "@/lib/password-rules";
import { resetPassword } from "../api";
import { AttemptControls } from "../components/attempt-controls";
import { Outcome } from "../components/outcome";
import { SignInFrame } from "../components/sign-in-frame";
import { requestFailure } from "../sign-in-failure";
import { useAttempt } from "../use-attempt";
import { words } from "../words";

const schema = z.object({ password: newPassword });
type Values = z.infer<typeof schema>;

/** Where the link of a letter leads. What stands behind "#" is the proof, and never leaves the browser before the form does. */
export function PasswordResetPage() {
    const token = useLocation({ select: ({ hash }) => hash });
    const navigate = useNavigate();
    const [dead, setDead] = useState(token === "");
    const form = useForm<Values>({ resolver: zodResolver(schema), defaultValues: { password: "" } });
    const { attempt, ...state } = useAttempt(requestFailure);

    const submit = form.handleSubmit(({ password }) =>
        attempt(
            async () => {
                await resetPassword(token, password);
                await navigate({ to: "/login", search: { notice: "password_set" }, replace: true });
            },
            (error) => {
                const { code, status } = asProblem(error);
                if (code === "invalid_link") {
                    setDead(true);
                } else if (status === 422) {
                    showFieldProblems(error, form, common.passwords.refusals);
                }
                return code === "invalid_link" || status === 422;
            },
        ),
    );

    if (dead) {
        return (
            <SignInFrame title={words.deadTitle}>
                <Outcome icon={<LinkIcon />}>
                    {words.reset.dead}
                </Outcome>
                <div className="mt-6 flex flex-wrap gap-2">
                    <Link to="/login/forgotten" className={buttonClasses("primary")}>
                        {words.reset.another}
                    </Link>
                    <Link to="/login" className={buttonClasses()}>
                        {words.backToSignIn}
                    </Link>
                </div>
            </SignInFrame>
        );
    }
    return (
        <SignInFrame title={words.reset.title} intro={words.reset.text}>
            <form className="mt-7 grid gap-5" onSubmit={submit} noValidate>
                <PasswordField
                    label={words.reset.newPassword}
                    hint={common.passwords.hint}
                    error={form.formState.errors.password?.message}
                    {...form.register("password")}
                    autoComplete="new-password"
                    autoFocus
                    className="h-11"
                />
                <AttemptControls {...state} action={words.reset.submit} busyAction={words.reset.submitting} />
            </form>
        </SignInFrame>
    );
}
